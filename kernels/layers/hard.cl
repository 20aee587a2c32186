/*
 * h = SUM(PRODUCT(alpha * x) + beta) within 0 .. 1, then RESULT(h), or RESULT(x * h) where it multiplies. With an exact sum
 * SUM rounds to binary32; fused, PRODUCT is left out. Vectors as in pairwise.cl, one number each.
 */
TQ_INLINE uint tq_hard_share(uint bits)
{
    if ((bits & ~TQ_SIGN_BIT) > TQ_INFINITY_BITS)
        return TQ_NAN_BITS;
    return bits & TQ_SIGN_BIT ? 0 : min(bits, TQ_ONE_BITS);
}

__kernel void hard(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                   const ulong y_offset, const uint alpha, const uint beta, const uint multiplies,
                   const int8 product_words, const int8 sum_words, const int8 result_words, const uint2 key,
                   __global const int *restrict tail_words, const ulong first, const uint vectors, const ulong count)
{
    const ulong begin = tq_item(0) * vectors, end = min(begin + vectors, count);
    const tq_tail tail = tq_tail_of(tail_words);
    for (ulong i = begin; i < end; ++i) {
        const tq_exact from = tq_exact_of(x[x_offset + i]);
        tq_exact v = tq_exact_multiply(from, tq_exact_of(alpha));
        uint draw = 0;
#if TQ_PRODUCT_BITS
        draw = tq_element_draw(key.s0, key.s1, first + i, TQ_STREAM_PRODUCT, TQ_PRODUCT_BITS);
#endif
#if !TQ_FUSED
        v = tq_exact_of(TQ_PRODUCT(v, product_words, draw));
#endif
        v = tq_exact_add(v, tq_exact_of(beta));
#if TQ_EXACT_SUM
        v = tq_exact_of(tq_hard_share(tq_exact_to_carrier(v)));
#else
#if TQ_SUM_BITS
        draw = tq_element_draw(key.s0, key.s1, first + i, TQ_STREAM_SUM, TQ_SUM_BITS);
#endif
        v = tq_exact_of(tq_hard_share(TQ_SUM(v, sum_words, draw)));
#endif
        v = multiplies ? tq_exact_multiply(from, v) : v;
#if TQ_RESULT_BITS
        draw = tq_element_draw(key.s0, key.s1, first + i, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
        y[y_offset + i] = tq_lanes_tail(TQ_RESULT(v, result_words, draw), tail, first + i);
    }
}
