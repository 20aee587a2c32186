/* What average pooling and global average pooling share. */
#ifndef TQ_LAYERS_AVERAGE_H
#define TQ_LAYERS_AVERAGE_H

#include "layers/pool.h"

/* Plans for the geometry that the state holds. */
tq_status tq_average__plan(tq_layer *layer);
tq_status tq_average__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
tq_status tq_average__reference(const tq_layer *layer, const float *const *inputs, float *output);

/* What each tap gets of the gradient by the window's output: the quotient with the divisor, to nearest. */
float tq_average__share(const tq_pool_geometry *g, tq_pool_window window, float gradient);

#endif
