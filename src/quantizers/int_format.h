/* Affine integers: what the kind `int` shares with the layers of ONNX's integers. */
#ifndef TQ_QUANTIZERS_INT_FORMAT_H
#define TQ_QUANTIZERS_INT_FORMAT_H

#include "quantizers/rounding.h"

#define TQ_INT_BITS_LEAST 2
#define TQ_INT_BITS_MOST  16

typedef struct tq_int_codes {
    int lowest, highest;
} tq_int_codes;

tq_int_codes tq_int__codes(int bits, bool is_signed, bool symmetric);

/*
 * Scale and zero point for numbers from `lowest` to `highest`, both made to include 0: as ONNX's
 * DynamicQuantizeLinear has it, scale = (highest - lowest) / (highest code - lowest code), zero = lowest code
 * - lowest / scale, rounded and saturated. With `symmetric` the scale is the larger magnitude / highest code,
 * and zero is 0. Every step is rounded to binary32. All zeros have scale 1. The scale is kept positive, and
 * so small that all numbers are finite.
 */
void tq_int__fit(float lowest, float highest, tq_int_codes codes, bool symmetric, float *scale, int *zero);

/* kernels/quantizers/int.cl for the host. */
tq_u32 tq_int__apply(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw);
extern const tq_i32 tq_int__alone; /* the structure flag of a scale that is not known */

/* tq_int__apply of a whole block, faster, for what tq_int__in_blocks is true of: to nearest even. */
bool tq_int__in_blocks(tq_i32 structure);
void tq_int__block(float *x, const tq_words *p);

#endif
