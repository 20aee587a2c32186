/* lppool2d and globallppool: RESULT(s) or RESULT(root of s), s = SUM(s + |x|) or SUM(s + PRODUCT(x * x)) over
 * each window. */
#ifndef TQ_LAYERS_NORM_POOL_H
#define TQ_LAYERS_NORM_POOL_H

#include "layers/pool.h"

/* The state is a tq_pool whose geometry is set; option `p` is 1 or 2. */
tq_status tq_norm_pool__plan(tq_layer *layer);
tq_status tq_norm_pool__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
tq_status tq_norm_pool__reference(const tq_layer *layer, const float *const *inputs, float *output);

#endif
