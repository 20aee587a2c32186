/* Kinds that make each output from two inputs, broadcast: y = RESULT(a operation b), kernels/operations.cl.
 */
#ifndef TQ_LAYERS_PAIRWISE_H
#define TQ_LAYERS_PAIRWISE_H

#include "layers/broadcast.h"
#include "layers/groups.h"
#include "layers/lanes.h"
#include "tensorquant/kernels/layers/maximum.cl"
#include "tensorquant/kernels/math.cl"

#include "tensorquant/kernels/functions.cl"

#include "tensorquant/kernels/power.cl"

#include "tensorquant/kernels/operations.cl"

/* How vectors are made. */
typedef enum tq_vector_form {
    TQ_FORM_NONE,
    TQ_FORM_SUM,
    TQ_FORM_DIFFERENCE,
    TQ_FORM_PRODUCT,
    TQ_FORM_LARGER,
    TQ_FORM_SMALLER
} tq_vector_form;

/* A kind's `family`. */
typedef struct tq_pairwise {
    const char *function; /* in kernels/operations.cl */
    tq_exact (*apply)(tq_u32 a, tq_u32 b);
    tq_vector_form form;
} tq_pairwise;

typedef struct tq_pairwise_state {
    tq_lanes lanes;
    tq_inner inner;
    tq_broadcast broadcast;
    tq_memory *geometry, *groups[2]; /* groups: of the output by operand, for gradients */
} tq_pairwise_state;

tq_status tq_pairwise__shape(const tq_layer *layer, tq_shape *output);
tq_status tq_pairwise__plan(tq_layer *layer);
tq_status tq_pairwise__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
tq_status tq_pairwise__reference(const tq_layer *layer, const float *const *inputs, float *output);
/* Gradients of sums, differences and products: by an operand that repeats they are sums. */
tq_status tq_pairwise__plan_backward(tq_layer *layer);
tq_status tq_pairwise__backward(tq_layer *layer, const tq_gradients *gradients);
tq_status tq_pairwise__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients);
void tq_pairwise__release(tq_layer *layer);

#endif
