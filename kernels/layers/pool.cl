/* Pooling over windows of NHWC images, one output element per work-item. */
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

typedef struct tq_pool_window {
    ulong base;
    int top, left;
} tq_pool_window;

TQ_INLINE tq_pool_window tq_pool_window_of(const tq_pool_geometry g, const ulong output)
{
    const ulong pixel = output / (ulong)g.channels, line = pixel / (ulong)g.out_columns;
    tq_pool_window window;
    window.base = line / (ulong)g.out_rows * (ulong)g.rows * (ulong)g.columns * (ulong)g.channels +
                  output % (ulong)g.channels;
    window.top = (int)(line % (ulong)g.out_rows) * g.stride_rows - g.pad_top;
    window.left = (int)(pixel % (ulong)g.out_columns) * g.stride_columns - g.pad_left;
    return window;
}

/* Element of a tap; -1 outside the image. */
TQ_INLINE long tq_pool_tap(const tq_pool_geometry g, const tq_pool_window window, const int row, const int column)
{
    const int r = window.top + row * g.dilation_rows, c = window.left + column * g.dilation_columns;
    if (r < 0 || r >= g.rows || c < 0 || c >= g.columns)
        return -1;
    return (long)window.base + ((long)r * g.columns + c) * g.channels;
}
