/* A small network built by calls: conv -> relu -> pool -> flat -> dense, with random weights; and the same by
 * hand. */
#ifndef TQ_TESTS_SMALL_NETWORK_H
#define TQ_TESTS_SMALL_NETWORK_H

#include "tensorquant/tensorquant.h"

enum {
    SMALL_SIDE = 8,
    SMALL_CHANNELS = 2,
    SMALL_FILTERS = 3,
    SMALL_INPUT = SMALL_SIDE * SMALL_SIDE * SMALL_CHANNELS,
    SMALL_CONV = SMALL_SIDE * SMALL_SIDE * SMALL_FILTERS,
    SMALL_FLAT = SMALL_CONV / 4,
    SMALL_OUTPUT = 5,
    SMALL_SAMPLES = 64
};

/* `to` gets multiples of 1/16 in -2 .. 2: SMALL_SAMPLES samples, NHWC. */
void tq_small_data(float *to);

/* Everything below fails the running test when a call fails. */
tq_network *tq_small_make(tq_context *context, tq_layout layout);

/* Map texts may be NULL. */
typedef struct tq_small_plan {
    const char *weights, *intrinsic, *extrinsic;
    int64_t batch;
    uint64_t seed;
    bool keep;
    double input_largest;
} tq_small_plan;

/* The maps are read and freed here; gives the status of tq_network_plan. */
tq_status tq_small_try(tq_network *network, const tq_small_plan *plan);
void tq_small_set(tq_network *network, const tq_small_plan *plan);

/* All of the data in steps of at most `step` samples; `to`: SMALL_SAMPLES * SMALL_OUTPUT. */
void tq_small_forward(tq_network *network, const float *data, int64_t step, float *to);

/*
 * One sample by the rules of tensorquant/accumulation.h, in plain loops; right for maps whose products and
 * sums are exact in binary32 before they are quantized, and for float.
 */
void tq_small_by_hand(const tq_small_plan *plan, const float *input, float *output);

#endif
