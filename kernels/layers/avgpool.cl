/*
 * Average pooling: s = SUM(s + x) over the taps inside the image, rows then columns; RESULT of the correctly rounded
 * quotient of s and the number of taps. Draws: index of the output in the data set, number of the tap in the window.
 */
TQ_INLINE int tq_taps_between(const int start, const int end, const int step, const int taps)
{
    /* Taps t with 0 <= t < taps and start + t * step < end. */
    const int fit = (end - start + step - 1) / step;
    return fit < taps ? fit : taps;
}

/* The divisor: taps inside the image, or with count_pads inside the padded image. */
TQ_INLINE int tq_divisor(const tq_pool_geometry g, const tq_pool_window window, const int inside)
{
    if (!g.count_pads)
        return inside;
    return tq_taps_between(window.top, g.rows + g.pad_bottom, g.dilation_rows, g.kernel_rows) *
           tq_taps_between(window.left, g.columns + g.pad_right, g.dilation_columns, g.kernel_columns);
}

TQ_INLINE tq_exact tq_integer(const int n)
{
    tq_exact v;
    v.significand = (tq_u64)n;
    v.exponent = 0;
    v.negative = 0;
    v.special = TQ_FINITE;
    return v;
}

__kernel void avgpool(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                      const ulong y_offset, const int16 geometry, const int8 sum_words, const int8 result_words,
                      const uint2 key, const ulong first, const ulong count)
{
    const tq_pool_geometry g = tq_pool_geometry_of(geometry);
    const ulong output = get_global_id(0);
    if (output < count) {
        const tq_pool_window window = tq_pool_window_of(g, output);
        const ulong index = first + output;
        int inside = 0;
        uint draw = 0;
        tq_exact total;
#if TQ_EXACT_SUM
        tq_wide wide;
        tq_wide_clear(&wide);
#else
        uint s = 0;
#endif
        for (int row = 0; row < g.kernel_rows; ++row)
            for (int column = 0; column < g.kernel_columns; ++column) {
                const long tap = tq_pool_tap(g, window, row, column);
                if (tap < 0)
                    continue;
                ++inside;
#if TQ_EXACT_SUM
                tq_wide_add(&wide, tq_exact_of(x[x_offset + (ulong)tap]));
#else
#if TQ_SUM_BITS
                draw = tq_draw(key.s0, key.s1, index, (uint)(row * g.kernel_columns + column), TQ_STREAM_SUM, TQ_SUM_BITS);
#endif
                s = TQ_SUM(tq_exact_add(tq_exact_of(s), tq_exact_of(x[x_offset + (ulong)tap])), sum_words, draw);
#endif
            }
#if TQ_EXACT_SUM
        total = tq_wide_value(&wide);
#else
        total = tq_exact_of(s);
#endif
        total = tq_exact_of(tq_exact_to_carrier(tq_exact_divide(total, tq_integer(tq_divisor(g, window, inside)))));
#if TQ_RESULT_BITS
        draw = tq_element_draw(key.s0, key.s1, index, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
        y[y_offset + output] = TQ_RESULT(total, result_words, draw);
    }
}
