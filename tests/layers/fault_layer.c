/* The calls of the fault layer: each asks whether it has to fail, goes on to the driver, notes what was made.
 */
#include <stdio.h>
#include <string.h>

#include "layers/fault.h"

static const char build_log[] = "fault.cl:1:1: error: the fault layer lets this build fail\n";

/* The same for calls that give an object and their code by address. */
static bool fails(enum fault_call call, cl_int *code)
{
    const cl_int given = fault_enter(call);
    if (given != CL_SUCCESS && code != NULL)
        *code = given;
    return given != CL_SUCCESS;
}

static cl_int queued(cl_int code, const cl_event *event)
{
    if (code == CL_SUCCESS && event != NULL)
        fault_made(*event, EVENT);
    return code;
}

static cl_int retained(cl_int code, void *handle, enum fault_kind kind)
{
    if (code == CL_SUCCESS)
        fault_made(handle, kind);
    return code;
}

/* The code that this thread's call has to give. */
static _Thread_local cl_int wanted;

#define OR_FAIL(name, arguments)                                                                             \
    ((wanted = fault_enter(OF_##name)) != CL_SUCCESS ? wanted : fault_next()->name arguments)

static cl_int CL_API_CALL do_clGetPlatformIDs(cl_uint most, cl_platform_id *platforms, cl_uint *count)
{
    return OR_FAIL(clGetPlatformIDs, (most, platforms, count));
}

static cl_int CL_API_CALL do_clGetPlatformInfo(cl_platform_id of, cl_uint what, size_t size, void *to,
                                               size_t *used)
{
    return OR_FAIL(clGetPlatformInfo, (of, what, size, to, used));
}

static cl_int CL_API_CALL do_clGetDeviceIDs(cl_platform_id of, cl_device_type type, cl_uint most,
                                            cl_device_id *devices, cl_uint *count)
{
    return OR_FAIL(clGetDeviceIDs, (of, type, most, devices, count));
}

static cl_int CL_API_CALL do_clGetDeviceInfo(cl_device_id of, cl_uint what, size_t size, void *to,
                                             size_t *used)
{
    return OR_FAIL(clGetDeviceInfo, (of, what, size, to, used));
}

static cl_int CL_API_CALL do_clCreateSubDevices(cl_device_id of, const cl_device_partition_property *how,
                                                cl_uint most, cl_device_id *devices, cl_uint *count)
{
    cl_uint made = 0;
    const cl_int code = OR_FAIL(clCreateSubDevices, (of, how, most, devices, &made));
    for (cl_uint i = 0; code == CL_SUCCESS && devices != NULL && i < made && i < most; ++i)
        fault_made(devices[i], DEVICE);
    if (code == CL_SUCCESS && count != NULL)
        *count = made;
    return code;
}

/* Only sub-devices have references; others just are. */
static cl_int CL_API_CALL do_clRetainDevice(cl_device_id of)
{
    const cl_int code = OR_FAIL(clRetainDevice, (of));
    return fault_knows(of, DEVICE) ? retained(code, of, DEVICE) : code;
}

static cl_int CL_API_CALL do_clReleaseDevice(cl_device_id of)
{
    const cl_int failure = fault_enter(OF_clReleaseDevice);
    if (fault_knows(of, DEVICE))
        fault_releasing(of, DEVICE);
    const cl_int code = fault_next()->clReleaseDevice(of);
    return failure != CL_SUCCESS ? failure : code;
}

static cl_context CL_API_CALL do_clCreateContext(
    const cl_context_properties *properties, cl_uint count, const cl_device_id *devices,
    void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user, cl_int *code)
{
    return fails(OF_clCreateContext, code)
               ? NULL
               : fault_made(fault_next()->clCreateContext(properties, count, devices, notify, user, code),
                            CONTEXT);
}

static cl_int CL_API_CALL do_clRetainContext(cl_context of)
{
    return retained(OR_FAIL(clRetainContext, (of)), of, CONTEXT);
}

static cl_int CL_API_CALL do_clReleaseContext(cl_context of)
{
    const cl_int failure = fault_enter(OF_clReleaseContext);
    const cl_int code = fault_releasing(of, CONTEXT) ? fault_next()->clReleaseContext(of) : CL_INVALID_VALUE;
    return failure != CL_SUCCESS ? failure : code;
}

static cl_int CL_API_CALL do_clGetContextInfo(cl_context of, cl_uint what, size_t size, void *to,
                                              size_t *used)
{
    return OR_FAIL(clGetContextInfo, (of, what, size, to, used));
}

static cl_command_queue CL_API_CALL do_clCreateCommandQueue(cl_context of, cl_device_id device,
                                                            cl_command_queue_properties properties,
                                                            cl_int *code)
{
    return fails(OF_clCreateCommandQueue, code)
               ? NULL
               : fault_made(fault_next()->clCreateCommandQueue(of, device, properties, code), QUEUE);
}

static cl_int CL_API_CALL do_clRetainCommandQueue(cl_command_queue of)
{
    return retained(OR_FAIL(clRetainCommandQueue, (of)), of, QUEUE);
}

static cl_int CL_API_CALL do_clReleaseCommandQueue(cl_command_queue of)
{
    const cl_int failure = fault_enter(OF_clReleaseCommandQueue);
    const cl_int code =
        fault_releasing(of, QUEUE) ? fault_next()->clReleaseCommandQueue(of) : CL_INVALID_VALUE;
    return failure != CL_SUCCESS ? failure : code;
}

static cl_int CL_API_CALL do_clGetCommandQueueInfo(cl_command_queue of, cl_uint what, size_t size, void *to,
                                                   size_t *used)
{
    return OR_FAIL(clGetCommandQueueInfo, (of, what, size, to, used));
}

static cl_mem CL_API_CALL do_clCreateBuffer(cl_context of, cl_mem_flags flags, size_t size, void *host,
                                            cl_int *code)
{
    return fails(OF_clCreateBuffer, code)
               ? NULL
               : fault_made(fault_next()->clCreateBuffer(of, flags, size, host, code), BUFFER);
}

static cl_int CL_API_CALL do_clRetainMemObject(cl_mem of)
{
    return retained(OR_FAIL(clRetainMemObject, (of)), of, BUFFER);
}

static cl_int CL_API_CALL do_clReleaseMemObject(cl_mem of)
{
    const cl_int failure = fault_enter(OF_clReleaseMemObject);
    const cl_int code = fault_releasing(of, BUFFER) ? fault_next()->clReleaseMemObject(of) : CL_INVALID_VALUE;
    return failure != CL_SUCCESS ? failure : code;
}

static cl_program CL_API_CALL do_clCreateProgramWithSource(cl_context of, cl_uint count, const char **texts,
                                                           const size_t *sizes, cl_int *code)
{
    return fails(OF_clCreateProgramWithSource, code)
               ? NULL
               : fault_made(fault_next()->clCreateProgramWithSource(of, count, texts, sizes, code), PROGRAM);
}

static cl_program CL_API_CALL do_clCreateProgramWithBinary(cl_context of, cl_uint count,
                                                           const cl_device_id *devices, const size_t *sizes,
                                                           const unsigned char **binaries, cl_int *status,
                                                           cl_int *code)
{
    if (!fails(OF_clCreateProgramWithBinary, code))
        return fault_made(
            fault_next()->clCreateProgramWithBinary(of, count, devices, sizes, binaries, status, code),
            PROGRAM);
    for (cl_uint i = 0; i < count && status != NULL; ++i)
        status[i] = CL_INVALID_BINARY;
    return NULL;
}

static cl_int CL_API_CALL do_clRetainProgram(cl_program of)
{
    return retained(OR_FAIL(clRetainProgram, (of)), of, PROGRAM);
}

static cl_int CL_API_CALL do_clReleaseProgram(cl_program of)
{
    const cl_int failure = fault_enter(OF_clReleaseProgram);
    const cl_int code = fault_releasing(of, PROGRAM) ? fault_next()->clReleaseProgram(of) : CL_INVALID_VALUE;
    return failure != CL_SUCCESS ? failure : code;
}

static cl_int CL_API_CALL do_clBuildProgram(cl_program of, cl_uint count, const cl_device_id *devices,
                                            const char *options,
                                            void(CL_CALLBACK *notify)(cl_program, void *), void *user)
{
    return OR_FAIL(clBuildProgram, (of, count, devices, options, notify, user));
}

static cl_int CL_API_CALL do_clGetProgramInfo(cl_program of, cl_uint what, size_t size, void *to,
                                              size_t *used)
{
    return OR_FAIL(clGetProgramInfo, (of, what, size, to, used));
}

static cl_int CL_API_CALL do_clGetProgramBuildInfo(cl_program of, cl_device_id device, cl_uint what,
                                                   size_t size, void *to, size_t *used)
{
    if (what != CL_PROGRAM_BUILD_LOG || !fault_failed_build())
        return OR_FAIL(clGetProgramBuildInfo, (of, device, what, size, to, used));
    const cl_int failure = fault_enter(OF_clGetProgramBuildInfo);
    if (failure != CL_SUCCESS)
        return failure;
    if (used != NULL)
        *used = sizeof build_log;
    if (to != NULL)
        snprintf(to, size, "%s", build_log);
    return CL_SUCCESS;
}

static cl_kernel CL_API_CALL do_clCreateKernel(cl_program of, const char *name, cl_int *code)
{
    return fails(OF_clCreateKernel, code) ? NULL
                                          : fault_made(fault_next()->clCreateKernel(of, name, code), KERNEL);
}

static cl_int CL_API_CALL do_clRetainKernel(cl_kernel of)
{
    return retained(OR_FAIL(clRetainKernel, (of)), of, KERNEL);
}

static cl_int CL_API_CALL do_clReleaseKernel(cl_kernel of)
{
    const cl_int failure = fault_enter(OF_clReleaseKernel);
    const cl_int code = fault_releasing(of, KERNEL) ? fault_next()->clReleaseKernel(of) : CL_INVALID_VALUE;
    return failure != CL_SUCCESS ? failure : code;
}

static cl_int CL_API_CALL do_clSetKernelArg(cl_kernel of, cl_uint index, size_t size, const void *value)
{
    return OR_FAIL(clSetKernelArg, (of, index, size, value));
}

static cl_int CL_API_CALL do_clGetKernelWorkGroupInfo(cl_kernel of, cl_device_id device, cl_uint what,
                                                      size_t size, void *to, size_t *used)
{
    return OR_FAIL(clGetKernelWorkGroupInfo, (of, device, what, size, to, used));
}

static cl_int CL_API_CALL do_clWaitForEvents(cl_uint count, const cl_event *events)
{
    return OR_FAIL(clWaitForEvents, (count, events));
}

static cl_int CL_API_CALL do_clRetainEvent(cl_event of)
{
    return retained(OR_FAIL(clRetainEvent, (of)), of, EVENT);
}

static cl_int CL_API_CALL do_clReleaseEvent(cl_event of)
{
    const cl_int failure = fault_enter(OF_clReleaseEvent);
    const cl_int code = fault_releasing(of, EVENT) ? fault_next()->clReleaseEvent(of) : CL_INVALID_VALUE;
    return failure != CL_SUCCESS ? failure : code;
}

static cl_int CL_API_CALL do_clGetEventProfilingInfo(cl_event of, cl_uint what, size_t size, void *to,
                                                     size_t *used)
{
    return OR_FAIL(clGetEventProfilingInfo, (of, what, size, to, used));
}

static cl_int CL_API_CALL do_clFlush(cl_command_queue of)
{
    return OR_FAIL(clFlush, (of));
}

static cl_int CL_API_CALL do_clFinish(cl_command_queue of)
{
    return OR_FAIL(clFinish, (of));
}

static cl_int CL_API_CALL do_clEnqueueReadBuffer(cl_command_queue of, cl_mem from, cl_bool waits,
                                                 size_t offset, size_t size, void *to, cl_uint count,
                                                 const cl_event *wait, cl_event *event)
{
    return queued(OR_FAIL(clEnqueueReadBuffer, (of, from, waits, offset, size, to, count, wait, event)),
                  event);
}

static cl_int CL_API_CALL do_clEnqueueWriteBuffer(cl_command_queue of, cl_mem to, cl_bool waits,
                                                  size_t offset, size_t size, const void *from, cl_uint count,
                                                  const cl_event *wait, cl_event *event)
{
    return queued(OR_FAIL(clEnqueueWriteBuffer, (of, to, waits, offset, size, from, count, wait, event)),
                  event);
}

static cl_int CL_API_CALL do_clEnqueueFillBuffer(cl_command_queue of, cl_mem to, const void *pattern,
                                                 size_t bytes, size_t offset, size_t size, cl_uint count,
                                                 const cl_event *wait, cl_event *event)
{
    return queued(OR_FAIL(clEnqueueFillBuffer, (of, to, pattern, bytes, offset, size, count, wait, event)),
                  event);
}

static cl_int CL_API_CALL do_clEnqueueNDRangeKernel(cl_command_queue of, cl_kernel kernel, cl_uint rank,
                                                    const size_t *offset, const size_t *global,
                                                    const size_t *local, cl_uint count, const cl_event *wait,
                                                    cl_event *event)
{
    return queued(
        OR_FAIL(clEnqueueNDRangeKernel, (of, kernel, rank, offset, global, local, count, wait, event)),
        event);
}

static cl_int CL_API_CALL do_clEnqueueMarkerWithWaitList(cl_command_queue of, cl_uint count,
                                                         const cl_event *wait, cl_event *event)
{
    return queued(OR_FAIL(clEnqueueMarkerWithWaitList, (of, count, wait, event)), event);
}

static cl_int CL_API_CALL do_clEnqueueBarrierWithWaitList(cl_command_queue of, cl_uint count,
                                                          const cl_event *wait, cl_event *event)
{
    return queued(OR_FAIL(clEnqueueBarrierWithWaitList, (of, count, wait, event)), event);
}

CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info what, size_t size, void *to, size_t *used)
{
    static const char name[] = "faults for the tests of TensorQuant CL";
    const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    const void *const from = what == CL_LAYER_API_VERSION ? (const void *)&version : name;
    const size_t bytes = what == CL_LAYER_API_VERSION ? sizeof version : sizeof name;
    if ((what != CL_LAYER_API_VERSION && what != CL_LAYER_NAME) || (to != NULL && size < bytes))
        return CL_INVALID_VALUE;
    if (to != NULL)
        memcpy(to, from, bytes);
    if (used != NULL)
        *used = bytes;
    return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint count, const cl_icd_dispatch *target, cl_uint *own_count,
                                            const cl_icd_dispatch **own)
{
    static cl_icd_dispatch table;
    if (target == NULL || own_count == NULL || own == NULL || count < sizeof *target / sizeof(void *))
        return CL_INVALID_VALUE;
    fault_begin(target);
    table = *target;
#define CALL(name) table.name = do_##name;
#include "layers/fault_calls.h"
#undef CALL
    *own_count = sizeof table / sizeof(void *);
    *own = &table;
    return CL_SUCCESS;
}
