#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/internal.h"
#include "runtime/mark.h"
#include "runtime/memory.h"
#include "runtime/record.h"
#include "util/fail.h"

#define MOST_ARGUMENTS 20 /* of tq_kernel__run_elements */

struct tq_kernel {
    tq_context *context;
    cl_kernel kernel; /* NULL while recording */
    size_t local;     /* work-items of a group in one dimension */
    size_t recorded;  /* number in the recording */
    bool task;        /* in the single work-item form */
    char name[64];
};

size_t tq_kernel__most_items(const tq_kernel *kernel)
{
    size_t most = 1;
    if (kernel->kernel == NULL ||
        clGetKernelWorkGroupInfo(kernel->kernel, kernel->context->device, CL_KERNEL_WORK_GROUP_SIZE,
                                 sizeof most, &most, NULL) != CL_SUCCESS)
        return 1;
    return most;
}

/* A kernel that takes many registers may allow less than the device. */
static size_t fit_local(const tq_kernel *kernel)
{
    const size_t of_device = tq_context__local_size(kernel->context), most = tq_kernel__most_items(kernel);
    return most > 0 && most < of_device ? most : of_device;
}

size_t tq_kernel__local_size(const tq_kernel *kernel)
{
    return kernel->local;
}

/* The OpenCL kernel, from the text or from binaries. */
static tq_status make_kernel(tq_kernel *kernel, const tq_program_text *text)
{
    tq_context *const c = kernel->context;
    const tq_program *program;
    char name[96];
    cl_int code;
    TQ_TRY(tq_program__get(c, text, &program));
    snprintf(name, sizeof name, "%s%s", program->prefix, kernel->name);
    kernel->kernel = clCreateKernel(program->program, name, &code);
    if (code == CL_SUCCESS)
        return TQ_OK;
    kernel->kernel = NULL;
    if (code == CL_INVALID_KERNEL_NAME && c->binaries != NULL)
        return tq_binaries__lacks(c->binaries, name);
    return tq_status__prefix(tq_opencl__fail("clCreateKernel", code, &c->info), "kernel '%s'", name);
}

tq_status tq_kernel__create(tq_kernel **kernel, tq_context *context, const tq_program_text *text,
                            const char *name)
{
    tq_kernel *made = calloc(1, sizeof *made);
    *kernel = NULL;
    if (made == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for kernel '%s'", name);
    made->context = context;
    made->task = tq_context__is_task(context);
    snprintf(made->name, sizeof made->name, "%s", name);
    const tq_status status = context->recording != NULL
                                 ? tq_recording__add(context->recording, text, name, &made->recorded)
                                 : make_kernel(made, text);
    if (status != TQ_OK) {
        free(made);
        return status;
    }
    made->local = fit_local(made);
    *kernel = made;
    return TQ_OK;
}

void tq_kernel__destroy(tq_kernel *kernel)
{
    if (kernel == NULL)
        return;
    if (kernel->kernel != NULL)
        clReleaseKernel(kernel->kernel);
    free(kernel);
}

static tq_status add_entry(tq_kernel **kernel, tq_context *context, const tq_program_text *text,
                           const char *name)
{
    tq_cache_entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a kernel");
    const tq_status status = tq_kernel__create(kernel, context, text, name);
    if (status != TQ_OK) {
        free(entry);
        return status;
    }
    *entry =
        (tq_cache_entry){.next = context->kernels, .text = tq_program__key(context, text), .kernel = *kernel};
    context->kernels = entry;
    return TQ_OK;
}

tq_status tq_context__kernel(tq_kernel **kernel, tq_context *context, const tq_program_text *text,
                             const char *name)
{
    *kernel = NULL;
    TQ_TRY(tq_program_text__check(text));
    const tq_program_key key = tq_program__key(context, text);
    for (const tq_cache_entry *entry = context->kernels; entry != NULL; entry = entry->next)
        if (tq_program_key__same(entry->text, key) && strcmp(entry->kernel->name, name) == 0) {
            *kernel = entry->kernel;
            return TQ_OK;
        }
    return add_entry(kernel, context, text, name);
}

void tq_context__forget_recorded(tq_context *c)
{
    for (tq_cache_entry **place = &c->kernels; *place != NULL;) {
        tq_cache_entry *const entry = *place;
        if (entry->kernel->kernel != NULL) {
            place = &entry->next;
            continue;
        }
        *place = entry->next;
        tq_kernel__destroy(entry->kernel);
        free(entry);
    }
}

tq_status tq_context__plain_kernel(tq_kernel **kernel, tq_context *context, const char *const *files,
                                   size_t count, const char *name)
{
    tq_program_text text = {0};
    for (size_t i = 0; i < count; ++i)
        tq_program_text__add(&text, files[i]);
    const tq_status status = tq_context__kernel(kernel, context, &text, name);
    tq_program_text__free(&text);
    return status;
}

/* Sets one argument; a tensor is two. */
static cl_int set_argument(cl_kernel kernel, cl_uint *index, const tq_argument *argument)
{
    const tq_memory *memory =
        argument->tensor != NULL ? tq_tensor__memory(argument->tensor) : argument->memory;
    if (memory == NULL)
        return clSetKernelArg(kernel, (*index)++, argument->size, argument->value);
    cl_mem object = tq_memory__object(memory);
    cl_int code = clSetKernelArg(kernel, (*index)++, sizeof object, &object);
    if (code == CL_SUCCESS && argument->tensor != NULL) {
        const cl_ulong offset = tq_tensor__offset(argument->tensor);
        code = clSetKernelArg(kernel, (*index)++, sizeof offset, &offset);
    }
    return code;
}

static double bytes_of(const tq_argument *argument)
{
    if (argument->tensor != NULL)
        return 4.0 * (double)tq_shape_count(tq_tensor_shape(argument->tensor));
    return argument->memory != NULL ? (double)argument->size : 0.0;
}

/* What a launch works on, for the profile. */
static void note_launch(tq_kernel *kernel, tq_mark *mark, const tq_argument *arguments, size_t count)
{
    tq_context *c = kernel->context;
    double macs = 0.0, bytes = 0.0;
    if (c->profile == NULL)
        return;
    for (size_t i = 0; i < count; ++i) {
        bytes += bytes_of(&arguments[i]);
        macs += arguments[i].tensor != NULL ? tq_profile__take_macs(c, arguments[i].tensor) : 0.0;
    }
    tq_profile__end(c, c->queue, mark, true, kernel->name, macs, bytes);
}

static tq_status set_arguments(tq_kernel *kernel, cl_uint *index, const tq_argument *arguments, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        const cl_int code = set_argument(kernel->kernel, index, &arguments[i]);
        if (code != CL_SUCCESS)
            return tq_status__prefix(tq_opencl__fail("clSetKernelArg", code, &kernel->context->info),
                                     "kernel '%s', argument %u", kernel->name, *index - 1);
    }
    return TQ_OK;
}

static tq_status enqueue(tq_kernel *kernel, cl_uint dimensions, const size_t *global, const size_t *local,
                         cl_event *event)
{
    const tq_context *c = kernel->context;
    const cl_int code =
        clEnqueueNDRangeKernel(c->queue, kernel->kernel, dimensions, NULL, global, local, 0, NULL, event);
    if (code != CL_SUCCESS)
        return tq_status__prefix(tq_opencl__fail("clEnqueueNDRangeKernel", code, &c->info), "kernel '%s'",
                                 kernel->name);
    return TQ_OK;
}

/* One work-item for all places from `first` to before `end`. */
static tq_status run_task(tq_kernel *kernel, cl_uint index, const cl_ulong first[4], const cl_ulong end[4],
                          cl_event *event)
{
    static const size_t one = 1; /* of one dimension, as clEnqueueTask does */
    const tq_argument range[2] = {{.size = 4 * sizeof *first, .value = first},
                                  {.size = 4 * sizeof *end, .value = end}};
    TQ_TRY(set_arguments(kernel, &index, range, TQ_COUNT(range)));
    return enqueue(kernel, 1, &one, &one, event);
}

/* All places at once; where the device ends loops, one at a time, of which `event` is the last's. */
static tq_status run_tasks(tq_kernel *kernel, cl_uint index, const size_t global[3], cl_event *event)
{
    const cl_ulong all[4] = {global[0], global[1], global[2], 1}, count = all[0] * all[1] * all[2];
    if (tq_device__most_rounds(&kernel->context->info) == TQ_ANY_ROUNDS)
        return run_task(kernel, index, (const cl_ulong[4]){0}, all, event);
    for (cl_ulong i = 0; i < count; ++i) {
        const cl_ulong at[4] = {i % all[0], i / all[0] % all[1], i / all[0] / all[1], 0};
        const cl_ulong end[4] = {at[0] + 1, at[1] + 1, at[2] + 1, 1};
        TQ_TRY(run_task(kernel, index, at, end, i + 1 == count ? event : NULL));
    }
    return TQ_OK;
}

tq_status tq_kernel__run(tq_kernel *kernel, const size_t global[3], const size_t local[3],
                         const tq_argument *arguments, size_t count)
{
    cl_uint index = 0;
    tq_mark mark;
    if (kernel->context->recording != NULL)
        return tq_recording__launch(kernel->context->recording, kernel->recorded);
    tq_profile__begin(kernel->context, &mark);
    TQ_TRY(set_arguments(kernel, &index, arguments, count));
    TQ_TRY(kernel->task ? run_tasks(kernel, index, global, mark.wanted)
                        : enqueue(kernel, 3, global, local, mark.wanted));
    note_launch(kernel, &mark, arguments, count);
    return TQ_OK;
}

tq_status tq_kernel__run_flat(tq_kernel *kernel, uint64_t items, const tq_argument *arguments, size_t count)
{
    const size_t local = kernel->local;
    const size_t groups = (size_t)(items / local) + (items % local != 0);
    return tq_kernel__run(kernel, (const size_t[]){groups * local, 1, 1}, (const size_t[]){local, 1, 1},
                          arguments, count);
}

tq_status tq_kernel__run_elements(tq_kernel *kernel, int64_t elements, const tq_argument *arguments,
                                  size_t count)
{
    const cl_ulong all = (cl_ulong)elements;
    tq_argument with_count[MOST_ARGUMENTS + 1];
    memcpy(with_count, arguments, count * sizeof *arguments);
    with_count[count] = TQ_VALUE(all);
    return tq_kernel__run_flat(kernel, all, with_count, count + 1);
}
