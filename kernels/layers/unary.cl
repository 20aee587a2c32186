/*
 * y = TQ_FUNCTION(x), a function of functions.cl, lane by lane, and what else the tail has. With TQ_CLIPS the function is
 * tq_clip, for which vectors are compared. Vectors as in pairwise.cl.
 */
TQ_INLINE tq_uints tq_unary_vector(const tq_uints x, const uint a, const uint b)
{
#if TQ_CLIPS
    const tq_uints low = (tq_uints)tq_rank_of(a), high = (tq_uints)tq_rank_of(b);
    const tq_uints raised = tq_lanes_ranks(x) < low ? (tq_uints)a : x;
    const tq_uints clipped = tq_lanes_ranks(raised) > high ? (tq_uints)b : raised;
    return (x & ~TQ_SIGN_BIT) > TQ_INFINITY_BITS ? (tq_uints)TQ_NAN_BITS : clipped;
#else
    uint lane[TQ_LANES];
    tq_store_private(x, lane);
    for (int i = 0; i < TQ_LANES; ++i)
        lane[i] = TQ_FUNCTION(lane[i], a, b);
    return tq_load_uints(lane);
#endif
}

__kernel void unary(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                    const ulong y_offset, const uint a, const uint b, __global const int *restrict tail_words,
                    const ulong first, const uint vectors, const ulong count)
{
    const ulong begin = tq_item(0) * vectors * TQ_LANES, end = min(begin + vectors * TQ_LANES, count);
    const tq_tail tail = tq_tail_of(tail_words);
    for (ulong block = begin; block < end; block += TQ_LANES) {
        const ulong i = min(block, count - TQ_LANES);
        const tq_uints v = tq_unary_vector(tq_load_uints(x + x_offset + i), a, b);
        tq_store_uints(tq_lanes_tail(v, tail, first + i), y + y_offset + i);
    }
}
