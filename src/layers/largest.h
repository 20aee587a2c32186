/* The largest number of each window: maxpool2d and globalmaxpool. The state is a tq_pool whose geometry is
 * set. */
#ifndef TQ_LAYERS_LARGEST_H
#define TQ_LAYERS_LARGEST_H

#include "layers/pool.h"

tq_status tq_largest__plan(tq_layer *layer);
tq_status tq_largest__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
tq_status tq_largest__reference(const tq_layer *layer, const float *const *inputs, float *output);

#endif
