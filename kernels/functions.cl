/*
 * Functions of one number as bits of a binary32: computed in integers to 50 bits or more, then rounded once, so
 * that every device gives the same bits. A NaN gives the canonical one. Errors against the real functions are in
 * docs/layers.md. `a` and `b` are the options of a layer. C and OpenCL C.
 */

/* The number with infinities as +-2^128, which are as good where a function is bounded. */
TQ_INLINE tq_exact tq_finite_of(tq_u32 bits)
{
    tq_exact v = tq_exact_of(bits);
    v.special = TQ_FINITE;
    return v;
}

TQ_INLINE tq_exact tq_magnitude_of(tq_u32 bits)
{
    return tq_finite_of(bits & ~TQ_SIGN_BIT);
}

TQ_INLINE tq_exact tq_negated(tq_exact v)
{
    v.negative ^= 1;
    return v;
}

TQ_INLINE tq_u32 tq_is_nan(tq_u32 bits)
{
    return (bits & ~TQ_SIGN_BIT) > TQ_INFINITY_BITS;
}

TQ_INLINE tq_u32 tq_canonical(tq_u32 bits)
{
    return tq_is_nan(bits) ? TQ_NAN_BITS : bits;
}

/* 1 / (1 + e^-v), with some 55 bits; v may be beyond what e^v can give. */
TQ_INLINE tq_exact tq_real_sigmoid(tq_exact v)
{
    const tq_exact one = tq_real(1, 0);
    const tq_u32 negative = v.negative;
    tq_exact t;
    v.negative = 1;
    t = tq_real_exp(v);
    return tq_real_divide(negative ? t : one, tq_exact_add(one, t));
}

/* Chebyshev's series of e^(z*z) * erfc(z) / t in 2 * t - 1, t = 3.5 / (3.5 + z), in units of 2^-60; by mpmath. */
#define TQ_TAIL_TERMS 26
TQ_TABLE tq_i64 tq_tail_terms[TQ_TAIL_TERMS] = {
    0x6FAA92FF40B7994, 0x60CB4E2FF4E4232, 0x2281C69D4CA440E, 0xA213BFA5A55E14, 0x268000BB5404CE, 0x70DE649B57A2B,
    0xDF384C9529E5,    0x86A4E6E5F49,     -0x328A6AEFE06,    -0xA19B975BF1,    -0x37E50E5B,      0x427F9A495,
    0x5FF50F28,        -0x17EC739C,       -0x462A2E3,        0x900D44,         0x2AC72F,         -0x407F9,
    -0x19AB5,          0x25DA,            0xFAB,             -0x1C8,           -0x9A,            0x19,
    0x6,               -0x1};

/* a * b / 2^60, rounded down, |a| and |b| below 2^61; by no instruction that Oclgrind lacks (magnitudes, double shifts). */
TQ_INLINE tq_i64 tq_scaled_product(tq_i64 a, tq_i64 b)
{
    const tq_u64 x = (tq_u64)a << 2, y = (tq_u64)b << 2;
    return (tq_i64)(tq_high64(x, y) - (a < 0 ? y : 0) - (b < 0 ? x : 0));
}

/* erfc(z) for z >= 0, relative to itself: t * series * e^(-z*z), the series by Clenshaw. */
TQ_INLINE tq_exact tq_real_erfc(tq_exact z)
{
    const tq_exact scale = tq_real(7, -1), t = tq_real_divide(scale, tq_exact_add(scale, z));
    const tq_i64 y = (tq_i64)(tq_fraction(tq_real_multiply(t, tq_real(1, -2))) >> 1) - ((tq_i64)1 << 60); /* 2t - 1 */
    tq_i64 next = 0, after = 0, sum;
    tq_i32 k;
    for (k = TQ_TAIL_TERMS - 1; k > 0; --k) {
        sum = tq_tail_terms[k] + 2 * tq_scaled_product(y, next) - after;
        after = next;
        next = sum;
    }
    sum = tq_tail_terms[0] + tq_scaled_product(y, next) - after;
    z = tq_real_multiply(z, z);
    z.negative = 1;
    return tq_real_multiply(tq_real_multiply(t, tq_real((tq_u64)sum, -60)), tq_real_exp(z));
}

/* 1 / (n! * (2n + 1)) in units of 2^-63, Taylor's coefficients of erf. */
#define TQ_ERF_TERMS 16
TQ_TABLE tq_u64 tq_erf_terms[TQ_ERF_TERMS] = {
    0x8000000000000000, 0x2AAAAAAAAAAAAAAB, 0xCCCCCCCCCCCCCCD, 0x30C30C30C30C30C, 0x97B425ED097B42, 0x18D3018D3018D3,
    0x3803803803804,    0x6EF5DE4CD3BC,     0xC3D000C3D00,     0x13777C55569,     0x1C2E305487,     0x256CE6215,
    0x2DE891C2,         0x34513DD,          0x37AAF0,          0x378C5};

TQ_INLINE tq_u32 tq_erf(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    tq_exact v = tq_magnitude_of(bits);
    (void)a;
    (void)b;
    if (tq_is_nan(bits))
        return TQ_NAN_BITS;
    if (v.significand != 0 && tq_exact_leading(v) >= -1) {
        v = tq_exact_add(tq_real(1, 0), tq_negated(tq_real_erfc(v)));
    } else {
        const tq_u64 w = tq_fraction(tq_real_multiply(v, v));
        tq_u64 sum = 0;
        tq_i32 k;
        for (k = TQ_ERF_TERMS - 1; k >= 0; --k)
            sum = tq_erf_terms[k] - tq_high64(w, sum);
        v = tq_real_multiply(tq_real_multiply(v, tq_real(sum >> 1, -62)), tq_real(0x48375D410A6DB447, -62));
    }
    v.negative = bits >> 31;
    return tq_exact_to_carrier(v);
}

/* x * (1 + erf(x / root of 2)) / 2: x * erfc(-x / root of 2) / 2, or 1 less that of -x. */
TQ_INLINE tq_u32 tq_gelu(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    const tq_exact x = tq_finite_of(bits), root = tq_real(0x5A827999FCEF3242, -63);
    tq_exact part = tq_real_erfc(tq_real_multiply(tq_magnitude_of(bits), root));
    (void)a;
    (void)b;
    if (tq_is_nan(bits) || bits == TQ_INFINITY_BITS)
        return tq_canonical(bits);
    part.exponent -= 1;
    if (!x.negative)
        part = tq_exact_add(tq_real(1, 0), tq_negated(part));
    return tq_exact_to_carrier(tq_real_multiply(x, part));
}

/* x / (1 + e^-v), v = 2 * root of (2 / pi) * (x + 0.044715 x^3). */
TQ_INLINE tq_u32 tq_gelu_tanh(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    const tq_exact x = tq_finite_of(bits);
    const tq_exact factor = tq_real(0x662114CF50D94234, -62), cubic = tq_real(0x5B9389B52007DD44, -67);
    tq_exact v = tq_exact_add(tq_real(1, 0), tq_real_multiply(tq_real_multiply(x, x), cubic));
    (void)a;
    (void)b;
    if (tq_is_nan(bits) || bits == TQ_INFINITY_BITS)
        return tq_canonical(bits);
    v = tq_real_multiply(tq_real_multiply(x, factor), v);
    return tq_exact_to_carrier(tq_real_multiply(x, tq_real_sigmoid(v)));
}

TQ_INLINE tq_u32 tq_sigmoid(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_is_nan(bits) ? TQ_NAN_BITS : tq_exact_to_carrier(tq_real_sigmoid(tq_finite_of(bits)));
}

/* With u = 1 - e^(-2|x|), u / (2 - u). */
TQ_INLINE tq_u32 tq_tanh(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    tq_exact v = tq_magnitude_of(bits);
    (void)a;
    (void)b;
    if (tq_is_nan(bits))
        return TQ_NAN_BITS;
    v.exponent += 1;
    v.negative = 1;
    v = tq_real_expm1(v);
    v = tq_real_divide(v, tq_exact_add(tq_real(2, 0), v));
    v.negative = bits >> 31;
    return tq_exact_to_carrier(v);
}

/* log(1 + e^x): what is positive of x, and with t = e^-|x| the logarithm of 1 + t, that of a ratio with s = t / (2 + t). */
TQ_INLINE tq_u32 tq_softplus(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    tq_exact t = tq_magnitude_of(bits);
    (void)a;
    (void)b;
    if (tq_is_nan(bits) || bits == TQ_INFINITY_BITS)
        return tq_canonical(bits);
    t.negative = 1;
    t = tq_real_exp(t);
    t = tq_real_log_ratio(tq_real_divide(t, tq_exact_add(tq_real(2, 0), t)));
    return tq_exact_to_carrier(bits & TQ_SIGN_BIT ? t : tq_exact_add(t, tq_finite_of(bits)));
}

/* x / (1 + |x|). */
TQ_INLINE tq_u32 tq_softsign(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    const tq_exact v = tq_finite_of(bits);
    (void)a;
    (void)b;
    return tq_is_nan(bits)
               ? TQ_NAN_BITS
               : tq_exact_to_carrier(tq_real_divide(v, tq_exact_add(tq_real(1, 0), tq_magnitude_of(bits))));
}

/* x above 0, else a * (e^x - 1). */
TQ_INLINE tq_u32 tq_elu(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    (void)b;
    if (tq_is_nan(bits) || !(bits & TQ_SIGN_BIT))
        return tq_canonical(bits);
    return tq_exact_to_carrier(tq_real_multiply(tq_exact_of(a), tq_real_expm1(tq_finite_of(bits))));
}

/* x above 0, else a * (e^(x/a) - 1). */
TQ_INLINE tq_u32 tq_celu(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    (void)b;
    if (tq_is_nan(bits) || !(bits & TQ_SIGN_BIT))
        return tq_canonical(bits);
    return tq_exact_to_carrier(
        tq_real_multiply(tq_exact_of(a), tq_real_expm1(tq_real_divide(tq_finite_of(bits), tq_exact_of(a)))));
}

/* b * x above 0, else b * a * (e^x - 1). */
TQ_INLINE tq_u32 tq_selu(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    if (tq_is_nan(bits))
        return TQ_NAN_BITS;
    if (!(bits & TQ_SIGN_BIT))
        return tq_carrier_product(bits, b);
    return tq_exact_to_carrier(tq_real_multiply(tq_real_multiply(tq_exact_of(a), tq_exact_of(b)),
                                                tq_real_expm1(tq_finite_of(bits))));
}

TQ_INLINE tq_u32 tq_exponential(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_exp(bits);
}

TQ_INLINE tq_u32 tq_logarithm(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    if ((bits & ~TQ_SIGN_BIT) == 0)
        return TQ_SIGN_BIT | TQ_INFINITY_BITS;
    if (tq_is_nan(bits) || bits >= TQ_INFINITY_BITS)
        return bits == TQ_INFINITY_BITS ? bits : TQ_NAN_BITS;
    return tq_exact_to_carrier(tq_real_log(tq_exact_of(bits)));
}

TQ_INLINE tq_u32 tq_square_root(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_root_bits(tq_exact_of(bits));
}

TQ_INLINE tq_u32 tq_reciprocal(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_exact_to_carrier(tq_exact_divide(tq_real(1, 0), tq_exact_of(bits)));
}

TQ_INLINE tq_u32 tq_absolute(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_canonical(bits & ~TQ_SIGN_BIT);
}

TQ_INLINE tq_u32 tq_negative(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_canonical(bits ^ TQ_SIGN_BIT);
}

/* The integer that a rounding gives; zeros keep the sign. */
TQ_INLINE tq_u32 tq_integer_of(tq_u32 bits, tq_i32 rounding)
{
    const tq_exact v = tq_exact_of(bits);
    if (v.special != TQ_FINITE || v.exponent >= 0)
        return tq_canonical(bits);
    return tq_pack(tq_exact_round(v, 0, rounding, 0, 0), 0, v.negative);
}

TQ_INLINE tq_u32 tq_floor(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_integer_of(bits, TQ_ROUND_DOWN);
}

TQ_INLINE tq_u32 tq_ceiling(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_integer_of(bits, TQ_ROUND_UP);
}

TQ_INLINE tq_u32 tq_to_integer(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_integer_of(bits, TQ_ROUND_EVEN);
}

TQ_INLINE tq_u32 tq_sign(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_is_nan(bits) ? TQ_NAN_BITS : bits & ~TQ_SIGN_BIT ? TQ_ONE_BITS | (bits & TQ_SIGN_BIT) : 0;
}

/* An unsigned integer that orders like the number: as tq_order_of, for numbers that are no NaN. */
TQ_INLINE tq_u32 tq_rank_of(tq_u32 bits)
{
    return bits & TQ_SIGN_BIT ? ~bits : bits | TQ_SIGN_BIT;
}

/* x where it is above a, else +0. */
TQ_INLINE tq_u32 tq_above(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    (void)b;
    if (tq_is_nan(bits))
        return TQ_NAN_BITS;
    return (bits & ~TQ_SIGN_BIT) != 0 && tq_rank_of(bits) > tq_rank_of(a) ? bits : 0;
}

/* The number of a .. b that is nearest. -0 is below +0; a number with its like at an end stays. */
TQ_INLINE tq_u32 tq_clip(tq_u32 bits, tq_u32 a, tq_u32 b)
{
    if (tq_is_nan(bits))
        return TQ_NAN_BITS;
    bits = tq_rank_of(bits) < tq_rank_of(a) ? a : bits;
    return tq_rank_of(bits) > tq_rank_of(b) ? b : bits;
}
