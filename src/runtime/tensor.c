#include "tensorquant/tensor.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/launch.h"
#include "runtime/memory.h"
#include "util/fail.h"

tq_shape tq_shape_of(int rank, const int64_t *dimensions)
{
    tq_shape shape = {.rank = rank};
    for (int i = 0; i < rank && i < TQ_MAX_RANK; ++i)
        shape.dim[i] = dimensions[i];
    return shape;
}

int64_t tq_shape_count(const tq_shape *shape)
{
    const int64_t most = (int64_t)1 << 62;
    int64_t count = 1;
    if (shape->rank < 0 || shape->rank > TQ_MAX_RANK)
        return 0;
    for (int i = 0; i < shape->rank; ++i) {
        if (shape->dim[i] < 1 || count > most / shape->dim[i])
            return 0;
        count *= shape->dim[i];
    }
    return count;
}

bool tq_shape_equal(const tq_shape *a, const tq_shape *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; ++i)
        if (a->dim[i] != b->dim[i])
            return false;
    return true;
}

size_t tq_shape_print(char *to, size_t size, const tq_shape *shape)
{
    size_t length = 0;
    if (shape->rank <= 0 || shape->rank > TQ_MAX_RANK)
        return (size_t)snprintf(to, size, shape->rank == 0 ? "scalar" : "invalid");
    for (int i = 0; i < shape->rank; ++i) {
        const size_t room = length < size ? size - length : 0;
        length += (size_t)snprintf(room > 0 ? to + length : NULL, room, "%s%lld", i > 0 ? "x" : "",
                                   (long long)shape->dim[i]);
    }
    return length;
}

struct tq_tensor {
    tq_memory *memory;
    uint64_t offset; /* elements */
    tq_shape shape;
};

static tq_status check_shape(const tq_shape *shape)
{
    char text[160];
    if (tq_shape_count(shape) > 0)
        return TQ_OK;
    tq_shape_print(text, sizeof text, shape);
    return tq_status__fail(TQ_E_SHAPE,
                           "shape %s is not valid: rank 0 to %d, dimensions at least 1, product below 2^62",
                           text, TQ_MAX_RANK);
}

tq_status tq_tensor__view(tq_tensor **tensor, tq_memory *memory, uint64_t offset, const tq_shape *shape)
{
    *tensor = NULL;
    TQ_TRY(check_shape(shape));
    *tensor = calloc(1, sizeof **tensor);
    if (*tensor == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a tensor's record");
    **tensor = (tq_tensor){.memory = tq_memory__retain(memory), .offset = offset, .shape = *shape};
    return TQ_OK;
}

tq_status tq_tensor_create(tq_tensor **tensor, tq_context *context, const tq_shape *shape)
{
    tq_memory *memory;
    if (tensor != NULL)
        *tensor = NULL;
    if (tensor == NULL || context == NULL || shape == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_tensor_create: NULL argument");
    TQ_TRY(check_shape(shape));
    const uint64_t count = (uint64_t)tq_shape_count(shape);
    TQ_TRY(tq_memory__create(&memory, context, count > UINT64_MAX / 4 ? UINT64_MAX : count * 4));
    const tq_status status = tq_tensor__view(tensor, memory, 0, shape);
    tq_memory__release(memory);
    return status;
}

void tq_tensor_destroy(tq_tensor *tensor)
{
    if (tensor == NULL)
        return;
    tq_memory__release(tensor->memory);
    free(tensor);
}

const tq_shape *tq_tensor_shape(const tq_tensor *tensor)
{
    return &tensor->shape;
}

tq_context *tq_tensor__context(const tq_tensor *tensor)
{
    return tq_memory__context(tensor->memory);
}

tq_memory *tq_tensor__memory(const tq_tensor *tensor)
{
    return tensor->memory;
}

uint64_t tq_tensor__offset(const tq_tensor *tensor)
{
    return tensor->offset;
}

static tq_status check_count(const tq_tensor *tensor, int64_t count)
{
    char text[160];
    tq_shape_print(text, sizeof text, &tensor->shape);
    if (count != tq_shape_count(&tensor->shape))
        return tq_status__fail(TQ_E_SHAPE, "%lld numbers for a tensor of shape %s, which has %lld",
                               (long long)count, text, (long long)tq_shape_count(&tensor->shape));
    return TQ_OK;
}

tq_status tq_tensor_write(tq_tensor *tensor, const float *from, int64_t count)
{
    TQ_TRY(check_count(tensor, count));
    return tq_memory__write(tensor->memory, tensor->offset * 4, from, (uint64_t)count * 4);
}

tq_status tq_tensor_read(const tq_tensor *tensor, float *to, int64_t count)
{
    TQ_TRY(check_count(tensor, count));
    return tq_memory__read(tensor->memory, tensor->offset * 4, to, (uint64_t)count * 4);
}
