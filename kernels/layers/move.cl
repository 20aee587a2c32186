/*
 * Layers that move numbers, as bits. A work-item makes `run` elements of the innermost dimension, one of its
 * `pieces` parts; the last part may be shorter.
 */
#define MOVE_NOWHERE 0xFFFFFFFFu

/* y[0 .. count) = x[0 .. count) */
TQ_INLINE void move_run(__global const uint *x, __global uint *y, const uint count)
{
    uint i = 0;
    for (; i + 16 <= count; i += 16)
        vstore16(vload16(0, x + i), 0, y + i);
    for (; i < count; ++i)
        y[i] = x[i];
}

/*
 * Each element of y is the element of x that the sum of one number from each dimension's table says, or
 * `filler` where one of them is MOVE_NOWHERE. Tables lie one behind the other, innermost first, with
 * sizes[] numbers; sizes[7] is how many there are.
 */
__kernel void move(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                   const ulong y_offset, __global const uint *restrict tables, const uint8 sizes, const uint filler,
                   const uint contiguous, const uint pieces, const uint run, const ulong items)
{
    const ulong item = tq_item(0);
    if (item < items) {
        const uint begin = (uint)(item % pieces) * run, inner = sizes.s0;
        const uint count = begin < inner ? min(run, inner - begin) : 0;
        ulong row = item / pieces;
        __global uint *to = y + y_offset + row * inner + begin;
        __global const uint *table = tables + inner;
        uint size[8], from = 0;
        bool inside = true;
        vstore8(sizes, 0, size);
        for (uint d = 1; d < size[7]; ++d) {
            const uint offset = table[row % size[d]];
            row /= size[d];
            table += size[d];
            inside = inside && offset != MOVE_NOWHERE;
            from += offset;
        }
        __global const uint *at = x + x_offset;
        for (uint i = 0; i < count && !inside; ++i)
            to[i] = filler;
        if (inside && contiguous)
            move_run(at + from + tables[begin], to, count);
        for (uint i = 0; i < count && inside && !contiguous; ++i) {
            const uint offset = tables[begin + i];
            to[i] = offset == MOVE_NOWHERE ? filler : at[from + offset];
        }
    }
}

/* Copies rows of `length` numbers to element `first` of rows that are `pitch` apart; x has `rows` rows, which repeat. */
__kernel void copy_rows(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                        const ulong y_offset, const ulong first, const ulong length, const ulong pitch,
                        const ulong rows, const ulong pieces, const uint run, const ulong items)
{
    const ulong item = tq_item(0);
    if (item < items) {
        const ulong row = item / pieces, begin = item % pieces * run;
        if (begin < length)
            move_run(x + x_offset + row % rows * length + begin, y + y_offset + row * pitch + first + begin,
                     (uint)min((ulong)run, length - begin));
    }
}

/* The other way: rows of y, all of them, from element `first` of rows of x. */
__kernel void take_rows(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                        const ulong y_offset, const ulong first, const ulong length, const ulong pitch,
                        const ulong pieces, const uint run, const ulong items)
{
    const ulong item = tq_item(0);
    if (item < items) {
        const ulong row = item / pieces, begin = item % pieces * run;
        if (begin < length)
            move_run(x + x_offset + row * pitch + first + begin, y + y_offset + row * length + begin,
                     (uint)min((ulong)run, length - begin));
    }
}
