/* Kinds that make one number from all that differ in some dimensions only: sums and means by SUM, products by
 * PRODUCT, extremes, and where they stand. */
#ifndef TQ_LAYERS_REDUCE_H
#define TQ_LAYERS_REDUCE_H

#include "layers/elementwise.h"
#include "layers/groups.h"

/* Numbers as in kernels/layers/reduce.cl. */
typedef enum tq_reduction {
    TQ_REDUCE_SUM,
    TQ_REDUCE_MEAN,
    TQ_REDUCE_MAX,
    TQ_REDUCE_MIN,
    TQ_REDUCE_ARGMAX,
    TQ_REDUCE_ARGMIN,
    TQ_REDUCE_PRODUCT
} tq_reduction;

typedef struct tq_reduce_state {
    tq_kernel *kernel;
    tq_inner inner;
    tq_groups groups;
    tq_memory *memory; /* the groups */
    tq_u64 size;
    tq_u32 last; /* 1: of equal numbers the last one's place */
} tq_reduce_state;

/* The options of the kinds: axes, keepdims, order; of those that give a place axis, keepdims, order, last. */
extern const tq_parameter tq_reduce_options[3], tq_arg_options[4];

/* A kind's `family` is a tq_reduction. */
tq_status tq_reduce__shape(const tq_layer *layer, tq_shape *output);
tq_status tq_reduce__plan(tq_layer *layer);
tq_status tq_reduce__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
tq_status tq_reduce__reference(const tq_layer *layer, const float *const *inputs, float *output);
void tq_reduce__release(tq_layer *layer);

#endif
