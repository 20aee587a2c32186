/*
 * Path `binary64`: fixed-point and floating formats by binary64 arithmetic, vectors of outputs.
 *
 * Proof. The product of two binary32 is exact in binary64 (48 bits). A fixed-point slot scales by a power of two, which is
 * exact, and clamps to the format's bounds first, which commutes with rounding because the bounds are integers; then
 * (t + M) - M with M = 1.5 * 2^52 is t rounded to nearest even, and a comparison with t makes floor, ceil and trunc of it.
 * Ties away: products are made with weights larger by a factor of 1 + d, 2^-51 < d < 2^-48.5, which moves a number of 48
 * bits off a tie, outwards, and over nothing else; sums compare t with the tie. A floating slot adds and subtracts
 * 1.5 * 2^(52 + quantum), which rounds to nearest even at that quantum. Sums: the host takes this path only where s + p
 * is exact in 51 bits, or where s and p have no more bits than the sum's format and rounding is to nearest, so that
 * rounding twice gives the same (53 >= 2*24 + 2).
 *
 * Fixed-point numbers are held in units of their grid. Words of a slot: s0 log2 of the unit, s1 53 - precision,
 * s2 log2 of the smallest positive number, s4:s5 and s6:s7 lowest and highest in units, low half first, s3 log2 of the
 * modulus in units. path.s0 is log2 of product units per unit, path.s1 log2 of sum units per product unit.
 */
#pragma OPENCL EXTENSION cl_khr_fp64 : enable

typedef float tq_x;
typedef float tq_w;
typedef TQ_CAT(double, TQ_LANES) tq_factor;
typedef TQ_CAT(double, TQ_LANES) tq_sum;
typedef TQ_CAT(long, TQ_LANES) tq_longs;
typedef TQ_CAT(ulong, TQ_LANES) tq_ulongs;
typedef TQ_CAT(uint, TQ_LANES) tq_carriers;
typedef double tq_lane;

#define TQ_FORM_NONE  0
#define TQ_FORM_FIXED 1
#define TQ_FORM_FLOAT 2

#define tq_spread(p)               ((tq_factor)(double)*(p))
#define tq_load_inputs(p)          tq_to_double(TQ_CAT(vload, TQ_LANES)(0, p))
#define tq_to_double(v)            TQ_CAT(convert_double, TQ_LANES)(v)
#define tq_to_float(v)             TQ_CAT(convert_float, TQ_LANES)(v)
#define tq_as_longs(v)             TQ_CAT(as_long, TQ_LANES)(v)
#define tq_as_doubles(v)           TQ_CAT(as_double, TQ_LANES)(v)
#define tq_zero(path)              TQ_BIAS
#define tq_store_sums(s, lanes)    TQ_CAT(vstore, TQ_LANES)(s, 0, lanes)

TQ_INLINE double tq_power(const int exponent)
{
    return as_double((long)(1023 + exponent) << 52);
}

TQ_INLINE double tq_word_double(const int low, const int high)
{
    return as_double(((long)high << 32) | (long)(uint)low);
}

/* t rounded to nearest even, |t| < 2^51; OpenCL's rint is slow in vectors on some devices. */
TQ_INLINE tq_sum tq_nearest(const tq_sum t)
{
    const tq_sum magic = (tq_sum)(1.5f * tq_power(52));
    return (t + magic) - magic;
}

TQ_INLINE tq_sum tq_floor(const tq_sum t)
{
    const tq_sum r = tq_nearest(t);
    return r > t ? r - (tq_sum)1.0f : r;
}

/* t in units, rounded to an integer; |t| < 2^51, with random bits below 2^(51 - random_bits). */
TQ_INLINE tq_sum tq_round_units(const tq_sum t, const int rounding, const int random_bits, const tq_draws draw)
{
    const tq_sum one = (tq_sum)1.0f, r = tq_nearest(t);
    if (rounding == TQ_ROUND_AWAY) {
        const tq_sum up = t - r == (tq_sum)0.5f && t > (tq_sum)0.0f ? r + one : r;
        return r - t == (tq_sum)0.5f && t < (tq_sum)0.0f ? r - one : up;
    }
    if (rounding == TQ_ROUND_DOWN)
        return r > t ? r - one : r;
    if (rounding == TQ_ROUND_UP)
        return r < t ? r + one : r;
    if (rounding == TQ_ROUND_ZERO)
        return fabs(r) > fabs(t) ? (t < (tq_sum)0.0f ? r + one : r - one) : r;
    if (rounding == TQ_ROUND_STOCHASTIC)
        return tq_floor((tq_floor(t * tq_power(random_bits)) + tq_to_double(draw >> (32 - random_bits))) *
                        tq_power(-random_bits));
    return r;
}

/* t reduced by multiples of the modulus to at most half of it. Numbers of 48 bits from 2^48 on are integers. */
TQ_INLINE tq_sum tq_reduce_units(const tq_sum t, const tq_words p)
{
    const tq_sum turns = t * tq_power(-p.s3);
    return t - (fabs(turns) < (tq_sum)tq_power(48) ? tq_nearest(turns) : turns) * tq_power(p.s3);
}

/* Into the format's bounds. Comparisons keep NaN. */
TQ_INLINE tq_sum tq_clamp_units(tq_sum t, const tq_words p)
{
    const tq_sum lowest = (tq_sum)tq_word_double(p.s4, p.s5), highest = (tq_sum)tq_word_double(p.s6, p.s7);
    t = highest < t ? highest : t;
    return lowest > t ? lowest : t;
}

/* Integers at most a modulus outside the bounds, wrapped. */
TQ_INLINE tq_sum tq_wrap_units(tq_sum t, const tq_words p)
{
    const tq_sum lowest = (tq_sum)tq_word_double(p.s4, p.s5), highest = (tq_sum)tq_word_double(p.s6, p.s7);
    t = t > highest ? t - (tq_sum)tq_power(p.s3) : t;
    return t < lowest ? t + (tq_sum)tq_power(p.s3) : t;
}

/* v in units to a fixed-point format. */
TQ_INLINE tq_sum tq_round_fixed(const tq_sum v, const int structure, const int random_bits, const tq_words p,
                                const tq_draws draw)
{
    if (TQ_OVERFLOW(structure) == TQ_OVERFLOW_WRAP)
        return tq_wrap_units(tq_round_units(tq_reduce_units(v, p), TQ_ROUNDING(structure), random_bits, draw), p);
    return tq_round_units(tq_clamp_units(v, p), TQ_ROUNDING(structure), random_bits, draw);
}

/* v rounded to a floating format, ties to even; `overflow` after rounding. Keeps the sign of zero and NaN. */
TQ_INLINE tq_sum tq_round_float(const tq_sum v, const int overflow, const tq_words p)
{
    const tq_sum highest = (tq_sum)tq_word_double(p.s6, p.s7), smallest = (tq_sum)(1.5f * tq_power(52 + p.s2));
    const tq_longs magic = (tq_as_longs(v) & 0x7FF0000000000000L) + (((long)p.s1 << 52) | (1L << 51));
    tq_sum large = tq_as_doubles(magic), magnitude;
    large = large > smallest ? large : smallest;
    magnitude = fabs((v + large) - large);
    if (overflow == TQ_OVERFLOW_SATURATE)
        magnitude = highest < magnitude ? highest : magnitude;
    else if (overflow == TQ_OVERFLOW_INFINITY)
        magnitude = highest < magnitude ? (tq_sum)INFINITY : magnitude;
    else
        magnitude = highest < magnitude ? (tq_sum)NAN : magnitude;
    return tq_as_doubles(tq_as_longs(magnitude) | (tq_as_longs(v) & LONG_MIN));
}

TQ_INLINE tq_sum tq_slot(tq_sum v, const int form, const int structure, const int random_bits, const tq_words p,
                         const tq_draws draw)
{
    if (form == TQ_FORM_NONE)
        return tq_to_double(tq_to_float(v));
    if (form == TQ_FORM_FLOAT)
        return tq_round_float(v, TQ_OVERFLOW(structure), p);
    return tq_round_fixed(v, structure, random_bits, p, draw);
}

/* Weights in units of the product's grid; for ties away from zero a little larger (see the head). */
#if TQ_PRODUCT_FORM == TQ_FORM_FIXED && TQ_ROUNDING(TQ_PRODUCT_STRUCTURE) == TQ_ROUND_AWAY
#define TQ_PRODUCT_ROUNDING TQ_ROUND_EVEN
#define tq_load_factor(p) (tq_to_double(TQ_CAT(vload, TQ_LANES)(0, p)) * (tq_power(slots.path.s0) * (1.0f + tq_power(-50))))
#else
#define TQ_PRODUCT_ROUNDING TQ_ROUNDING(TQ_PRODUCT_STRUCTURE)
#define tq_load_factor(p) (tq_to_double(TQ_CAT(vload, TQ_LANES)(0, p)) * tq_power(slots.path.s0))
#endif

/*
 * TQ_BIASED: products cannot saturate, round to nearest and lie on the sum's grid, and the sum saturates. It is held as
 * u = M + s with M = 1.5 * 2^52 units. For ties away fma(x, w, u) is never a tie and rounds s + x*w to s plus the rounded
 * product; for ties to even the product is rounded alone.
 */
#if TQ_BIASED
#define TQ_BIAS ((tq_sum)(1.5f * tq_power(52)))

TQ_INLINE tq_sum tq_step(tq_sum u, tq_factor x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
    const tq_sum lowest = TQ_BIAS + (tq_sum)tq_word_double(slots.sum.s4, slots.sum.s5);
    const tq_sum highest = TQ_BIAS + (tq_sum)tq_word_double(slots.sum.s6, slots.sum.s7);
    if (TQ_ROUNDING(TQ_PRODUCT_STRUCTURE) == TQ_ROUND_AWAY)
        u = fma(x, w, u);
    else
        u = u + (fma(x, w, TQ_BIAS) - TQ_BIAS);
    u = highest < u ? highest : u;
    return lowest > u ? lowest : u;
}
#else
#define TQ_BIAS ((tq_sum)0.0f)

TQ_INLINE tq_sum tq_step(tq_sum s, tq_factor x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
    tq_sum term = tq_slot(x * w, TQ_PRODUCT_FORM,
                          TQ_PRODUCT_ROUNDING | (TQ_OVERFLOW(TQ_PRODUCT_STRUCTURE) << 4), TQ_PRODUCT_BITS,
                          slots.product, product_draw);
#if TQ_SAME_UNITS
    s += term; /* integers already */
    return TQ_OVERFLOW(TQ_SUM_STRUCTURE) == TQ_OVERFLOW_WRAP ? tq_wrap_units(s, slots.sum)
                                                             : tq_clamp_units(s, slots.sum);
#else
    term *= tq_power(slots.path.s1);
    return tq_slot(s + term, TQ_SUM_FORM, TQ_SUM_STRUCTURE, TQ_SUM_BITS, slots.sum, sum_draw);
#endif
}
#endif

/* From units to numbers; a number of any slot is a binary32, so the conversion is exact. */
TQ_INLINE tq_exact tq_lane_sum(const tq_lane *lane, tq_slots slots)
{
    const double bias = TQ_BIASED ? 1.5f * tq_power(52) : 0.0f;
    return tq_exact_of(as_uint((float)((*lane - bias) * tq_power(slots.sum.s0))));
}

#if TQ_FINISH == 1 /* TQ_FINISH_OWN */
TQ_INLINE tq_carriers tq_finish(tq_sum s, __global const uint *bias, tq_slots slots)
{
    const tq_carriers add = TQ_CAT(vload, TQ_LANES)(0, bias);
    tq_sum y = (s - TQ_BIAS) * tq_power(slots.sum.s0) + tq_to_double(TQ_CAT(as_float, TQ_LANES)(add));
    tq_carriers bits;
#if TQ_RESULT_FORM == TQ_FORM_FIXED
    y = tq_slot(y * tq_power(-slots.result.s0), TQ_RESULT_FORM, TQ_RESULT_STRUCTURE, 0, slots.result, (tq_draws)0);
    y = y * tq_power(slots.result.s0) + 0.0f; /* no -0 */
#else
    y = tq_slot(y, TQ_RESULT_FORM, TQ_RESULT_STRUCTURE, 0, slots.result, (tq_draws)0);
#endif
    bits = TQ_CAT(as_uint, TQ_LANES)(tq_to_float(y));
    return (bits & 0x7FFFFFFFu) > TQ_INFINITY_BITS ? (tq_carriers)TQ_NAN_BITS : bits;
}
#endif
