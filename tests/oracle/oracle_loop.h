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
    int stride_columns, dilation_columns; /* 0: as for rows */
} oracle_convolution;
int oracle_stride_columns(const oracle_convolution *c);
int oracle_dilation_columns(const oracle_convolution *c);

/* A number of the image, 0 outside. */
uint32_t oracle_pixel(const oracle_convolution *c, const uint32_t *x, int sample, int row, int column,
                      int channel);

/* A loop under way: output (m, n), whose draws are those of `row` m and `column` n. */
typedef struct oracle_sum {
    const oracle_slots *slots;
    oracle_format product, sum, result;
    bool exact_sum, fused;
    long row, column;
    mpfr_t s, term;
} oracle_sum;
void oracle_sum_begin(oracle_sum *sum, const oracle_slots *slots, long row, long column);
void oracle_sum_step(oracle_sum *sum, uint32_t x, uint32_t w, uint32_t k);
/* RESULT of sum and bias; `index`: of its draw. */
uint32_t oracle_sum_end(oracle_sum *sum, uint32_t bias, uint64_t index);

/* Bits of output (sample, row, column, output); `bias` may be NULL. All numbers are bits of binary32. */
uint32_t oracle_output(const oracle_slots *slots, const oracle_convolution *c, const uint32_t *x,
                       const uint32_t *w, const uint32_t *bias, int sample, int row, int column, int output);

#endif
