/* max(x, 0) on bits, and what else the tail has: relu is a part of it. Vectors as in pairwise.cl. */
__kernel void relu(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                   const ulong y_offset, __global const int *restrict tail_words, const ulong first, const uint vectors,
                   const ulong count)
{
    const ulong begin = tq_item(0) * vectors * TQ_LANES, end = min(begin + vectors * TQ_LANES, count);
    const tq_tail tail = tq_tail_of(tail_words);
    for (ulong block = begin; block < end; block += TQ_LANES) {
        const ulong i = min(block, count - TQ_LANES);
        tq_store_uints(tq_lanes_tail(tq_load_uints(x + x_offset + i), tail, first + i), y + y_offset + i);
    }
}
