/* Contexts, queues and buffers of disguised devices. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "layers/disguise.h"

enum { MOST = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static shown_context *contexts;

shown_context *disguise_context(cl_context context)
{
    pthread_mutex_lock(&lock);
    shown_context *found = contexts;
    while (found != NULL && found->real != context)
        found = found->next;
    pthread_mutex_unlock(&lock);
    if (found == NULL)
        disguise_abort("a context that the layer has not seen");
    return found;
}

/* Notes the devices; an address may come again after its context is gone. */
static bool remember(cl_context context, cl_uint count, const cl_device_id *list)
{
    pthread_mutex_lock(&lock);
    shown_context *record = contexts;
    while (record != NULL && record->real != context)
        record = record->next;
    if (record == NULL && (record = calloc(1, sizeof *record)) != NULL) {
        record->next = contexts;
        contexts = record;
    }
    if (record != NULL) {
        record->real = context;
        record->count = count;
        memcpy(record->device, list, count * sizeof *list);
    }
    pthread_mutex_unlock(&lock);
    return record != NULL;
}

static cl_context fail(cl_int *code_ret, cl_int code)
{
    if (code_ret != NULL)
        *code_ret = code;
    return NULL;
}

/* The properties with the real platform. */
static void real_properties(cl_context_properties *to, const cl_context_properties *from)
{
    size_t i = 0;
    for (; from != NULL && from[i] != 0 && i < 2 * MOST; i += 2) {
        to[i] = from[i];
        to[i + 1] = from[i] == CL_CONTEXT_PLATFORM
                        ? (cl_context_properties)((const shown_platform *)from[i + 1])->real
                        : from[i + 1];
    }
    to[i] = 0;
}

static cl_context CL_API_CALL create_context(
    const cl_context_properties *properties, cl_uint count, const cl_device_id *list,
    void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *data, cl_int *code_ret)
{
    cl_context_properties real[2 * MOST + 1];
    cl_device_id devices[MOST];
    if (count == 0 || count > MOST || list == NULL)
        return fail(code_ret, CL_INVALID_VALUE);
    for (cl_uint i = 0; i < count; ++i) {
        const shown_device *d = (const shown_device *)list[i];
        if (d == NULL)
            return fail(code_ret, CL_INVALID_DEVICE);
        if (d->how.available == 0)
            return fail(code_ret, CL_DEVICE_NOT_AVAILABLE);
        devices[i] = d->real;
    }
    real_properties(real, properties);
    cl_context context = below->clCreateContext(real, count, devices, notify, data, code_ret);
    if (context != NULL && !remember(context, count, list))
        return fail(code_ret, CL_OUT_OF_HOST_MEMORY);
    return context;
}

static cl_int CL_API_CALL get_context_info(cl_context context, cl_context_info what, size_t size, void *to,
                                           size_t *bytes)
{
    const shown_context *record = disguise_context(context);
    if (what == CL_CONTEXT_DEVICES)
        return disguise_give(record->device, record->count * sizeof record->device[0], size, to, bytes);
    if (what == CL_CONTEXT_NUM_DEVICES)
        return disguise_give(&record->count, sizeof record->count, size, to, bytes);
    return below->clGetContextInfo(context, what, size, to, bytes);
}

static cl_command_queue CL_API_CALL create_queue(cl_context context, cl_device_id device,
                                                 cl_command_queue_properties properties, cl_int *code)
{
    return below->clCreateCommandQueue(context, ((const shown_device *)device)->real, properties, code);
}

static cl_command_queue CL_API_CALL create_queue_with(cl_context context, cl_device_id device,
                                                      const cl_queue_properties *properties, cl_int *code)
{
    return below->clCreateCommandQueueWithProperties(context, ((const shown_device *)device)->real,
                                                     properties, code);
}

static cl_int CL_API_CALL get_queue_info(cl_command_queue queue, cl_command_queue_info what, size_t size,
                                         void *to, size_t *bytes)
{
    cl_context context = NULL;
    cl_device_id real = NULL;
    if (what != CL_QUEUE_DEVICE)
        return below->clGetCommandQueueInfo(queue, what, size, to, bytes);
    below->clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof context, &context, NULL);
    const cl_int code = below->clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof real, &real, NULL);
    if (code != CL_SUCCESS)
        return code;
    const shown_context *record = disguise_context(context);
    for (cl_uint i = 0; i < record->count; ++i)
        if (record->device[i]->real == real)
            return disguise_give(&record->device[i], sizeof record->device[i], size, to, bytes);
    return CL_INVALID_COMMAND_QUEUE;
}

/* A buffer's share of its device's memory. */
typedef struct share {
    shown_device *device;
    size_t size;
} share;

static bool take(shown_device *device, size_t size)
{
    pthread_mutex_lock(&lock);
    const bool fits = size <= disguise_memory(device) && device->used <= disguise_memory(device) - size;
    device->used += fits ? size : 0;
    pthread_mutex_unlock(&lock);
    return fits;
}

static void give_back(shown_device *device, size_t size)
{
    pthread_mutex_lock(&lock);
    device->used -= size;
    pthread_mutex_unlock(&lock);
}

static void CL_CALLBACK gone(cl_mem object, void *data)
{
    const share *s = data;
    (void)object;
    give_back(s->device, s->size);
    free(data);
}

/* Of a context's devices the first has the limits. */
static cl_mem CL_API_CALL create_buffer(cl_context context, cl_mem_flags flags, size_t size, void *host,
                                        cl_int *code_ret)
{
    shown_device *device = disguise_context(context)->device[0];
    cl_int ignored, *code = code_ret != NULL ? code_ret : &ignored;
    if (size > disguise_allocation(device)) {
        *code = CL_INVALID_BUFFER_SIZE;
        return NULL;
    }
    share *s = malloc(sizeof *s);
    if (s == NULL || !take(device, size)) {
        free(s);
        *code = CL_MEM_OBJECT_ALLOCATION_FAILURE;
        return NULL;
    }
    *s = (share){device, size};
    cl_mem object = below->clCreateBuffer(context, flags, size, host, code);
    if (object == NULL) {
        give_back(device, size);
        free(s);
    } else if (below->clSetMemObjectDestructorCallback(object, gone, s) != CL_SUCCESS) {
        disguise_abort("clSetMemObjectDestructorCallback fails");
    }
    return object;
}

void disguise_wrap_contexts(struct _cl_icd_dispatch *table)
{
    table->clCreateContext = create_context;
    table->clGetContextInfo = get_context_info;
    table->clCreateCommandQueue = create_queue;
    table->clCreateCommandQueueWithProperties = create_queue_with;
    table->clGetCommandQueueInfo = get_queue_info;
    table->clCreateBuffer = create_buffer;
}
