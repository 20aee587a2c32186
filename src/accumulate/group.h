/*
 * The GPU shape of a contraction: work-groups that share tiles of operands in local memory
 * (kernels/layers/contraction_tiles.cl). A depthwise convolution, where outputs share no inputs, has
 * work-groups without tiles.
 */
#ifndef TQ_ACCUMULATE_GROUP_H
#define TQ_ACCUMULATE_GROUP_H

#include "accumulate/path.h"

/* What a work-group is fitted to. */
typedef struct tq_group_problem {
    int rows, outputs;     /* of a matrix and of a convolution's group */
    bool depthwise;        /* outputs: as many as input channels */
    size_t most_items;     /* that the device runs in a work-group */
    uint64_t local_memory; /* bytes; where a tile does not fit there are none */
} tq_group_problem;

/* One work-item, no tiles: the CPU shape. */
tq_group tq_group__single(void);
/* Sets the plan's group and fits the tile of each work-item; `plan` has step, terms, form, rows and vectors.
 */
void tq_group__choose(tq_path_plan *plan, const tq_group_problem *problem);
/* Makes the group smaller where a kernel allows fewer work-items. */
void tq_group__limit(tq_group *group, size_t most_items);
int tq_group__items(const tq_group *group);
/* Local memory of a work-group: at least what the kernel's tq_tile takes. */
uint64_t tq_group__bytes(const tq_path_plan *plan);

#endif
