/*
 * Between matrices that lie anywhere in a tensor and an array of them without gaps: begin: the first element of each in the
 * tensor; size: rows and columns; stride: from one row and from one column to the next. One work-item moves one number.
 */
TQ_INLINE ulong tq_place_of(const ulong i, __global const ulong *begin, const uint2 size, const ulong2 stride)
{
    const ulong line = i / size.s1, column = i % size.s1;
    return begin[line / size.s0] + line % size.s0 * stride.s0 + column * stride.s1;
}

__kernel void gather(__global const uint *restrict from, const ulong from_offset, __global uint *restrict to,
                     const ulong to_offset, __global const ulong *begin, const uint2 size, const ulong2 stride,
                     const ulong count)
{
    const ulong i = tq_item(0);
    if (i < count)
        to[to_offset + i] = from[from_offset + tq_place_of(i, begin, size, stride)];
}

__kernel void scatter(__global const uint *restrict from, const ulong from_offset, __global uint *restrict to,
                      const ulong to_offset, __global const ulong *begin, const uint2 size, const ulong2 stride,
                      const ulong count)
{
    const ulong i = tq_item(0);
    if (i < count)
        to[to_offset + tq_place_of(i, begin, size, stride)] = from[from_offset + i];
}
