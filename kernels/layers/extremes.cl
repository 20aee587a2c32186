/*
 * The lowest and the highest finite number of each row of an array, as magnitudes (binary32 bits), 0 where no number is
 * negative or positive: what quantizers that want a range are fitted to. Integers on the bits: nothing is rounded, and the
 * order does not matter.
 */

/* Sixteen numbers of a row, or what is left of it, become one pair. */
__kernel void extremes_of_numbers(__global const uint *restrict from, const ulong from_offset, __global uint *restrict to,
                                  const ulong length, const ulong parts)
{
    const ulong pairs = (length + 15) / 16, i = tq_item(0), row = i / pairs, begin = (i - row * pairs) * 16;
    __global const uint *const x = from + from_offset + row * length + begin;
    const uint count = (uint)min((ulong)16, length - begin);
    uint lowest = 0, highest = 0;
    if (row >= parts)
        return;
    for (uint j = 0; j < count; ++j) {
        const uint bits = x[j], magnitude = bits & ~TQ_SIGN_BIT, finite = magnitude < TQ_INFINITY_BITS ? magnitude : 0;
        if (bits >> 31)
            lowest = max(lowest, finite);
        else
            highest = max(highest, finite);
    }
    to[2 * i] = lowest;
    to[2 * i + 1] = highest;
}

/* Sixteen pairs of a row of `length` pairs become one. */
__kernel void extremes_of_pairs(__global const uint *restrict from, const ulong from_offset, __global uint *restrict to,
                                const ulong length, const ulong parts)
{
    const ulong pairs = (length + 15) / 16, i = tq_item(0), row = i / pairs, begin = (i - row * pairs) * 16;
    __global const uint *const x = from + from_offset + (row * length + begin) * 2;
    const uint count = (uint)min((ulong)16, length - begin);
    uint lowest = 0, highest = 0;
    if (row >= parts)
        return;
    for (uint j = 0; j < count; ++j) {
        lowest = max(lowest, x[2 * j]);
        highest = max(highest, x[2 * j + 1]);
    }
    to[2 * i] = lowest;
    to[2 * i + 1] = highest;
}
