/*
 * Average pooling: s = SUM(s + x) over the taps inside the image, rows then columns; RESULT of the correctly rounded
 * quotient of s and the number of taps. Draws: index of the output in the data set, number of the tap in the window.
 * TQ_VECTORS vectors of channels are made side by side.
 */
typedef struct tq_average {
    __global const uint *x; /* the vector's first channel */
    tq_pool_window window;
    int divisor;
    float reciprocal; /* nearest to 1 / divisor */
    int8 sum, result;
    uint2 key;
    ulong index; /* of the first lane's output */
} tq_average;

/* The exact sum, for TQ_EXACT_SUM; else the sum that SUM has rounded at each step. */
TQ_INLINE tq_exact tq_average_total(const tq_pool_geometry g, const tq_average t, const int lane)
{
    __global const uint *line = t.x + t.window.first + lane;
#if TQ_EXACT_SUM
    tq_wide wide;
    tq_wide_clear(&wide);
#else
    uint s = 0, draw = 0;
#endif
    for (int row = t.window.rows.begin; row < t.window.rows.end; ++row, line += t.window.row_step) {
        __global const uint *tap = line;
        for (int column = t.window.columns.begin; column < t.window.columns.end; ++column, tap += t.window.column_step) {
#if TQ_EXACT_SUM
            tq_wide_add(&wide, tq_exact_of(*tap));
#else
#if TQ_SUM_BITS
            draw = tq_draw(t.key.s0, t.key.s1, t.index + (ulong)lane, (uint)(row * g.kernel_columns + column),
                           TQ_STREAM_SUM, TQ_SUM_BITS);
#endif
            s = TQ_SUM(tq_exact_add(tq_exact_of(s), tq_exact_of(*tap)), t.sum, draw);
#endif
        }
    }
#if TQ_EXACT_SUM
    return tq_wide_value(&wide);
#else
    return tq_exact_of(s);
#endif
}

/* The exact form. */
TQ_INLINE tq_uints tq_average_each(const tq_pool_geometry g, const tq_average t)
{
    uint y[TQ_LANES], draw = 0;
    for (int lane = 0; lane < TQ_LANES; ++lane) {
        const tq_exact mean = tq_exact_divide(tq_average_total(g, t, lane), tq_real((ulong)t.divisor, 0));
#if TQ_RESULT_BITS
        draw = tq_element_draw(t.key.s0, t.key.s1, t.index + (ulong)lane, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
        y[lane] = TQ_RESULT(tq_exact_of(tq_exact_to_carrier(mean)), t.result, draw);
    }
    return tq_load_uints(y);
}

/* Sums of TQ_VECTORS vectors of channels, side by side because each step waits for the one before it. */
typedef struct tq_sums {
    tq_uints s[TQ_VECTORS];
    tq_ints wild[TQ_VECTORS]; /* numbers that are not tame were among them */
    int channel_at[TQ_VECTORS];  /* of the first lane */
} tq_sums;

/* The vector form. t.x and t.index are those of channel 0. */
TQ_INLINE void tq_average_sums(tq_sums *sums, const tq_pool_geometry g, const tq_average t)
{
    __global const uint *line = t.x + t.window.first;
#pragma unroll
    for (int i = 0; i < TQ_VECTORS; ++i) {
        sums->s[i] = (tq_uints)0;
        sums->wild[i] = (tq_ints)0;
    }
    for (int row = t.window.rows.begin; row < t.window.rows.end; ++row, line += t.window.row_step) {
        __global const uint *tap = line;
        for (int column = t.window.columns.begin; column < t.window.columns.end; ++column, tap += t.window.column_step) {
#pragma unroll
            for (int i = 0; i < TQ_VECTORS; ++i) {
                const tq_uints x = tq_load_uints(tap + sums->channel_at[i]);
                if (TQ_WILD)
                    sums->wild[i] |= tq_lanes_wild(x);
                const tq_uints before = sums->s[i];
                sums->s[i] = tq_lanes_add(before, x, TQ_SUM_FORM);
#if !TQ_SUM_NONE && !TQ_EXACT_SUM
                const tq_floats left = tq_lanes_left_of_sum(before, x, sums->s[i], TQ_SUM_FORM);
                const uint number = (uint)(row * g.kernel_columns + column);
                const ulong index = t.index + (ulong)sums->channel_at[i];
                sums->s[i] = tq_lanes_sum(sums->s[i], left, t.sum,
                                          tq_lanes_draws(t.key, index, number, TQ_STREAM_SUM, TQ_SUM_BITS));
#endif
            }
        }
    }
}

/* Results of one of them; t as for the exact form. */
TQ_INLINE tq_uints tq_average_vector(const tq_sums *sums, const int i, const tq_pool_geometry g, const tq_average t)
{
#if TQ_FAST
    if (!tq_lanes_any(sums->wild[i] | tq_lanes_wild(sums->s[i])))
        return tq_lanes_result(tq_lanes_divide(sums->s[i], (float)t.divisor, t.reciprocal), (tq_floats)0.0f, t.result,
                               tq_lanes_element_draws(t.key, t.index, TQ_STREAM_RESULT, TQ_RESULT_BITS));
#endif
    return tq_average_each(g, t);
}

__kernel void avgpool(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                      const ulong y_offset, const int16 geometry, const int8 sum_words, const int8 result_words,
                      const uint2 key, const float reciprocal, __global const int *restrict tail_words,
                      const ulong first, const int vectors, const ulong each, const ulong pixels)
{
    const tq_pool_geometry g = tq_pool_geometry_of(geometry);
    const int begin = (int)tq_item(1) * vectors * TQ_LANES, end = min(begin + vectors * TQ_LANES, g.channels);
    const tq_tail tail = tq_tail_of(tail_words);
    tq_sums sums;
    tq_average t;
    t.sum = sum_words;
    t.result = result_words;
    t.key = key;
    const ulong begin_pixel = tq_item(0) * each, end_pixel = min(begin_pixel + each, pixels);
    t.window = tq_pool_window_of(g, begin_pixel);
    for (ulong pixel = begin_pixel; pixel < end_pixel; ++pixel) {
        t.divisor = tq_divisor(g, t.window);
        t.reciprocal = reciprocal;
#if TQ_FAST
        if (t.divisor != g.kernel_rows * g.kernel_columns)
            t.reciprocal = as_float(tq_exact_to_carrier(tq_exact_divide(tq_real(1, 0), tq_real((ulong)t.divisor, 0))));
#endif
        for (int block = begin; block < end; block += TQ_LANES * TQ_VECTORS) {
#pragma unroll
            for (int i = 0; i < TQ_VECTORS; ++i)
                sums.channel_at[i] = min(block + i * TQ_LANES, g.channels - TQ_LANES);
            t.x = x + x_offset;
            t.index = first + pixel * (ulong)g.channels;
#if TQ_FAST
            tq_average_sums(&sums, g, t);
#endif
#pragma unroll
            for (int i = 0; i < TQ_VECTORS; ++i) {
                const ulong channel_at = (ulong)sums.channel_at[i], element = pixel * (ulong)g.channels + channel_at;
                t.x = x + x_offset + channel_at;
                t.index = first + element;
                tq_store_uints(tq_lanes_tail(tq_average_vector(&sums, i, g, t), tail, t.index), y + y_offset + element);
            }
        }
        tq_pool_advance(&t.window, g);
    }
}
