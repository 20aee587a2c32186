/* leakyrelu and prelu: y = RESULT(x), of negative numbers RESULT(PRODUCT(slope * x)); a slope for each
 * channel, or one. */
#ifndef TQ_LAYERS_SLOPE_H
#define TQ_LAYERS_SLOPE_H

#include "layers/lanes.h"

typedef struct tq_slope {
    tq_lanes lanes;
    tq_inner inner;
    tq_memory *memory; /* the slopes, and the first ones again behind the last: a vector may go on there */
    const float *values;
    tq_u32 channels; /* slopes */
} tq_slope;

/* Plans with the slopes that the kind has put into its state: `values`, `channels`. */
tq_status tq_slope__plan(tq_layer *layer);
tq_status tq_slope__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
tq_status tq_slope__reference(const tq_layer *layer, const float *const *inputs, float *output);
void tq_slope__release(tq_layer *layer);

#endif
