/*
 * Contraction, its loop in the GPU shape (see contraction_task.cl): a work-group shares the inputs and weights of TQ_BLOCK steps
 * in local memory. A block may span runs, so that short ones cost no more barriers. Inputs are loaded once for all outputs of
 * the group, taps outside the image as zeros; the weights of a block are consecutive in their panel. All work-items pass the
 * same barriers: counts of blocks and steps are those of the problem. Rows beyond its end repeat the last.
 *
 * The host gives powers of two for TQ_ITEMS and TQ_BLOCK.
 */
#define TQ_TILE_ROWS (TQ_ROWS * TQ_GROUP_ROWS)
#define TQ_PITCH     ((TQ_BLOCK + 1) * TQ_TERMS) /* rows of a step lie in different banks */

typedef struct tq_tile {
    tq_window window[TQ_TILE_ROWS];
    tq_w w[TQ_BLOCK * TQ_WIDTH * TQ_TERMS] __attribute__((aligned(16)));
    tq_x x[TQ_TILE_ROWS * TQ_PITCH];
} tq_tile;

TQ_INLINE void tq_tile_windows(__local tq_tile *tile, const tq_task t, const int item, const int group)
{
    const int first = t.first - item / TQ_GROUP_COLUMNS; /* of the tile */
    for (int row = item; row < TQ_TILE_ROWS; row += TQ_ITEMS)
        tile->window[row] = tq_window_of(t.g, min(first + row, t.g.rows - 1), group);
}

/* Neighbouring work-items load neighbouring steps. */
TQ_INLINE void tq_tile_inputs(__local tq_tile *tile, const tq_task t, const int item, const int columns, const int begin,
                              const int count)
{
    for (int step = item % TQ_BLOCK; step < count; step += TQ_ITEMS) {
        const int run = (begin + step) / t.steps, in_run = (begin + step - run * t.steps) * TQ_TERMS;
        const int kernel_row = run * columns / t.g.kernel_columns, kernel_column = run * columns % t.g.kernel_columns;
        for (int row = item / TQ_BLOCK; row < TQ_TILE_ROWS; row += (TQ_ITEMS + TQ_BLOCK - 1) / TQ_BLOCK) {
            const tq_window window = tile->window[row];
            const long tap = tq_tap(t.g, window, kernel_row, kernel_column);
#pragma unroll
            for (int term = 0; term < TQ_TERMS; ++term)
                tile->x[row * TQ_PITCH + step * TQ_TERMS + term] = tap < 0 ? (tq_x)0 : t.x[tap + in_run + term];
        }
    }
}

TQ_INLINE void tq_tile_weights(__local tq_tile *tile, const tq_task t, const int item, const int begin, const int count)
{
    __global const tq_w *const from = t.w + (ulong)begin * (TQ_WIDTH * TQ_TERMS);
    for (int i = item; i < count * (TQ_WIDTH * TQ_TERMS); i += TQ_ITEMS)
        tile->w[i] = from[i];
}

/* The steps of one block: number `begin` of the panel is the tile's first. */
TQ_INLINE void tq_tile_steps(tq_sum (*s)[TQ_VECTORS], const tq_task t, __local const tq_tile *tile, const int item,
                             const int begin, const int count)
{
    const tq_slots slots = t.slots; /* tq_load_factor may look at them */
    __local const tq_x *const x_rows = tile->x + item / TQ_GROUP_COLUMNS * TQ_PITCH;
    for (int step = 0; step < count; ++step) {
        tq_factor w[TQ_VECTORS];
#pragma unroll
        for (int j = 0; j < TQ_VECTORS; ++j)
            w[j] = tq_load_factor(tile->w + (step * TQ_WIDTH + tq_place(t, j)) * TQ_TERMS);
#pragma unroll
        for (int i = 0; i < TQ_ROWS; ++i) {
            const tq_factor x = tq_spread(x_rows + i * (TQ_GROUP_ROWS * TQ_PITCH) + step * TQ_TERMS);
#pragma unroll
            for (int j = 0; j < TQ_VECTORS; ++j)
#if TQ_STEP_KINDS
                s[i][j] = t.kinds[begin + step] ? tq_exact_step(s[i][j], x, w[j], t.slots)
                                                : tq_task_step(t, s[i][j], x, w[j], i, j, begin + step);
#else
                s[i][j] = tq_task_step(t, s[i][j], x, w[j], i, j, begin + step);
#endif
        }
    }
}

TQ_INLINE void tq_tile_run(tq_sum (*s)[TQ_VECTORS], const tq_task t, __local tq_tile *tile, const int item, const int group,
                           const int runs, const int columns)
{
    const int steps = runs * t.steps;
    tq_tile_windows(tile, t, item, group);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int begin = 0; begin < steps; begin += TQ_BLOCK) {
        const int count = min(TQ_BLOCK, steps - begin);
        tq_tile_inputs(tile, t, item, columns, begin, count);
        tq_tile_weights(tile, t, item, begin, count);
        barrier(CLK_LOCAL_MEM_FENCE);
        tq_tile_steps(s, t, tile, item, begin, count);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
}
