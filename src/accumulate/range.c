#include "accumulate/range.h"

#include <math.h>

tq_range tq_range__unknown(void)
{
    return (tq_range){.grid = TQ_GRID_UNKNOWN, .lowest = -INFINITY, .highest = INFINITY, .finite = false};
}

tq_range tq_range__join(tq_range a, tq_range b)
{
    return (tq_range){.grid = a.grid < b.grid ? a.grid : b.grid,
                      .lowest = fmin(a.lowest, b.lowest),
                      .highest = fmax(a.highest, b.highest),
                      .finite = a.finite && b.finite,
                      .members = tq_quantizer_equal(&a.members, &b.members) ? a.members : (tq_quantizer){0}};
}

bool tq_range__equal(const tq_range *a, const tq_range *b)
{
    return a->grid == b->grid && a->lowest == b->lowest && a->highest == b->highest &&
           a->finite == b->finite && tq_quantizer_equal(&a->members, &b->members);
}

/* On-grid numbers never move, whatever the rounding; kinds that look at a whole tensor may change their grid.
 */
bool tq_range__keeps(tq_range range, const tq_quantizer *q)
{
    const tq_exact zero = {0};
    if (tq_quantizer_is_none(q))
        return true;
    return tq_quantizer_equal(&range.members, q) && !tq_quantizer__needs_fit(q) &&
           tq_quantizer__apply(q, zero, 0) == 0;
}

/* A bound of what numbers up to `highest` >= 0 become, whatever the rounding: the next number of the format.
 */
static double rounded_out(double highest, const tq_format *format)
{
    const bool flushes = format->family == TQ_FAMILY_FLOAT && !format->subnormal;
    const double step = ldexp(1.0, flushes ? format->emin : format->grid); /* the smallest positive number */
    if (format->family == TQ_FAMILY_FIXED)
        return highest == 0.0 ? 0.0 : highest + step;
    return highest == 0.0 ? 0.0 : highest * (1.0 + ldexp(1.0, 1 - format->precision)) + step;
}

tq_range tq_range__quantized(tq_range from, const tq_quantizer *q)
{
    const tq_format format = tq_quantizer__format(q);
    if (tq_quantizer_is_none(q))
        return from;
    if (format.family == TQ_FAMILY_OTHER) {
        tq_range unknown = tq_range__unknown();
        unknown.members = *q;
        return unknown;
    }
    const bool bounded = format.overflow == TQ_OVERFLOW_SATURATE || format.overflow == TQ_OVERFLOW_WRAP;
    tq_range range = {.grid = format.grid,
                      .lowest = fmin(format.lowest, 0.0),
                      .highest = fmax(format.highest, 0.0),
                      .finite = from.finite && bounded,
                      .members = *q};
    if (format.family == TQ_FAMILY_AFFINE)
        return range;
    if (format.overflow != TQ_OVERFLOW_WRAP && from.finite) {
        range.highest = fmin(range.highest, rounded_out(from.highest, &format));
        range.lowest = fmax(range.lowest, -rounded_out(-from.lowest, &format));
        /* What is below the largest number does not overflow. */
        range.finite = bounded || fmax(from.highest, -from.lowest) <= fmin(format.highest, -format.lowest);
    }
    return range;
}

/* Position of the lowest bit that is set in a finite number; above all others for zero. */
static int lowest_bit(tq_u32 magnitude)
{
    const int exponent = (int)(magnitude >> 23), biased = exponent > 0 ? exponent : 1;
    const tq_u32 significand = (magnitude & 0x7FFFFFu) | (tq_u32)(exponent > 0) << 23;
    return biased - 150 + __builtin_ctz(significand | 0x1000000u) + ((magnitude == 0) << 9);
}

/* No branches but the loop's: weights are measured whenever a network is planned. */
tq_range tq_range__measure(const float *values, int64_t count)
{
    float lowest = 0.0f, highest = 0.0f;
    tq_u32 largest = 0;
    int grid = 127;
    for (int64_t i = 0; i < count; ++i) {
        union {
            float number;
            tq_u32 bits;
        } const value = {.number = values[i]};
        const tq_u32 magnitude = value.bits & ~TQ_SIGN_BIT;
        const int bit = lowest_bit(magnitude);
        largest = magnitude > largest ? magnitude : largest;
        grid = bit < grid ? bit : grid;
        lowest = value.number < lowest ? value.number : lowest;
        highest = value.number > highest ? value.number : highest;
    }
    if (largest >= TQ_INFINITY_BITS)
        return tq_range__unknown();
    return (tq_range){.grid = grid, .lowest = lowest, .highest = highest, .finite = true};
}

double tq_range__magnitude(tq_range range)
{
    return fmax(-range.lowest, range.highest);
}

static bool bounded(const tq_quantizer *q)
{
    const tq_format format = tq_quantizer__format(q);
    return format.family != TQ_FAMILY_OTHER && !tq_quantizer_is_none(q) &&
           (format.overflow == TQ_OVERFLOW_SATURATE || format.overflow == TQ_OVERFLOW_WRAP);
}

bool tq_accumulation__keeps_finite(const tq_accumulation *a)
{
    const bool product = bounded(&a->product) || a->fused || a->exact_sum;
    const bool sum = bounded(&a->sum) || a->exact_sum;
    return product && sum && bounded(&a->result);
}
