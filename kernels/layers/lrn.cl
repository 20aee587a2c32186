/*
 * Local response normalization: s = SUM(s + PRODUCT(x * x)) over `size` channels around one, those that are there; d =
 * SUM(bias + PRODUCT(factor * s)); y = RESULT(x / d^beta), the power and the quotient rounded to binary32. With an exact sum
 * s and d are rounded to binary32. Draws: index of the output in the data set, number of the tap, `size` for d.
 */
typedef struct tq_response {
    int8 product, sum;
    uint2 key;
    ulong index;
} tq_response;

TQ_INLINE tq_exact tq_response_product(const tq_exact v, const tq_response r, const int number)
{
#if TQ_FUSED
    return v;
#else
    uint draw = 0;
#if TQ_PRODUCT_BITS
    draw = tq_draw(r.key.s0, r.key.s1, r.index, (uint)number, TQ_STREAM_PRODUCT, TQ_PRODUCT_BITS);
#endif
    return tq_exact_of(TQ_PRODUCT(v, r.product, draw));
#endif
}

TQ_INLINE tq_exact tq_response_sum(const tq_exact v, const tq_response r, const int number)
{
#if TQ_EXACT_SUM
    return tq_exact_of(tq_exact_to_carrier(v));
#else
    uint draw = 0;
#if TQ_SUM_BITS
    draw = tq_draw(r.key.s0, r.key.s1, r.index, (uint)number, TQ_STREAM_SUM, TQ_SUM_BITS);
#endif
    return tq_exact_of(TQ_SUM(v, r.sum, draw));
#endif
}

/* x: the output's own number. */
TQ_INLINE tq_exact tq_response_squares(__global const uint *x, const int channel_at, const int channels, const int size,
                                       const tq_response r)
{
    const int before = (size - 1) / 2;
    const int begin = max(before - channel_at, 0), end = min(size, channels - channel_at + before);
    tq_exact s = tq_real(0, 0);
#if TQ_EXACT_SUM
    tq_wide wide;
    tq_wide_clear(&wide);
#endif
    for (int i = begin; i < end; ++i) {
        const tq_exact v = tq_exact_of(x[i - before]);
        const tq_exact square = tq_response_product(tq_exact_multiply(v, v), r, i);
#if TQ_EXACT_SUM
        tq_wide_add(&wide, square);
#else
        s = tq_response_sum(tq_exact_add(s, square), r, i);
#endif
    }
#if TQ_EXACT_SUM
    s = tq_exact_of(tq_exact_to_carrier(tq_wide_value(&wide)));
#endif
    return s;
}

__kernel void lrn(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                  const ulong y_offset, const int size, const int channels, const uint factor, const uint beta,
                  const uint bias, const int8 product_words, const int8 sum_words, const int8 result_words,
                  const uint2 key, const ulong first, const ulong count)
{
    const ulong i = tq_item(0);
    if (i < count) {
        const tq_response r = {product_words, sum_words, key, first + i};
        __global const uint *const from = x + x_offset + i;
        tq_exact d = tq_response_squares(from, (int)(i % (ulong)channels), channels, size, r);
        uint draw = 0;
        d = tq_response_product(tq_exact_multiply(tq_exact_of(factor), d), r, size);
        d = tq_response_sum(tq_exact_add(tq_exact_of(bias), d), r, size);
        d = tq_exact_divide(tq_exact_of(*from), tq_exact_of(tq_pow(tq_exact_to_carrier(d), beta)));
#if TQ_RESULT_BITS
        draw = tq_element_draw(key.s0, key.s1, first + i, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
        y[y_offset + i] = TQ_RESULT(tq_exact_of(tq_exact_to_carrier(d)), result_words, draw);
    }
}
