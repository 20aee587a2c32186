/*
 * Vectors of floating-point numbers: see float.cl and vector.cl.
 *
 * Formats of up to 22 fraction bits whose normal numbers are normal in binary32 have short forms. From the smallest normal
 * number on, a magnitude a loses its lower `shift` bits, which are the integer l, by integers on the bits: something is
 * added that carries into bit `shift` where the number grows, and the lower bits are cut. A carry into the exponent gives
 * the next power of two, as it must.
 *
 * To even: l + 2^(shift-1) - 1 + (bit `shift`) carries for l above half, and at half where what is kept is odd. Without
 * fraction bits that is the leading bit, 1, and bit `shift` is the exponent's.
 *
 * Odd: l + 2^shift - 1 has bit `shift` where l is not 0; it is joined to what is kept, unless that is the leading bit.
 *
 * Stochastic, n bits r at the top of a word, zeros below, R = that word >> (32 - shift). A positive number grows where l + R
 * carries: for n >= shift that is floor(r / 2^(n-shift)) + l >= 2^shift, or r + l * 2^(n-shift) >= 2^n; for n < shift the
 * lower bits of R are 0, and it is r + floor(l / 2^(shift-n)) >= 2^n. A negative number's magnitude grows where
 * r < ceil(l * 2^n / 2^shift), that is R < l, or l + (2^shift - 1 - R) >= 2^shift, and 2^shift - 1 - R is what the inverted
 * word gives.
 *
 * Formats with the exponents of binary32 have no other case: below 2^-126 its last bit stays where it is. Without fraction
 * bits they have no short form: below 2^-126 what is kept is 0, not 1.
 *
 * Smaller numbers have grains of 2^q, q = s1 - s0 from -125 to 104: |x| < 2^(q+22), so that binary32 itself rounds
 * |x| + 2^(q+23) to a grain, to even, as the number that was added is an even number of grains; it is taken away exactly.
 * `near` is 0 or normal. A subnormal x is below half a grain: near is 0 even where a device takes x for zero. The other
 * roundings correct `near` by a grain where its bits, as integers, are not those of |x|: that sees subnormal numbers. Away:
 * half a grain above `below` has at most 24 bits.
 *
 * Stochastic, n <= 16, q >= -100: d = |x| - below is exact, and normal or 0 (a subnormal x is replaced as in
 * vector_fixed.cl, which is below 2^(q-n) as well). r + floor(d * 2^n / 2^q) >= 2^n is d >= (2^n - r) * 2^(q-n), since
 * 2^n - r is an integer; r < ceil(d * 2^n / 2^q) is r * 2^(q-n) < d. Both limits are exact.
 */
#if defined TQ_LANES && TQ_LANES <= 16
/* A magnitude with its sign; not a zero's where there is one zero only. */
TQ_INLINE tq_uints tq_vector_float_signed(tq_uints bits, tq_uints sign, tq_i32 structure)
{
    if (structure & TQ_FLOAT_ONE_ZERO)
        return bits == (tq_uints)0 ? bits : bits | sign;
    return bits | sign;
}

/* The last steps: overflow, sign and NaN. `bits`: the rounded magnitude; not below infinity's where it has no
 * end. */
TQ_INLINE tq_uints tq_vector_float_end(tq_uints x, tq_uints bits, tq_words p, tq_i32 structure)
{
    const tq_i32 rounding = TQ_ROUNDING(structure), overflow = TQ_OVERFLOW(structure);
    const tq_uints a = x & ~TQ_SIGN_BIT, sign = x & TQ_SIGN_BIT, largest = (tq_uints)(tq_u32)p.s2;
    tq_uints beyond = (tq_uints)TQ_INFINITY_BITS;
    if (overflow == TQ_OVERFLOW_NAN)
        return tq_vector_nan(x, bits > largest ? (tq_uints)TQ_NAN_BITS : tq_vector_float_signed(bits, sign, structure));
    if (overflow == TQ_OVERFLOW_SATURATE)
        return tq_vector_nan(x, tq_vector_float_signed(bits > largest ? largest : bits, sign, structure));
    if (rounding == TQ_ROUND_ZERO || rounding == TQ_ROUND_ODD)
        beyond = largest;
    if (rounding == TQ_ROUND_DOWN)
        beyond = sign == (tq_uints)0 ? largest : beyond;
    if (rounding == TQ_ROUND_UP)
        beyond = sign == (tq_uints)0 ? beyond : largest;
    beyond = a < (tq_uints)TQ_INFINITY_BITS ? beyond : (tq_uints)TQ_INFINITY_BITS;
    return tq_vector_nan(x, (bits > largest ? beyond : bits) | sign);
}

/* Any format. */
TQ_INLINE tq_uints tq_vector_float_any(tq_uints x, tq_words p, tq_i32 structure, tq_uints draws)
{
    const tq_uints a = x & ~TQ_SIGN_BIT;
    const tq_i32 tiny = (structure & TQ_FLOAT_FLUSH) ? p.s1 : p.s1 - p.s0;
    tq_ints leading;
    const tq_uints significand = tq_vector_split(a, &leading);
    const tq_ints quantum = leading < (tq_ints)p.s1 ? (tq_ints)tiny : leading - p.s0;
    const tq_uints rounded = tq_vector_round(significand, quantum - leading + 23, tq_vector_negative(x),
                                             TQ_ROUNDING(structure), p.s7, draws);
    const tq_uints finite = tq_vector_pack(rounded, quantum);
    return tq_vector_float_end(x, a < (tq_uints)TQ_INFINITY_BITS ? finite : (tq_uints)TQ_INFINITY_BITS, p,
                               structure);
}

/* Magnitudes from 2^s1 on, s0 <= 22; infinity stays, NaN becomes something above it. */
TQ_INLINE tq_uints tq_vector_float_normal(tq_uints x, tq_words p, tq_i32 rounding, tq_uints draws)
{
    const tq_u32 shift = 23u - (tq_u32)p.s0, last = 1u << shift, low = last - 1;
    const tq_u32 one = p.s0 == 0; /* what is kept is the leading bit, an odd number */
    const tq_uints a = x & ~TQ_SIGN_BIT, negative = tq_vector_negative(x);
    if (rounding == TQ_ROUND_EVEN)
        return (a + (((a >> shift | one) & 1u) + (low >> 1))) & ~low;
    if (rounding == TQ_ROUND_AWAY)
        return (a + (last >> 1)) & ~low;
    if (rounding == TQ_ROUND_DOWN)
        return (a + (negative & low)) & ~low;
    if (rounding == TQ_ROUND_UP)
        return (a + (~negative & low)) & ~low;
    if (rounding == TQ_ROUND_ODD)
        return one ? a & ~low : (a | ((a & low) + low)) & ~low;
    if (rounding == TQ_ROUND_STOCHASTIC)
        return (a + (((draws & (0xFFFFFFFFu << (32 - p.s7))) ^ negative) >> (32u - shift))) & ~low;
    return a & ~low; /* TQ_ROUND_ZERO */
}

/* Magnitudes below 2^s1 in formats with subnormal numbers. */
TQ_INLINE tq_uints tq_vector_float_subnormal(tq_uints x, tq_words p, tq_i32 rounding)
{
    const tq_u32 grain_bits = (tq_u32)(p.s1 - p.s0 + 127) << 23;
    const tq_floats magic = (tq_floats)as_float(grain_bits + (23u << 23)),
                    grain = (tq_floats)as_float(grain_bits);
    const tq_uints a = x & ~TQ_SIGN_BIT, negative = tq_vector_negative(x);
    const tq_floats biased = tq_uints_as_floats(a) + magic, near = biased - magic;
    const tq_floats below = tq_floats_as_uints(near) > a ? near - grain : near;
    const tq_floats above = tq_floats_as_uints(near) < a ? near + grain : near;
    if (rounding == TQ_ROUND_EVEN)
        return tq_floats_as_uints(near);
    if (rounding == TQ_ROUND_AWAY)
        return tq_floats_as_uints(
            a < tq_floats_as_uints(below + as_float(grain_bits - 0x800000u)) ? below : below + grain);
    if (rounding == TQ_ROUND_DOWN)
        return tq_floats_as_uints(negative != (tq_uints)0 ? above : below);
    if (rounding == TQ_ROUND_UP)
        return tq_floats_as_uints(negative != (tq_uints)0 ? below : above);
    if (rounding == TQ_ROUND_ODD) {
        const tq_uints even = (tq_floats_as_uints(biased) & 1u) ^ 1u;
        return tq_floats_as_uints(even == (tq_uints)0 ? near : tq_floats_as_uints(near) > a ? below : above);
    }
    return tq_floats_as_uints(below);
}

/* The same for stochastic rounding with at most 16 bits. */
TQ_INLINE tq_uints tq_vector_float_draws(tq_uints x, tq_words p, tq_uints draws)
{
    const tq_u32 grain_bits = (tq_u32)(p.s1 - p.s0 + 127) << 23, bits = (tq_u32)p.s7;
    const tq_floats magic = (tq_floats)as_float(grain_bits + (23u << 23)), grain = (tq_floats)as_float(grain_bits);
    const tq_floats y = tq_uints_as_floats(tq_vector_normal(x) & ~TQ_SIGN_BIT), near = (y + magic) - magic;
    const tq_floats below = near > y ? near - grain : near, above = below + grain, rest = y - below;
    const tq_uints r = draws >> (32u - bits), negative = tq_vector_negative(x);
    const tq_uints part = negative != (tq_uints)0 ? r : (1u << bits) - r;
    const tq_floats limit = tq_ints_to_floats(tq_uints_as_ints(part)) * as_float(grain_bits - (bits << 23));
    const tq_floats minus = limit < rest ? above : below, plus = rest < limit ? below : above;
    return tq_floats_as_uints(negative != (tq_uints)0 ? minus : plus);
}

/* The same in formats without: 0 or 2^s1. */
TQ_INLINE tq_uints tq_vector_float_flush(tq_uints x, tq_words p, tq_i32 rounding)
{
    const tq_u32 middle = p.s1 > -126 ? (tq_u32)(p.s1 + 126) << 23 : 0x400000u;
    const tq_uints a = x & ~TQ_SIGN_BIT, none = (tq_uints)0, least = (tq_uints)((tq_u32)(p.s1 + 127) << 23);
    const tq_uints inward = rounding == TQ_ROUND_DOWN ? ~tq_vector_negative(x) : tq_vector_negative(x);
    if (rounding == TQ_ROUND_EVEN)
        return a > (tq_uints)middle ? least : none;
    if (rounding == TQ_ROUND_AWAY)
        return a < (tq_uints)middle ? none : least;
    if (rounding == TQ_ROUND_ZERO)
        return none;
    if (rounding == TQ_ROUND_DOWN || rounding == TQ_ROUND_UP)
        return (a == none ? none : least) & ~inward;
    return a == none ? none : least; /* TQ_ROUND_ODD */
}

/* 1: the format has the functions above; 2: the first of them alone is enough; 0: neither. */
TQ_INLINE tq_i32 tq_class_float(tq_words p, tq_i32 structure)
{
    const tq_u32 flush = (structure & TQ_FLOAT_FLUSH) != 0;
    if (p.s0 > 22 || p.s1 < -126)
        return 0;
    if (p.s1 == -126 && !flush)
        return p.s0 > 0 ? 2 : 0;
    if (TQ_ROUNDING(structure) == TQ_ROUND_STOCHASTIC)
        return !flush && p.s7 <= 16 && p.s1 - p.s0 >= -100 && p.s1 - p.s0 <= 104;
    return flush || (p.s1 - p.s0 >= -125 && p.s1 - p.s0 <= 104);
}

TQ_INLINE tq_uints tq_vector_float(tq_uints x, tq_words p, tq_i32 structure, tq_uints draws, tq_i32 class)
{
    const tq_i32 rounding = TQ_ROUNDING(structure);
    const tq_uints a = x & ~TQ_SIGN_BIT, least = (tq_uints)((tq_u32)(p.s1 + 127) << 23);
    tq_uints bits;
    if (class == 0)
        return tq_vector_float_any(x, p, structure, draws);
    bits = tq_vector_float_normal(x, p, rounding, draws);
    if (class == 1 && (structure & TQ_FLOAT_FLUSH))
        bits = a < least ? tq_vector_float_flush(x, p, rounding) : bits;
    else if (class == 1 && rounding == TQ_ROUND_STOCHASTIC)
        bits = a < least ? tq_vector_float_draws(x, p, draws) : bits;
    else if (class == 1)
        bits = a < least ? tq_vector_float_subnormal(x, p, rounding) : bits;
    return tq_vector_float_end(x, bits, p, structure);
}
#endif
