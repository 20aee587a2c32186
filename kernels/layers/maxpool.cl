/*
 * Max pooling: the largest number of each window; taps outside the image do not count. A work-item makes all channels of
 * one output pixel, TQ_LANES at a time; the last vector overlaps the one before it. Numbers are compared by their bits, as
 * maximum.cl explains.
 */
#if TQ_LANES == 1
typedef uint tq_bits;
#define tq_load(p)     (*(p))
#define tq_store(v, p) (*(p) = (v))
#else
typedef TQ_CAT(uint, TQ_LANES) tq_bits;
#define tq_load(p)     TQ_CAT(vload, TQ_LANES)(0, p)
#define tq_store(v, p) TQ_CAT(vstore, TQ_LANES)(v, 0, p)
#endif

/* tq_order_of and tq_bits_of_order, lane by lane. */
TQ_INLINE tq_bits tq_orders_of(const tq_bits bits)
{
    const tq_bits order = (bits & TQ_SIGN_BIT) != 0 ? ~bits : bits | TQ_SIGN_BIT;
    return (bits & 0x7FFFFFFFu) > TQ_INFINITY_BITS ? (tq_bits)0xFFFFFFFFu : order;
}

TQ_INLINE tq_bits tq_bits_of_orders(const tq_bits order)
{
    const tq_bits bits = (order & TQ_SIGN_BIT) != 0 ? order ^ TQ_SIGN_BIT : ~order;
    return order == 0xFFFFFFFFu ? (tq_bits)TQ_NAN_BITS : bits;
}

__kernel void maxpool(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                      const ulong y_offset, const int16 geometry, const ulong count)
{
    const tq_pool_geometry g = tq_pool_geometry_of(geometry);
    const ulong pixel = get_global_id(0);
    if (pixel < count) {
        const tq_pool_window window = tq_pool_window_of(g, pixel * (ulong)g.channels);
        for (int block = 0; block < g.channels; block += TQ_LANES) {
            const int channel = min(block, g.channels - TQ_LANES);
            tq_bits best = (tq_bits)TQ_ORDER_OF_MINUS_INFINITY;
            for (int row = 0; row < g.kernel_rows; ++row)
                for (int column = 0; column < g.kernel_columns; ++column) {
                    const long tap = tq_pool_tap(g, window, row, column);
                    if (tap >= 0)
                        best = max(best, tq_orders_of(tq_load(x + x_offset + (ulong)tap + channel)));
                }
            tq_store(tq_bits_of_orders(best), y + y_offset + pixel * (ulong)g.channels + channel);
        }
    }
}
