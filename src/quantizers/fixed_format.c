#include "quantizers/fixed_format.h"

#include <stdio.h>

#include "tensorquant/kernels/quantizers/fixed.cl"

const tq_parameter tq_fixed__parameters[2] = {TQ_FIXED_WIDTH, TQ_FIXED_FRACTION};

tq_fixed_format tq_fixed__of(const double *value, tq_rounding rounding)
{
    return (tq_fixed_format){.width = (int)value[0],
                             .fraction = (int)value[1],
                             .overflow = TQ_OVERFLOW_SATURATE,
                             .rounding = rounding};
}

bool tq_fixed__check(const double *value, char *why, size_t size)
{
    const int width = (int)value[0], fraction = (int)value[1];
    if (width - 1 - fraction <= 127)
        return true;
    snprintf(why, size,
             "w - 1 - f is %d, but binary32 holds numbers up to 2^127: f must be at least %d for w = %d",
             width - 1 - fraction, width - 128, width);
    return false;
}

/* Bits of the largest binary32 not above magnitude * 2^-fraction. */
static tq_u32 limit_bits(tq_u64 magnitude, int fraction)
{
    const int excess = 40 - tq_leading_zeros(magnitude);
    return excess > 0 ? tq_pack(magnitude >> excess, excess - fraction, 0) : tq_pack(magnitude, -fraction, 0);
}

static tq_u32 highest_bits(const tq_fixed_format *fixed)
{
    const int value_bits = fixed->width - !fixed->unsigned_numbers;
    return limit_bits(((tq_u64)1 << value_bits) - 1, fixed->fraction);
}

static tq_u32 lowest_bits(const tq_fixed_format *fixed)
{
    if (fixed->unsigned_numbers)
        return 0;
    if (fixed->symmetric)
        return highest_bits(fixed);
    return limit_bits((tq_u64)1 << (fixed->width - 1), fixed->fraction);
}

void tq_fixed__bake(const tq_fixed_format *fixed, tq_words *p, tq_i32 *structure)
{
    p->s0 = -fixed->fraction;
    p->s1 = (tq_i32)highest_bits(fixed);
    p->s2 = (tq_i32)lowest_bits(fixed);
    p->s3 = fixed->width;
    p->s7 = fixed->rounding.random_bits;
    *structure =
        fixed->rounding.mode | fixed->overflow << 4 | (fixed->unsigned_numbers ? TQ_FIXED_UNSIGNED : 0);
}

void tq_fixed__describe(const tq_fixed_format *fixed, tq_format *format)
{
    *format = (tq_format){.family = TQ_FAMILY_FIXED,
                          .rounding = fixed->rounding.mode,
                          .overflow = fixed->overflow,
                          .random_bits = fixed->rounding.random_bits,
                          .grid = -fixed->fraction,
                          .precision = fixed->width,
                          .lowest = -tq_carrier__value(lowest_bits(fixed)),
                          .highest = tq_carrier__value(highest_bits(fixed))};
}

tq_u32 tq_fixed__apply(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw)
{
    return tq_quantize_fixed(v, p, structure, draw);
}
