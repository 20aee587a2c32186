/* What average pooling and global average pooling share. */
#ifndef TQ_LAYERS_AVERAGE_H
#define TQ_LAYERS_AVERAGE_H

#include "layers/pool.h"

/* Plans for the geometry that the state holds. */
tq_status tq_average__plan(tq_layer *layer);
tq_status tq_average__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
tq_status tq_average__reference(const tq_layer *layer, const float *const *inputs, float *output);

#endif
