/* instancenorm and layernorm: groups of numbers with the mean and the variance of each, docs/layers.md. */
#ifndef TQ_LAYERS_NORMALIZE_H
#define TQ_LAYERS_NORMALIZE_H

#include "layers/elementwise.h"
#include "layers/groups.h"

typedef struct tq_normalize_state {
    tq_kernel *kernel;
    tq_inner inner;
    tq_groups groups;
    tq_memory *memory, *gamma, *beta;
    float *zeros; /* in place of a beta that is missing */
    tq_u64 size;  /* elements of a group */
    tq_u64
        channels;   /* 0: gamma and beta go with the elements of a group; else with its number modulo these */
    tq_u32 epsilon; /* bits */
} tq_normalize_state;

enum { TQ_NORMALIZE_GAMMA, TQ_NORMALIZE_BETA }; /* weights */

/* Plans with what the kind has put into its state: `groups`, `channels`. */
tq_status tq_normalize__plan(tq_layer *layer);
tq_status tq_normalize__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
tq_status tq_normalize__reference(const tq_layer *layer, const float *const *inputs, float *output);
void tq_normalize__release(tq_layer *layer);

#endif
