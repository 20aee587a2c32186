/*
 * Gradients of pooling, in two passes. First each window's share: of an average its gradient / divisor, rounded to nearest;
 * of the largest (TQ_LARGEST) the number of the tap that is the first of its largest numbers. Then each element's sum over the
 * windows that hold it, in ascending order; draws have the element's index and the number of the tap.
 */
#define TQ_NO_TAP 0xFFFFFFFFu

/* The first tap that no other is larger than. */
TQ_INLINE uint tq_first_largest(const tq_pool_geometry g, const tq_pool_window window, __global const uint *x)
{
    __global const uint *line = x + window.first;
    uint best = 0, number = TQ_NO_TAP;
    for (int row = window.rows.begin; row < window.rows.end; ++row, line += window.row_step) {
        __global const uint *tap = line;
        for (int column = window.columns.begin; column < window.columns.end; ++column, tap += window.column_step) {
            const uint order = tq_order_of(*tap);
            if (number == TQ_NO_TAP || order > best) {
                best = order;
                number = (uint)(row * g.kernel_columns + column);
            }
        }
    }
    return number;
}

__kernel void pool_shares(__global const uint *restrict x, const ulong x_offset, __global const uint *restrict dy,
                          const ulong dy_offset, __global uint *restrict shares, const int16 geometry, const ulong count)
{
    const ulong i = get_global_id(0);
    if (i < count) {
        const tq_pool_geometry g = tq_pool_geometry_of(geometry);
        const tq_pool_window window = tq_pool_window_of(g, i / (ulong)g.channels);
#if TQ_LARGEST
        shares[i] = tq_first_largest(g, window, x + x_offset + i % (ulong)g.channels);
#else
        const tq_exact divisor = tq_real((ulong)tq_divisor(g, window), 0);
        shares[i] = tq_exact_to_carrier(tq_exact_divide(tq_exact_of(dy[dy_offset + i]), divisor));
#endif
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

__kernel void pool_backward(__global const uint *restrict dy, const ulong dy_offset, __global uint *restrict dx,
                            const ulong dx_offset, __global const uint *restrict shares, const int16 geometry,
                            const int8 product_words, const int8 sum_words, const uint2 key, const uint stream,
                            const ulong first, const ulong count)
{
    const ulong i = get_global_id(0);
    if (i < count) {
        const tq_backward b = {product_words, sum_words, key, stream};
        const tq_pool_geometry g = tq_pool_geometry_of(geometry);
        const ulong pixel = i / (ulong)g.channels, line = pixel / (ulong)g.columns, sample = line / (ulong)g.rows;
        const int row = (int)(line - sample * (ulong)g.rows) + g.pad_top;
        const int column = (int)(pixel - line * (ulong)g.columns) + g.pad_left;
        const tq_pool_span rows = tq_pool_holders(row, g.kernel_rows, g.dilation_rows, g.stride_rows, g.out_rows);
        const tq_pool_span columns =
            tq_pool_holders(column, g.kernel_columns, g.dilation_columns, g.stride_columns, g.out_columns);
        tq_gradient sum;
        tq_gradient_clear(&sum);
        for (int r = rows.begin; r < rows.end; ++r) {
            const int down = row - r * g.stride_rows;
            for (int c = columns.begin; c < columns.end; ++c) {
                const int across = column - c * g.stride_columns;
                const ulong out = (sample * (ulong)g.out_rows + (ulong)r) * (ulong)g.out_columns + (ulong)c;
                const ulong from = out * (ulong)g.channels + i % (ulong)g.channels;
                const uint number = (uint)(down / g.dilation_rows * g.kernel_columns + across / g.dilation_columns);
                const int holds = down % g.dilation_rows == 0 && across % g.dilation_columns == 0;
#if TQ_LARGEST
                if (holds && shares[from] == number)
                    tq_gradient_add(&sum, dy[dy_offset + from], b, first + i, number);
#else
                if (holds)
                    tq_gradient_add(&sum, shares[from], b, first + i, number);
#endif
            }
        }
        dx[dx_offset + i] = tq_gradient_total(&sum);
    }
}
