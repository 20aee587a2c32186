/* hardsigmoid and hardswish: h = SUM(PRODUCT(alpha * x) + beta) within 0 .. 1; RESULT(h), and RESULT(x * h).
 */
#ifndef TQ_LAYERS_HARD_H
#define TQ_LAYERS_HARD_H

#include "layers/lanes.h"

typedef struct tq_hard {
    tq_lanes lanes;
    tq_inner inner;
    tq_u32 alpha, beta; /* bits */
    tq_u32 multiplies;  /* 1: by x */
} tq_hard;

/* `family` of a kind. */
typedef struct tq_hard_family {
    bool multiplies;
} tq_hard_family;

tq_status tq_hard__shape(const tq_layer *layer, tq_shape *output);
tq_status tq_hard__plan(tq_layer *layer);
tq_status tq_hard__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
tq_status tq_hard__reference(const tq_layer *layer, const float *const *inputs, float *output);
void tq_hard__release(tq_layer *layer);

#endif
