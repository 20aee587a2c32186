/*
 * y = RESULT(SUM(PRODUCT(x * f) + t)) per channel; f and t are computed on the host when planned, and lie there again
 * behind the last channel, TQ_LANES of them, for vectors that begin within the channels and end beyond. Vectors as in
 * pairwise.cl.
 */
typedef struct tq_normalization {
    int8 product, sum, result;
    uint2 key;
} tq_normalization;

TQ_INLINE uint tq_normalize_one(const uint x, const uint factor, const uint term, const tq_normalization n,
                                const ulong index)
{
    uint draw = 0;
    tq_exact v = tq_exact_multiply(tq_exact_of(x), tq_exact_of(factor));
#if TQ_PRODUCT_BITS
    draw = tq_element_draw(n.key.s0, n.key.s1, index, TQ_STREAM_PRODUCT, TQ_PRODUCT_BITS);
#endif
#if !TQ_FUSED
    v = tq_exact_of(TQ_PRODUCT(v, n.product, draw));
#endif
    v = tq_exact_add(v, tq_exact_of(term));
#if TQ_SUM_BITS
    draw = tq_element_draw(n.key.s0, n.key.s1, index, TQ_STREAM_SUM, TQ_SUM_BITS);
#endif
#if !TQ_EXACT_SUM
    v = tq_exact_of(TQ_SUM(v, n.sum, draw));
#endif
#if TQ_RESULT_BITS
    draw = tq_element_draw(n.key.s0, n.key.s1, index, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
    return TQ_RESULT(v, n.result, draw);
}

/* The exact form. */
TQ_INLINE tq_uints tq_normalize_each(const tq_uints x, const tq_uints factor, const tq_uints term,
                                      const tq_normalization n, const ulong index)
{
    uint a[TQ_LANES], f[TQ_LANES], t[TQ_LANES];
    tq_store_private(x, a);
    tq_store_private(factor, f);
    tq_store_private(term, t);
    for (int i = 0; i < TQ_LANES; ++i)
        a[i] = tq_normalize_one(a[i], f[i], t[i], n, index + (ulong)i);
    return tq_load_uints(a);
}

/* f and t are tame. */
TQ_INLINE tq_uints tq_normalize_vector(const tq_uints x, const tq_uints f, const tq_uints t,
                                        const tq_normalization n, const ulong index)
{
#if TQ_FAST
    tq_ints wild = TQ_WILD ? tq_lanes_wild(x) : (tq_ints)0;
    tq_floats left = (tq_floats)0.0f;
    tq_uints v, p, draws;
#if TQ_FUSED
    if (TQ_WILD)
        wild |= tq_lanes_wild(tq_lanes_multiply(x, f, TQ_NEAREST));
    v = tq_lanes_fma(x, f, t, TQ_SUM_FORM);
#else
    v = tq_lanes_multiply(x, f, TQ_PRODUCT_FORM);
    left = tq_lanes_left_of_product(x, f, v, TQ_PRODUCT_FORM);
    if (TQ_WILD)
        wild |= tq_lanes_wild(v);
    draws = tq_lanes_element_draws(n.key, index, TQ_STREAM_PRODUCT, TQ_PRODUCT_BITS);
    p = tq_lanes_product(v, left, n.product, draws);
    v = tq_lanes_add(p, t, TQ_SUM_FORM);
    left = tq_lanes_left_of_sum(p, t, v, TQ_SUM_FORM);
#endif
#if !TQ_EXACT_SUM
    draws = tq_lanes_element_draws(n.key, index, TQ_STREAM_SUM, TQ_SUM_BITS);
    v = tq_lanes_sum(v, left, n.sum, draws);
#endif
#if !TQ_RESULT_KEEPS
    draws = tq_lanes_element_draws(n.key, index, TQ_STREAM_RESULT, TQ_RESULT_BITS);
    v = tq_lanes_result(v, (tq_floats)0.0f, n.result, draws);
#endif
    if (!tq_lanes_any(wild))
        return v;
#endif
    return tq_normalize_each(x, f, t, n, index);
}

__kernel void batchnorm(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                        const ulong y_offset, __global const uint *restrict factor, __global const uint *restrict term,
                        const uint channels, const int8 product_words, const int8 sum_words, const int8 result_words,
                        const uint2 key, __global const int *restrict tail_words, const ulong first, const uint vectors,
                        const ulong count)
{
    const ulong begin = tq_item(0) * vectors * TQ_LANES, end = min(begin + vectors * TQ_LANES, count);
    const tq_normalization n = {product_words, sum_words, result_words, key};
    const tq_tail tail = tq_tail_of(tail_words);
    const uint step = TQ_LANES % channels;
    uint channel_at = (uint)(begin % channels);
    for (ulong block = begin; block < end; block += TQ_LANES) {
        const ulong i = min(block, count - TQ_LANES);
        if (i != block)
            channel_at = (uint)(i % channels);
        const tq_uints f = tq_load_uints(factor + channel_at), t = tq_load_uints(term + channel_at);
        const tq_uints v = tq_normalize_vector(tq_load_uints(x + x_offset + i), f, t, n, first + i);
        tq_store_uints(tq_lanes_tail(v, tail, first + i), y + y_offset + i);
        channel_at += step;
        channel_at -= channel_at >= channels ? channels : 0;
    }
}
