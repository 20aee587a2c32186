/* Gradients of pools whose state begins with tq_pool: kernels/layers/pool_backward.cl. */
#ifndef TQ_LAYERS_POOL_BACKWARD_H
#define TQ_LAYERS_POOL_BACKWARD_H

#include "layers/pool.h"

/* TQ_E_UNSUPPORTED where the device cannot make the steps. */
tq_status tq_pool__plan_backward(tq_layer *layer);

tq_status tq_largest__backward(tq_layer *layer, const tq_gradients *gradients);
tq_status tq_largest__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients);
tq_status tq_average__backward(tq_layer *layer, const tq_gradients *gradients);
tq_status tq_average__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients);

#endif
