/*
 * What two numbers give, bits of binary32 to the number that RESULT rounds: sums and products exactly; quotients and powers
 * rounded to binary32. -0 is below +0, and a NaN wins. Needs layers/maximum.cl and power.cl. C and OpenCL C.
 */
TQ_INLINE tq_exact tq_sum_of(tq_u32 a, tq_u32 b)
{
    return tq_exact_add(tq_exact_of(a), tq_exact_of(b));
}

TQ_INLINE tq_exact tq_difference_of(tq_u32 a, tq_u32 b)
{
    return tq_exact_add(tq_exact_of(a), tq_exact_of(b ^ TQ_SIGN_BIT));
}

TQ_INLINE tq_exact tq_product_of(tq_u32 a, tq_u32 b)
{
    return tq_exact_multiply(tq_exact_of(a), tq_exact_of(b));
}

TQ_INLINE tq_exact tq_quotient_of(tq_u32 a, tq_u32 b)
{
    return tq_exact_of(tq_carrier_quotient(a, b));
}

TQ_INLINE tq_exact tq_power_of(tq_u32 a, tq_u32 b)
{
    return tq_exact_of(tq_pow(a, b));
}

TQ_INLINE tq_exact tq_larger_of(tq_u32 a, tq_u32 b)
{
    return tq_exact_of(tq_order_of(a) < tq_order_of(b) ? b : a);
}

TQ_INLINE tq_exact tq_smaller_of(tq_u32 a, tq_u32 b)
{
    if (tq_order_of(a) == 0xFFFFFFFFu || tq_order_of(b) == 0xFFFFFFFFu)
        return tq_exact_of(TQ_NAN_BITS);
    return tq_exact_of(tq_order_of(a) < tq_order_of(b) ? a : b);
}
