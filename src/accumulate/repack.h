/* A second operand of a contraction that is computed: packed on the device, before each run, as pack.h packs
 * weights. */
#ifndef TQ_ACCUMULATE_REPACK_H
#define TQ_ACCUMULATE_REPACK_H

#include "accumulate/pack.h"

/* The kernel for this plan; borrowed from the context. */
tq_status tq_repack__kernel(tq_kernel **kernel, tq_context *context, const tq_path_plan *plan);

/* Packs `entries` matrices into `to`, each as tq_pack__weights packs one. Panels of one group, runs of all
 * terms. */
tq_status tq_repack__run(tq_kernel *kernel, const tq_panels *panels, const tq_path_plan *plan,
                         const tq_second *second, tq_memory *to, int32_t entries);

#endif
