/*
 * Vectors of fixed-point numbers: see fixed.cl and vector.cl.
 *
 * Saturating words of w <= 22 bits with grains of 2^g >= 2^-90 have short forms. Their limits are numbers of the format, so
 * that x may be clamped first: y. A subnormal x rounds as the smallest normal number of its sign does, both being above 0
 * and so much smaller than a grain that neither half a grain nor a draw's last bit, at least 2^(g-32), comes between them;
 * to nearest, both give 0.
 *
 * Deterministic: |y| <= 2^(g+22), so y + M with M = 1.5 * 2^(g+23) lies in 2^(g+23) .. 2^(g+24), where the last bit of
 * binary32 is a grain: the sum is rounded to a multiple of it, ties to even, and since M is an even number of grains, to an
 * even number of them. Taking M away is exact, and gives +0 for 0. That number `near` is at most half a grain from y. The
 * other roundings correct it by one grain, exactly, by comparing it with y. Away: y - near is exact, as it is a multiple of
 * y's last bit and not above |y| (near is 0, or |y| is at least half a grain); where it is half a grain with the sign of y
 * the tie went towards zero. A difference that a device flushes to zero is not half a grain, which is normal.
 *
 * Stochastic with n bits, w + n <= 32 (unsigned: 31) and g <= n: v = y * 2^(n-g) is exact, its exponent only grows, and
 * -2^31 <= v < 2^31. Its floor has at most 24 bits still and is a binary32 and an int; so below = floor(v) =
 * k * 2^n + floor(d * 2^n) for y = k + d grains, and (below + r) >> n is k + 1 where r + floor(d * 2^n) >= 2^n, else k. A
 * number of the format has d = 0, so the sum does not pass 2^31. What NaN converts to is not used.
 *
 * Where a device rounds a * b + c down in one step, two of them are enough. The number k is floor((v + r) / 2^n) as well, r
 * being an integer, and v + r rounded down to 24 bits has the same floor: |k| <= 2^22, so that the multiple of 2^n at or
 * below v + r is a binary32. Its product with 2^(g-n) and M have a sum in 2^(g+23) .. 2^(g+24), where rounding down cuts to
 * grains; taking M away is exact, and gives +0 for 0, being rounded to nearest.
 */
#if defined TQ_LANES && TQ_LANES <= 16
/* Where the number is in units of 2^grid, modulo 2^32; more than a word of w <= 32 bits can show. */
TQ_INLINE tq_uints tq_vector_fixed_wrap(tq_uints x, tq_words p, tq_i32 structure, tq_uints draws)
{
    const tq_uints a = x & ~TQ_SIGN_BIT, negative = tq_vector_negative(x), none = (tq_uints)0;
    const tq_u32 mask = 0xFFFFFFFFu >> (32 - p.s3),
                 top = (structure & TQ_FIXED_UNSIGNED) ? 0 : 1u << (p.s3 - 1);
    tq_ints leading;
    const tq_uints significand = tq_vector_split(a, &leading);
    const tq_ints shift = p.s0 + 23 - leading;
    const tq_uints up = tq_vector_left(significand, shift < (tq_ints)0 ? -shift : (tq_ints)0);
    const tq_uints down = tq_vector_round(significand, shift < (tq_ints)0 ? (tq_ints)0 : shift, negative,
                                          TQ_ROUNDING(structure), p.s7, draws);
    const tq_uints grains = shift < (tq_ints)0 ? up : down;
    const tq_uints code = (negative != none ? 0u - grains : grains) & mask;
    const tq_uints below = code & top, magnitude = below != none ? (0u - code) & mask : code;
    const tq_ints excess = 8 - tq_uints_as_ints(clz(magnitude | 0xFFFFFFu));
    const tq_uints bits = tq_vector_pack(tq_vector_right(magnitude, excess), excess + p.s0);
    const tq_uints result = below != none ? bits | TQ_SIGN_BIT : bits;
    return a >= (tq_uints)TQ_INFINITY_BITS ? (tq_uints)TQ_NAN_BITS : result;
}

/* Any saturating format. */
TQ_INLINE tq_uints tq_vector_fixed_any(tq_uints x, tq_words p, tq_i32 structure, tq_uints draws)
{
    const tq_uints a = x & ~TQ_SIGN_BIT, negative = tq_vector_negative(x), none = (tq_uints)0;
    const tq_uints limit = negative != none ? (tq_uints)(tq_u32)p.s2 : (tq_uints)(tq_u32)p.s1;
    tq_ints leading;
    const tq_uints significand = tq_vector_split(a, &leading);
    const tq_ints last = leading - 23, quantum = last < (tq_ints)p.s0 ? (tq_ints)p.s0 : last;
    const tq_uints rounded =
        tq_vector_round(significand, quantum - last, negative, TQ_ROUNDING(structure), p.s7, draws);
    const tq_uints finite = tq_vector_pack(rounded, quantum);
    const tq_uints bits = a < (tq_uints)TQ_INFINITY_BITS && finite < limit ? finite : limit;
    return tq_vector_nan(x, bits == none ? none : bits | (negative & TQ_SIGN_BIT));
}

/* x in the format's range; NaN stays. */
TQ_INLINE tq_floats tq_vector_fixed_clamp(tq_uints x, tq_words p)
{
    const tq_floats highest = (tq_floats)as_float(p.s1), lowest = (tq_floats)(-as_float(p.s2));
    tq_floats y = tq_uints_as_floats(x);
    y = highest < y ? highest : y;
    return y < lowest ? lowest : y;
}

/* v, with v's sign instead of its own. */
TQ_INLINE tq_floats tq_vector_signed(tq_floats v, tq_u32 magnitude)
{
    return tq_uints_as_floats((tq_floats_as_uints(v) & TQ_SIGN_BIT) | magnitude);
}

/* The case of a deterministic rounding: see the head. */
TQ_INLINE tq_floats tq_vector_fixed_steps(tq_uints x, tq_words p, tq_i32 rounding)
{
    const tq_u32 grain_bits = (tq_u32)(p.s0 + 127) << 23;
    const tq_floats grain = (tq_floats)as_float(grain_bits);
    const tq_floats magic = (tq_floats)as_float((((tq_u32)(p.s0 + 150)) << 23) | 0x400000u);
    const tq_floats y = tq_vector_fixed_clamp(x, p), biased = y + magic, near = biased - magic;
    if (rounding == TQ_ROUND_AWAY)
        return y - near == tq_vector_signed(y, grain_bits - 0x800000u)
                   ? near + tq_vector_signed(y, grain_bits)
                   : near;
    if (rounding == TQ_ROUND_ZERO)
        return (tq_floats_as_uints(near) & ~TQ_SIGN_BIT) > (tq_floats_as_uints(y) & ~TQ_SIGN_BIT)
                   ? near - tq_vector_signed(near, grain_bits)
                   : near;
    if (rounding == TQ_ROUND_DOWN)
        return near > y ? near - grain : near;
    if (rounding == TQ_ROUND_UP)
        return near < y ? near + grain : near;
    if (rounding == TQ_ROUND_ODD) {
        const tq_floats below = near > y ? near - grain : near, above = near < y ? near + grain : near;
        return (tq_floats_as_uints(biased) & 1u) == (tq_uints)0 ? (near > y ? below : above) : near;
    }
    return near;
}

/* The case of stochastic rounding: see the head. */
TQ_INLINE tq_floats tq_vector_fixed_draws(tq_uints x, tq_words p, tq_uints draws)
{
    const tq_u32 bits = (tq_u32)p.s7;
    const tq_floats y = tq_vector_fixed_clamp(x, p);
    const float scale = as_float((tq_u32)(p.s7 - p.s0 + 127) << 23);
    const tq_ints r = tq_uints_as_ints(draws >> (32u - bits));
#ifdef tq_floats_fma_down
    const float unit = as_float((tq_u32)(p.s0 - p.s7 + 127) << 23);
    const float magic = as_float(((tq_u32)(p.s0 + 150) << 23) | 0x400000u);
    const tq_floats sum = tq_floats_fma_down(y, (tq_floats)scale, tq_ints_to_floats(r));
    return tq_floats_fma_down(sum, (tq_floats)unit, (tq_floats)magic) - magic;
#else
    const tq_ints below = tq_floats_to_ints(tq_floats_floor(y * scale));
    return tq_ints_to_floats((below + r) >> bits) * as_float((tq_u32)(p.s0 + 127) << 23);
#endif
}

/* 1: the format is one for the two functions above, 0: it is not. */
TQ_INLINE tq_i32 tq_class_fixed(tq_words p, tq_i32 structure)
{
    if (TQ_OVERFLOW(structure) == TQ_OVERFLOW_WRAP || p.s3 > 22 || p.s0 < -90)
        return 0;
    return TQ_ROUNDING(structure) != TQ_ROUND_STOCHASTIC ||
           (p.s3 + p.s7 + ((structure & TQ_FIXED_UNSIGNED) ? 1 : 0) <= 32 && p.s0 <= p.s7);
}

TQ_INLINE tq_uints tq_vector_fixed(tq_uints x, tq_words p, tq_i32 structure, tq_uints draws, tq_i32 class)
{
    const tq_i32 rounding = TQ_ROUNDING(structure);
    if (class == 1) {
        const tq_uints number =
            rounding == TQ_ROUND_EVEN || rounding == TQ_ROUND_AWAY ? x : tq_vector_normal(x);
        const tq_floats y = rounding == TQ_ROUND_STOCHASTIC ? tq_vector_fixed_draws(number, p, draws)
                                                            : tq_vector_fixed_steps(number, p, rounding);
        return tq_vector_nan(x, tq_floats_as_uints(y));
    }
    if (TQ_OVERFLOW(structure) == TQ_OVERFLOW_WRAP)
        return tq_vector_fixed_wrap(x, p, structure, draws);
    return tq_vector_fixed_any(x, p, structure, draws);
}
#endif
