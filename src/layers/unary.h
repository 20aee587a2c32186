/* Kinds that make each output from one input by a function: kernels/functions.cl. They have no inner
 * arithmetic: RESULT rounds the function's binary32. */
#ifndef TQ_LAYERS_UNARY_H
#define TQ_LAYERS_UNARY_H

#include "layers/derivative.h"
#include "layers/lanes.h"

typedef struct tq_function {
    const char *name; /* in kernels/functions.cl */
    tq_u32 (*apply)(tq_u32 bits, tq_u32 a, tq_u32 b);
} tq_function;

/* A kind's `family`. The function's a and b are the first two numbers of the options, else 0. */
typedef struct tq_unary {
    tq_function function;
    tq_function other; /* with a name: in place of `function` where the first option is not 0 */
    tq_derivative derivative, other_derivative; /* of the two; without a name there is none */
    /* Bounds of |y|: growth * max(1, b) * |x| + max(1, |a|) * max(1, b), of finite x. 0: there are none, and
     * y may not be finite. */
    double growth;
    double lowest, highest; /* where they are not both 0: besides, lowest <= y <= highest */
    /* Optional, in place of the bounds: the output's range. */
    tq_range (*range)(const tq_layer *layer);
} tq_unary;

typedef struct tq_unary_state {
    tq_lanes lanes;
    tq_function function;
    tq_u32 a, b; /* bits */
} tq_unary_state;

tq_status tq_unary__shape(const tq_layer *layer, tq_shape *output);
tq_status tq_unary__plan(tq_layer *layer);
tq_status tq_unary__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
tq_status tq_unary__reference(const tq_layer *layer, const float *const *inputs, float *output);
/* Gradients: derivative times the output's gradient. */
tq_status tq_unary__backward(tq_layer *layer, const tq_gradients *gradients);
tq_status tq_unary__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients);
void tq_unary__release(tq_layer *layer);

#endif
