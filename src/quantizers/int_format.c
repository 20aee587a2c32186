#include "quantizers/int_format.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "tensorquant/kernels/quantizers/int.cl"

const tq_i32 tq_int__alone = TQ_INT_ALONE;

tq_int_codes tq_int__codes(int bits, bool is_signed, bool symmetric)
{
    const int half = 1 << (bits - 1);
    if (!is_signed)
        return (tq_int_codes){0, 2 * half - 1};
    return (tq_int_codes){symmetric ? 1 - half : -half, half - 1};
}

/* To nearest even; |y| <= 2^22. */
static float to_integer(float y)
{
    const float magic = 0x1.8p23f;
    const float sum = y + magic;
    return sum - magic;
}

void tq_int__fit(float lowest, float highest, tq_int_codes codes, bool symmetric, float *scale, int *zero)
{
    const float least = fminf(lowest, 0.0f), most = fmaxf(highest, 0.0f);
    const float range = symmetric ? fmaxf(-least, most) : most - least;
    const float s = range / (float)(symmetric ? codes.highest : codes.highest - codes.lowest);
    *scale = range > 0.0f ? fminf(fmaxf(s, 0x1p-149f), FLT_MAX / 0x1p17f) : 1.0f;
    *zero = 0;
    if (!symmetric) {
        const float point = (float)codes.lowest - least / *scale;
        *zero = (int)to_integer(fminf(fmaxf(point, (float)codes.lowest), (float)codes.highest));
    }
}

tq_u32 tq_int__apply(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw)
{
    return tq_quantize_int(v, p, structure, draw);
}

bool tq_int__in_blocks(tq_i32 structure)
{
    return TQ_ROUNDING(structure) == TQ_ROUND_EVEN && !(structure & TQ_INT_ALONE);
}

/* The host's division and product are rounded correctly. */
void tq_int__block(float *x, const tq_words *p)
{
    const float scale = (float)tq_carrier__value((tq_u32)p->s0), zero = (float)p->s1;
    const float lowest = (float)p->s2, highest = (float)p->s3;
    const tq_u32 nan_bits = TQ_NAN_BITS;
    float nan;
    memcpy(&nan, &nan_bits, sizeof nan);
    for (int i = 0; i < TQ_ARRAY_BLOCK; ++i) {
        float y = x[i] / scale;
        y = y > 0x1p18f ? 0x1p18f : y < -0x1p18f ? -0x1p18f : y;
        y = to_integer(y) + zero;
        y = y < lowest ? lowest : y > highest ? highest : y;
        x[i] = x[i] == x[i] ? (y - zero) * scale : nan;
    }
}
