#include "layers/groups.h"

/* Appends a dimension, or widens the last where it goes on. */
static void append(tq_u64 *rank, tq_u64 *dim, tq_u64 *stride, tq_u64 size, tq_u64 step)
{
    if (size == 1)
        return;
    if (*rank > 0 && stride[*rank - 1] == step * size) {
        dim[*rank - 1] *= size;
        stride[*rank - 1] = step;
        return;
    }
    dim[*rank] = size;
    stride[*rank] = step;
    ++*rank;
}

static void need_one(tq_u64 *rank, tq_u64 *dim, tq_u64 *stride)
{
    if (*rank > 0)
        return;
    *rank = dim[0] = 1;
    stride[0] = 0;
}

tq_groups tq_groups__of(const tq_shape *shape, unsigned inside, const int *outer, int count)
{
    tq_groups g = {0};
    tq_u64 stride[TQ_MAX_RANK], elements = 1;
    for (int i = shape->rank - 1; i >= 0; elements *= (tq_u64)shape->dim[i--])
        stride[i] = elements;
    for (int i = 0; i < count; ++i)
        append(&g.outer_rank, g.outer_dim, g.outer_stride, (tq_u64)shape->dim[outer[i]], stride[outer[i]]);
    for (int i = 0; i < shape->rank; ++i)
        if (inside >> i & 1)
            append(&g.inner_rank, g.inner_dim, g.inner_stride, (tq_u64)shape->dim[i], stride[i]);
    need_one(&g.outer_rank, g.outer_dim, g.outer_stride);
    need_one(&g.inner_rank, g.inner_dim, g.inner_stride);
    return g;
}

static tq_u64 product(const tq_u64 *dim, tq_u64 rank)
{
    tq_u64 count = 1;
    for (tq_u64 i = 0; i < rank; ++i)
        count *= dim[i];
    return count;
}

static tq_u64 place(const tq_u64 *dim, const tq_u64 *stride, tq_u64 rank, tq_u64 i)
{
    tq_u64 at = 0;
    for (tq_u64 d = rank; d-- > 0; i /= dim[d])
        at += i % dim[d] * stride[d];
    return at;
}

tq_u64 tq_groups__count(const tq_groups *g)
{
    return product(g->outer_dim, g->outer_rank);
}

tq_u64 tq_groups__size(const tq_groups *g)
{
    return product(g->inner_dim, g->inner_rank);
}

tq_u64 tq_groups__start(const tq_groups *g, tq_u64 group)
{
    return place(g->outer_dim, g->outer_stride, g->outer_rank, group);
}

tq_u64 tq_groups__step(const tq_groups *g, tq_u64 i)
{
    return place(g->inner_dim, g->inner_stride, g->inner_rank, i);
}

tq_status tq_groups__upload(const tq_groups *groups, const tq_layer *layer, tq_memory **memory)
{
    return tq_memory__of(memory, layer->context, groups, sizeof *groups);
}
