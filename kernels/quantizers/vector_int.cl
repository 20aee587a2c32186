/*
 * Vectors for the kind int: see int.cl and vector.cl.
 *
 * The short forms are for rounding to even and scales of 2^-100 to 2^100. y = x * (1 / scale), clamped to 2^18. Where the
 * scale is a power of two y is the quotient x / scale, unless it is subnormal or infinite, and then both round and saturate
 * alike. Else y differs from the rounded quotient by less than 3.1 * 2^-24 of itself: the reciprocal, the product and the
 * quotient are rounded once each. So both round to the same integer, unless y is as near to a tie as that; with such a lane
 * the whole vector is made exactly. y + 1.5 * 2^23 - 1.5 * 2^23 is y rounded to an integer, ties to even, as the sum lies in
 * 2^23 .. 2^24, and +0 for 0. Codes and zero points are integers below 2^18 and exact; the product with the scale is 0 or
 * normal, and rounded once. A subnormal x, which a device may take for 0, has a quotient below 2^-26, and so has 0.
 */
#if defined TQ_LANES && TQ_LANES <= 16
/* Lane by lane. */
TQ_INLINE tq_uints tq_vector_int_exact(tq_uints x, tq_words p, tq_i32 structure, tq_uints draws)
{
    uint lane[TQ_LANES], draw[TQ_LANES];
#if TQ_LANES == 1
    lane[0] = x;
    draw[0] = draws;
#else
    TQ_VECTOR_OF(vstore)(x, 0, lane);
    TQ_VECTOR_OF(vstore)(draws, 0, draw);
#endif
    for (int i = 0; i < TQ_LANES; ++i)
        lane[i] = tq_quantize_int(tq_exact_of(lane[i]), p, structure, draw[i]);
    return tq_load_uints(lane);
}

/* Whether any lane has its sign set; any() is missing or slow in some compilers. */
TQ_INLINE tq_u32 tq_vector_int_any(tq_uints x)
{
#if TQ_LANES == 16
    const uint8 eight = x.lo | x.hi;
    const uint4 four = eight.lo | eight.hi;
#elif TQ_LANES == 8
    const uint4 four = x.lo | x.hi;
#endif
#if TQ_LANES == 1
    return x >> 31;
#elif TQ_LANES == 2
    return (x.x | x.y) >> 31;
#elif TQ_LANES == 4
    return (x.x | x.y | x.z | x.w) >> 31;
#else
    return (four.x | four.y | four.z | four.w) >> 31;
#endif
}

/* 1: the scale is a power of two; 2: another; 0: neither form. */
TQ_INLINE tq_i32 tq_class_int(tq_words p, tq_i32 structure)
{
    const tq_i32 exponent = p.s0 >> 23;
    if ((structure & TQ_INT_ALONE) || TQ_ROUNDING(structure) != TQ_ROUND_EVEN || exponent < 27 || exponent > 226)
        return 0;
    return (p.s0 & 0x7FFFFF) == 0 ? 1 : 2;
}

TQ_INLINE tq_uints tq_vector_int(tq_uints x, tq_words p, tq_i32 structure, tq_uints draws, tq_i32 class)
{
    const tq_floats most = (tq_floats)262144.0f, magic = (tq_floats)12582912.0f, zero = (tq_floats)(float)p.s1;
    const tq_floats lowest = (tq_floats)(float)p.s2, highest = (tq_floats)(float)p.s3;
    tq_floats y, near, code;
    if (class == 0)
        return tq_vector_int_exact(x, p, structure, draws);
    y = tq_uints_as_floats(x) * as_float(p.s4);
    y = y > most ? most : y;
    y = y < -most ? -most : y;
    near = (y + magic) - magic;
    if (class == 2) {
        const tq_floats margin = (0.5f - fabs(y - near)) - fabs(y) * 0x1p-21f; /* negative: a tie is near */
        if (tq_vector_int_any(tq_floats_as_uints(margin)))
            return tq_vector_int_exact(x, p, structure, draws);
    }
    code = near + zero;
    code = code < lowest ? lowest : code;
    code = code > highest ? highest : code;
    return tq_vector_nan(x, tq_floats_as_uints((code - zero) * as_float(p.s0)));
}
#endif
