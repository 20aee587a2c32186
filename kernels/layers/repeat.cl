/* Copies `period` numbers over and over into y: the bias of every row, for a product that adds to it. */
__kernel void repeat(__global const uint *restrict from, __global uint *restrict y, const ulong y_offset,
                     const ulong period, const ulong count)
{
    const ulong i = tq_item(0);
    if (i < count)
        y[y_offset + i] = from[i % period];
}
