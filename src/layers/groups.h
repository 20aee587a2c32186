/* A tensor cut into groups: each output, or each statistic, is made from the elements of one. */
#ifndef TQ_LAYERS_GROUPS_H
#define TQ_LAYERS_GROUPS_H

#include "layers/kind.h"

/* As kernels/layers/groups.cl reads it: the dimensions that count the groups and those of the elements of
 * one, the fewest that say it, with their strides in elements. */
typedef struct tq_groups {
    tq_u64 outer_rank, inner_rank; /* 1 or more */
    tq_u64 outer_dim[TQ_MAX_RANK], outer_stride[TQ_MAX_RANK], inner_dim[TQ_MAX_RANK],
        inner_stride[TQ_MAX_RANK];
} tq_groups;

/*
 * Groups of a tensor of this shape: dimension i is one within a group if bit i of `inside` is set. The others
 * count the groups in the sequence outer[0] .. outer[count - 1]; elements of a group are counted as they lie
 * in memory.
 */
tq_groups tq_groups__of(const tq_shape *shape, unsigned inside, const int *outer, int count);
tq_u64 tq_groups__count(const tq_groups *groups); /* of groups */
tq_u64 tq_groups__size(const tq_groups *groups);  /* elements of one */
/* Where the first element of a group stands; and how far element `i` of a group is from there. */
tq_u64 tq_groups__start(const tq_groups *groups, tq_u64 group);
tq_u64 tq_groups__step(const tq_groups *groups, tq_u64 i);

/* A device copy. */
tq_status tq_groups__upload(const tq_groups *groups, const tq_layer *layer, tq_memory **memory);

#endif
