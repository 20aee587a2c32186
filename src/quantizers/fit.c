#include "quantizers/fit.h"

#include <string.h>

#include "quantizers/rounding.h"

/* sum / count, digit by digit, since a count may have more bits than tq_exact_divide takes. */
static tq_u32 divide(tq_u32 sum, tq_u64 count)
{
    tq_exact v = tq_exact_of(sum);
    tq_u64 rest;
    if (v.special != TQ_FINITE)
        return tq_exact_to_carrier(v);
    rest = v.significand % count;
    v.significand /= count;
    while (rest != 0 && v.significand >> 59 == 0) {
        rest <<= 1;
        v.significand = (v.significand << 1) | (rest >= count);
        rest -= rest >= count ? count : 0;
        v.exponent -= 1;
    }
    v.significand = (v.significand << 1) | (rest != 0);
    v.exponent -= 1;
    return tq_exact_to_carrier(v);
}

bool tq_quantizer__needs_fit(const tq_quantizer *q)
{
    tq_quantizer copy = *q;
    return tq_fit__needs_range(q) || (q->kind && q->kind->fit && q->kind->fit(copy.value, 0));
}

bool tq_fit__needs_range(const tq_quantizer *q)
{
    tq_quantizer copy = *q;
    return q->kind && q->kind->fit_range && q->kind->fit_range(copy.value, 0, 0);
}

bool tq_quantizer__per_channel(const tq_quantizer *q)
{
    return q->kind && q->kind->per_channel && q->kind->per_channel(q->value);
}

void tq_fit__from_extremes(tq_quantizer *fitted, const tq_quantizer *q, tq_extremes extremes)
{
    extremes.lowest |= extremes.lowest ? TQ_SIGN_BIT : 0;
    *fitted = *q;
    q->kind->fit_range(fitted->value, (float)tq_carrier__value(extremes.lowest),
                       (float)tq_carrier__value(extremes.highest));
}

tq_extremes tq_fit__extremes(const float *x, int64_t count, int64_t stride)
{
    tq_extremes extremes = {0, 0};
    for (int64_t i = 0; i < count; ++i) {
        tq_u32 bits;
        memcpy(&bits, &x[i * stride], sizeof bits);
        const tq_u32 magnitude = bits & ~TQ_SIGN_BIT;
        tq_u32 *const end = bits >> 31 ? &extremes.lowest : &extremes.highest;
        if (magnitude < TQ_INFINITY_BITS && magnitude > *end)
            *end = magnitude;
    }
    return extremes;
}

void tq_fit__from_sum(tq_quantizer *fitted, const tq_quantizer *q, tq_u32 sum, tq_u64 count)
{
    const tq_u32 bits = divide(sum, count);
    float mean;
    memcpy(&mean, &bits, sizeof mean);
    *fitted = *q;
    q->kind->fit(fitted->value, mean);
}

/* partial[l] is the sum of a complete subtree of 2^l numbers, where bit l of the count so far is set. */
static tq_u32 sum_of_magnitudes(const float *x, int64_t count)
{
    tq_u32 partial[64], sum = 0;
    for (int64_t i = 0; i < count; ++i) {
        tq_u32 bits;
        int level = 0;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= ~TQ_SIGN_BIT;
        for (int64_t done = i; done & 1; done >>= 1, ++level)
            bits = tq_carrier_sum(partial[level], bits);
        partial[level] = bits;
    }
    for (int level = 0; level < 63; ++level) {
        if (count >> level & 1)
            sum = tq_carrier_sum(partial[level], sum);
    }
    return sum;
}

void tq_quantizer__fit_host(tq_quantizer *fitted, const tq_quantizer *q, const float *x, int64_t count)
{
    if (tq_fit__needs_range(q))
        tq_fit__from_extremes(fitted, q, tq_fit__extremes(x, count, 1));
    else if (tq_quantizer__needs_fit(q) && count > 0)
        tq_fit__from_sum(fitted, q, sum_of_magnitudes(x, count), (tq_u64)count);
    else
        *fitted = *q;
}
