/* Layers of arithmetic in exact numbers, written from docs/layers.md apart from the library. All numbers are
 * bits. */
#ifndef TQ_TESTS_ORACLE_ARITHMETIC_H
#define TQ_TESTS_ORACLE_ARITHMETIC_H

#include "oracle/oracle_steps.h"

/* a operation b by the name of the layer kind: add, sub, mul, div, min, max, pow. */
uint32_t oracle_binary(const oracle_slots *slots, const char *kind, uint32_t a, uint32_t b, uint64_t index);

/* leakyrelu and prelu; hardsigmoid and hardswish. */
uint32_t oracle_slope(const oracle_slots *slots, uint32_t x, uint32_t slope, uint64_t index);
uint32_t oracle_hard(const oracle_slots *slots, uint32_t x, uint32_t alpha, uint32_t beta, bool multiplies,
                     uint64_t index);

/* One number from those of a group, by the name of the layer kind. `last`: of equal ones. */
uint32_t oracle_reduce(const oracle_slots *slots, const char *kind, const uint32_t *x, int count, bool last,
                       uint64_t index);

/* RESULT of the norm of the taps; `p` is 1 or 2, tap i has number[i]. */
uint32_t oracle_norm(const oracle_slots *slots, const uint32_t *taps, const int *number, int count, int p,
                     uint64_t index);

/* Local response normalization of channel `c` of the pixel x. */
typedef struct oracle_response {
    int size, channels;
    float alpha, beta, bias;
} oracle_response;
uint32_t oracle_lrn(const oracle_slots *slots, const oracle_response *r, const uint32_t *x, int c,
                    uint64_t index);

/* A group of `count` numbers x[step * i], normalized into y[step * i]; gamma and beta advance by weight_step.
 */
typedef struct oracle_group {
    int count, step, weight_step;
    const float *gamma, *beta; /* beta may be NULL */
    float epsilon;
    uint64_t number, first; /* of the group and of x[0] in the data set */
} oracle_group;
void oracle_normalize_group(const oracle_slots *slots, const oracle_group *g, const uint32_t *x, uint32_t *y);

#endif
