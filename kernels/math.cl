/*
 * Functions without a standard result, from integer operations only, so that every device gives the same bits. The error
 * against the real function is in docs/layers.md. C and OpenCL C.
 */

/* High half of the 128-bit product. */
TQ_INLINE tq_u64 tq_high64(tq_u64 a, tq_u64 b)
{
    const tq_u64 a0 = a & 0xFFFFFFFFu, a1 = a >> 32, b0 = b & 0xFFFFFFFFu, b1 = b >> 32;
    const tq_u64 middle = a1 * b0 + ((a0 * b0) >> 32), cross = a0 * b1 + (middle & 0xFFFFFFFFu);
    return a1 * b1 + (middle >> 32) + (cross >> 32);
}

/* |v| * 2^55 / ln 2, rounded down; |v| < 128. */
TQ_INLINE tq_u64 tq_binary_logarithm_units(tq_exact v)
{
    const tq_i32 shift = v.exponent + 56; /* |v| in units of 2^-56: at most 63 bits */
    const tq_u64 x = shift >= 0 ? v.significand << shift : shift > -64 ? v.significand >> -shift : 0;
    return tq_high64(x, 0xB8AA3B295C17F0BCu); /* 2^63 / ln 2 */
}

/* 2^62 * e^(fraction * ln 2), fraction in units of 2^-55 below 1: Taylor's series, by Horner. */
TQ_INLINE tq_u64 tq_power_of_two(tq_u64 fraction)
{
    const tq_u64 one = (tq_u64)1 << 62, z = tq_high64(fraction << 9, 0xB17217F7D1CF79ACu); /* ln 2 * 2^64 */
    tq_u64 sum = one;
    tq_i32 k;
    for (k = 17; k > 0; --k)
        sum = one + tq_high64(z, sum) / (tq_u64)k;
    return sum;
}

/* e^x as bits of a binary32. */
TQ_INLINE tq_u32 tq_exp(tq_u32 bits)
{
    tq_exact v = tq_exact_of(bits);
    tq_i64 units;
    if (v.special == TQ_NOT_A_NUMBER)
        return TQ_NAN_BITS;
    if (v.special == TQ_FINITE && v.significand == 0)
        return 0x3F800000u;
    if (v.special == TQ_INFINITE || tq_exact_leading(v) >= 7)
        return v.negative ? 0 : TQ_INFINITY_BITS;
    units = (tq_i64)tq_binary_logarithm_units(v);
    units = v.negative ? -units : units;
    v.significand = tq_power_of_two((tq_u64)units & (((tq_u64)1 << 55) - 1)) | 1;
    v.exponent = (tq_i32)(units >> 55) - 62; /* rounds down */
    v.negative = 0;
    return tq_exact_to_carrier(v);
}
