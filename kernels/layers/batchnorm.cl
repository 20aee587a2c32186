/* y = RESULT(SUM(PRODUCT(x * inv) + rest)) per channel; inv and rest are computed on the host when planned. */
__kernel void batchnorm(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                        const ulong y_offset, __global const uint *restrict inv, __global const uint *restrict rest,
                        const uint channels, const int8 product_words, const int8 sum_words, const int8 result_words,
                        const uint2 key, const ulong first, const ulong count)
{
    const ulong i = get_global_id(0), index = first + i;
    if (i < count) {
        const uint channel = (uint)(i % channels);
        uint draw = 0;
        tq_exact v = tq_exact_multiply(tq_exact_of(x[x_offset + i]), tq_exact_of(inv[channel]));
#if TQ_PRODUCT_BITS
        draw = tq_element_draw(key.s0, key.s1, index, TQ_STREAM_PRODUCT, TQ_PRODUCT_BITS);
#endif
#if !TQ_FUSED
        v = tq_exact_of(TQ_PRODUCT(v, product_words, draw));
#endif
        v = tq_exact_add(v, tq_exact_of(rest[channel]));
#if TQ_SUM_BITS
        draw = tq_element_draw(key.s0, key.s1, index, TQ_STREAM_SUM, TQ_SUM_BITS);
#endif
#if !TQ_EXACT_SUM
        v = tq_exact_of(TQ_SUM(v, sum_words, draw));
#endif
#if TQ_RESULT_BITS
        draw = tq_element_draw(key.s0, key.s1, index, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
        y[y_offset + i] = TQ_RESULT(v, result_words, draw);
    }
}
