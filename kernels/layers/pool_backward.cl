/*
 * Gradients of pooling, in two passes. First each window's share: of an average its gradient / divisor, rounded to nearest;
 * of the largest (TQ_LARGEST) the number of the tap that is the first of its largest numbers. Then each element's sum over the
 * windows that hold it, in ascending order; draws have the element's index and the number of the tap. A work-item makes
 * `vectors` vectors of channels of `each` pixels; the last vector overlaps the one before it. TQ_FAST: in vectors, as
 * lanes.cl proves; a vector with numbers that are not tame (looked for with TQ_WILD) is made again lane by lane. Windows of the
 * largest that lie apart, side by side, take one pass: pool_backward_apart.
 */
#define TQ_NO_TAP 0xFFFFFFFFu

/* The first tap that no other is larger than, by the order of maximum.cl. */
TQ_INLINE tq_uints tq_first_largest(const tq_pool_geometry g, const tq_pool_window window, __global const uint *x)
{
    __global const uint *line = x + window.first;
    tq_uints best = (tq_uints)0, number = (tq_uints)TQ_NO_TAP;
    for (int row = window.rows.begin; row < window.rows.end; ++row, line += window.row_step) {
        __global const uint *tap = line;
        for (int column = window.columns.begin; column < window.columns.end; ++column, tap += window.column_step) {
            const tq_uints order = tq_lanes_orders(tq_load_uints(tap));
            number = order > best ? (tq_uints)(uint)(row * g.kernel_columns + column) : number;
            best = max(best, order); /* minus infinity is above 0 */
        }
    }
    return number;
}

/* reciprocal: nearest to 1 / divisor. */
TQ_INLINE tq_uints tq_pool_quotients(const tq_uints dy, const int divisor, const float reciprocal)
{
    uint lane[TQ_LANES];
#if TQ_FAST
    if (!tq_lanes_any(tq_lanes_wild(dy)))
        return tq_lanes_divide(dy, (float)divisor, reciprocal);
#endif
    tq_store_private(dy, lane);
    for (int i = 0; i < TQ_LANES; ++i)
        lane[i] = tq_exact_to_carrier(tq_exact_divide(tq_exact_of(lane[i]), tq_real((ulong)divisor, 0)));
    return tq_load_uints(lane);
}

__kernel void pool_shares(__global const uint *restrict x, const ulong x_offset, __global const uint *restrict dy,
                          const ulong dy_offset, __global uint *restrict shares, const int16 geometry,
                          const float reciprocal, const int vectors, const ulong each, const ulong pixels)
{
    const tq_pool_geometry g = tq_pool_geometry_of(geometry);
    const int begin = (int)tq_item(1) * vectors * TQ_LANES, end = min(begin + vectors * TQ_LANES, g.channels);
    const ulong begin_pixel = tq_item(0) * each, end_pixel = min(begin_pixel + each, pixels);
    tq_pool_window window = tq_pool_window_of(g, begin_pixel);
    for (ulong pixel = begin_pixel; pixel < end_pixel; ++pixel) {
        const int divisor = tq_divisor(g, window);
        float factor = reciprocal;
#if TQ_FAST && !TQ_LARGEST
        if (divisor != g.kernel_rows * g.kernel_columns)
            factor = as_float(tq_exact_to_carrier(tq_exact_divide(tq_real(1, 0), tq_real((ulong)divisor, 0))));
#endif
        for (int block = begin; block < end; block += TQ_LANES) {
            const int channel_at = min(block, g.channels - TQ_LANES);
            const ulong at = pixel * (ulong)g.channels + (ulong)channel_at;
#if TQ_LARGEST
            tq_store_uints(tq_first_largest(g, window, x + x_offset + channel_at), shares + at);
#else
            tq_store_uints(tq_pool_quotients(tq_load_uints(dy + dy_offset + at), divisor, factor), shares + at);
#endif
        }
        tq_pool_advance(&window, g);
    }
}

/* Windows of one axis that may hold the pixel `at` of the padded image: begin <= window < end. */
TQ_INLINE tq_pool_span tq_pool_holders(const int at, const int taps, const int dilation, const int stride, const int windows)
{
    tq_pool_span span;
    span.begin = tq_pool_steps(max(at - (taps - 1) * dilation, 0), stride);
    span.end = min(windows, at / stride + 1);
    return span;
}

/* A pixel of the padded image, and the windows that may hold it. */
typedef struct tq_pool_held {
    int row, column;
    tq_pool_span rows, columns;
    ulong windows; /* of its sample, the first element */
} tq_pool_held;

TQ_INLINE tq_pool_held tq_pool_held_of(const tq_pool_geometry g, const ulong pixel)
{
    const ulong line = pixel / (ulong)g.columns, sample = line / (ulong)g.rows;
    tq_pool_held held;
    held.row = (int)(line - sample * (ulong)g.rows) + g.pad_top;
    held.column = (int)(pixel - line * (ulong)g.columns) + g.pad_left;
    held.rows = tq_pool_holders(held.row, g.kernel_rows, g.dilation_rows, g.stride_rows, g.out_rows);
    held.columns = tq_pool_holders(held.column, g.kernel_columns, g.dilation_columns, g.stride_columns, g.out_columns);
    held.windows = sample * (ulong)g.out_rows * (ulong)g.out_columns * (ulong)g.channels;
    return held;
}

/* The number of the tap of a window that is the pixel, and where the window's first channel stands. */
typedef struct tq_pool_tap {
    uint number; /* TQ_NO_TAP: none */
    ulong from;
} tq_pool_tap;

TQ_INLINE tq_pool_tap tq_pool_tap_of(const tq_pool_geometry g, const tq_pool_held held, const int r, const int c)
{
    const int down = held.row - r * g.stride_rows, across = held.column - c * g.stride_columns;
    const int dilated = g.dilation_rows > 1 || g.dilation_columns > 1;
    tq_pool_tap tap;
    tap.from = held.windows + ((ulong)r * (ulong)g.out_columns + (ulong)c) * (ulong)g.channels;
    tap.number = (uint)(down * g.kernel_columns + across);
    if (dilated)
        tap.number = down % g.dilation_rows == 0 && across % g.dilation_columns == 0
                         ? (uint)(down / g.dilation_rows * g.kernel_columns + across / g.dilation_columns)
                         : TQ_NO_TAP;
    return tap;
}

/* One element; dy and shares are those of its channel. */
TQ_INLINE uint tq_pool_gather_one(const tq_pool_geometry g, const tq_pool_held held, __global const uint *dy,
                                  __global const uint *shares, const tq_backward b, const ulong index)
{
    tq_gradient sum;
    tq_gradient_clear(&sum);
    for (int r = held.rows.begin; r < held.rows.end; ++r)
        for (int c = held.columns.begin; c < held.columns.end; ++c) {
            const tq_pool_tap tap = tq_pool_tap_of(g, held, r, c);
#if TQ_LARGEST
            if (tap.number != TQ_NO_TAP && shares[tap.from] == tap.number)
                tq_gradient_add(&sum, dy[tap.from], b, index, tap.number);
#else
            if (tap.number != TQ_NO_TAP)
                tq_gradient_add(&sum, shares[tap.from], b, index, tap.number);
#endif
        }
    return tq_gradient_total(&sum);
}

#if TQ_FAST
/* SUM(s + v); *wild where numbers were not tame. */
TQ_INLINE tq_uints tq_pool_add(const tq_uints s, const tq_uints v, const tq_backward b, const ulong index, const uint number,
                               tq_ints *wild)
{
    tq_uints next = tq_lanes_add(s, v, TQ_SUM_FORM);
#if !TQ_SUM_NONE
    next = tq_lanes_sum(next, tq_lanes_left_of_sum(s, v, next, TQ_SUM_FORM), b.sum,
                        tq_lanes_draws(b.key, index, number, b.stream + TQ_STREAM_SUM, TQ_SUM_BITS));
#endif
    if (TQ_WILD)
        *wild |= tq_lanes_wild(v) | tq_lanes_wild(next);
    return next;
}

/* A vector of channels; *wild where numbers were not tame. */
TQ_INLINE tq_uints tq_pool_gather_fast(const tq_pool_geometry g, const tq_pool_held held, __global const uint *dy,
                                       __global const uint *shares, const tq_backward b, const ulong index,
                                       tq_ints *wild)
{
    tq_uints s = (tq_uints)0;
    *wild = (tq_ints)0;
    for (int r = held.rows.begin; r < held.rows.end; ++r)
        for (int c = held.columns.begin; c < held.columns.end; ++c) {
            const tq_pool_tap tap = tq_pool_tap_of(g, held, r, c);
            if (tap.number != TQ_NO_TAP) {
                const tq_uints share = tq_load_uints(shares + tap.from);
#if TQ_LARGEST
                const tq_uints v = tq_load_uints(dy + tap.from);
#else
                const tq_uints v = share;
#endif
                const tq_uints next = tq_pool_add(s, v, b, index, tap.number, wild);
#if TQ_LARGEST
                s = share == tap.number ? next : s;
#else
                s = next;
#endif
            }
        }
    return (s & ~TQ_SIGN_BIT) > TQ_INFINITY_BITS ? (tq_uints)TQ_NAN_BITS : s;
}
#endif

TQ_INLINE tq_uints tq_pool_gather(const tq_pool_geometry g, const tq_pool_held held, __global const uint *dy,
                                  __global const uint *shares, const tq_backward b, const ulong index)
{
    uint lane[TQ_LANES];
#if TQ_FAST
    tq_ints wild;
    const tq_uints sum = tq_pool_gather_fast(g, held, dy, shares, b, index, &wild);
    if (!tq_lanes_any(wild))
        return sum;
#endif
    for (int i = 0; i < TQ_LANES; ++i)
        lane[i] = tq_pool_gather_one(g, held, dy + i, shares + i, b, index + (ulong)i);
    return tq_load_uints(lane);
}

__kernel void pool_backward(__global const uint *restrict dy, const ulong dy_offset, __global uint *restrict dx,
                            const ulong dx_offset, __global const uint *restrict shares, const int16 geometry,
                            const int8 product_words, const int8 sum_words, const uint2 key, const uint stream,
                            const ulong first, const int vectors, const ulong each, const ulong pixels)
{
    const tq_backward b = {product_words, sum_words, key, stream};
    const tq_pool_geometry g = tq_pool_geometry_of(geometry);
    const int begin = (int)tq_item(1) * vectors * TQ_LANES, end = min(begin + vectors * TQ_LANES, g.channels);
    const ulong begin_pixel = tq_item(0) * each, end_pixel = min(begin_pixel + each, pixels);
    for (ulong pixel = begin_pixel; pixel < end_pixel; ++pixel) {
        const tq_pool_held held = tq_pool_held_of(g, pixel);
        for (int block = begin; block < end; block += TQ_LANES) {
            const int channel_at = min(block, g.channels - TQ_LANES);
            const ulong element = pixel * (ulong)g.channels + (ulong)channel_at;
            tq_store_uints(tq_pool_gather(g, held, dy + dy_offset + channel_at, shares + channel_at, b,
                                          first + element),
                           dx + dx_offset + element);
        }
    }
}

#if TQ_LARGEST
/* What a window's gradients give the element at number `index`, which is its tap `number`. */
TQ_INLINE tq_uints tq_pool_given(const tq_uints dy, const tq_backward b, const ulong index, const uint number)
{
    uint lane[TQ_LANES];
#if TQ_FAST
    tq_ints wild = (tq_ints)0;
    const tq_uints sum = tq_pool_add((tq_uints)0, dy, b, index, number, &wild);
    if (!tq_lanes_any(wild))
        return (sum & ~TQ_SIGN_BIT) > TQ_INFINITY_BITS ? (tq_uints)TQ_NAN_BITS : sum;
#endif
    tq_store_private(dy, lane);
    for (int i = 0; i < TQ_LANES; ++i) {
        tq_gradient gradient;
        tq_gradient_clear(&gradient);
        tq_gradient_add(&gradient, lane[i], b, index + (ulong)i, number);
        lane[i] = tq_gradient_total(&gradient);
    }
    return tq_load_uints(lane);
}

/* Elements of one window, which has a tap that is its largest, and of the pixels right of the last and below it, which are in
 * none. `to`: pixel (0, 0) of the image, whose element has number `index`. */
TQ_INLINE void tq_pool_scatter(const tq_pool_geometry g, const tq_pool_window window, const tq_uints largest, const tq_uints dy,
                               __global uint *to, const tq_backward b, const ulong index)
{
#if !TQ_SUM_BITS
    const tq_uints always = tq_pool_given(dy, b, index, 0);
#endif
    const int last_row = window.out_row + 1 == g.out_rows, last_column = window.out_column + 1 == g.out_columns;
    const int bottom = last_row ? g.rows : window.top + g.kernel_rows, right = last_column ? g.columns : window.left + g.kernel_columns;
    for (int row = window.top; row < bottom; ++row)
        for (int column = window.left; column < right; ++column) {
            const int down = row - window.top, across = column - window.left;
            const int inside = down < g.kernel_rows && across < g.kernel_columns;
            const uint number = inside ? (uint)(down * g.kernel_columns + across) : TQ_NO_TAP;
            const ulong at = ((ulong)row * (ulong)g.columns + (ulong)column) * (ulong)g.channels;
#if TQ_SUM_BITS
            const tq_uints given = inside ? tq_pool_given(dy, b, index + at, number) : (tq_uints)0;
#else
            const tq_uints given = always;
#endif
            tq_store_uints(largest == number ? given : (tq_uints)0, to + at);
        }
}

/* Windows side by side from pixel (0, 0) on, as large as their strides. Pixels are those of the output. */
__kernel void pool_backward_apart(__global const uint *restrict x, const ulong x_offset, __global const uint *restrict dy,
                                  const ulong dy_offset, __global uint *restrict dx, const ulong dx_offset,
                                  const int16 geometry, const int8 product_words, const int8 sum_words, const uint2 key,
                                  const uint stream, const ulong first, const int vectors, const ulong each, const ulong pixels)
{
    const tq_backward b = {product_words, sum_words, key, stream};
    const tq_pool_geometry g = tq_pool_geometry_of(geometry);
    const int begin = (int)tq_item(1) * vectors * TQ_LANES, end = min(begin + vectors * TQ_LANES, g.channels);
    const ulong begin_pixel = tq_item(0) * each, end_pixel = min(begin_pixel + each, pixels);
    tq_pool_window window = tq_pool_window_of(g, begin_pixel);
    for (ulong pixel = begin_pixel; pixel < end_pixel; ++pixel) {
        for (int block = begin; block < end; block += TQ_LANES) {
            const int channel_at = min(block, g.channels - TQ_LANES);
            const ulong image = window.image + (ulong)channel_at;
            tq_pool_scatter(g, window, tq_first_largest(g, window, x + x_offset + channel_at),
                            tq_load_uints(dy + dy_offset + pixel * (ulong)g.channels + (ulong)channel_at),
                            dx + dx_offset + image, b, first + image);
        }
        tq_pool_advance(&window, g);
    }
}
#endif
