/* Launches and reads on disguised devices. */
#include <stddef.h>

#include "layers/disguise.h"

static const shown_device *device_of(cl_command_queue queue)
{
    cl_context context = NULL;
    cl_device_id real = NULL;
    below->clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof context, &context, NULL);
    below->clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof real, &real, NULL);
    const shown_context *record = disguise_context(context);
    for (cl_uint i = 0; i < record->count; ++i)
        if (record->device[i]->real == real)
            return record->device[i];
    disguise_abort("a queue of a device that the layer has not seen");
}

/* CL_SUCCESS when a work-group of this size is one for this device. */
static cl_int check_group(const disguise *how, cl_uint dimensions, const size_t *local)
{
    cl_ulong items = 1;
    if (local == NULL)
        return CL_SUCCESS;
    for (cl_uint i = 0; i < dimensions; ++i) {
        if (local[i] > how->group)
            return CL_INVALID_WORK_ITEM_SIZE;
        items *= local[i];
    }
    return items > how->group || items > how->kernel_group ? CL_INVALID_WORK_GROUP_SIZE : CL_SUCCESS;
}

static bool fits_local(const shown_device *device, cl_kernel kernel)
{
    cl_ulong bytes = 0;
    if (device->how.local == UNSET)
        return true;
    below->clGetKernelWorkGroupInfo(kernel, device->real, CL_KERNEL_LOCAL_MEM_SIZE, sizeof bytes, &bytes,
                                    NULL);
    return bytes <= device->how.local;
}

static cl_int CL_API_CALL launch(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                                 const size_t *offset, const size_t *global, const size_t *local,
                                 cl_uint waits, const cl_event *wait, cl_event *event)
{
    const shown_device *device = device_of(queue);
    const cl_int code = check_group(&device->how, dimensions, local);
    if (code != CL_SUCCESS)
        return code;
    if (!fits_local(device, kernel))
        return CL_OUT_OF_RESOURCES;
    return below->clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, global, local, waits, wait,
                                         event);
}

static void flip(const shown_device *device, void *data, size_t size)
{
    const cl_ulong bit = device->how.flip;
    if (bit / 8 < size)
        ((unsigned char *)data)[bit / 8] ^= (unsigned char)(1u << bit % 8);
}

/* With a `flip` it waits for what it reads. */
static cl_int CL_API_CALL read_buffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset,
                                      size_t size, void *to, cl_uint waits, const cl_event *wait,
                                      cl_event *event)
{
    const shown_device *device = device_of(queue);
    const cl_bool block = device->how.flip != UNSET ? CL_TRUE : blocking;
    const cl_int code =
        below->clEnqueueReadBuffer(queue, buffer, block, offset, size, to, waits, wait, event);
    if (code == CL_SUCCESS && device->how.flip != UNSET)
        flip(device, to, size);
    return code;
}

static void *CL_API_CALL map_buffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking,
                                    cl_map_flags flags, size_t offset, size_t size, cl_uint waits,
                                    const cl_event *wait, cl_event *event, cl_int *code)
{
    const shown_device *device = device_of(queue);
    const bool wrong = device->how.flip != UNSET && (flags & CL_MAP_READ) != 0;
    void *data = below->clEnqueueMapBuffer(queue, buffer, wrong ? CL_TRUE : blocking, flags, offset, size,
                                           waits, wait, event, code);
    if (data != NULL && wrong)
        flip(device, data, size);
    return data;
}

void disguise_wrap_commands(struct _cl_icd_dispatch *table)
{
    table->clEnqueueNDRangeKernel = launch;
    table->clEnqueueReadBuffer = read_buffer;
    table->clEnqueueMapBuffer = map_buffer;
}
