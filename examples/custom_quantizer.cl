/*
 * shiftadd: numbers by which a multiplication is two shifts and one addition. (Additive powers of two: Li, Dong, Wang,
 * ICLR 2020.)
 *
 * The numbers are 0 and, with either sign, 2^e and 2^e + 2^(e-j), where e = emin .. emax and j = 1 .. depth. Rounds to the
 * nearest of them, ties away from zero; saturates; keeps the sign of zero.
 * p: s0 emin, s1 emax, s2 depth.
 *
 * The text stands in SHARED( ), so that C can both compile it and keep it as a string for the device.
 */
SHARED(
TQ_INLINE tq_u64 shiftadd_nearest_power(tq_u64 x, tq_u64 least)
{
    if (x < least)
        return x >= least / 2 ? least : 0;
    x += ((tq_u64)1 << (63 - tq_leading_zeros(x))) / 2; /* 1.5 times a power of two reaches the next */
    return (tq_u64)1 << (63 - tq_leading_zeros(x));
}

TQ_INLINE tq_u32 tq_quantize_shiftadd(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw)
{
    const tq_i32 emin = p.s0, emax = p.s1, depth = p.s2;
    const tq_u64 one = (tq_u64)1 << 62; /* the leading bit of a normalized number */
    const tq_u32 largest = tq_pack(3, emax - 1, v.negative);
    tq_u64 rest;
    tq_i32 exponent;
    (void)structure; /* no choice of rounding or overflow, no random bits */
    (void)draw;
    if (v.special == TQ_NOT_A_NUMBER)
        return TQ_NAN_BITS;
    if (v.special == TQ_INFINITE)
        return largest;
    if (v.significand == 0)
        return tq_pack(0, 0, v.negative);
    v = tq_exact_normalize(v);
    exponent = v.exponent + 62;
    if (exponent > emax)
        return largest;
    if (exponent < emin)
        return tq_pack(exponent == emin - 1, emin, v.negative);
    rest = shiftadd_nearest_power(v.significand - one, one >> depth);
    if (exponent == emax && rest > one / 2)
        return largest;
    return tq_pack((one + rest) >> (62 - depth), exponent - depth, v.negative);
}
)
