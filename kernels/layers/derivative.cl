/* dx = TQ_DERIVATIVE(dy, x, a, b), a function of derivatives.cl. */
__kernel void derivative(__global const uint *restrict x, const ulong x_offset, __global const uint *restrict dy,
                         const ulong dy_offset, __global uint *restrict dx, const ulong dx_offset, const uint a,
                         const uint b, const ulong count)
{
    const ulong i = tq_item(0);
    if (i < count)
        dx[dx_offset + i] = TQ_DERIVATIVE(dy[dy_offset + i], x[x_offset + i], a, b);
}
