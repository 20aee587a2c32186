/*
 * Elementwise quantization. QUANTIZE(v, words, draw), QUANTIZE_BITS and QUANTIZE_NONE name the quantizer. Numbers are
 * handled as bits, so that a device that flushes subnormal numbers cannot touch them.
 */

/* to[i] = q(from[i]); `to` may be `from`. */
__kernel void quantize_elements(__global const uint *from, const ulong from_offset, __global uint *to,
                                const ulong to_offset, const ulong count, const tq_words words, const uint key0,
                                const uint key1, const uint stream, const ulong first)
{
    const ulong i = get_global_id(0);
    if (i >= count)
        return;
#if QUANTIZE_NONE
    to[to_offset + i] = from[from_offset + i];
#else
    const tq_exact v = tq_exact_of(from[from_offset + i]);
#if QUANTIZE_BITS
    const tq_u32 draw = tq_element_draw(key0, key1, first + i, stream, QUANTIZE_BITS);
#else
    const tq_u32 draw = 0;
#endif
    to[to_offset + i] = QUANTIZE(v, words, draw);
#endif
}

/*
 * One step of the summation tree in each of `parts` rows: half[i] = |from[2i]| + |from[2i+1]|, rounded to binary32. A
 * row has `length` numbers; behind its end are zeros.
 */
__kernel void sum_pairs(__global const uint *from, const ulong from_offset, __global uint *half_sums,
                        const ulong length, const ulong parts)
{
    const ulong half_length = (length + 1) / 2, i = get_global_id(0);
    const ulong row = i / half_length, left = (i % half_length) * 2;
    if (row >= parts)
        return;
    const ulong start = from_offset + row * length + left;
    const uint a = from[start] & ~TQ_SIGN_BIT, b = left + 1 < length ? from[start + 1] & ~TQ_SIGN_BIT : 0;
    half_sums[i] = tq_exact_to_carrier(tq_exact_add(tq_exact_of(a), tq_exact_of(b)));
}
