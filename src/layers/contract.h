/* What conv2d and dense share: a layer whose state is one contraction. */
#ifndef TQ_LAYERS_CONTRACT_H
#define TQ_LAYERS_CONTRACT_H

#include "accumulate/contraction.h"
#include "layers/fast_float.h"
#include "layers/tail.h"

/* The kind's state. */
typedef struct tq_contract {
    tq_contraction *contraction;
    tq_fast_float *fast; /* when not NULL, this runs and there is no contraction */
    tq_geometry geometry;
    tq_tail tail;
} tq_contract;

/* Sets what a layer says of how it is computed. */
void tq_contract__describe(tq_layer *layer, const tq_contraction_path *path);

/* Plans a contraction of this geometry with weights 0 ("weight") and 1 ("bias", optional); sets path, macs,
 * range. */
tq_status tq_contract__plan(tq_layer *layer, const tq_geometry *geometry);
tq_status tq_contract__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
tq_status tq_contract__reference(const tq_layer *layer, const float *const *inputs, float *output);
void tq_contract__release(tq_layer *layer);

#endif
