#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/binaries.h"
#include "runtime/checks.h"
#include "runtime/mark.h"
#include "util/fail.h"

static tq_status make_queue(tq_context *c)
{
    cl_int code;
    c->queue = clCreateCommandQueue(c->context, c->device, tq_profile__properties(c), &code);
    return code == CL_SUCCESS ? TQ_OK : tq_opencl__fail("clCreateCommandQueue", code, &c->info);
}

tq_status tq_context__remake_queue(tq_context *c)
{
    cl_command_queue old = c->queue;
    const tq_status status = make_queue(c);
    if (status == TQ_OK)
        clReleaseCommandQueue(old);
    else
        c->queue = old;
    return status;
}

static tq_status open_context(tq_context *c, const char *selector)
{
    cl_platform_id platform;
    cl_int code;
    TQ_TRY(tq_context__read_environment(c));
    TQ_TRY(tq_device__select(selector, &platform, &c->device, &c->info));
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)platform, 0};
    c->context = clCreateContext(properties, 1, &c->device, NULL, NULL, &code);
    if (code != CL_SUCCESS)
        return tq_opencl__fail("clCreateContext", code, &c->info);
    return make_queue(c);
}

/* What the single work-item form counts on. */
static tq_device_info task_target(const tq_device_info *device)
{
    tq_device_info target = *device;
    target.fma = target.subnormals = target.fp64 = false;
    target.vector_width = 8;
    target.compute_units = 1;
    snprintf(target.type, sizeof target.type, "accelerator");
    return target;
}

/* Makes a context by one of the ways below, or nothing. */
static tq_status begin(tq_context **context)
{
    if (context == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "a context's address is NULL");
    *context = calloc(1, sizeof **context);
    if (*context == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a context");
    tq_cache__initial_directory((*context)->cache, sizeof(*context)->cache);
    tq_tuned__begin(&(*context)->tuned);
    return TQ_OK;
}

static tq_status end(tq_context **context, tq_status status, bool asks)
{
    if (status == TQ_OK) {
        (*context)->task_target = task_target(&(*context)->info);
        tq_context__say_device(*context);
    }
    if (status == TQ_OK && asks && (*context)->info.compiler)
        status = tq_verdict__ask(*context);
    if (status != TQ_OK) {
        tq_context_close(*context);
        *context = NULL;
    }
    return status;
}

tq_status tq_context_open(tq_context **context, const char *selector)
{
    TQ_TRY(begin(context));
    return end(context, open_context(*context, selector), true);
}

tq_status tq_context__open_unasked(tq_context **context, const char *selector)
{
    TQ_TRY(begin(context));
    return end(context, open_context(*context, selector), false);
}

static tq_status check_device(const tq_context *c)
{
    cl_device_id devices[64];
    size_t bytes = 0;
    const cl_int code = clGetContextInfo(c->context, CL_CONTEXT_DEVICES, sizeof devices, devices, &bytes);
    if (code != CL_SUCCESS)
        return tq_opencl__fail("clGetContextInfo", code, &c->info);
    for (size_t i = 0; i < bytes / sizeof devices[0]; ++i)
        if (devices[i] == c->device)
            return TQ_OK;
    return tq_status__fail(TQ_E_ARGUMENT, "device '%s' is not of the given OpenCL context", c->info.name);
}

static tq_status adopt_queue(tq_context *c, cl_command_queue queue)
{
    cl_command_queue_properties properties = 0;
    cl_context context = NULL;
    cl_device_id device = NULL;
    cl_int code = clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof properties, &properties, NULL);
    if (code == CL_SUCCESS)
        code = clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof context, &context, NULL);
    if (code == CL_SUCCESS)
        code = clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL);
    if (code != CL_SUCCESS)
        return tq_opencl__fail("clGetCommandQueueInfo", code, &c->info);
    if (context != c->context || device != c->device)
        return tq_status__fail(TQ_E_ARGUMENT,
                               "the given command queue is not of the given OpenCL context and device '%s'",
                               c->info.name);
    if (properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE)
        return tq_status__fail(TQ_E_ARGUMENT,
                               "the given command queue is out-of-order; an in-order one is needed");
    code = clRetainCommandQueue(queue);
    if (code != CL_SUCCESS)
        return tq_opencl__fail("clRetainCommandQueue", code, &c->info);
    c->queue = queue;
    c->adopted_queue = true;
    return TQ_OK;
}

static tq_status retain(tq_context *c, cl_context context, cl_device_id device)
{
    cl_int code = clRetainContext(context);
    if (code != CL_SUCCESS)
        return tq_opencl__fail("clRetainContext", code, &c->info);
    c->context = context;
    code = clRetainDevice(device); /* which means something for a sub-device */
    if (code != CL_SUCCESS)
        return tq_opencl__fail("clRetainDevice", code, &c->info);
    c->device = device;
    return TQ_OK;
}

static tq_status adopt(tq_context *c, cl_context context, cl_device_id device, cl_command_queue queue)
{
    cl_platform_id platform = NULL;
    TQ_TRY(tq_context__read_environment(c));
    const cl_int code = clGetDeviceInfo(device, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL);
    if (code != CL_SUCCESS)
        return tq_status__fail(TQ_E_ARGUMENT,
                               "the given cl_device_id is not valid: clGetDeviceInfo failed: %s (%d)",
                               tq_opencl__name(code), (int)code);
    tq_device__describe(&c->info, platform, device);
    if (!c->info.usable)
        return tq_status__fail(TQ_E_DEVICE, "device '%s' cannot be used: %s", c->info.name, c->info.reason);
    TQ_TRY(retain(c, context, device));
    TQ_TRY(check_device(c));
    return queue == NULL ? make_queue(c) : adopt_queue(c, queue);
}

tq_status tq_context_adopt(tq_context **context, void *cl_context_handle, void *cl_device_handle,
                           void *cl_queue_handle)
{
    if (context != NULL)
        *context = NULL;
    if (cl_context_handle == NULL || cl_device_handle == NULL)
        return tq_status__fail(TQ_E_ARGUMENT,
                               "tq_context_adopt: the OpenCL context and device must not be NULL");
    TQ_TRY(begin(context));
    return end(context, adopt(*context, cl_context_handle, cl_device_handle, cl_queue_handle), true);
}

static void free_programs(tq_context *c)
{
    while (c->programs != NULL) {
        tq_program *next = c->programs->next;
        clReleaseProgram(c->programs->program);
        free(c->programs);
        c->programs = next;
    }
}

static void free_kernels(tq_context *c)
{
    while (c->kernels != NULL) {
        tq_cache_entry *next = c->kernels->next;
        tq_kernel__destroy(c->kernels->kernel);
        free(c->kernels);
        c->kernels = next;
    }
}

void tq_context_close(tq_context *c)
{
    if (c == NULL)
        return;
    if (c->queue != NULL)
        tq_context__say_end(c);
    tq_profile__free(c);
    tq_tuned__free(&c->tuned);
    free_kernels(c);
    free_programs(c);
    tq_binaries__close(c->binaries);
    if (c->queue != NULL)
        tq_context__quiesce(c);
    tq_gemm__forget(c);
    if (c->uploads != NULL)
        clReleaseCommandQueue(c->uploads);
    if (c->queue != NULL)
        clReleaseCommandQueue(c->queue);
    if (c->context != NULL)
        clReleaseContext(c->context);
    if (c->device != NULL)
        clReleaseDevice(c->device);
    free(c);
}

const tq_device_info *tq_context_device(const tq_context *context)
{
    return &context->info;
}

static tq_status set_cache(tq_context *c, const char *value)
{
    if (strlen(value) >= sizeof c->cache)
        return tq_status__fail(TQ_E_ARGUMENT, "option 'cache': the path has %zu bytes, allowed below %zu",
                               strlen(value), sizeof c->cache);
    snprintf(c->cache, sizeof c->cache, "%s", value);
    c->cache_set = true;
    tq_tuned__set_cache(c);
    return TQ_OK;
}

/* The number of a value among names, NULL at the end. */
static tq_status choose(int *number, const char *option, const char *value, const char *const *names)
{
    tq_text allowed = {0};
    for (int i = 0; names[i] != NULL; ++i) {
        if (strcmp(value, names[i]) == 0) {
            *number = i;
            tq_text__free(&allowed);
            return TQ_OK;
        }
        tq_text__print(&allowed, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const tq_status status = tq_status__fail(TQ_E_ARGUMENT, "option '%s' is '%s', allowed: %s", option, value,
                                             tq_text__get(&allowed));
    tq_text__free(&allowed);
    return status;
}

static tq_status set_paths(tq_context *c, const char *value)
{
    static const char *const names[] = {"all", "certain", "general", NULL}; /* in the order of tq_paths */
    int number = (int)c->paths;
    const tq_status status = choose(&number, "paths", value, names);
    c->paths = (tq_paths)number;
    return status;
}

/* Binaries hold all programs in their single work-item form. */
static tq_status set_binaries(tq_context *c, const char *value)
{
    tq_binaries *binaries = NULL;
    if (value[0] != '\0' && c->float_mode != TQ_FLOAT_EXACT)
        return tq_status__fail(TQ_E_STATE,
                               "option 'float' is not 'exact', and binaries have none of CLBlast's kernels");
    if (value[0] != '\0')
        TQ_TRY(tq_binaries__open(&binaries, c, value));
    if (c->binaries != NULL || binaries != NULL)
        c->loop = binaries != NULL ? TQ_LOOP_TASK : TQ_LOOP_AUTO;
    tq_binaries__close(c->binaries);
    c->binaries = binaries;
    ++c->binaries_set;
    return TQ_OK;
}

static tq_status set_shape(tq_context *c, const char *value)
{
    static const char *const names[] = {"auto", "cpu", "gpu", "task", NULL}; /* in the order of tq_loop */
    int number = (int)c->loop;
    TQ_TRY(choose(&number, "shape", value, names));
    if (c->binaries != NULL && number != TQ_LOOP_TASK)
        return tq_status__fail(
            TQ_E_STATE, "option 'shape' is '%s', but the context's binaries are of shape 'task'", value);
    c->loop = (tq_loop)number;
    return TQ_OK;
}

tq_status tq_context_set(tq_context *context, const char *option, const char *value)
{
    static const struct {
        const char *name;
        tq_status (*set)(tq_context *, const char *);
    } options[] = {{"binaries", set_binaries},    {"cache", set_cache},         {"float", tq_gemm__set},
                   {"paths", set_paths},          {"profile", tq_profile__set}, {"shape", set_shape},
                   {"tuning", tq_tuned__set_file}};
    if (context == NULL || option == NULL || value == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_context_set: NULL argument");
    for (size_t i = 0; i < TQ_COUNT(options); ++i)
        if (strcmp(options[i].name, option) == 0) {
            context->options_set += options[i].set != tq_profile__set;
            return options[i].set(context, value);
        }
    return tq_status__fail(
        TQ_E_NAME, "there is no option '%s'; options: binaries, cache, float, paths, profile, shape, tuning",
        option);
}

tq_program_counts tq_context_programs(const tq_context *context)
{
    return context->counts;
}

tq_memory_counts tq_context_memory(const tq_context *context)
{
    return context->memory;
}

unsigned tq_context__options_set(const tq_context *context)
{
    return context->options_set;
}

tq_paths tq_context__paths(const tq_context *context)
{
    return context->paths;
}

bool tq_context__tiled(const tq_context *context)
{
    return context->loop == TQ_LOOP_GPU ||
           (context->loop == TQ_LOOP_AUTO && strcmp(context->info.type, "gpu") == 0);
}

bool tq_context__is_task(const tq_context *context)
{
    return context->loop == TQ_LOOP_TASK;
}

const tq_device_info *tq_context__target(const tq_context *context)
{
    return tq_context__is_task(context) ? &context->task_target : &context->info;
}

size_t tq_context__local_size(const tq_context *context)
{
    size_t most = 1;
    if (tq_context__is_task(context))
        return 1;
    if (clGetDeviceInfo(context->device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof most, &most, NULL) !=
        CL_SUCCESS)
        return 1;
    return most < 64 ? most : 64;
}
