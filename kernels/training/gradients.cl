/* What a trainer does to tensors between layers. */

/* to += more, rounded to binary32 once. */
__kernel void add_gradient(__global uint *restrict to, const ulong to_offset, __global const uint *restrict more,
                           const ulong more_offset, const ulong count)
{
    const ulong i = tq_item(0);
    if (i < count)
        to[to_offset + i] = tq_carrier_sum(to[to_offset + i], more[more_offset + i]);
}

/* +0 where x lies outside lowest .. highest: where a quantizer saturated. Numbers compare by tq_order_of: -0 is below +0. */
__kernel void clip_gradient(__global uint *restrict to, const ulong to_offset, __global const uint *restrict x,
                            const ulong x_offset, const uint lowest, const uint highest, const ulong count)
{
    const ulong i = tq_item(0);
    if (i < count) {
        const uint order = tq_order_of(x[x_offset + i]);
        if (order < tq_order_of(lowest) || order > tq_order_of(highest))
            to[to_offset + i] = 0;
    }
}

/* first[place] becomes the least index of a number that is not finite, if there is one below it. */
__kernel void find_infinite(__global const uint *restrict x, const ulong x_offset, __global uint *restrict first,
                            const uint place, const ulong each, const ulong numbers, const ulong count)
{
    const ulong item = tq_item(0), begin = item * each, end = item < count ? min(begin + each, numbers) : 0;
    uint found = 0xFFFFFFFFu;
    uint largest = 0; /* of the magnitudes: a loop that compilers make vectors of */
    for (ulong i = begin; i < end; ++i) {
        const uint magnitude = x[x_offset + i] & 0x7FFFFFFFu;
        largest = magnitude > largest ? magnitude : largest;
    }
    for (ulong i = begin; i < end && largest >= 0x7F800000u && found == 0xFFFFFFFFu; ++i)
        found = (x[x_offset + i] & 0x7F800000u) == 0x7F800000u ? (uint)min(i, (ulong)0xFFFFFFFEu) : found;
    if (found != 0xFFFFFFFFu)
        atomic_min(&first[place], found);
}
