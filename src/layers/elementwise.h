/* Layers whose kernels run over the output's elements in one dimension. */
#ifndef TQ_LAYERS_ELEMENTWISE_H
#define TQ_LAYERS_ELEMENTWISE_H

#include "accumulate/inner.h"
#include "layers/kind.h"
#include "util/float_bits.h"

/* Number in the data set of the layer's first output element. */
tq_u64 tq_layer__first_element(const tq_layer *layer);

/* How kernels that copy runs of memory share out each `length` elements: `count` work-items of `run`
 * elements, the last with what is left. */
typedef struct tq_pieces {
    tq_u64 count;
    tq_u32 run;
} tq_pieces;
tq_pieces tq_layer__pieces(const tq_layer *layer, tq_u64 length);

/* A kernel of one embedded file without quantizers, kept by the context. */
tq_status tq_layer__plain_kernel(const tq_layer *layer, tq_kernel **kernel, const char *file,
                                 const char *name);

/* A kernel with the intrinsic slots bound as TQ_PRODUCT, TQ_SUM, TQ_RESULT, with TQ_FUSED and TQ_EXACT_SUM
 * defined. */
tq_status tq_layer__inner_kernel(const tq_layer *layer, tq_kernel **kernel, const char *const *files,
                                 size_t count, const char *name);

/* The same with more defines in front, in a text that it frees. */
tq_status tq_layer__inner_kernel_of(const tq_layer *layer, tq_kernel **kernel, tq_program_text *text,
                                    const char *const *files, size_t count, const char *name);

/*
 * Rounds of a work-item's loops that one step of its arithmetic may take. What is a branch in the source can
 * be a loop for a compiler that wants structured code: llvmpipe counts up to two for a term of an exact sum.
 */
#define TQ_STEP_ROUNDS 4
/* Steps that the device can make in a work-item; TQ_E_UNSUPPORTED where it cannot make so many. */
tq_u64 tq_layer__most_steps(const tq_layer *layer);
tq_status tq_layer__check_steps(const tq_layer *layer, tq_u64 steps);

/* Bits of the largest of some numbers, by the order of kernels/layers/maximum.cl. */
tq_u32 tq_bits__largest(const float *x, int64_t count);

/* q(v) on the host with draw `number` of a stream at `index`. */
tq_u32 tq_inner__apply(const tq_inner *inner, const tq_baked *slot, tq_exact v, tq_u64 index, tq_u32 number,
                       tq_u32 stream);

/* q(v) on the host with the draw of an element of the data set. */
tq_u32 tq_inner__apply_element(const tq_inner *inner, const tq_baked *slot, tq_exact v, tq_u64 element,
                               tq_u32 stream);

#endif
