/*
 * Pooling by norms: s = SUM(s + |x|), or with TQ_SQUARES SUM(s + PRODUCT(x * x)), over the taps inside the image; RESULT(s),
 * or RESULT of its root rounded to binary32. Draws: index of the output in the data set, number of the tap in the window.
 */
typedef struct tq_norm {
    int8 product, sum, result;
    uint2 key;
} tq_norm;

TQ_INLINE tq_exact tq_norm_part(const uint bits, const tq_norm n, const ulong index, const uint number)
{
    const tq_exact v = tq_exact_of(bits & ~TQ_SIGN_BIT);
#if !TQ_SQUARES
    return v;
#elif TQ_FUSED
    return tq_exact_multiply(v, v);
#else
    uint draw = 0;
#if TQ_PRODUCT_BITS
    draw = tq_draw(n.key.s0, n.key.s1, index, number, TQ_STREAM_PRODUCT, TQ_PRODUCT_BITS);
#endif
    return tq_exact_of(TQ_PRODUCT(tq_exact_multiply(v, v), n.product, draw));
#endif
}

/* x: the channel of pixel (0, 0) of the first sample. */
TQ_INLINE tq_exact tq_norm_sum(const tq_pool_geometry g, const tq_pool_window w, __global const uint *x, const tq_norm n,
                               const ulong index)
{
    __global const uint *line = x + w.first;
#if TQ_EXACT_SUM
    tq_wide wide;
    tq_wide_clear(&wide);
#else
    uint s = 0, draw = 0;
#endif
    for (int row = w.rows.begin; row < w.rows.end; ++row, line += w.row_step) {
        __global const uint *tap = line;
        for (int column = w.columns.begin; column < w.columns.end; ++column, tap += w.column_step) {
            const uint number = (uint)(row * g.kernel_columns + column);
            const tq_exact v = tq_norm_part(*tap, n, index, number);
#if TQ_EXACT_SUM
            tq_wide_add(&wide, v);
#else
#if TQ_SUM_BITS
            draw = tq_draw(n.key.s0, n.key.s1, index, number, TQ_STREAM_SUM, TQ_SUM_BITS);
#endif
            s = TQ_SUM(tq_exact_add(tq_exact_of(s), v), n.sum, draw);
#endif
        }
    }
#if TQ_EXACT_SUM
    return tq_wide_value(&wide);
#else
    return tq_exact_of(s);
#endif
}

__kernel void normpool(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                       const ulong y_offset, const int16 geometry, const int8 product_words, const int8 sum_words,
                       const int8 result_words, const uint2 key, __global const int *restrict tail_words,
                       const ulong first, const int vectors, const ulong each, const ulong pixels)
{
    const tq_pool_geometry g = tq_pool_geometry_of(geometry);
    const int begin = (int)tq_item(1) * vectors, end = min(begin + vectors, g.channels);
    const tq_tail tail = tq_tail_of(tail_words);
    const tq_norm n = {product_words, sum_words, result_words, key};
    const ulong begin_pixel = tq_item(0) * each, end_pixel = min(begin_pixel + each, pixels);
    tq_pool_window window = tq_pool_window_of(g, begin_pixel);
    for (ulong pixel = begin_pixel; pixel < end_pixel; ++pixel) {
        for (int channel_at = begin; channel_at < end; ++channel_at) {
            const ulong element = pixel * (ulong)g.channels + (ulong)channel_at;
            tq_exact v = tq_norm_sum(g, window, x + x_offset + channel_at, n, first + element);
            uint draw = 0;
#if TQ_SQUARES
            v = tq_exact_of(tq_root_bits(v));
#endif
#if TQ_RESULT_BITS
            draw = tq_element_draw(key.s0, key.s1, first + element, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
            y[y_offset + element] = tq_lanes_tail(TQ_RESULT(v, n.result, draw), tail, first + element);
        }
        tq_pool_advance(&window, g);
    }
}
