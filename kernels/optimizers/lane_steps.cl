/*
 * The steps of steps.cl for vectors of TQ_LANES elements, in binary32 arithmetic that gives the same bits: forms and proofs of
 * sums, products and fused products are at the head of layers/lanes.cl. Needs that, and steps.cl; what follows is compiled for
 * vectors.
 *
 * All operands must be tame, and so must products and quotients that are not zero because a factor is; a vector in which one is
 * not is made again in exact numbers: bits of `wild` are set there. Where all results are to nearest and the device has
 * subnormal numbers, sums and products need not be looked at (TQ_WILD 0): IEEE 754 has them right.
 *
 * - Quotient a / b, b > 0. y near 1/b from its bits, off by at most an eighth of it; steps of Newton's leave y within a few
 *   units, the last one, by fma, within half a unit: y is 1/b rounded to nearest for each of the 2^23 mantissas of b but the one
 *   whose bits are all set, which is left to exact numbers (tests/device_update_lanes.c tries all). q = a * y is within two
 *   units of a/b; the first correction makes it less than one, and the second the nearest number (Markstein 1990). Remainders
 *   are exact: multiples of the product of the last bits of q and b, not below 2^-75-47 where a is tame.
 * - Root of x > 0. y near 1/sqrt(x) from its bits, three steps of Newton's; s = x * y, and twice s + (x - s^2) * y/2. All 2^24
 *   mantissas of two binades, and with them, by powers of four, all x are tried in the same test.
 */
typedef struct tq_lanes_at {
    tq_update_at exact; /* `element` is that of the first lane */
    tq_ints wild;
} tq_lanes_at;

typedef struct tq_lanes_wide {
    tq_uints bits;
    tq_floats left; /* of the form TQ_PAIR */
} tq_lanes_wide;

TQ_INLINE void tq_lanes_need(tq_lanes_at *at, const tq_uints bits)
{
    at->wild |= tq_lanes_wild(bits);
}

/* h is a * b rounded: not zero unless a factor is, and tame. */
TQ_INLINE void tq_lanes_need_product(tq_lanes_at *at, const tq_uints a, const tq_uints b, const tq_uints h)
{
    at->wild |= ((h & ~TQ_SIGN_BIT) == (tq_uints)0) & ((a & ~TQ_SIGN_BIT) != (tq_uints)0) &
                ((b & ~TQ_SIGN_BIT) != (tq_uints)0);
    tq_lanes_need(at, h);
}

TQ_INLINE void tq_lanes_see(tq_lanes_at *at, const tq_uints bits)
{
#if TQ_WILD
    tq_lanes_need(at, bits);
#endif
}

TQ_INLINE void tq_lanes_see_product(tq_lanes_at *at, const tq_uints a, const tq_uints b, const tq_uints h)
{
#if TQ_WILD
    tq_lanes_need_product(at, a, b, h);
#endif
}

TQ_INLINE tq_lanes_wide tq_lanes_product_of(tq_lanes_at *at, const tq_uints a, const tq_uints b, const int form)
{
    const tq_uints h = tq_floats_as_uints(tq_uints_as_floats(a) * tq_uints_as_floats(b));
    tq_lanes_wide v;
    tq_lanes_see(at, a);
    tq_lanes_see(at, b);
    tq_lanes_see_product(at, a, b, h);
    v.bits = form == TQ_ODD ? tq_lanes_multiply(a, b, TQ_ODD) : h;
    v.left = tq_lanes_left_of_product(a, b, h, form);
    return v;
}

TQ_INLINE tq_lanes_wide tq_lanes_sum_of(tq_lanes_at *at, const tq_uints a, const tq_uints b, const int form)
{
    tq_lanes_wide v;
    tq_lanes_see(at, a);
    tq_lanes_see(at, b);
    v.bits = tq_lanes_add(a, b, form);
    v.left = tq_lanes_left_of_sum(a, b, v.bits, form);
    return v;
}

TQ_INLINE tq_lanes_wide tq_lanes_fused_of(tq_lanes_at *at, const tq_uints a, const tq_uints b, const tq_uints c,
                                          const int form)
{
    tq_lanes_wide v;
    tq_lanes_see(at, a);
    tq_lanes_see(at, b);
    tq_lanes_see(at, c);
    tq_lanes_see_product(at, a, b, tq_floats_as_uints(tq_uints_as_floats(a) * tq_uints_as_floats(b)));
    v.bits = tq_lanes_fma(a, b, c, form);
    v.left = (tq_floats)0.0f;
    return v;
}

/* 1 / b rounded to nearest, b > 0 and tame, its last 23 bits not all set: then it is the neighbour below. */
TQ_INLINE tq_floats tq_lanes_reciprocal(const tq_floats b)
{
    tq_floats y = tq_uints_as_floats((tq_uints)0x7EF311C7u - tq_floats_as_uints(b));
    y = fma(fma(-b, y, (tq_floats)1.0f), y, y);
    y = fma(fma(-b, y, (tq_floats)1.0f), y, y);
    y = fma(fma(-b, y, (tq_floats)1.0f), y, y);
    return fma(fma(-b, y, (tq_floats)1.0f), y, y);
}

TQ_INLINE tq_uints tq_lanes_quotient(tq_lanes_at *at, const tq_uints a, const tq_uints b)
{
    const tq_floats x = tq_uints_as_floats(a), d = tq_uints_as_floats(b), y = tq_lanes_reciprocal(d);
    const tq_floats rough = x * y, near = fma(fma(-rough, d, x), y, rough);
    const tq_uints bits = tq_floats_as_uints(fma(fma(-near, d, x), y, near));
    tq_lanes_need(at, a);
    tq_lanes_need(at, b);
    at->wild |= (b & ~TQ_SIGN_BIT) == (tq_uints)0;
    at->wild |= (b & TQ_SIGN_BIT) != (tq_uints)0;
    at->wild |= (b & 0x7FFFFFu) == (tq_uints)0x7FFFFFu; /* see tq_lanes_reciprocal */
    tq_lanes_need_product(at, a, (tq_uints)1u, bits);
    return (bits & ~TQ_SIGN_BIT) | (a & TQ_SIGN_BIT);
}

TQ_INLINE tq_uints tq_lanes_root(tq_lanes_at *at, const tq_uints a)
{
    const tq_floats x = tq_uints_as_floats(a), middle = x * 0.5f;
    tq_floats y = tq_uints_as_floats((tq_uints)0x5F3759DFu - (a >> 1)), s;
    y = y * fma(-middle * y, y, (tq_floats)1.5f);
    y = y * fma(-middle * y, y, (tq_floats)1.5f);
    y = y * fma(-middle * y, y, (tq_floats)1.5f);
    s = x * y;
    y = y * 0.5f;
    s = fma(fma(-s, s, x), y, s);
    s = fma(fma(-s, s, x), y, s);
    tq_lanes_need(at, a);
    at->wild |= ((a & TQ_SIGN_BIT) != (tq_uints)0) & (a != (tq_uints)TQ_SIGN_BIT);
    return (a & ~TQ_SIGN_BIT) == (tq_uints)0 ? a : tq_floats_as_uints(s);
}

TQ_INLINE tq_uints tq_lanes_update_draws(const tq_lanes_at *at, const tq_u32 number, const tq_i32 bits)
{
#ifdef TQ_DRAW_ROWS
    const tq_update_at *e = &at->exact;
    if (bits != 0)
        return tq_element_draws(e->key0, e->key1, tq_update_element(e, bits), e->stream + number, bits);
#endif
    return (tq_uints)0;
}

TQ_INLINE tq_uints tq_lanes_to_gradient(const tq_lanes_at *at, const tq_lanes_wide v, const tq_u32 number)
{
    const tq_uints draws = tq_lanes_update_draws(at, number, TQ_GRADIENT_BITS);
#if TQ_GRADIENT_FORM == TQ_PAIR
    return tq_lanes_pair(v.bits, v.left, at->exact.gradient, draws);
#else
    return TQ_GRADIENT_VECTOR(v.bits, at->exact.gradient, draws);
#endif
}

TQ_INLINE tq_uints tq_lanes_to_state(const tq_lanes_at *at, const tq_lanes_wide v, const tq_u32 number)
{
    const tq_uints draws = tq_lanes_update_draws(at, TQ_DRAW_STATE + number, TQ_STATE_BITS);
    return TQ_STATE_VECTOR(v.bits, at->exact.state, draws);
}

TQ_INLINE tq_uints tq_lanes_to_product(const tq_lanes_at *at, const tq_lanes_wide v)
{
    const tq_uints draws = tq_lanes_update_draws(at, TQ_DRAW_PRODUCT, TQ_LEARNED_BITS);
#if TQ_LEARNED_FORM == TQ_PAIR
    return tq_lanes_pair(v.bits, v.left, at->exact.product, draws);
#else
    return TQ_LEARNED_VECTOR(v.bits, at->exact.product, draws);
#endif
}

TQ_INLINE tq_uints tq_lanes_to_value(const tq_lanes_at *at, const tq_lanes_wide v)
{
    const tq_uints draws = tq_lanes_update_draws(at, TQ_DRAW_VALUE, TQ_RENEWED_BITS);
#if TQ_RENEWED_FORM == TQ_PAIR
    return tq_lanes_pair(v.bits, v.left, at->exact.value, draws);
#else
    return TQ_RENEWED_VECTOR(v.bits, at->exact.value, draws);
#endif
}

#undef TQ_AT
#undef TQ_NUMBER
#undef TQ_PREPARED
#undef TQ_RULE
#undef TQ_SCALAR
#undef TQ_PRODUCT_OF
#undef TQ_DIFFERENCE_OF
#undef TQ_SUM_OF
#undef TQ_FUSED_OF
#undef TQ_ROUNDED
#undef TQ_QUOTIENT
#undef TQ_ROOT
#undef TQ_TO_GRADIENT
#undef TQ_TO_STATE
#undef TQ_TO_PRODUCT
#undef TQ_TO_VALUE
#define TQ_AT                            tq_lanes_at *
#define TQ_NUMBER                        tq_uints
#define TQ_PREPARED                      tq_lanes_prepared
#define TQ_RULE                          tq_lanes_rule
#define TQ_SCALAR(word)                  ((tq_uints)(tq_u32)(word))
#define TQ_PRODUCT_OF(at, a, b, form)    tq_lanes_product_of(at, a, b, form)
#define TQ_DIFFERENCE_OF(at, a, b, form) tq_lanes_sum_of(at, a, (b) ^ TQ_SIGN_BIT, form)
#define TQ_SUM_OF(at, a, b, form)        tq_lanes_sum_of(at, a, b, form)
#define TQ_FUSED_OF(at, a, b, c, form)   tq_lanes_fused_of(at, a, b, c, form)
#define TQ_ROUNDED(at, wide)             ((wide).bits)
#define TQ_QUOTIENT(at, a, b)            tq_lanes_quotient(at, a, b)
#define TQ_ROOT(at, a)                   tq_lanes_root(at, a)
#define TQ_TO_GRADIENT(at, wide, number) tq_lanes_to_gradient(at, wide, number)
#define TQ_TO_STATE(at, wide, number)    tq_lanes_to_state(at, wide, number)
#define TQ_TO_PRODUCT(at, wide)          tq_lanes_to_product(at, wide)
#define TQ_TO_VALUE(at, wide)            tq_lanes_to_value(at, wide)
