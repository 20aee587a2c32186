#include "layers/matrices.h"

tq_matrices tq_matrices__of(const tq_layer *layer, const tq_shape *stored)
{
    tq_matrices m = {.shape = tq_reorder__sequence(layer, stored)};
    tq_reorder__strides(m.stride, &m.shape, tq_reorder__is_nchw(layer));
    return m;
}

int64_t tq_matrices__rows(const tq_matrices *m)
{
    return m->shape.dim[m->shape.rank - 2];
}

int64_t tq_matrices__columns(const tq_matrices *m)
{
    return m->shape.dim[m->shape.rank - 1];
}

int64_t tq_matrices__row_stride(const tq_matrices *m)
{
    return m->stride[m->shape.rank - 2];
}

int64_t tq_matrices__column_stride(const tq_matrices *m)
{
    return m->stride[m->shape.rank - 1];
}

static bool fits(const tq_shape *a, const tq_shape *b, tq_shape *product)
{
    const int missing = a->rank - b->rank;
    if (b->rank < 2 || missing < 0 || a->dim[a->rank - 1] != b->dim[b->rank - 2])
        return false;
    *product = *a;
    product->dim[a->rank - 1] = b->dim[b->rank - 1];
    for (int i = missing; i < a->rank - 2; ++i) {
        const int64_t other = b->dim[i - missing];
        if (i > 0 && a->dim[i] == 1)
            product->dim[i] = other;
        else if (other != 1 && other != a->dim[i])
            return false;
    }
    return true;
}

tq_status tq_matrices__product(const tq_shape *a, const tq_shape *b, tq_shape *product)
{
    char first[160], second[160];
    tq_shape_print(first, sizeof first, a);
    tq_shape_print(second, sizeof second, b);
    if (fits(a, b, product))
        return TQ_OK;
    return tq_status__fail(
        TQ_E_SHAPE,
        "inputs %s and %s: needs ... x rows x terms and ... x terms x columns, the second with no "
        "more dimensions, and those in front equal or 1 (the first dimension only in the second)",
        first, second);
}

int64_t tq_matrices__entries(const tq_shape *product)
{
    int64_t entries = 1;
    for (int i = 0; i < product->rank - 2; ++i)
        entries *= product->dim[i];
    return entries;
}

int64_t tq_matrices__begin(const tq_matrices *m, const tq_shape *product, int64_t entry)
{
    const int missing = product->rank - m->shape.rank;
    int64_t begin = 0;
    for (int i = product->rank - 3; i >= 0; --i) {
        const int64_t index = entry % product->dim[i];
        entry /= product->dim[i];
        if (i >= missing && m->shape.dim[i - missing] > 1)
            begin += index * m->stride[i - missing];
    }
    return begin;
}
