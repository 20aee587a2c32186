/* Vectors of floating-point numbers: see float.cl and vector.cl. */
#if defined TQ_LANES && TQ_LANES <= 16
/* The last steps: overflow, sign and NaN. `bits`: the rounded magnitude; not below infinity's where it has no
 * end. */
TQ_INLINE tq_uints tq_vector_float_end(tq_uints x, tq_uints bits, tq_words p, tq_i32 structure)
{
    const tq_i32 rounding = TQ_ROUNDING(structure), overflow = TQ_OVERFLOW(structure);
    const tq_uints a = x & ~TQ_SIGN_BIT, sign = x & TQ_SIGN_BIT, largest = (tq_uints)(tq_u32)p.s2;
    tq_uints beyond = (tq_uints)TQ_INFINITY_BITS;
    if (overflow == TQ_OVERFLOW_NAN)
        return tq_vector_nan(x, bits > largest ? (tq_uints)TQ_NAN_BITS : bits | sign);
    if (overflow == TQ_OVERFLOW_SATURATE)
        return tq_vector_nan(x, (bits > largest ? largest : bits) | sign);
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

TQ_INLINE tq_uints tq_vector_float(tq_uints x, tq_words p, tq_i32 structure, tq_uints draws)
{
    return tq_vector_float_any(x, p, structure, draws);
}
#endif
