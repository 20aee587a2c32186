/*
 * Contraction: y[m][n] = RESULT(bias[n] + SUM over k of PRODUCT(x(m,k) * w(k,n))), k ascending, for convolutions and
 * dense layers. x(m,k) is taken from the image where it lies (implicit im2col): k runs over kernel rows, kernel
 * columns, input channels. Taps outside the image read zeros.
 *
 * One work-item owns TQ_ROWS rows x TQ_VECTORS vectors of TQ_LANES outputs; every output sees its terms in order, so
 * tile sizes never change a bit. The accumulation path defines the arithmetic:
 *
 *     tq_x, tq_w         elements of the input and of the packed weights in memory
 *     tq_factor          a vector of TQ_LANES weights; tq_load_factor(pointer)
 *     tq_sum             a vector of TQ_LANES sums; tq_zero(path's words)
 *     tq_step(s, x, w, product draws, sum draws, slots)   one step
 *     tq_store_sums(s, lanes), tq_lane_sum(lane, slots)   a lane's sum as an exact number
 *     tq_finish(s, bias, slots), with TQ_FAST_FINISH      optional: the results' bits for a whole vector
 *
 * Weights are packed in panels [group][panel][k][TQ_WIDTH], TQ_WIDTH = TQ_VECTORS * TQ_LANES, the last padded with
 * zeros. Random draws: [row][k] for rows and packed like the weights for columns; a step uses their exclusive or.
 */
#define TQ_WIDTH (TQ_VECTORS * TQ_LANES)

typedef struct tq_geometry {
    int rows, in_rows, in_columns, in_channels, kernel_rows, kernel_columns, stride_rows, stride_columns;
    int dilation_rows, dilation_columns, pad_top, pad_left, out_rows, out_columns, out_channels, group_inputs;
} tq_geometry;

TQ_INLINE tq_geometry tq_geometry_of(const int16 v)
{
    const tq_geometry g = {v.s0, v.s1, v.s2, v.s3, v.s4, v.s5, v.s6, v.s7,
                           v.s8, v.s9, v.sa, v.sb, v.sc, v.sd, v.se, v.sf};
    return g;
}

/* Where the window of each of a tile's rows starts. */
typedef struct tq_window {
    ulong base;
    int top, left;
} tq_window;

TQ_INLINE tq_window tq_window_of(const tq_geometry g, const int row, const int group)
{
    const int column = row % g.out_columns, line = row / g.out_columns;
    tq_window window;
    window.top = line % g.out_rows * g.stride_rows - g.pad_top;
    window.left = column * g.stride_columns - g.pad_left;
    window.base = (ulong)(line / g.out_rows) * (ulong)g.in_rows * (ulong)g.in_columns * (ulong)g.in_channels +
                  (ulong)group * (ulong)g.group_inputs;
    return window;
}

/* Index of the first channel of a tap's pixel; -1 outside the image. */
TQ_INLINE long tq_tap(const tq_geometry g, const tq_window window, const int kernel_row, const int kernel_column)
{
    const int row = window.top + kernel_row * g.dilation_rows;
    const int column = window.left + kernel_column * g.dilation_columns;
    if (row < 0 || row >= g.in_rows || column < 0 || column >= g.in_columns)
        return -1;
    return (long)window.base + ((long)row * g.in_columns + column) * g.in_channels;
}

/* What a work-item works on. */
typedef struct tq_task {
    tq_geometry g;
    tq_slots slots;
    int first, row_begin, terms; /* first row of the tile; rows of the draws count from row_begin */
    __global const tq_x *x, *zeros;
    __global const tq_w *w; /* this panel's */
#if TQ_PRODUCT_BITS
    __global const uint *product_rows, *product_columns;
#endif
#if TQ_SUM_BITS
    __global const uint *sum_rows, *sum_columns;
#endif
} tq_task;

/* One step of one vector: term k of row i of the tile. */
TQ_INLINE tq_sum tq_task_step(const tq_task t, const tq_sum s, const tq_x number, const tq_factor factor, const int i,
                              const int j, const int k)
{
    tq_draws product_draw = (tq_draws)0, sum_draw = (tq_draws)0;
#if TQ_PRODUCT_BITS || TQ_SUM_BITS
    const ulong row = (ulong)(min(t.first + i, t.g.rows - 1) - t.row_begin) * (ulong)t.terms + (ulong)k;
    const ulong column = (ulong)k * TQ_WIDTH + (ulong)(j * TQ_LANES);
#endif
#if TQ_PRODUCT_BITS
    product_draw = (tq_draws)t.product_rows[row] ^ tq_load_draws(t.product_columns + column);
#endif
#if TQ_SUM_BITS
    sum_draw = (tq_draws)t.sum_rows[row] ^ tq_load_draws(t.sum_columns + column);
#endif
    return tq_step(s, number, factor, product_draw, sum_draw, t.slots);
}

/* All channels of one tap, from term k on. */
TQ_INLINE void tq_task_tap(tq_sum (*s)[TQ_VECTORS], const tq_task t, const tq_window *window, const int kernel_row,
                           const int kernel_column, const int k)
{
    const tq_slots slots = t.slots; /* tq_load_factor may look at them */
    __global const tq_x *pixel[TQ_ROWS];
#pragma unroll
    for (int i = 0; i < TQ_ROWS; ++i) {
        const long tap = tq_tap(t.g, window[i], kernel_row, kernel_column);
        pixel[i] = tap < 0 ? t.zeros : t.x + tap;
    }
    for (int channel = 0; channel < t.g.group_inputs; ++channel) {
        tq_factor factor[TQ_VECTORS];
#pragma unroll
        for (int j = 0; j < TQ_VECTORS; ++j)
            factor[j] = tq_load_factor(t.w + (ulong)(k + channel) * TQ_WIDTH + j * TQ_LANES);
#pragma unroll
        for (int i = 0; i < TQ_ROWS; ++i) {
            const tq_x number = pixel[i][channel];
#pragma unroll
            for (int j = 0; j < TQ_VECTORS; ++j)
                s[i][j] = tq_task_step(t, s[i][j], number, factor[j], i, j, k + channel);
        }
    }
}

#ifdef TQ_FAST_FINISH
/* The first `count` results of one vector. */
TQ_INLINE void tq_store_results(__global uint *to, const tq_sum s, __global const uint *bias, const tq_slots slots,
                                const uint2 key, const ulong index, const int count)
{
    const tq_carriers bits = tq_finish(s, bias, slots);
    tq_u32 lanes[TQ_LANES];
    if (count == TQ_LANES) {
        tq_store_carriers(bits, to);
    } else {
        tq_store_lanes(bits, lanes);
        for (int lane = 0; lane < count; ++lane)
            to[lane] = lanes[lane];
    }
}
#else
/* The same, lane by lane. */
TQ_INLINE void tq_store_results(__global uint *to, const tq_sum s, __global const uint *bias, const tq_slots slots,
                                const uint2 key, const ulong index, const int count)
{
    tq_lane lanes[TQ_LANES];
    tq_store_sums(s, lanes);
    for (int lane = 0; lane < count; ++lane) {
        const tq_exact sum = tq_exact_add(tq_lane_sum(lanes + lane, slots), tq_exact_of(bias[lane]));
        uint draw = 0;
#if TQ_RESULT_BITS
        draw = tq_element_draw(key.s0, key.s1, index + (ulong)lane, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
        to[lane] = TQ_RESULT(sum, slots.result, draw);
    }
}
#endif

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
contraction(__global const tq_x *restrict x, const ulong x_offset, __global uint *restrict y, const ulong y_offset,
            __global const tq_w *restrict w, __global const uint *restrict bias, __global const tq_x *restrict zeros,
            const int16 geometry, const int row_begin, const int8 product, const int8 sum, const int8 result,
            const int8 path, const uint2 key, const ulong first_row
#if TQ_PRODUCT_BITS
            ,
            __global const uint *restrict product_rows, __global const uint *restrict product_columns
#endif
#if TQ_SUM_BITS
            ,
            __global const uint *restrict sum_rows, __global const uint *restrict sum_columns
#endif
)
{
    const tq_geometry g = tq_geometry_of(geometry);
    const int panels = (int)get_global_size(1), group = (int)get_global_id(2);
    const int panel = group * panels + (int)get_global_id(1);
    const int outputs = g.out_channels / (int)get_global_size(2), output = (int)get_global_id(1) * TQ_WIDTH;
    tq_window window[TQ_ROWS];
    tq_sum s[TQ_ROWS][TQ_VECTORS];
    tq_task t;
    t.g = g;
    t.slots.product = product;
    t.slots.sum = sum;
    t.slots.result = result;
    t.slots.path = path;
    t.first = row_begin + (int)get_global_id(0) * TQ_ROWS;
    t.row_begin = row_begin;
    t.terms = g.kernel_rows * g.kernel_columns * g.group_inputs;
    t.x = x + x_offset;
    t.zeros = zeros;
    t.w = w + (ulong)panel * (ulong)t.terms * TQ_WIDTH;
#if TQ_PRODUCT_BITS
    t.product_rows = product_rows;
    t.product_columns = product_columns + (ulong)panel * (ulong)t.terms * TQ_WIDTH;
#endif
#if TQ_SUM_BITS
    t.sum_rows = sum_rows;
    t.sum_columns = sum_columns + (ulong)panel * (ulong)t.terms * TQ_WIDTH;
#endif
#pragma unroll
    for (int i = 0; i < TQ_ROWS; ++i) {
        window[i] = tq_window_of(g, min(t.first + i, g.rows - 1), group);
#pragma unroll
        for (int j = 0; j < TQ_VECTORS; ++j)
            s[i][j] = tq_zero(path);
    }
    for (int tap = 0; tap < g.kernel_rows * g.kernel_columns; ++tap)
        tq_task_tap(s, t, window, tap / g.kernel_columns, tap % g.kernel_columns, tap * g.group_inputs);
#pragma unroll
    for (int i = 0; i < TQ_ROWS; ++i) {
#pragma unroll
        for (int j = 0; j < TQ_VECTORS; ++j) {
            const int count = min(outputs - output - j * TQ_LANES, TQ_LANES);
            const ulong channel = (ulong)(group * outputs + output + j * TQ_LANES);
            const ulong row = (ulong)(t.first + i), channels = (ulong)g.out_channels;
            if (t.first + i < g.rows && count > 0)
                tq_store_results(y + y_offset + row * channels + channel, s[i][j],
                                 bias + panel * TQ_WIDTH + j * TQ_LANES, t.slots, key,
                                 (first_row + row) * channels + channel, count);
        }
    }
}
