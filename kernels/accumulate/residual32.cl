/*
 * Path `residual32`: fixed point of up to 22 bits to nearest, down, up or to zero, operands of any precision, in lanes of 32
 * bits: the product to nearest from one fma, what that leaves from a second.
 *
 * Proof. With M = 1.5 * 2^(23 + grid) and |x*w| < 2^22 units, t = fma(x, w, M) is M plus the product rounded once, ties to
 * even, and e = t - M is that product, exactly. r is x*w - e rounded once: it has the sign of x*w - e, and is zero only
 * where that is, as it is computed from w and e times S, a power of two that keeps every x*w from underflow. So `down` is e
 * less one unit where r < 0, `up` one more where r > 0, `zero` the one or the other where e is beyond x*w. A tie is where
 * |r| is half a unit and x*w - (e + r), e + r exact in 24 bits, is zero; ties away move e by a unit where e + r is further
 * from zero than e. Larger products (the host bounds them by 1.5 * 2^23 units less two) give at least 2^22 - 2 units of the
 * right sign, as fma is monotone and so are the bits of positive numbers: they saturate. Sums of units are integers, clamped
 * at each step, or wrap modulo 2^32 and in the end to their word.
 *
 * path.s0: bits of M; s1: log2 of the unit; s2, s3: lowest and highest sum in units, s4, s5: of the product; s6: 32 - bits of
 * the sum's word when it wraps; s7: log2 of S.
 */
typedef float tq_x;
typedef float tq_w;
typedef TQ_CAT(float, TQ_LANES) tq_lane_floats;
typedef TQ_CAT(int, TQ_LANES) tq_sum;
typedef int tq_lane;
typedef struct tq_factor {
    tq_lane_floats number, scaled;
} tq_factor;

#define tq_zero(path)           ((tq_sum)0)
#define tq_store_sums(s, lanes) TQ_CAT(vstore, TQ_LANES)(s, 0, lanes)
#define tq_scale(path)          as_float((127 + (path).s7) << 23)
#define tq_spread(p)            tq_factor_of((tq_lane_floats)*(p), 1.0f)
#define tq_load_factor(p)       tq_factor_of(TQ_CAT(vload, TQ_LANES)(0, p), tq_scale(slots.path))
#define tq_load_inputs(p)       tq_factor_of(TQ_CAT(vload, TQ_LANES)(0, p), 1.0f)

TQ_INLINE tq_factor tq_factor_of(const tq_lane_floats number, const float scale)
{
    tq_factor f;
    f.number = number;
    f.scaled = number * scale;
    return f;
}

/* What is to be added to e, in units; r and half a unit times S. */
TQ_INLINE tq_sum tq_correction(const tq_lane_floats e, const tq_lane_floats r, const tq_lane_floats rest, const float middle)
{
    const int rounding = TQ_ROUNDING(TQ_PRODUCT_STRUCTURE);
    const tq_sum less = r < 0.0f, more = -(r > 0.0f);
    if (rounding == TQ_ROUND_DOWN)
        return less;
    if (rounding == TQ_ROUND_UP)
        return more;
    if (rounding == TQ_ROUND_ZERO)
        return (less & (e > 0.0f)) + (more & (e < 0.0f));
    if (rounding == TQ_ROUND_AWAY)
        return (less + more) & (fabs(r) == (tq_lane_floats)middle) & (rest == 0.0f) & (fabs(e + r) > fabs(e));
    return (tq_sum)0;
}

TQ_INLINE tq_sum tq_step(tq_sum s, tq_factor x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
    const float scale = tq_scale(slots.path), middle = 0.5f * as_float((127 + slots.path.s1) << 23) * scale;
    const tq_lane_floats magic = (tq_lane_floats)as_float(slots.path.s0), t = fma(x.number, w.number, magic);
    const tq_lane_floats e = (t - magic) * scale, r = fma(x.number, w.scaled, -e), rest = fma(x.number, w.scaled, -(e + r));
    tq_sum units = TQ_CAT(as_int, TQ_LANES)(t) - slots.path.s0 + tq_correction(e, r, rest, middle);
#if !TQ_FITS
    units = units < slots.path.s5 ? units : (tq_sum)slots.path.s5;
    units = units > slots.path.s4 ? units : (tq_sum)slots.path.s4;
#endif
    s += units;
#if !TQ_WRAP
    s = s < slots.path.s3 ? s : (tq_sum)slots.path.s3;
    s = s > slots.path.s2 ? s : (tq_sum)slots.path.s2;
#endif
    return s;
}

#define tq_units(s, path) ((s) << (path).s6 >> (path).s6)

/* A sum of at most 22 bits is a binary32. */
#define tq_part(s, part, slots)                                                                                              \
    (TQ_CAT(convert_float, TQ_LANES)(tq_units(s, (slots).path)) * as_float((127 + (slots).path.s1) << 23))

#define tq_lane_sum(lane, slots) tq_exact_units(tq_units(*(lane), (slots).path), (slots).path.s1)
