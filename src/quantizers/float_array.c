/*
 * Floating point to nearest even on host arrays, in binary64: what kernels/quantizers/float.cl gives, without
 * its integers.
 *
 * Why the bits are the same. |x| is a normal number of binary64 with exponent e, or zero. The result is a
 * multiple of 2^q with q = max(e, s1) - s0, and |x| < 2^(q+25); adding and subtracting 1.5 * 2^(52+q), whose
 * last bit is 2^q, rounds to it once, ties to even, exactly. Overflow is decided on that number, of at most
 * 25 bits. Infinity is taken for 2^128, beyond every largest number too.
 */
#include <math.h>
#include <string.h>

#include "quantizers/float_format.h"
#include "tensorquant/kernels/quantizers/float.cl"
#include "util/float_bits.h"

bool tq_float__in_blocks(const tq_words *p, tq_i32 structure)
{
    (void)p;
    return TQ_ROUNDING(structure) == TQ_ROUND_EVEN && !(structure & (TQ_FLOAT_FLUSH | TQ_FLOAT_ONE_ZERO));
}

/* A power of two whose exponent, e + 1023, stands in the upper half's place of binary64. */
static double power(int64_t biased)
{
    const uint64_t bits = (uint64_t)biased << 52;
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static int64_t biased_exponent(double magnitude)
{
    uint64_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    return (int64_t)(bits >> 52);
}

static double rounded(double magnitude, const tq_words *p)
{
    const int64_t exponent = biased_exponent(magnitude), least = p->s1 + 1023;
    const double shift = 1.5 * power((exponent > least ? exponent : least) - p->s0 + 52);
    const double sum = magnitude + shift;
    return sum - shift;
}

void tq_float__block(float *x, const tq_words *p, tq_i32 structure)
{
    const int overflow = TQ_OVERFLOW(structure);
    const float largest = tq_bits__number((tq_u32)p->s2), nan = tq_bits__number(TQ_NAN_BITS);
    const float beyond = overflow == TQ_OVERFLOW_INFINITY ? INFINITY
                         : overflow == TQ_OVERFLOW_NAN    ? nan
                                                          : largest;
    const bool keeps_sign = overflow != TQ_OVERFLOW_NAN;
    for (int i = 0; i < TQ_ARRAY_BLOCK; ++i) {
        const double magnitude = fabs((double)x[i]), most = 0x1p128;
        const double r = rounded(magnitude < most ? magnitude : most, p);
        const float inside = copysignf((float)r, x[i]),
                    outside = keeps_sign ? copysignf(beyond, x[i]) : beyond;
        const float y = r > (double)largest ? outside : inside;
        x[i] = x[i] == x[i] ? y : nan;
    }
}
