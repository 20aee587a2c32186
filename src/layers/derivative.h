/* Gradients of kinds that make each output from one input by a function: kernels/derivatives.cl. */
#ifndef TQ_LAYERS_DERIVATIVE_H
#define TQ_LAYERS_DERIVATIVE_H

#include "layers/backward.h"
#include "tensorquant/kernels/math.cl"

#include "tensorquant/kernels/functions.cl"

#include "tensorquant/kernels/derivatives.cl"

typedef struct tq_derivative {
    const char *name; /* in kernels/derivatives.cl */
    tq_u32 (*apply)(tq_u32 gradient, tq_u32 bits, tq_u32 a, tq_u32 b);
} tq_derivative;

/* a and b are the first two numbers of the layer's options, else 0. */
tq_status tq_derivative__run(const tq_layer *layer, const tq_derivative *derivative,
                             const tq_gradients *gradients);
tq_status tq_derivative__reference(const tq_layer *layer, const tq_derivative *derivative,
                                   const tq_host_gradients *gradients);

/* By the kind's derivative. */
tq_status tq_derivative__backward(tq_layer *layer, const tq_gradients *gradients);
tq_status tq_derivative__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients);

#endif
