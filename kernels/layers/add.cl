/* y = RESULT(a + b), the exact sum rounded once; b repeats every `period` elements. */
__kernel void add(__global const uint *restrict a, const ulong a_offset, __global const uint *restrict b,
                  const ulong b_offset, __global uint *restrict y, const ulong y_offset, const ulong period,
                  const int8 words, const uint2 key, const ulong first, const ulong count)
{
    const ulong i = get_global_id(0);
    if (i < count) {
        uint draw = 0;
#if TQ_RESULT_BITS
        draw = tq_element_draw(key.s0, key.s1, first + i, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
        y[y_offset + i] = TQ_RESULT(
            tq_exact_add(tq_exact_of(a[a_offset + i]), tq_exact_of(b[b_offset + i % period])), words, draw);
    }
}
