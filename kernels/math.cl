/*
 * Functions without a standard result, from integer operations only, so that every device gives the same bits. The error
 * against the real function is in docs/layers.md. C and OpenCL C.
 */

#ifdef __OPENCL_VERSION__
#define TQ_TABLE __constant
#else
#define TQ_TABLE static const
#endif

/* High half of the 128-bit product. */
#ifdef __OPENCL_VERSION__
#define tq_high64(a, b) mul_hi((tq_u64)(a), (tq_u64)(b))
#else
TQ_INLINE tq_u64 tq_high64(tq_u64 a, tq_u64 b)
{
    const tq_u64 a0 = a & 0xFFFFFFFFu, a1 = a >> 32, b0 = b & 0xFFFFFFFFu, b1 = b >> 32;
    const tq_u64 middle = a1 * b0 + ((a0 * b0) >> 32), cross = a0 * b1 + (middle & 0xFFFFFFFFu);
    return a1 * b1 + (middle >> 32) + (cross >> 32);
}
#endif

/* 2^62 / k!, Taylor's coefficients of the exponential. */
#define TQ_EXP_TERMS 19
TQ_TABLE tq_u64 tq_exp_terms[TQ_EXP_TERMS] = {
    0x4000000000000000, 0x4000000000000000, 0x2000000000000000, 0xAAAAAAAAAAAAAAB,
    0x2AAAAAAAAAAAAAB, 0x88888888888889, 0x16C16C16C16C17, 0x3403403403403,
    0x680680680680, 0xB8EF1D2AB64, 0x127E4FB778A, 0x1AE64567F5,
    0x23DDB1DFF, 0x2C248C27, 0x3272E95, 0x35CFE8,
    0x35CFE, 0x32A6, 0x2D0};

/* 2^62 / (2k + 1), those of log((1 + s) / (1 - s)) / 2s in s * s. */
#define TQ_LOG_TERMS 20
TQ_TABLE tq_u64 tq_log_terms[TQ_LOG_TERMS] = {
    0x4000000000000000, 0x1555555555555555, 0xCCCCCCCCCCCCCCD, 0x924924924924925,
    0x71C71C71C71C71C, 0x5D1745D1745D174, 0x4EC4EC4EC4EC4EC, 0x444444444444444,
    0x3C3C3C3C3C3C3C4, 0x35E50D79435E50D, 0x30C30C30C30C30C, 0x2C8590B21642C86,
    0x28F5C28F5C28F5C, 0x25ED097B425ED09, 0x234F72C234F72C2, 0x210842108421084,
    0x1F07C1F07C1F07C, 0x1D41D41D41D41D4, 0x1BACF914C1BACF9, 0x1A41A41A41A41A4};

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
    const tq_u64 z = tq_high64(fraction << 9, 0xB17217F7D1CF79ACu); /* ln 2 * 2^64 */
    tq_u64 sum = 0;
    tq_i32 k;
    for (k = TQ_EXP_TERMS - 1; k >= 0; --k)
        sum = tq_exp_terms[k] + tq_high64(z, sum);
    return sum;
}

/* a * b for finite numbers, cut to 62 bits or more; exact where it has no more. */
TQ_INLINE tq_exact tq_real_multiply(tq_exact a, tq_exact b)
{
    tq_exact v;
    a = tq_exact_normalize(a);
    b = tq_exact_normalize(b);
    v.significand = tq_high64(a.significand << 1, b.significand << 1);
    v.exponent = a.exponent + b.exponent + 62;
    v.negative = a.negative ^ b.negative;
    v.special = TQ_FINITE;
    return tq_exact_normalize(v);
}

/*
 * a / b for finite numbers and b not zero, off by some 2^-59 of it: 1/b from its upper 32 bits, and one step of Newton's.
 */
TQ_INLINE tq_exact tq_real_divide(tq_exact a, tq_exact b)
{
    tq_exact v;
    tq_u64 rough, y, more;
    a = tq_exact_normalize(a);
    b = tq_exact_normalize(b);
    rough = (((tq_u64)1 << 63) / (b.significand >> 31)) << 31; /* 2^125 / b, to 31 bits */
    y = tq_high64(b.significand << 1, rough);                  /* 2^62 * (1 - its relative error) */
    more = y < (tq_u64)1 << 62 ? ((tq_u64)1 << 62) - y : y - ((tq_u64)1 << 62);
    more = tq_high64(rough, more << 2);
    rough = y < (tq_u64)1 << 62 ? rough + more : rough - more;
    v.significand = tq_high64(a.significand << 1, rough);
    v.exponent = a.exponent - b.exponent - 62;
    v.negative = a.negative ^ b.negative;
    v.special = TQ_FINITE;
    return v;
}

/* e^v for a finite v, with some 55 bits; beyond 2^128 and below 2^-184 infinite and zero. */
TQ_INLINE tq_exact tq_real_exp(tq_exact v)
{
    tq_i64 units;
    if (v.significand == 0)
        return tq_real(1, 0);
    if (tq_exact_leading(v) >= 7) {
        v.special = v.negative ? TQ_FINITE : TQ_INFINITE;
        v.significand = 0;
        v.negative = 0;
        return v;
    }
    units = (tq_i64)tq_binary_logarithm_units(v);
    units = v.negative ? -units : units;
    v.significand = tq_power_of_two((tq_u64)units & (((tq_u64)1 << 55) - 1)) | 1;
    v.exponent = (tq_i32)(units >> 55) - 62; /* rounds down */
    v.negative = 0;
    return v;
}

/* e^x as bits of a binary32. */
TQ_INLINE tq_u32 tq_exp(tq_u32 bits)
{
    tq_exact v = tq_exact_of(bits);
    if (v.special == TQ_NOT_A_NUMBER)
        return TQ_NAN_BITS;
    if (v.special == TQ_INFINITE)
        return v.negative ? 0 : TQ_INFINITY_BITS;
    return tq_exact_to_carrier(tq_real_exp(v));
}

/* |v| * 2^64, cut; |v| < 1. */
TQ_INLINE tq_u64 tq_fraction(tq_exact v)
{
    const tq_i32 shift = v.exponent + 64;
    return shift >= 0 ? v.significand << shift : shift > -64 ? v.significand >> -shift : 0;
}

/* e^v - 1 with some 55 bits for any finite v: near 0 v * (1 + v/2! + v^2/3! + ...). */
TQ_INLINE tq_exact tq_real_expm1(tq_exact v)
{
    tq_exact minus_one = tq_real(1, 0);
    tq_u64 z, sum = 0;
    tq_i32 k;
    minus_one.negative = 1;
    if (v.significand != 0 && tq_exact_leading(v) >= -1)
        return tq_exact_add(tq_real_exp(v), minus_one);
    z = tq_fraction(v);
    for (k = TQ_EXP_TERMS - 1; k > 0; --k) {
        const tq_u64 more = tq_high64(z, sum);
        sum = v.negative ? tq_exp_terms[k] - more : tq_exp_terms[k] + more;
    }
    return tq_real_multiply(v, tq_real(sum, -62));
}

/* log((1 + s) / (1 - s)) for |s| <= 1/3, with some 60 bits: 2 s * (1 + s^2/3 + s^4/5 + ...). */
TQ_INLINE tq_exact tq_real_log_ratio(tq_exact s)
{
    const tq_u64 w = tq_fraction(tq_real_multiply(s, s));
    tq_u64 sum = 0;
    tq_i32 k;
    for (k = TQ_LOG_TERMS - 1; k >= 0; --k)
        sum = tq_log_terms[k] + tq_high64(w, sum);
    return tq_real_multiply(s, tq_real(sum, -61));
}

/* log v for a finite v above 0, with some 50 bits. Powers of two are counted from 2^-1024, without a sign. */
TQ_INLINE tq_exact tq_real_log(tq_exact v)
{
    const tq_u64 ln2 = 0x58B90BFBE8E7BCD6u; /* * 2^-63 */
    const tq_exact one = tq_real(1, 0);
    tq_exact minus_one = one, lowest = tq_real(ln2, 10 - 63);
    tq_i32 exponent;
    minus_one.negative = lowest.negative = 1;
    v = tq_exact_normalize(v);
    exponent = v.exponent + 62;
    v.exponent = -62;
    if (v.significand > 0x5A827999FCEF3242u) { /* above the root of 2 */
        v.exponent = -63;
        exponent += 1;
    }
    v = tq_real_log_ratio(tq_real_divide(tq_exact_add(v, minus_one), tq_exact_add(v, one)));
    if (exponent == 0)
        return v;
    v = tq_exact_add(v, tq_real_multiply(tq_real(ln2, -63), tq_real((tq_u64)(exponent + 1024), 0)));
    return tq_exact_add(v, lowest);
}

/* The square root of a finite v >= 0, with 32 bits and a sticky last one. */
TQ_INLINE tq_exact tq_real_root(tq_exact v)
{
    tq_u64 root = 0, bit;
    v = tq_exact_normalize(v);
    if (v.exponent & 1) {
        v.significand = tq_shift_sticky(v.significand, 1);
        v.exponent += 1;
    }
    for (bit = (tq_u64)1 << 31; bit > 0; bit >>= 1)
        if ((root | bit) * (root | bit) <= v.significand)
            root |= bit;
    v.significand = (root << 1) | (root * root != v.significand);
    v.exponent = v.exponent / 2 - 1;
    return v;
}

/* The root of any number, rounded to binary32: that of a number below -0 is none. */
TQ_INLINE tq_u32 tq_root_bits(tq_exact v)
{
    if (v.special == TQ_NOT_A_NUMBER || (v.negative && (v.special == TQ_INFINITE || v.significand != 0)))
        return TQ_NAN_BITS;
    return tq_exact_to_carrier(v.special == TQ_INFINITE || v.significand == 0 ? v : tq_real_root(v));
}
