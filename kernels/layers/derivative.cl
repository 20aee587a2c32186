/* dx = TQ_DERIVATIVE(dy, x, a, b), a function of derivatives.cl. A work-item makes TQ_EACH numbers. */
__kernel void derivative(__global const uint *restrict x, const ulong x_offset, __global const uint *restrict dy,
                         const ulong dy_offset, __global uint *restrict dx, const ulong dx_offset, const uint a,
                         const uint b, const ulong numbers, const ulong count)
{
    const ulong item = tq_item(0), first = item * TQ_EACH;
    __global const uint *const from = x + x_offset + first, *const gradient = dy + dy_offset + first;
    __global uint *const to = dx + dx_offset + first;
    if (item < count && first + TQ_EACH <= numbers) {
        for (int i = 0; i < TQ_EACH; ++i)
            to[i] = TQ_DERIVATIVE(gradient[i], from[i], a, b);
    } else if (item < count) {
        for (int i = 0; i < (int)(numbers - first); ++i)
            to[i] = TQ_DERIVATIVE(gradient[i], from[i], a, b);
    }
}
