/*
 * Pooling over windows of NHWC images. A work-item makes `vectors` vectors of channels of `each` pixels, one after the other;
 * the last vector of channels overlaps the one before it.
 */
typedef struct tq_pool_geometry {
    int rows, columns, channels, kernel_rows, kernel_columns, stride_rows, stride_columns, dilation_rows;
    int dilation_columns, pad_top, pad_left, out_rows, out_columns, pad_bottom, pad_right, count_pads;
} tq_pool_geometry;

TQ_INLINE tq_pool_geometry tq_pool_geometry_of(const int16 v)
{
    const tq_pool_geometry g = {v.s0, v.s1, v.s2, v.s3, v.s4, v.s5, v.s6, v.s7,
                                v.s8, v.s9, v.sa, v.sb, v.sc, v.sd, v.se, v.sf};
    return g;
}

/* Taps t of one axis, begin <= t < end, that lie inside the image: 0 <= start + t * step < size. */
typedef struct tq_pool_span {
    int begin, end;
} tq_pool_span;

/* x / step rounded up, for x >= 0; steps are mostly 1. */
TQ_INLINE int tq_pool_steps(const int x, const int step)
{
    return step == 1 ? x : (x + step - 1) / step;
}

TQ_INLINE tq_pool_span tq_pool_span_of(const int start, const int size, const int step, const int taps)
{
    tq_pool_span span;
    span.begin = tq_pool_steps(max(-start, 0), step);
    span.end = max(span.begin, min(taps, tq_pool_steps(max(size - start, 0), step)));
    return span;
}

/* An output pixel, and the taps of its window inside the image, rows then columns. */
typedef struct tq_pool_window {
    int out_row, out_column, top, left;
    tq_pool_span rows, columns;
    ulong image, first, row_step, column_step; /* elements: pixel (0, 0), the first tap, from tap to tap */
} tq_pool_window;

TQ_INLINE void tq_pool_enter_row(tq_pool_window *window, const tq_pool_geometry g)
{
    window->top = window->out_row * g.stride_rows - g.pad_top;
    window->rows = tq_pool_span_of(window->top, g.rows, g.dilation_rows, g.kernel_rows);
}

TQ_INLINE void tq_pool_enter_column(tq_pool_window *window, const tq_pool_geometry g)
{
    window->left = window->out_column * g.stride_columns - g.pad_left;
    window->columns = tq_pool_span_of(window->left, g.columns, g.dilation_columns, g.kernel_columns);
    const ulong row = (ulong)(window->top + window->rows.begin * g.dilation_rows);
    const ulong column = (ulong)(window->left + window->columns.begin * g.dilation_columns);
    window->first = window->image + (row * (ulong)g.columns + column) * (ulong)g.channels;
}

TQ_INLINE tq_pool_window tq_pool_window_of(const tq_pool_geometry g, const ulong pixel)
{
    const ulong line = pixel / (ulong)g.out_columns, sample = line / (ulong)g.out_rows;
    tq_pool_window window;
    window.out_row = (int)(line - sample * (ulong)g.out_rows);
    window.out_column = (int)(pixel - line * (ulong)g.out_columns);
    window.image = sample * (ulong)g.rows * (ulong)g.columns * (ulong)g.channels;
    window.row_step = (ulong)g.dilation_rows * (ulong)g.columns * (ulong)g.channels;
    window.column_step = (ulong)g.dilation_columns * (ulong)g.channels;
    tq_pool_enter_row(&window, g);
    tq_pool_enter_column(&window, g);
    return window;
}

/* The next pixel. */
TQ_INLINE void tq_pool_advance(tq_pool_window *window, const tq_pool_geometry g)
{
    if (++window->out_column == g.out_columns) {
        window->out_column = 0;
        if (++window->out_row == g.out_rows) {
            window->out_row = 0;
            window->image += (ulong)g.rows * (ulong)g.columns * (ulong)g.channels;
        }
        tq_pool_enter_row(window, g);
    }
    tq_pool_enter_column(window, g);
}

/* Taps of one axis before the end of the padded image, `before` pixels in front of it and `after` behind. */
TQ_INLINE int tq_padded_taps(const int start, const int size, const int before, const int after, const int step,
                             const int taps)
{
    return tq_pool_span_of(start + before, size + before + after, step, taps).end;
}

/* The divisor: taps inside the image, or with count_pads inside the padded image. */
TQ_INLINE int tq_divisor(const tq_pool_geometry g, const tq_pool_window w)
{
    if (!g.count_pads)
        return (w.rows.end - w.rows.begin) * (w.columns.end - w.columns.begin);
    return tq_padded_taps(w.top, g.rows, g.pad_top, g.pad_bottom, g.dilation_rows, g.kernel_rows) *
           tq_padded_taps(w.left, g.columns, g.pad_left, g.pad_right, g.dilation_columns, g.kernel_columns);
}
