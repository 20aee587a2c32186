#include <stdlib.h>

#include "runtime/internal.h"
#include "runtime/mark.h"
#include "runtime/memory.h"
#include "util/fail.h"

struct tq_memory {
    tq_context *context;
    cl_mem object;
    uint64_t bytes;
    unsigned references;
};

uint64_t tq_context__free_memory(const tq_context *context)
{
    const uint64_t all = context->info.global_memory, taken = context->memory.bytes;
    return taken < all ? all - taken : 0;
}

static tq_status check_size(const tq_context *c, uint64_t bytes)
{
    const uint64_t limit =
        c->info.max_allocation < c->info.global_memory ? c->info.max_allocation : c->info.global_memory;
    if (bytes == 0)
        return tq_status__fail(TQ_E_ARGUMENT, "an allocation of 0 bytes");
    if (bytes > limit)
        return tq_status__fail(
            TQ_E_MEMORY, "%llu bytes are more than '%s' allocates at once: %llu of %llu bytes of memory",
            (unsigned long long)bytes, c->info.name, (unsigned long long)c->info.max_allocation,
            (unsigned long long)c->info.global_memory);
    /* Here, for there are drivers that end the process when they run out. */
    if (bytes > tq_context__free_memory(c))
        return tq_status__fail(TQ_E_MEMORY,
                               "%llu bytes are more than '%s' has left: %llu of its %llu bytes are taken",
                               (unsigned long long)bytes, c->info.name, (unsigned long long)c->memory.bytes,
                               (unsigned long long)c->info.global_memory);
    return TQ_OK;
}

tq_status tq_memory__create(tq_memory **memory, tq_context *context, uint64_t bytes)
{
    cl_int code;
    *memory = NULL;
    TQ_TRY(check_size(context, bytes));
    cl_mem object = clCreateBuffer(context->context, CL_MEM_READ_WRITE, (size_t)bytes, NULL, &code);
    if (code != CL_SUCCESS)
        return tq_opencl__fail("clCreateBuffer", code, &context->info);
    *memory = calloc(1, sizeof **memory);
    if (*memory == NULL) {
        clReleaseMemObject(object);
        return tq_status__fail(TQ_E_MEMORY, "no memory for a buffer's record");
    }
    ++context->memory.made;
    ++context->memory.buffers;
    context->memory.bytes += bytes;
    **memory = (tq_memory){.context = context, .object = object, .bytes = bytes, .references = 1};
    return TQ_OK;
}

tq_memory *tq_memory__retain(tq_memory *memory)
{
    ++memory->references;
    return memory;
}

void tq_memory__release(tq_memory *memory)
{
    if (memory == NULL || --memory->references > 0)
        return;
    --memory->context->memory.buffers;
    memory->context->memory.bytes -= memory->bytes;
    clReleaseMemObject(memory->object);
    free(memory);
}

cl_mem tq_memory__object(const tq_memory *memory)
{
    return memory->object;
}

tq_context *tq_memory__context(const tq_memory *memory)
{
    return memory->context;
}

static tq_status check_part(const tq_memory *memory, uint64_t offset, uint64_t bytes)
{
    if (offset > memory->bytes || bytes > memory->bytes - offset)
        return tq_status__fail(TQ_E_ARGUMENT, "bytes %llu to %llu of a buffer of %llu bytes",
                               (unsigned long long)offset, (unsigned long long)(offset + bytes),
                               (unsigned long long)memory->bytes);
    return TQ_OK;
}

tq_status tq_memory__write(tq_memory *memory, uint64_t offset, const void *from, uint64_t bytes)
{
    tq_context *c = memory->context;
    TQ_TRY(check_part(memory, offset, bytes));
    tq_mark mark;
    tq_profile__begin(c, &mark);
    const cl_int code = clEnqueueWriteBuffer(c->queue, memory->object, CL_TRUE, (size_t)offset, (size_t)bytes,
                                             from, 0, NULL, mark.wanted);
    c->uploaded += code == CL_SUCCESS ? bytes : 0;
    tq_profile__end(c, c->queue, &mark, code == CL_SUCCESS, "upload", -1.0, (double)bytes);
    return code == CL_SUCCESS ? TQ_OK : tq_opencl__fail("clEnqueueWriteBuffer", code, &c->info);
}

tq_status tq_memory__of(tq_memory **memory, tq_context *context, const void *from, uint64_t bytes)
{
    TQ_TRY(tq_memory__create(memory, context, bytes));
    const tq_status status = tq_memory__write(*memory, 0, from, bytes);
    if (status != TQ_OK) {
        tq_memory__release(*memory);
        *memory = NULL;
    }
    return status;
}

tq_status tq_memory__read(const tq_memory *memory, uint64_t offset, void *to, uint64_t bytes)
{
    tq_context *c = memory->context;
    TQ_TRY(check_part(memory, offset, bytes));
    tq_mark mark;
    tq_profile__begin(c, &mark);
    const cl_int code = clEnqueueReadBuffer(c->queue, memory->object, CL_TRUE, (size_t)offset, (size_t)bytes,
                                            to, 0, NULL, mark.wanted);
    c->downloaded += code == CL_SUCCESS ? bytes : 0;
    tq_profile__end(c, c->queue, &mark, code == CL_SUCCESS, "download", -1.0, (double)bytes);
    return code == CL_SUCCESS ? TQ_OK : tq_opencl__fail("clEnqueueReadBuffer", code, &c->info);
}

tq_status tq_memory__zero(tq_memory *memory, uint64_t offset, uint64_t bytes)
{
    tq_context *c = memory->context;
    const cl_uint zero = 0;
    TQ_TRY(check_part(memory, offset, bytes));
    const cl_int code = clEnqueueFillBuffer(c->queue, memory->object, &zero, sizeof zero, (size_t)offset,
                                            (size_t)bytes, 0, NULL, NULL);
    return code == CL_SUCCESS ? TQ_OK : tq_opencl__fail("clEnqueueFillBuffer", code, &c->info);
}
