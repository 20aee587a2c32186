/* A second operand of a contraction that is computed: packed on the device, before each run, as pack.h packs
 * weights. */
#ifndef TQ_ACCUMULATE_REPACK_H
#define TQ_ACCUMULATE_REPACK_H

#include "accumulate/operand.h"
#include "accumulate/pack.h"

/* As an input is checked (operand.h). */
typedef struct tq_repack_check {
    float bound; /* INFINITY: none */
    const tq_verdict *verdict;
    tq_u32 when; /* 1: packs only if the verdict is that a bound was exceeded */
} tq_repack_check;

/* The kernel "repack" or "rebias" for this plan; borrowed from the context. */
tq_status tq_repack__kernel(tq_kernel **kernel, tq_context *context, const tq_path_plan *plan,
                            const char *name);

/* Packs `entries` matrices, or one matrix's groups, into `to` as tq_pack__weights packs them. */
tq_status tq_repack__run(tq_kernel *kernel, const tq_panels *panels, const tq_path_plan *plan,
                         const tq_second *second, tq_memory *to, int32_t entries,
                         const tq_repack_check *check);

/* Writes a tensor of biases as tq_pack__bias does. */
tq_status tq_repack__bias(tq_kernel *kernel, const tq_panels *panels, const tq_tensor *bias, tq_memory *to);

#endif
