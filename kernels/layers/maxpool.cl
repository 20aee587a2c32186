/* Max pooling: the largest number of each window; taps outside the image do not count. */
__kernel void maxpool(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                      const ulong y_offset, const int16 geometry, const ulong count)
{
    const tq_pool_geometry g = tq_pool_geometry_of(geometry);
    const ulong output = get_global_id(0);
    if (output < count) {
        const tq_pool_window window = tq_pool_window_of(g, output);
        uint best = TQ_ORDER_OF_MINUS_INFINITY;
        for (int row = 0; row < g.kernel_rows; ++row)
            for (int column = 0; column < g.kernel_columns; ++column) {
                const long tap = tq_pool_tap(g, window, row, column);
                best = tap < 0 ? best : max(best, tq_order_of(x[x_offset + (ulong)tap]));
            }
        y[y_offset + output] = tq_bits_of_order(best);
    }
}
