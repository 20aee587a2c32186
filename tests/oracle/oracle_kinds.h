/* Layers other than contractions in exact arithmetic, written from docs/numerics.md apart from the library.
 */
#ifndef TQ_TESTS_ORACLE_KINDS_H
#define TQ_TESTS_ORACLE_KINDS_H

#include "oracle/oracle_loop.h"

/* A window of taps (bits; `inside` false: outside the image) of one output. */
typedef struct oracle_tap {
    uint32_t bits;
    bool inside;
} oracle_tap;

/* Average of the taps inside; `divisor` 0 stands for their number. `index`: of the output in the data set. */
uint32_t oracle_average(const oracle_slots *slots, const oracle_tap *taps, int count, int divisor,
                        uint64_t index);

/* The largest tap by number, -0 below +0, NaN above all. */
uint32_t oracle_maximum(const oracle_tap *taps, int count);

/* RESULT(a + b). */
uint32_t oracle_add(const oracle_slots *slots, uint32_t a, uint32_t b, uint64_t index);

/* Batch normalization of one element of a channel. */
/* Up to four numbers with weights, all bits; taps that are not inside have their number, but no part. */
uint32_t oracle_weighted(const oracle_slots *slots, const oracle_tap *taps, const uint32_t *weights,
                         int count, uint64_t index);

typedef struct oracle_channel {
    uint32_t gamma, beta, mean, variance, epsilon;
    int channel;
} oracle_channel;
uint32_t oracle_normalize(const oracle_slots *slots, const oracle_channel *c, uint32_t x, uint64_t index);

/* Softmax of one row into `y`, or its logarithm; `index`: of its first element. */
void oracle_softmax(const oracle_slots *slots, bool logarithm, const uint32_t *x, uint32_t *y, int count,
                    uint64_t index);

#endif
