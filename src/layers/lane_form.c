#include "layers/lane_form.h"

#include <float.h>
#include <math.h>

#define CARRIER_BITS 24
#define PAIR_WORD    22
#define PAIR_GRID    (-90)
#define TAME_GRID    (-75)
#define TAME_LEAST   0x1p-75
#define TAME_MOST    0x1p100
#define LOWEST_GRID  (-149)

/* Bits of the significand that decide q's result, but for whether anything follows them; more than 24:
 * unknown. */
static int deciding_bits(const tq_quantizer *q)
{
    const tq_format f = tq_quantizer__format(q);
    const bool wraps = f.overflow == TQ_OVERFLOW_WRAP;
    if (f.family == TQ_FAMILY_OTHER || wraps || tq_quantizer__needs_fit(q))
        return CARRIER_BITS + 1;
    return f.precision + (f.rounding == TQ_ROUND_STOCHASTIC ? f.random_bits : 1);
}

/* Whether q is a format of tq_lanes_pair, as the head of kernels/layers/lanes.cl says. */
static bool takes_pair(const tq_quantizer *q)
{
    const tq_format f = tq_quantizer__format(q);
    const int bits = f.precision + f.random_bits + (f.lowest >= 0.0);
    return f.family == TQ_FAMILY_FIXED && f.overflow == TQ_OVERFLOW_SATURATE && f.random_bits > 0 &&
           f.precision <= PAIR_WORD && bits <= 32 && f.grid >= PAIR_GRID && f.grid <= f.random_bits;
}

tq_lane_form tq_lane_form__of(const tq_quantizer *q, bool exact)
{
    if (exact || tq_quantizer_is_none(q))
        return TQ_LANES_NEAREST;
    if (deciding_bits(q) < CARRIER_BITS)
        return TQ_LANES_ODD;
    return takes_pair(q) ? TQ_LANES_PAIR : TQ_LANES_EXACT;
}

bool tq_range__tame(tq_range range)
{
    return range.finite && range.grid >= TAME_GRID && tq_range__magnitude(range) <= TAME_MOST;
}

bool tq_lane_form__keeps_tame(const tq_quantizer *q)
{
    const tq_format f = tq_quantizer__format(q);
    return tq_quantizer_is_none(q) ||
           (f.family != TQ_FAMILY_OTHER && f.grid >= TAME_GRID && fmax(-f.lowest, f.highest) <= TAME_MOST);
}

tq_range tq_range__sum(tq_range a, tq_range b)
{
    tq_range sum = tq_range__unknown();
    sum.finite = a.finite && b.finite;
    if (a.grid == TQ_GRID_UNKNOWN || b.grid == TQ_GRID_UNKNOWN)
        return sum;
    sum.grid = a.grid < b.grid ? a.grid : b.grid;
    sum.lowest = a.lowest + b.lowest;
    sum.highest = a.highest + b.highest;
    return sum;
}

tq_range tq_range__product(tq_range a, tq_range b)
{
    const double most = tq_range__magnitude(a) * tq_range__magnitude(b);
    tq_range product = tq_range__unknown();
    product.finite = a.finite && b.finite;
    if (a.grid == TQ_GRID_UNKNOWN || b.grid == TQ_GRID_UNKNOWN)
        return product;
    product.grid = a.grid + b.grid;
    product.lowest = -most;
    product.highest = most;
    return product;
}

tq_range tq_range__repeated(tq_range a, int64_t count)
{
    a.lowest *= (double)count;
    a.highest *= (double)count;
    return a;
}

bool tq_range__fits(tq_range range)
{
    const double most = fmin(ldexp(1.0, CARRIER_BITS + range.grid), FLT_MAX);
    return range.finite && range.grid >= LOWEST_GRID && tq_range__magnitude(range) <= most;
}

bool tq_lane_form__tame(const float *values, int64_t count)
{
    for (int64_t i = 0; i < count; ++i) {
        const double magnitude = fabs((double)values[i]);
        if (magnitude != 0.0 && !(magnitude >= TAME_LEAST && magnitude <= TAME_MOST))
            return false;
    }
    return true;
}
