/*
 * Contraction: y[m][n] = RESULT(bias[n] + SUM over k of PRODUCT(x(m,k) * w(k,n))), k ascending, for convolutions and
 * dense layers. x(m,k) is taken from the image where it lies (implicit im2col): k runs over kernel rows, kernel
 * columns, input channels. Taps outside the image read zeros; with TQ_INSIDE there are none; with TQ_SKIPS, where the host has
 * proven that zeros change nothing, runs that are outside for all rows of a work-item are left out: these are then one pixel
 * of TQ_ROWS samples.
 *
 * Terms come in runs of consecutive numbers of the image: the channels of one tap, or of a whole kernel row where its taps
 * are neighbours. A step takes TQ_TERMS terms of a run for TQ_STEP outputs. One work-item owns TQ_ROWS rows x TQ_VECTORS
 * vectors of TQ_STEP outputs; a work-group has TQ_GROUP_ROWS x TQ_GROUP_COLUMNS work-items, whose rows and vectors alternate.
 * Every output sees its terms in order, so tile sizes never change a bit. The accumulation path defines the arithmetic:
 *
 *     tq_x, tq_w         elements of the input and of the packed weights in memory
 *     tq_factor          operands of a step: tq_spread(pointer) of the input, tq_load_factor(pointer) of the weights
 *     tq_sum             a vector of TQ_STEP sums; tq_zero(path's words)
 *     tq_step(s, x, w, product draws, sum draws, slots)   one step
 *     tq_exact_step(s, x, w, slots)   with TQ_STEP_KINDS: a step that needs more care
 *     tq_store_sums(s, lanes), tq_lane_sum(lane, slots)   a lane's sum as an exact number
 *     tq_part(s, part, slots)  TQ_LANES sums as binary32, with TQ_FINISH_CARRIERS
 *     tq_finish(s, bias, slots), with TQ_FINISH_OWN      the results' bits for a whole vector
 *
 * A depthwise convolution (TQ_DEPTHWISE) has as many inputs as outputs, and output n sees input channel n alone: a run is one
 * tap, a step takes a vector of channels. Then tq_load_inputs(pointer) gives a vector of inputs as a factor.
 *
 * The CPU shape (TQ_BLOCK 0; work-groups of one) reads operands where they lie: contraction.cl. The GPU shape (TQ_BLOCK steps
 * at a time) shares them in local memory: contraction_tiles.cl. Both take the path's operands from TQ_SPACE (slots.cl).
 *
 * The crossed form (TQ_CROSSED), for the gradient by the weights of a convolution: rows are its terms (kernel row, kernel
 * column, input channel of the group), and after them perhaps one of ones; terms are its output pixels, those of an output line
 * a run. Both lie where they are in the image, so that it is not unfolded. `geometry` is then that of the convolution, but for
 * rows and out_channels; no tap is outside the image; `zeros` are ones.
 *
 * Weights are packed in panels [group][panel][step][TQ_WIDTH], a panel for a work-group, the last padded with zeros.
 * Or (TQ_IN_PLACE) they are rows of outputs where they lie, of one panel, without draws of products or sums; a last vector that
 * the row does not fill overlaps the one before it.
 * Random draws: [row][k] for rows and packed like the weights for columns; a step mixes the two.
 */
#define TQ_ITEMS (TQ_GROUP_ROWS * TQ_GROUP_COLUMNS)
#define TQ_WIDTH (TQ_GROUP_COLUMNS * TQ_VECTORS * TQ_STEP)

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
    long base;
    int top, left;
} tq_window;

TQ_INLINE tq_window tq_window_of(const tq_geometry g, const int row, const int group)
{
    const int column = row % g.out_columns, line = row / g.out_columns;
    tq_window window;
    window.top = line % g.out_rows * g.stride_rows - g.pad_top;
    window.left = column * g.stride_columns - g.pad_left;
    window.base = (long)(line / g.out_rows) * g.in_rows * g.in_columns * g.in_channels + (long)group * g.group_inputs;
    return window;
}

/* Index of the first channel of a tap's pixel; -1 outside the image. */
TQ_INLINE long tq_tap(const tq_geometry g, const tq_window window, const int kernel_row, const int kernel_column)
{
    const int row = window.top + kernel_row * g.dilation_rows;
    const int column = window.left + kernel_column * g.dilation_columns;
#if !TQ_INSIDE
    if (row < 0 || row >= g.in_rows || column < 0 || column >= g.in_columns)
        return -1;
#endif
    return window.base + ((long)row * g.in_columns + column) * g.in_channels;
}

#if TQ_CROSSED
/* The number that a row has for the first output pixel; -1 for ones. */
TQ_INLINE long tq_crossed_base(const tq_geometry g, const int row, const int entry_rows)
{
    const int term = row % entry_rows, tap = term / g.group_inputs;
    const long pixel = (long)(tap / g.kernel_columns * g.dilation_rows) * g.in_columns + tap % g.kernel_columns * g.dilation_columns;
    if (tap >= g.kernel_rows * g.kernel_columns)
        return -1;
    return pixel * g.in_channels + row / entry_rows * g.group_inputs + term % g.group_inputs;
}

/* From there to the same of an output line of all samples. */
TQ_INLINE long tq_crossed_line(const tq_geometry g, const int line)
{
    return ((long)(line / g.out_rows) * g.in_rows + line % g.out_rows * g.stride_rows) * g.in_columns * g.in_channels;
}
#endif

/* What a work-item works on. */
typedef struct tq_task {
    tq_geometry g;
    tq_slots slots;
    int first, row_begin; /* first row of the work-item; rows of the draws count from row_begin */
    int steps, terms;     /* of a run; of a row */
    int draw_stride;      /* draws of a row in memory */
    int x_stride;         /* from a step's inputs to the next's */
    int channel_at;          /* first output of the panel */
    int place;            /* first output of the work-item in the panel */
#if TQ_IN_PLACE
    int outputs;
#endif
    __global const tq_x *x, *zeros;
    __global const tq_w *w; /* this panel's */
#if TQ_STEP_KINDS
    __global const uchar *kinds; /* of its steps: 1 for tq_exact_step */
#endif
#if TQ_PRODUCT_DRAWS
    __global const tq_draw_word *product_rows, *product_columns;
#endif
#if TQ_SUM_DRAWS
    __global const uint *sum_rows, *sum_columns;
#endif
} tq_task;

/* Row i and vector j of the work-item: the row, and the vector's place in the panel. */
#if TQ_SKIPS
#define tq_row(t, i)   ((t).first + (i) * ((t).g.out_rows * (t).g.out_columns))
#else
#define tq_row(t, i)   ((t).first + (i) * TQ_GROUP_ROWS)
#endif
#if TQ_IN_PLACE
#define tq_place(t, j) min((j) * TQ_STEP, (t).outputs - TQ_STEP)
#define tq_weight_row(t, step) ((t).w + (ulong)(step) * (ulong)(t).outputs)
#else
#define tq_place(t, j) ((t).place + (j) * (TQ_GROUP_COLUMNS * TQ_STEP))
#define tq_weight_row(t, step) ((t).w + (ulong)(step) * (TQ_WIDTH * TQ_TERMS))
#endif

/* One step of one vector: row i of the work-item, step number `step` of the panel. */
TQ_INLINE tq_sum tq_task_step(const tq_task t, const tq_sum s, const tq_factor x, const tq_factor w, const int i,
                              const int j, const int step)
{
    tq_draws product_draw = TQ_NO_DRAWS, sum_draw = TQ_NO_DRAWS;
#if TQ_PRODUCT_DRAWS || TQ_SUM_DRAWS
    const ulong row = (ulong)(min(tq_row(t, i), t.g.rows - 1) - t.row_begin) * (ulong)t.draw_stride + (ulong)step;
    const ulong column = (ulong)step * TQ_WIDTH + (ulong)tq_place(t, j);
#endif
#if TQ_PRODUCT_DRAWS
    product_draw = tq_mix_draws(tq_spread_draw(t.product_rows[row]), tq_load_draws(t.product_columns + column));
#endif
#if TQ_SUM_DRAWS
    sum_draw = tq_mix_draws(tq_spread_draw(t.sum_rows[row]), tq_load_draws(t.sum_columns + column));
#endif
    return tq_step(s, x, w, product_draw, sum_draw, t.slots);
}
