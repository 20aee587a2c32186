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

/* What backward needs (contract_backward.c). */
typedef struct tq_contract_backward {
    tq_contraction *by_input, *by_weight, *by_bias;
    tq_tensor *spread;         /* the output's gradient with zeros between and around; NULL: as it is */
    tq_tensor *unfolded;       /* inputs of all terms: [group][term][output pixel], then ones for the bias */
    tq_tensor *ones, *product; /* product: gradients of the weights group by group, or with the bias; NULL: of
                                  the weights alone */
    tq_memory *inputs;         /* first input of each group */
} tq_contract_backward;

/* The kind's state. */
typedef struct tq_contract {
    tq_contraction *contraction;
    tq_fast_float *fast; /* when not NULL, this runs and there is no contraction */
    tq_geometry geometry;
    tq_tail tail;
    tq_memory *columns; /* in training: first output of each group */
    tq_contract_backward backward;
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

/* Gradients, of a layer that is planned in training. */
tq_status tq_contract__plan_backward(tq_layer *layer);
tq_status tq_contract__backward(tq_layer *layer, const tq_gradients *gradients);
tq_status tq_contract__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients);
void tq_contract__release_backward(tq_contract_backward *backward);

/* Device memory with first + i * step, i = 0 .. count-1, in words of 64 bits. */
tq_status tq_contract__begins(tq_memory **memory, tq_context *context, int64_t count, int64_t first,
                              int64_t step);

#endif
