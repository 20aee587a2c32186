/*
 * Gradients by the input of functions of one number: from the gradient by the output, the input, and the
 * function's a and b (the kind's first two options), all bits of binary32. The derivative has 50 bits or
 * more, and its product with the gradient is rounded once. Where a function has a corner the derivative is
 * that on the side of 0 or of the bound. C and OpenCL C.
 */
#ifndef TENSORQUANT_DERIVATIVES_CL
#define TENSORQUANT_DERIVATIVES_CL

/* x above 0, infinity too; not a number is not. */
TQ_INLINE tq_u32 tq_is_above_zero(tq_u32 x)
{
    return x - 1u < TQ_INFINITY_BITS;
}

TQ_INLINE tq_u32 tq_relu_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_is_above_zero(x) ? g : 0;
}

/* g * d: d is no NaN. */
TQ_INLINE tq_u32 tq_gradient_times(tq_u32 g, tq_exact d)
{
    const tq_exact v = tq_exact_of(g);
    return tq_exact_to_carrier((v.special | d.special) != TQ_FINITE ? tq_exact_multiply(v, d)
                                                                    : tq_real_multiply(v, d));
}

TQ_INLINE tq_u32 tq_leakyrelu_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    (void)b;
    if (!(x & TQ_SIGN_BIT) || (x & ~TQ_SIGN_BIT) == 0)
        return tq_canonical(g);
    return tq_carrier_product(g, a);
}

/* s * (1 - s), s the sigmoid of v. */
TQ_INLINE tq_exact tq_real_sigmoid_slope(tq_exact v)
{
    return tq_real_multiply(tq_real_sigmoid(v), tq_real_sigmoid(tq_negated(v)));
}

TQ_INLINE tq_u32 tq_sigmoid_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_is_nan(x) ? TQ_NAN_BITS : tq_gradient_times(g, tq_real_sigmoid_slope(tq_finite_of(x)));
}

/* 1 - tanh^2 x: four times the slope of the sigmoid at 2x. */
TQ_INLINE tq_u32 tq_tanh_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    tq_exact v = tq_finite_of(x);
    (void)a;
    (void)b;
    if (tq_is_nan(x))
        return TQ_NAN_BITS;
    v.exponent += 1;
    v = tq_real_sigmoid_slope(v);
    v.exponent += 2;
    return tq_gradient_times(g, v);
}

TQ_INLINE tq_u32 tq_softplus_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_is_nan(x) ? TQ_NAN_BITS : tq_gradient_times(g, tq_real_sigmoid(tq_finite_of(x)));
}

/* 1 / (1 + |x|)^2. */
TQ_INLINE tq_u32 tq_softsign_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    const tq_exact v = tq_real_divide(tq_real(1, 0), tq_exact_add(tq_real(1, 0), tq_magnitude_of(x)));
    (void)a;
    (void)b;
    return tq_is_nan(x) ? TQ_NAN_BITS : tq_gradient_times(g, tq_real_multiply(v, v));
}

TQ_INLINE tq_u32 tq_exponential_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_is_nan(x) ? TQ_NAN_BITS : tq_gradient_times(g, tq_real_exp(tq_finite_of(x)));
}

/* Infinity at both zeros, as the function comes from minus infinity there. */
TQ_INLINE tq_u32 tq_logarithm_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    if (tq_is_nan(x) || x > TQ_SIGN_BIT)
        return TQ_NAN_BITS;
    return tq_gradient_times(g, tq_exact_divide(tq_real(1, 0), tq_exact_of(x & ~TQ_SIGN_BIT)));
}

/* 1 / (2 * root of x), with r the root's first bits: 1 / (r + x / r). */
TQ_INLINE tq_u32 tq_square_root_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    const tq_exact v = tq_exact_of(x & ~TQ_SIGN_BIT), one = tq_real(1, 0);
    tq_exact root;
    (void)a;
    (void)b;
    if (tq_is_nan(x) || x > TQ_SIGN_BIT)
        return TQ_NAN_BITS;
    if (v.special != TQ_FINITE || v.significand == 0)
        return tq_gradient_times(g, tq_exact_divide(one, v));
    root = tq_real_root(v);
    return tq_gradient_times(g, tq_real_divide(one, tq_exact_add(root, tq_real_divide(v, root))));
}

/* -1 / x^2. */
TQ_INLINE tq_u32 tq_reciprocal_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    const tq_exact v = tq_exact_of(x), minus_one = tq_negated(tq_real(1, 0));
    (void)a;
    (void)b;
    if (tq_is_nan(x))
        return TQ_NAN_BITS;
    if (v.special != TQ_FINITE || v.significand == 0)
        return tq_gradient_times(g, tq_exact_divide(minus_one, tq_exact_multiply(v, v)));
    return tq_gradient_times(g, tq_real_divide(minus_one, tq_real_multiply(v, v)));
}

/* factor * e^(x / width) below 0. */
TQ_INLINE tq_u32 tq_elu_slope(tq_u32 g, tq_u32 x, tq_exact factor, tq_exact v)
{
    return tq_is_nan(x) ? TQ_NAN_BITS : tq_gradient_times(g, tq_real_multiply(factor, tq_real_exp(v)));
}

TQ_INLINE tq_u32 tq_elu_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    (void)b;
    return tq_is_above_zero(x) ? tq_canonical(g) : tq_elu_slope(g, x, tq_exact_of(a), tq_finite_of(x));
}

TQ_INLINE tq_u32 tq_celu_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    (void)b;
    return tq_is_above_zero(x)
               ? tq_canonical(g)
               : tq_elu_slope(g, x, tq_real(1, 0), tq_real_divide(tq_finite_of(x), tq_exact_of(a)));
}

TQ_INLINE tq_u32 tq_selu_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    if (tq_is_above_zero(x))
        return tq_carrier_product(g, b);
    return tq_elu_slope(g, x, tq_real_multiply(tq_exact_of(a), tq_exact_of(b)), tq_finite_of(x));
}

/* Numbers strictly between the bounds keep it. */
TQ_INLINE tq_u32 tq_clip_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    const tq_u32 number = x & ~TQ_SIGN_BIT ? x : 0; /* -0 is 0 */
    if (tq_is_nan(x))
        return TQ_NAN_BITS;
    return tq_rank_of(number) > tq_rank_of(a) && tq_rank_of(number) < tq_rank_of(b) ? g : 0;
}

TQ_INLINE tq_u32 tq_above_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    return tq_is_nan(x) ? TQ_NAN_BITS : tq_above(x, a, b) != 0 ? g : 0;
}

TQ_INLINE tq_u32 tq_absolute_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_is_nan(x) ? TQ_NAN_BITS : x & ~TQ_SIGN_BIT ? tq_canonical(g ^ (x & TQ_SIGN_BIT)) : 0;
}

TQ_INLINE tq_u32 tq_negative_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    (void)x;
    return tq_negative(g, a, b);
}

/* a * x + b, and whether it lies strictly between 0 and 1: 0; else -1 or 1. */
TQ_INLINE tq_i32 tq_hard_side(tq_u32 x, tq_u32 a, tq_u32 b)
{
    const tq_exact h = tq_exact_add(tq_exact_multiply(tq_exact_of(x), tq_exact_of(a)), tq_exact_of(b));
    if (h.negative || (h.special == TQ_FINITE && h.significand == 0))
        return -1;
    return h.special != TQ_FINITE || tq_exact_leading(h) >= 0 ? 1 : 0;
}

TQ_INLINE tq_u32 tq_hardsigmoid_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    if (tq_is_nan(x))
        return TQ_NAN_BITS;
    return tq_hard_side(x, a, b) != 0 ? 0 : tq_carrier_product(g, a);
}

/* 2 * a * x + b between the corners. */
TQ_INLINE tq_u32 tq_hardswish_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    const tq_i32 side = tq_is_nan(x) ? 0 : tq_hard_side(x, a, b);
    tq_exact v = tq_exact_multiply(tq_exact_of(x), tq_exact_of(a));
    v.exponent += 1;
    if (tq_is_nan(x))
        return TQ_NAN_BITS;
    return side < 0 ? 0 : side > 0 ? tq_canonical(g) : tq_gradient_times(g, tq_exact_add(v, tq_exact_of(b)));
}

/* With P the normal distribution's share below x: P + x * e^(-x*x/2) / root of 2 pi. */
TQ_INLINE tq_u32 tq_gelu_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    const tq_exact v = tq_finite_of(x), root = tq_real(0x5A827999FCEF3242, -63);
    tq_exact part = tq_real_erfc(tq_real_multiply(tq_magnitude_of(x), root));
    tq_exact square = tq_real_multiply(v, v);
    (void)a;
    (void)b;
    if (tq_is_nan(x))
        return TQ_NAN_BITS;
    part.exponent -= 1;
    if (!v.negative)
        part = tq_exact_add(tq_real(1, 0), tq_negated(part));
    square.negative = 1;
    square.exponent -= 1;
    square = tq_real_multiply(tq_real_exp(square), tq_real(0x662114CF50D94234, -64)); /* 1 / root of 2 pi */
    return tq_gradient_times(g, tq_exact_add(tq_exact_normalize(part), tq_real_multiply(v, square)));
}

/* With s the sigmoid of v = 2 k (x + c x^3), k the root of 2 / pi: s + x * s' * 2 k (1 + 3 c x^2). */
TQ_INLINE tq_u32 tq_gelu_tanh_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    const tq_exact from = tq_finite_of(x), one = tq_real(1, 0), three = tq_real(3, 0);
    const tq_exact factor = tq_real(0x662114CF50D94234, -62), cubic = tq_real(0x5B9389B52007DD44, -67);
    const tq_exact part = tq_real_multiply(tq_real_multiply(from, from), cubic);
    const tq_exact linear = tq_real_multiply(from, factor);
    const tq_exact v = tq_real_multiply(linear, tq_exact_add(one, part));
    const tq_exact rise = tq_real_multiply(linear, tq_exact_add(one, tq_real_multiply(three, part)));
    (void)a;
    (void)b;
    if (tq_is_nan(x))
        return TQ_NAN_BITS;
    return tq_gradient_times(g, tq_exact_add(tq_exact_normalize(tq_real_sigmoid(v)),
                                             tq_real_multiply(rise, tq_real_sigmoid_slope(v))));
}

#endif
