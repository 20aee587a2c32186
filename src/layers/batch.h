/*
 * Batch norm in training: statistics of the batch, moving averages, gradients. docs/layers.md, batchnorm;
 * kernels/layers/batch.cl.
 */
#ifndef TQ_LAYERS_BATCH_H
#define TQ_LAYERS_BATCH_H

#include "layers/backward.h"
#include "layers/lanes.h"
#include "tensorquant/kernels/layers/batch.cl"

enum { TQ_BATCH_GAMMA, TQ_BATCH_BETA, TQ_BATCH_MEAN, TQ_BATCH_VARIANCE, TQ_BATCH_WEIGHTS };

typedef struct tq_batchnorm {
    tq_lanes lanes;
    tq_inner inner;
    tq_memory *factor, *rest; /* device copies */
    float *values;            /* factor of each channel, then rest of each */
    tq_u32 channels;
    tq_memory *statistics; /* in training */
} tq_batchnorm;

/* Makes device memory for the statistics; factor, rest and values are there. */
tq_status tq_batch__plan(tq_layer *layer);

/* Queues statistics, factor, rest and moving averages of the input. */
tq_status tq_batch__prepare(const tq_layer *layer, const tq_tensor *x);

/* What the host computes a channel with. */
typedef struct tq_batch_channel {
    float mean, variance, inverse, factor, rest;
} tq_batch_channel;
/* inverse, factor and rest from mean and variance; `index`: of the draws of these steps. */
void tq_batch__make_factors(const tq_layer *layer, int64_t channel, tq_u64 index, tq_batch_channel *made);
/* All of it from the input, in training. */
void tq_batch__prepare_host(const tq_layer *layer, const float *x, int64_t channel, tq_batch_channel *made);

tq_status tq_batch__backward(tq_layer *layer, const tq_gradients *gradients);
tq_status tq_batch__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients);

/* Of these: the device and the host say the same. */
enum { TQ_BATCH_STREAM_MEAN = 16, TQ_BATCH_STREAM_VARIANCE = 24 }; /* added to streams of forward */
enum { TQ_BATCH_DRAW_MEAN = 5, TQ_BATCH_DRAW_VARIANCE = 6 };       /* number among a channel's steps */
/* Number in the data set of the layer's first channel: each batch has its own. */
tq_u64 tq_batch__first(const tq_layer *layer);
/* Slots of the statistics, whose streams these are; and of gradients by gamma and beta. */
tq_backward_slots tq_batch__forward_slots(const tq_layer *layer, tq_u32 stream);
tq_backward_slots tq_batch__update_slots(const tq_layer *layer, size_t weight);

#endif
