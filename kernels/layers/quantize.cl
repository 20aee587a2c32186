/*
 * Elementwise quantization. QUANTIZE and what is bound with it name the quantizer. TQ_LANES is the width of vectors,
 * TQ_ROWS the number of them for one work-item; both are 1 where the quantizer has no vector function. Numbers are handled
 * as bits, so that a device that flushes subnormal numbers cannot touch them.
 */

/* One number. */
TQ_INLINE uint quantize_one(const uint bits, const tq_words words, const uint key0, const uint key1, const uint stream,
                            const ulong element)
{
#if QUANTIZE_NONE
    return bits;
#elif QUANTIZE_BITS
    return QUANTIZE(tq_exact_of(bits), words, tq_element_draw(key0, key1, element, stream, QUANTIZE_BITS));
#else
    return QUANTIZE(tq_exact_of(bits), words, 0);
#endif
}

#if QUANTIZE_FAST
#if QUANTIZE_NONE
#undef QUANTIZE_VECTOR_OF
#define QUANTIZE_VECTOR_OF(class, bits, words, draws) (bits)
#endif
/* TQ_ROWS vectors from x on, of which the first number is that of an element with which a block of draws begins. */
TQ_INLINE void quantize_rows(__global const uint *x, __global uint *y, const tq_words words, const uint key0,
                             const uint key1, const uint stream, const ulong element, const int class)
{
    tq_uints draws[TQ_ROWS];
#if QUANTIZE_BITS
    tq_element_draw_rows(draws, key0, key1, element, stream, QUANTIZE_BITS);
#else
#pragma unroll
    for (int i = 0; i < TQ_ROWS; ++i)
        draws[i] = (tq_uints)0;
#endif
#pragma unroll
    for (int i = 0; i < TQ_ROWS; ++i)
        tq_store_uints(QUANTIZE_VECTOR_OF(class, tq_load_uints(x + i * TQ_LANES), words, draws[i]), y + i * TQ_LANES);
}
#endif

/*
 * to[i] = q(from[i]); `to` may be `from`. A work-item makes the numbers whose elements, first + i, are TQ_ROWS vectors from
 * a multiple of as many on; the first and the last item may have fewer, and take them one by one.
 */
__kernel void quantize_elements(__global const uint *from, const ulong from_offset, __global uint *to,
                                const ulong to_offset, const ulong count, const tq_words words, const uint key0,
                                const uint key1, const uint stream, const ulong first)
{
    const ulong skip = first % (TQ_ROWS * TQ_LANES), begin = get_global_id(0) * (TQ_ROWS * TQ_LANES);
    const ulong end = min(begin + TQ_ROWS * TQ_LANES, skip + count);
    __global const uint *const x = from + from_offset;
    __global uint *const y = to + to_offset;
#if QUANTIZE_FAST
    if (begin >= skip && begin + TQ_ROWS * TQ_LANES <= end) {
        const int class = QUANTIZE_CLASS(words); /* the same everywhere: one question for all vectors */
        const ulong at = begin - skip;
        if (class == 1)
            quantize_rows(x + at, y + at, words, key0, key1, stream, first + at, 1);
        else if (class == 2)
            quantize_rows(x + at, y + at, words, key0, key1, stream, first + at, 2);
        else
            quantize_rows(x + at, y + at, words, key0, key1, stream, first + at, 0);
        return;
    }
#endif
    for (ulong i = max(begin, skip); i < end; ++i)
        y[i - skip] = quantize_one(x[i - skip], words, key0, key1, stream, first + (i - skip));
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
