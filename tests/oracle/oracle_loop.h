/* The contraction of docs/numerics.md section 4 in exact arithmetic, written apart from the library. */
#ifndef TQ_TESTS_ORACLE_LOOP_H
#define TQ_TESTS_ORACLE_LOOP_H

#include "oracle/oracle.h"

typedef struct oracle_slots {
    const char *product, *sum, *result; /* quantizer strings; sum may be "exact" */
    bool fused;
    uint64_t seed;
    uint32_t id;
} oracle_slots;

/* NHWC image, weights [row][column][input][output]. */
typedef struct oracle_convolution {
    int samples, rows, columns, inputs; /* inputs: channels of the image */
    int kernel_rows, kernel_columns, outputs, groups;
    int stride, dilation, pad_top, pad_left, out_rows, out_columns;
    long first_sample;
} oracle_convolution;

/* Bits of output (sample, row, column, output); `bias` may be NULL. All numbers are bits of binary32. */
uint32_t oracle_output(const oracle_slots *slots, const oracle_convolution *c, const uint32_t *x,
                       const uint32_t *w, const uint32_t *bias, int sample, int row, int column, int output);

#endif
