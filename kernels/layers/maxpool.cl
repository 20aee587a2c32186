/*
 * Max pooling: the largest number of each window; taps outside the image do not count. Numbers are compared by their
 * bits, as maximum.cl explains.
 */
/* tq_order_of and tq_bits_of_order, lane by lane. */
TQ_INLINE tq_uints tq_orders_of(const tq_uints bits)
{
    const tq_uints order = (bits & TQ_SIGN_BIT) != 0 ? ~bits : bits | TQ_SIGN_BIT;
    return (bits & 0x7FFFFFFFu) > TQ_INFINITY_BITS ? (tq_uints)0xFFFFFFFFu : order;
}

TQ_INLINE tq_uints tq_bits_of_orders(const tq_uints order)
{
    const tq_uints bits = (order & TQ_SIGN_BIT) != 0 ? order ^ TQ_SIGN_BIT : ~order;
    return order == 0xFFFFFFFFu ? (tq_uints)TQ_NAN_BITS : bits;
}

TQ_INLINE tq_uints tq_largest(const tq_pool_window window, __global const uint *x)
{
    tq_uints best = (tq_uints)TQ_ORDER_OF_MINUS_INFINITY;
    __global const uint *line = x + window.first;
    for (int row = window.rows.begin; row < window.rows.end; ++row, line += window.row_step) {
        __global const uint *tap = line;
        for (int column = window.columns.begin; column < window.columns.end; ++column, tap += window.column_step)
            best = max(best, tq_orders_of(tq_load_uints(tap)));
    }
    return tq_bits_of_orders(best);
}

__kernel void maxpool(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                      const ulong y_offset, const int16 geometry, __global const int *restrict tail_words,
                      const ulong first, const int vectors, const ulong each, const ulong pixels)
{
    const tq_pool_geometry g = tq_pool_geometry_of(geometry);
    const int begin = (int)get_global_id(1) * vectors * TQ_LANES, end = min(begin + vectors * TQ_LANES, g.channels);
    const tq_tail tail = tq_tail_of(tail_words);
    const ulong begin_pixel = get_global_id(0) * each, end_pixel = min(begin_pixel + each, pixels);
    tq_pool_window window = tq_pool_window_of(g, begin_pixel);
    for (ulong pixel = begin_pixel; pixel < end_pixel; ++pixel) {
        for (int block = begin; block < end; block += TQ_LANES) {
            const int channel = min(block, g.channels - TQ_LANES);
            const ulong element = pixel * (ulong)g.channels + (ulong)channel;
            const tq_uints best = tq_largest(window, x + x_offset + channel);
            tq_store_uints(tq_lanes_tail(best, tail, first + element), y + y_offset + element);
        }
        tq_pool_advance(&window, g);
    }
}
