/*
 * Contraction, its loop in the CPU shape, its results and the kernel: see contraction_task.cl.
 */
#define TQ_FINISH_LANES    0 /* lane by lane, exactly */
#define TQ_FINISH_OWN      1
#define TQ_FINISH_CARRIERS 2 /* sum and bias give a binary32, or RESULT is `none` and rounds to one */

#if !TQ_BLOCK
/* One step of all rows; `exact`: by the path's tq_exact_step. */
TQ_INLINE void tq_task_rows(tq_sum (*s)[TQ_VECTORS], const tq_task t, __global const tq_x *const *number,
                            const tq_factor *w, const int at, const int step, const int exact)
{
#pragma unroll
    for (int i = 0; i < TQ_ROWS; ++i) {
#if TQ_DEPTHWISE
#pragma unroll
        for (int j = 0; j < TQ_VECTORS; ++j)
            s[i][j] = tq_task_step(t, s[i][j], tq_load_inputs(number[i] + t.channel_at + tq_place(t, j)), w[j], i, j,
                                   step);
#else
        const tq_factor x = tq_spread(number[i] + at * t.x_stride);
#pragma unroll
        for (int j = 0; j < TQ_VECTORS; ++j)
#if TQ_STEP_KINDS
            s[i][j] = exact ? tq_exact_step(s[i][j], x, w[j], t.slots) : tq_task_step(t, s[i][j], x, w[j], i, j, step);
#else
            s[i][j] = tq_task_step(t, s[i][j], x, w[j], i, j, step);
#endif
#endif
    }
}

/* The steps of one run, the first of which is number `first`. */
TQ_INLINE void tq_task_steps(tq_sum (*s)[TQ_VECTORS], const tq_task t, __global const tq_x *const *number, const int first)
{
    const tq_slots slots = t.slots; /* tq_load_factor may look at them */
    for (int step = 0; step < t.steps; ++step) {
        tq_factor w[TQ_VECTORS];
#pragma unroll
        for (int j = 0; j < TQ_VECTORS; ++j)
            w[j] = tq_load_factor(tq_weight_row(t, first + step) + tq_place(t, j) * TQ_TERMS);
#if TQ_STEP_KINDS
        if (t.kinds[first + step])
            tq_task_rows(s, t, number, w, step, first + step, 1);
        else
#endif
            tq_task_rows(s, t, number, w, step, first + step, 0);
    }
}

#if TQ_CROSSED
/* An output line. */
TQ_INLINE void tq_task_run(tq_sum (*s)[TQ_VECTORS], const tq_task t, const tq_window *window, const int line)
{
    __global const tq_x *number[TQ_ROWS];
    __global const tq_x *const from = t.x + tq_crossed_line(t.g, line);
#pragma unroll
    for (int i = 0; i < TQ_ROWS; ++i)
        number[i] = window[i].base < 0 ? t.zeros : from + window[i].base;
    tq_task_steps(s, t, number, line * t.steps);
}
#else
/* One run of `columns` kernel columns. */
TQ_INLINE void tq_task_run(tq_sum (*s)[TQ_VECTORS], const tq_task t, const tq_window *window, const int run, const int columns)
{
    const int kernel_row = run * columns / t.g.kernel_columns, kernel_column = run * columns % t.g.kernel_columns;
    __global const tq_x *number[TQ_ROWS];
#if TQ_SKIPS
    int any_inside = 0;
#endif
#pragma unroll
    for (int i = 0; i < TQ_ROWS; ++i) {
        const long tap = tq_tap(t.g, window[i], kernel_row, kernel_column);
        number[i] = tap < 0 ? t.zeros : t.x + tap;
#if TQ_SKIPS
        any_inside |= tap >= 0;
#endif
    }
#if TQ_SKIPS
    if (!any_inside)
        return;
#endif
    tq_task_steps(s, t, number, run * t.steps);
}
#endif
#endif

/* Where results go, and what their random draws are. */
typedef struct tq_target {
    __global uint *y;
    __global const uint *bias;
    ulong index; /* of the first result in the data set */
    uint2 key;
    tq_tail tail;
    int count; /* results that exist */
    int rounding; /* 0: all are numbers of RESULT's format; 1: on its grid, which no draw moves; 2: of any kind */
} tq_target;

TQ_INLINE void tq_store_bits(__global uint *y, const tq_uints bits, const int count)
{
    if (count >= TQ_LANES) {
        tq_store_uints(bits, y);
    } else {
        uint lanes[TQ_LANES];
        tq_store_private(bits, lanes);
        for (int lane = 0; lane < count; ++lane)
            y[lane] = lanes[lane];
    }
}

#if TQ_FINISH == TQ_FINISH_LANES
/* The results of one part of a step's sums; 0 for those that do not exist. */
TQ_INLINE tq_uints tq_part_results(const tq_target to, const tq_sum s, const int part, const tq_slots slots)
{
    tq_lane sums[TQ_STEP];
    uint results[TQ_LANES];
    tq_store_sums(s, sums);
    for (int i = 0; i < TQ_LANES; ++i) {
        const int lane = part * TQ_LANES + i;
        uint draw = 0;
        results[i] = 0;
        if (lane >= to.count)
            continue;
#if TQ_RESULT_BITS
        draw = tq_element_draw(to.key.s0, to.key.s1, to.index + (ulong)lane, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
        results[i] = TQ_RESULT(tq_exact_add(tq_lane_sum(sums + lane, slots), tq_exact_of(to.bias[lane])), slots.result, draw);
    }
    return tq_load_uints(results);
}
#else
#if TQ_FINISH == TQ_FINISH_CARRIERS
/*
 * The bits of s + bias. Rounded to odd, unless RESULT is `none`, so that RESULT, which keeps at least two bits less, rounds as it
 * would round the exact sum: where the nearest binary32 u is even and not exact (TwoSum gives the error, exactly), the
 * neighbour on the other side of the exact sum is odd.
 */
TQ_INLINE tq_uints tq_biased_bits(const tq_floats s, const tq_floats bias)
{
    const tq_floats u = s + bias;
    const tq_uints bits = TQ_CAT(as_uint, TQ_LANES)(u);
#if !TQ_RESULT_NONE
    const tq_floats part = u - s, error = (s - (u - part)) + (bias - part);
    const tq_uints outwards = (TQ_CAT(as_uint, TQ_LANES)(error) ^ bits) >> 31; /* 0: the exact sum is beyond u */
    const tq_uints odd = bits + 1u - 2u * outwards;
    return (error < 0.0f || error > 0.0f) && (bits & 1u) == 0u ? odd : bits;
#else
    return bits;
#endif
}
#endif

/* The results of one part of a step's sums. */
TQ_INLINE tq_uints tq_part_results(const tq_target to, const tq_sum s, const int part, const tq_slots slots)
{
#if TQ_FINISH == TQ_FINISH_OWN
    return tq_finish(s, to.bias, slots);
#else
    const tq_floats bias = TQ_CAT(as_float, TQ_LANES)(TQ_CAT(vload, TQ_LANES)(0, to.bias + part * TQ_LANES));
    const tq_uints bits = tq_biased_bits(tq_part(s, part, slots), bias);
    if (to.rounding == 0)
        return bits;
#if TQ_RESULT_BITS
    tq_uints draws = (tq_uints)0;
    if (to.rounding > 1)
        draws = tq_element_draws(to.key.s0, to.key.s1, to.index + (ulong)(part * TQ_LANES), TQ_STREAM_RESULT, TQ_RESULT_BITS);
    return TQ_RESULT_VECTOR(bits, slots.result, draws);
#elif TQ_RESULT_NONE
    return (bits & 0x7FFFFFFFu) > TQ_INFINITY_BITS ? (tq_uints)TQ_NAN_BITS : bits;
#else
    return TQ_RESULT_VECTOR(bits, slots.result, (tq_uints)0);
#endif
#endif
}
#endif

TQ_INLINE void tq_store_results(const tq_target to, const tq_sum s, const tq_slots slots)
{
#pragma unroll
    for (int part = 0; part < TQ_STEP / TQ_LANES; ++part) {
        const tq_uints bits = tq_part_results(to, s, part, slots);
        tq_store_bits(to.y + part * TQ_LANES, tq_lanes_tail(bits, to.tail, to.index + (ulong)(part * TQ_LANES)),
                      to.count - part * TQ_LANES);
    }
}

/*
 * verdict: the operand sets it to run_number when the input exceeds what a faster loop counts on (operand.cl); the loop
 * whose turn it then is not does nothing. columns: kernel columns of a run; crossed, runs. The second dimension is the `panels` of a group, the
 * third the `groups`; with TQ_ENTRIES it is matrices, of one group each: they have entry_rows rows, and weights of their own.
 * Draws and kinds are read only where the structure has them.
 */
__kernel __attribute__((reqd_work_group_size(TQ_ITEMS, 1, 1))) void
contraction(__global const tq_x *restrict x, const ulong x_offset, __global uint *restrict y, const ulong y_offset,
            __global const tq_w *restrict w, const ulong w_offset, __global const uint *restrict bias, __global const tq_x *restrict zeros,
            const int16 geometry, const int columns, const int row_begin, const int entry_rows, const int8 product, const int8 sum,
            const int8 result, const int8 path, const uint2 key, const ulong first_row, __global const uint *restrict verdict,
            const uint run_number, const uint on_exceeded, __global const int *restrict tail, const int result_rounding, const int groups,
            const int panels, __global const tq_draw_word *restrict product_rows,
            __global const tq_draw_word *restrict product_columns, __global const uint *restrict sum_rows,
            __global const uint *restrict sum_columns, __global const uchar *restrict kinds)
{
    const tq_geometry g = tq_geometry_of(geometry);
#if TQ_ENTRIES
    const int entry = (int)tq_item(2), group = 0;
    const int begin = row_begin + entry * entry_rows, end = begin + entry_rows;
#else
    const int group = (int)tq_item(2), begin = row_begin, end = g.rows;
#endif
    const int panel = group * panels + (int)tq_item(1);
    const int outputs = g.out_channels / groups, output = (int)tq_item(1) * TQ_WIDTH;
#if TQ_CROSSED
    const int runs = columns;
#else
    const int runs = g.kernel_rows * g.kernel_columns / columns;
#endif
    const int item = TQ_ITEMS > 1 ? (int)tq_group_item(0) : 0;
#if TQ_BLOCK
    __local tq_tile tile;
#else
    tq_window window[TQ_ROWS];
#endif
    tq_sum s[TQ_ROWS][TQ_VECTORS];
    tq_task t;
    const tq_tail tail_words = tq_tail_of(tail);
    const int idle = (verdict[0] == run_number) != (on_exceeded != 0);
#if !TQ_BLOCK /* PoCL 3.1 overwrites memory where a work-item returns before a barrier */
    if (idle)
        return;
#endif
    t.g = g;
    t.slots.product = product;
    t.slots.sum = sum;
    t.slots.result = result;
    t.slots.path = path;
#if TQ_SKIPS
    const int tile_number = (int)tq_group(0), pixels = g.out_rows * g.out_columns;
    t.first = tile_number / pixels * (TQ_ROWS * pixels) + tile_number % pixels;
#else
    t.first = begin + (int)tq_group(0) * (TQ_ROWS * TQ_GROUP_ROWS) + item / TQ_GROUP_COLUMNS;
#endif
    t.row_begin = row_begin;
    t.channel_at = output;
    t.place = item % TQ_GROUP_COLUMNS * TQ_STEP;
#if TQ_CROSSED
    t.steps = g.out_columns;
    t.terms = runs * t.steps;
    t.x_stride = g.stride_columns * g.in_channels;
#else
    t.steps = (columns * g.group_inputs + TQ_TERMS - 1) / TQ_TERMS;
    t.terms = runs * columns * g.group_inputs;
    t.x_stride = TQ_TERMS;
#endif
    t.draw_stride = (t.terms + 63) & ~63;
    t.x = x + x_offset;
    t.zeros = zeros;
#if TQ_IN_PLACE
    t.w = w + w_offset;
    t.outputs = outputs;
#else
    t.w = w + w_offset + (ulong)panel * (ulong)(runs * t.steps) * (TQ_WIDTH * TQ_TERMS);
#endif
#if TQ_ENTRIES
    t.w += (ulong)(begin / entry_rows) * (ulong)panels * (ulong)(runs * t.steps) * (TQ_WIDTH * TQ_TERMS);
#endif
#if TQ_STEP_KINDS
    t.kinds = kinds + (ulong)panel * (ulong)(runs * t.steps);
#endif
#if TQ_PRODUCT_DRAWS
    t.product_rows = product_rows;
    t.product_columns = product_columns + (ulong)panel * (ulong)t.terms * TQ_WIDTH;
#endif
#if TQ_SUM_DRAWS
    t.sum_rows = sum_rows;
    t.sum_columns = sum_columns + (ulong)panel * (ulong)t.terms * TQ_WIDTH;
#endif
#pragma unroll
    for (int i = 0; i < TQ_ROWS; ++i) {
#if TQ_CROSSED
        window[i].base = tq_crossed_base(g, min(tq_row(t, i), g.rows - 1), entry_rows);
#elif !TQ_BLOCK
        window[i] = tq_window_of(g, min(tq_row(t, i), g.rows - 1), group);
#endif
#pragma unroll
        for (int j = 0; j < TQ_VECTORS; ++j)
            s[i][j] = tq_zero(path);
    }
#if TQ_BLOCK
    tq_tile_run(s, t, &tile, item, group, idle ? 0 : runs, columns);
#else
    for (int run = 0; run < runs; ++run)
#if TQ_CROSSED
        tq_task_run(s, t, window, run);
#else
        tq_task_run(s, t, window, run, columns);
#endif
#endif
#pragma unroll
    for (int i = 0; i < TQ_ROWS; ++i) {
#pragma unroll
        for (int j = 0; j < TQ_VECTORS; ++j) {
            const ulong row = (ulong)tq_row(t, i), channel_at = (ulong)(group * outputs + output + tq_place(t, j));
            const ulong index = row * (ulong)g.out_channels + channel_at;
            tq_target to;
            to.y = y + y_offset + index;
            to.bias = bias + panel * TQ_WIDTH + tq_place(t, j);
            to.index = first_row * (ulong)g.out_channels + index;
            to.key = key;
            to.tail = tail_words;
            to.rounding = result_rounding;
            to.count = outputs - output - tq_place(t, j);
            if (tq_row(t, i) < end && to.count > 0 && !idle)
                tq_store_results(to, s[i][j], t.slots);
        }
    }
}
