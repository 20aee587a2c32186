/*
 * y = RESULT(x), of negative numbers RESULT(PRODUCT(slope * x)), PRODUCT left out where it is fused. The slopes of the
 * channels lie there again behind the last, TQ_LANES of them. Vectors as in pairwise.cl.
 */
typedef struct tq_bend {
    int8 product, result;
    uint2 key;
} tq_bend;

TQ_INLINE uint tq_bend_one(const uint x, const uint slope, const tq_bend n, const ulong index)
{
    uint draw = 0;
    tq_exact v = tq_exact_of(x);
    if (v.negative && v.significand != 0 && v.special != TQ_NOT_A_NUMBER) {
        v = tq_exact_multiply(v, tq_exact_of(slope));
#if TQ_PRODUCT_BITS
        draw = tq_element_draw(n.key.s0, n.key.s1, index, TQ_STREAM_PRODUCT, TQ_PRODUCT_BITS);
#endif
#if !TQ_FUSED
        v = tq_exact_of(TQ_PRODUCT(v, n.product, draw));
#endif
    }
#if TQ_RESULT_BITS
    draw = tq_element_draw(n.key.s0, n.key.s1, index, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
    return TQ_RESULT(v, n.result, draw);
}

/* The exact form. */
TQ_INLINE tq_uints tq_bend_each(const tq_uints x, const tq_uints slope, const tq_bend n, const ulong index)
{
    uint a[TQ_LANES], f[TQ_LANES];
    tq_store_private(x, a);
    tq_store_private(slope, f);
    for (int i = 0; i < TQ_LANES; ++i)
        a[i] = tq_bend_one(a[i], f[i], n, index + (ulong)i);
    return tq_load_uints(a);
}

/*
 * The slopes are tame. A product that vanished may be one that the device flushed: it is made again exactly. Numbers that are
 * not negative are RESULT's argument themselves.
 */
TQ_INLINE tq_uints tq_bend_vector(const tq_uints x, const tq_uints slope, const tq_bend n, const ulong index)
{
#if TQ_FAST
    const tq_ints negative = ((x & TQ_SIGN_BIT) != 0) & ((x & ~TQ_SIGN_BIT) != 0);
    tq_uints v = tq_lanes_multiply(x, slope, TQ_PRODUCT_FORM);
    tq_floats left = tq_lanes_left_of_product(x, slope, v, TQ_PRODUCT_FORM);
    const tq_ints vanished = negative & ((v & ~TQ_SIGN_BIT) == 0);
    const tq_ints wild = TQ_WILD ? tq_lanes_wild(x) | tq_lanes_wild(v) | vanished : (tq_ints)0;
#if !TQ_FUSED
    v = tq_lanes_product(v, left, n.product,
                         tq_lanes_element_draws(n.key, index, TQ_STREAM_PRODUCT, TQ_PRODUCT_BITS));
    left = (tq_floats)0.0f;
#endif
    v = negative ? v : x;
    left = negative ? left : (tq_floats)0.0f;
    if (!tq_lanes_any(wild))
        return tq_lanes_result(v, left, n.result,
                               tq_lanes_element_draws(n.key, index, TQ_STREAM_RESULT, TQ_RESULT_BITS));
#endif
    return tq_bend_each(x, slope, n, index);
}

__kernel void slope(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                    const ulong y_offset, __global const uint *restrict slopes, const uint channels,
                    const int8 product_words, const int8 result_words, const uint2 key,
                    __global const int *restrict tail_words, const ulong first, const uint vectors, const ulong count)
{
    const ulong begin = tq_item(0) * vectors * TQ_LANES, end = min(begin + vectors * TQ_LANES, count);
    const tq_bend n = {product_words, result_words, key};
    const tq_tail tail = tq_tail_of(tail_words);
    for (ulong block = begin; block < end; block += TQ_LANES) {
        const ulong i = min(block, count - TQ_LANES);
        const tq_uints f = tq_load_uints(slopes + i % channels);
        const tq_uints v = tq_bend_vector(tq_load_uints(x + x_offset + i), f, n, first + i);
        tq_store_uints(tq_lanes_tail(v, tail, first + i), y + y_offset + i);
    }
}
