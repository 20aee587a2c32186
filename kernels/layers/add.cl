/*
 * y = RESULT(a + b), the exact sum rounded once; b repeats every `period` elements: TQ_PERIOD is 0 where it does not,
 * 1 where b is one number, else 2. A work-item makes `vectors` vectors; the last vector of all overlaps the one before it.
 */
TQ_INLINE uint tq_add_one(const uint a, const uint b, const int8 words, const uint2 key, const ulong index)
{
    uint draw = 0;
#if TQ_RESULT_BITS
    draw = tq_element_draw(key.s0, key.s1, index, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
    return TQ_RESULT(tq_exact_add(tq_exact_of(a), tq_exact_of(b)), words, draw);
}

/* The exact form. */
TQ_INLINE tq_uints tq_add_each(const tq_uints a, const tq_uints b, const int8 words, const uint2 key,
                                const ulong index)
{
    uint x[TQ_LANES], y[TQ_LANES];
    tq_store_private(a, x);
    tq_store_private(b, y);
    for (int i = 0; i < TQ_LANES; ++i)
        x[i] = tq_add_one(x[i], y[i], words, key, index + (ulong)i);
    return tq_load_uints(x);
}

TQ_INLINE tq_uints tq_add_vector(const tq_uints a, const tq_uints b, const int8 words, const uint2 key,
                                  const ulong index)
{
#if TQ_FAST
    const tq_ints wild = TQ_WILD ? tq_lanes_wild(a) | tq_lanes_wild(b) : (tq_ints)0;
    const tq_uints sum = tq_lanes_add(a, b, TQ_RESULT_FORM);
    if (!tq_lanes_any(wild))
        return tq_lanes_result(sum, tq_lanes_left_of_sum(a, b, sum, TQ_RESULT_FORM), words,
                               tq_lanes_element_draws(key, index, TQ_STREAM_RESULT, TQ_RESULT_BITS));
#endif
    return tq_add_each(a, b, words, key, index);
}

/* b's numbers from element `at` of the period. */
TQ_INLINE tq_uints tq_add_repeated(__global const uint *b, const ulong at, const ulong period)
{
#if TQ_PERIOD == 1
    return (tq_uints)*b;
#else
    uint lane[TQ_LANES];
    if (at + TQ_LANES <= period)
        return tq_load_uints(b + at);
    for (uint i = 0; i < TQ_LANES; ++i)
        lane[i] = b[(at + i) % period];
    return tq_load_uints(lane);
#endif
}

__kernel void add(__global const uint *restrict a, const ulong a_offset, __global const uint *restrict b,
                  const ulong b_offset, __global uint *restrict y, const ulong y_offset, const ulong period,
                  const int8 words, const uint2 key, __global const int *restrict tail_words, const ulong first,
                  const uint vectors, const ulong count)
{
    const ulong begin = get_global_id(0) * vectors * TQ_LANES, end = min(begin + vectors * TQ_LANES, count);
    const tq_tail tail = tq_tail_of(tail_words);
    for (ulong block = begin; block < end; block += TQ_LANES) {
        const ulong i = min(block, count - TQ_LANES);
#if TQ_PERIOD == 0
        const tq_uints term = tq_load_uints(b + b_offset + i);
#else
        const tq_uints term = tq_add_repeated(b + b_offset, i % period, period);
#endif
        const tq_uints sum = tq_add_vector(tq_load_uints(a + a_offset + i), term, words, key, first + i);
        tq_store_uints(tq_lanes_tail(sum, tail, first + i), y + y_offset + i);
    }
}
