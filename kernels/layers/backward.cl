/*
 * What gradients by inputs share: the accumulation s = SUM(s + v), PRODUCT and SUM being those of `backward`. TQ_NATIVE: the
 * sum is one of binary32, which the device adds as IEEE 754 says, subnormal numbers too. RESULT is a pass of its own.
 */
typedef struct tq_backward {
    int8 product, sum;
    uint2 key;
    uint stream; /* added to those of forward */
} tq_backward;

typedef struct tq_gradient {
#if TQ_EXACT_SUM
    tq_wide wide;
#else
    uint s;
#endif
} tq_gradient;

TQ_INLINE void tq_gradient_clear(tq_gradient *g)
{
#if TQ_EXACT_SUM
    tq_wide_clear(&g->wide);
#else
    g->s = 0;
#endif
}

TQ_INLINE void tq_gradient_add_exact(tq_gradient *g, const tq_exact v, const tq_backward b, const ulong index,
                                     const uint number)
{
#if TQ_EXACT_SUM
    tq_wide_add(&g->wide, v);
#else
    uint draw = 0;
#if TQ_SUM_BITS
    draw = tq_draw(b.key.s0, b.key.s1, index, number, b.stream + TQ_STREAM_SUM, TQ_SUM_BITS);
#endif
    g->s = TQ_SUM(tq_exact_add(tq_exact_of(g->s), v), b.sum, draw);
#endif
}

TQ_INLINE void tq_gradient_add(tq_gradient *g, const uint bits, const tq_backward b, const ulong index, const uint number)
{
#if TQ_NATIVE
    g->s = as_uint(as_float(g->s) + as_float(bits));
#else
    tq_gradient_add_exact(g, tq_exact_of(bits), b, index, number);
#endif
}

TQ_INLINE void tq_gradient_add_product(tq_gradient *g, const uint x, const uint y, const tq_backward b, const ulong index,
                                       const uint number)
{
#if TQ_NATIVE && TQ_FUSED
    g->s = as_uint(fma(as_float(x), as_float(y), as_float(g->s)));
#else
    tq_exact v = tq_exact_multiply(tq_exact_of(x), tq_exact_of(y));
#if !TQ_FUSED
    uint draw = 0;
#if TQ_PRODUCT_BITS
    draw = tq_draw(b.key.s0, b.key.s1, index, number, b.stream + TQ_STREAM_PRODUCT, TQ_PRODUCT_BITS);
#endif
    v = tq_exact_of(TQ_PRODUCT(v, b.product, draw));
#endif
    tq_gradient_add_exact(g, v, b, index, number);
#endif
}

/* The sum as a binary32; not a number is the canonical one. */
TQ_INLINE uint tq_gradient_total(const tq_gradient *g)
{
#if TQ_EXACT_SUM
    return tq_exact_to_carrier(tq_wide_value(&g->wide));
#else
    return (g->s & ~TQ_SIGN_BIT) > TQ_INFINITY_BITS ? TQ_NAN_BITS : g->s;
#endif
}
