/*
 * Max pooling: the largest number of each window; taps outside the image do not count. -0 is below +0, and a NaN wins and
 * becomes the canonical one, as maximum.cl has it, whose order three extremes of the bits give without a step for each tap:
 * as signed integers, bits with the sign clear are above all others and have the order of the numbers, so that the highest
 * is the largest number if it is not negative. If it is, all are, and the largest has the lowest bits. A NaN with the sign
 * clear is above infinity there; one with the sign set is the highest of unsigned integers.
 */
typedef struct tq_extremes {
    tq_ints highest_signed;
    tq_uints lowest, highest;
} tq_extremes;

TQ_INLINE tq_uints tq_largest_of(const tq_extremes e)
{
    const tq_uints top = tq_ints_as_uints(e.highest_signed);
    const tq_uints largest = (top & TQ_SIGN_BIT) != 0 ? e.lowest : top;
    const tq_uints number = e.highest_signed > (tq_ints)TQ_INFINITY_BITS ? (tq_uints)TQ_NAN_BITS : largest;
    return e.highest > (TQ_INFINITY_BITS | TQ_SIGN_BIT) ? (tq_uints)TQ_NAN_BITS : number;
}

/* Minus infinity of no taps. */
TQ_INLINE tq_uints tq_largest(const tq_pool_window window, __global const uint *x)
{
    tq_extremes e;
    e.lowest = (tq_uints)(TQ_INFINITY_BITS | TQ_SIGN_BIT);
    e.highest_signed = tq_uints_as_ints(e.lowest);
    e.highest = (tq_uints)0;
    __global const uint *line = x + window.first;
    for (int row = window.rows.begin; row < window.rows.end; ++row, line += window.row_step) {
        __global const uint *tap = line;
        for (int column = window.columns.begin; column < window.columns.end; ++column, tap += window.column_step) {
            const tq_uints bits = tq_load_uints(tap);
            e.highest_signed = max(e.highest_signed, tq_uints_as_ints(bits));
            e.lowest = min(e.lowest, bits);
            e.highest = max(e.highest, bits);
        }
    }
    return tq_largest_of(e);
}

__kernel void maxpool(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                      const ulong y_offset, const int16 geometry, __global const int *restrict tail_words,
                      const ulong first, const int vectors, const ulong each, const ulong pixels)
{
    const tq_pool_geometry g = tq_pool_geometry_of(geometry);
    const int begin = (int)tq_item(1) * vectors * TQ_LANES, end = min(begin + vectors * TQ_LANES, g.channels);
    const tq_tail tail = tq_tail_of(tail_words);
    const ulong begin_pixel = tq_item(0) * each, end_pixel = min(begin_pixel + each, pixels);
    tq_pool_window window = tq_pool_window_of(g, begin_pixel);
    for (ulong pixel = begin_pixel; pixel < end_pixel; ++pixel) {
        for (int block = begin; block < end; block += TQ_LANES) {
            const int channel_at = min(block, g.channels - TQ_LANES);
            const ulong element = pixel * (ulong)g.channels + (ulong)channel_at;
            const tq_uints best = tq_largest(window, x + x_offset + channel_at);
            tq_store_uints(tq_lanes_tail(best, tail, first + element), y + y_offset + element);
        }
        tq_pool_advance(&window, g);
    }
}
