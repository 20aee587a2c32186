/* Vectors of fixed-point numbers: see fixed.cl and vector.cl. */
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

TQ_INLINE tq_uints tq_vector_fixed(tq_uints x, tq_words p, tq_i32 structure, tq_uints draws)
{
    if (TQ_OVERFLOW(structure) == TQ_OVERFLOW_WRAP)
        return tq_vector_fixed_wrap(x, p, structure, draws);
    return tq_vector_fixed_any(x, p, structure, draws);
}
#endif
