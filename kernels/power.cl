/*
 * x to the power of y, bits of binary32 to bits of binary32, rounded once; special numbers as C's pow has them. For whole y
 * below 128 by multiplications of 62 bits, which are exact where the power has no more, so that a power in the middle of two
 * numbers is seen; else e^(y * log x). C and OpenCL C.
 */
#define TQ_LOG_FACTORS 6 /* whole powers up to 127 */

/* 0: y is no integer; 1: an odd one, 2: an even one. */
TQ_INLINE tq_u32 tq_parity(tq_u32 y)
{
    const tq_exact v = tq_exact_of(y);
    if (v.special != TQ_FINITE || v.exponent > 0)
        return v.special == TQ_NOT_A_NUMBER ? 0 : 2;
    if (v.exponent < -23 || (v.significand & (((tq_u64)1 << -v.exponent) - 1)) != 0)
        return v.significand == 0 ? 2 : 0;
    return v.significand >> -v.exponent & 1 ? 1 : 2;
}

/* x^n for a positive x and 0 < n < 128. */
TQ_INLINE tq_exact tq_real_power(tq_exact x, tq_u32 n)
{
    tq_exact power = tq_real(1, 0);
    for (; n > 0; n >>= 1) {
        if (n & 1)
            power = tq_real_multiply(power, x);
        x = tq_real_multiply(x, x);
    }
    return power;
}

/* |x| to the power of y; both finite and not zero. */
TQ_INLINE tq_exact tq_power_of_magnitude(tq_u32 x, tq_u32 y)
{
    const tq_exact base = tq_exact_of(x & ~TQ_SIGN_BIT), exponent = tq_exact_of(y & ~TQ_SIGN_BIT);
    tq_exact v;
    if (tq_parity(y) != 0 && tq_exact_leading(exponent) <= TQ_LOG_FACTORS) {
        v = tq_real_power(base, (tq_u32)(exponent.significand >> -exponent.exponent));
        return y & TQ_SIGN_BIT ? tq_real_divide(tq_real(1, 0), v) : v;
    }
    if (y == 0x3F000000u) /* 1/2 */
        return tq_real_root(base);
    return tq_real_exp(tq_real_multiply(tq_exact_of(y), tq_real_log(base)));
}

/* One of them is 0 or infinite; x is not 1 and y not 0. */
TQ_INLINE tq_u32 tq_power_at_ends(tq_u32 x, tq_u32 y)
{
    const tq_u32 magnitude = x & ~TQ_SIGN_BIT, sign = tq_parity(y) == 1 ? x & TQ_SIGN_BIT : 0;
    tq_u32 grows = magnitude > TQ_ONE_BITS;
    if (y & TQ_SIGN_BIT)
        grows = magnitude < TQ_ONE_BITS;
    if (magnitude == TQ_ONE_BITS) /* -1 to an infinite power */
        return TQ_ONE_BITS;
    return grows ? TQ_INFINITY_BITS | sign : sign;
}

TQ_INLINE tq_u32 tq_pow(tq_u32 x, tq_u32 y)
{
    const tq_u32 magnitude = x & ~TQ_SIGN_BIT, parity = tq_parity(y);
    tq_exact v;
    if (x == TQ_ONE_BITS || (y & ~TQ_SIGN_BIT) == 0)
        return TQ_ONE_BITS;
    if (tq_is_nan(x) || tq_is_nan(y))
        return TQ_NAN_BITS;
    if (magnitude == 0 || magnitude == TQ_INFINITY_BITS || (y & ~TQ_SIGN_BIT) == TQ_INFINITY_BITS)
        return tq_power_at_ends(x, y);
    if (x != magnitude && parity == 0)
        return TQ_NAN_BITS;
    v = tq_power_of_magnitude(x, y);
    v.negative = x != magnitude && parity == 1;
    return tq_exact_to_carrier(v);
}
