/*
 * Fixed point on host arrays, in binary64 and in blocks that compilers vectorize: what
 * kernels/quantizers/fixed.cl gives, without its integers. Weights are quantized so whenever a network is
 * planned.
 *
 * Why the bits are the same. v = x * 2^f is exact: x has 24 bits, and |f| <= 140 keeps v inside binary64's
 * normal numbers. The limits are whole numbers of at most 24 bits, and a rounding, with its draw, is monotone
 * and moves no whole number; so limiting v first changes nothing, and then |v| <= 2^24. Adding and
 * subtracting 1.5 * 2^52 rounds such a v to the nearest integer, ties to even; the floor is that or one
 * below. |v| + 0.5 is exact, or |v| < 2^-28 and it stays below 1. Of m = |v| the tail t = m - floor(m) is
 * exact, and so is t * 2^n, below 2^32: its floor and whether anything is left are what tq_rounds_up compares
 * with the draw. The rounded integer times 2^-f is a carrier because the word has at most 24 bits and the
 * grid is at least 2^-149.
 */
#include <math.h>
#include <string.h>

#include "quantizers/fixed_format.h"
#include "tensorquant/kernels/quantizers/fixed.cl"

#define MOST_BITS 24 /* of a word */
#define INLINE    __attribute__((always_inline)) static inline

typedef struct job {
    double scale, grain, lowest, highest; /* 2^f, 2^-f, and the limits in units of the grid */
    double draws;                         /* 2^n */
    int unused;                           /* bits of a draw's word: 32 - n */
} job;

INLINE double nearest_integer(double v)
{
    const double shift = 0x1.8p52, sum = v + shift;
    return sum - shift;
}

INLINE double floor_of(double v)
{
    const double r = nearest_integer(v);
    return r - (r > v ? 1.0 : 0.0);
}

INLINE double rounded_at_random(double v, const job *j, tq_u32 draw)
{
    const double m = fabs(v), kept = floor_of(m), tail = (m - kept) * j->draws, part = floor_of(tail);
    const double more = tail > part ? 1.0 : 0.0, r = (double)(draw >> j->unused);
    const double below = r < part + more ? 1.0 : 0.0, above = r + part >= j->draws ? 1.0 : 0.0;
    return copysign(kept + (v < 0.0 ? below : above), v);
}

INLINE double rounded(double v, const job *j, tq_u32 draw, int rounding)
{
    switch (rounding) {
    case TQ_ROUND_AWAY:
        return copysign(floor_of(fabs(v) + 0.5), v);
    case TQ_ROUND_ZERO:
        return copysign(floor_of(fabs(v)), v);
    case TQ_ROUND_DOWN:
        return floor_of(v);
    case TQ_ROUND_UP:
        return -floor_of(-v);
    case TQ_ROUND_STOCHASTIC:
        return rounded_at_random(v, j, draw);
    default:
        return nearest_integer(v);
    }
}

INLINE void run(float *x, const tq_u32 *draw, const job *j, int rounding)
{
    const tq_u32 nan_bits = TQ_NAN_BITS;
    float nan;
    memcpy(&nan, &nan_bits, sizeof nan);
    for (int i = 0; i < TQ_ARRAY_BLOCK; ++i) {
        double v = (double)x[i] * j->scale;
        v = v < j->lowest ? j->lowest : v;
        v = v > j->highest ? j->highest : v;
        const float y = (float)(rounded(v, j, draw[i], rounding) * j->grain + 0.0); /* every zero is +0 */
        x[i] = x[i] == x[i] ? y : nan;
    }
}

bool tq_fixed__in_blocks(const tq_words *p, tq_i32 structure)
{
    return TQ_OVERFLOW(structure) == TQ_OVERFLOW_SATURATE && TQ_ROUNDING(structure) != TQ_ROUND_ODD &&
           p->s3 <= MOST_BITS;
}

void tq_fixed__block(float *x, const tq_u32 *draw, const tq_words *p, tq_i32 structure)
{
    const double scale = ldexp(1.0, -p->s0);
    const job j = {.scale = scale,
                   .grain = ldexp(1.0, p->s0),
                   .lowest = -tq_carrier__value((tq_u32)p->s2) * scale,
                   .highest = tq_carrier__value((tq_u32)p->s1) * scale,
                   .draws = ldexp(1.0, p->s7),
                   .unused = (32 - p->s7) & 31};
    switch (TQ_ROUNDING(structure)) { /* one loop for each: the rounding is known inside */
    case TQ_ROUND_EVEN:
        run(x, draw, &j, TQ_ROUND_EVEN);
        break;
    case TQ_ROUND_AWAY:
        run(x, draw, &j, TQ_ROUND_AWAY);
        break;
    case TQ_ROUND_ZERO:
        run(x, draw, &j, TQ_ROUND_ZERO);
        break;
    case TQ_ROUND_DOWN:
        run(x, draw, &j, TQ_ROUND_DOWN);
        break;
    case TQ_ROUND_UP:
        run(x, draw, &j, TQ_ROUND_UP);
        break;
    default:
        run(x, draw, &j, TQ_ROUND_STOCHASTIC);
        break;
    }
}
