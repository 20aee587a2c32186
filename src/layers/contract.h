/* What conv2d and dense share: a layer whose state is one contraction. */
#ifndef TQ_LAYERS_CONTRACT_H
#define TQ_LAYERS_CONTRACT_H

#include "accumulate/contraction.h"
#include "layers/fast_float.h"
#include "layers/tail.h"

/* The option of layers of integers: sums are exact where no map quantizes them. */
#define TQ_CONTRACT_EXACT                                                                                    \
    {                                                                                                        \
        .name = "exact", .highest = 1, .help = "1: sums are exact where no map quantizes them",              \
        .integer = true                                                                                      \
    }
/* The intrinsic map's entry, or the exact sum that stands for none. */
tq_accumulation tq_contract__accumulation(const tq_layer *layer);
/* The results of sums of `terms` products of the first input's numbers and w's, and a bias, in this
 * arithmetic. */
tq_range tq_contract__range(const tq_layer *layer, tq_range w, tq_range bias, int64_t terms);

/* The kind's state. */
typedef struct tq_contract {
    tq_contraction *contraction;
    tq_fast_float *fast; /* when not NULL, this runs and there is no contraction */
    tq_geometry geometry;
    tq_tail tail;
} tq_contract;

/* For convolutions of images, with the option `groups`: rank 4, and channels that fit weights and bias. */
tq_status tq_contract__check_channels(const tq_layer *layer);

/* Sets what a layer says of how it is computed. */
void tq_contract__describe(tq_layer *layer, const tq_contraction_path *path);

/* Plans a contraction of this geometry with weights 0 ("weight") and 1 ("bias", optional); sets path, macs,
 * range. */
tq_status tq_contract__plan(tq_layer *layer, const tq_geometry *geometry);
tq_status tq_contract__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
tq_status tq_contract__reference(const tq_layer *layer, const float *const *inputs, float *output);
void tq_contract__release(tq_layer *layer);

#endif
