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
TQ_INLINE void quantize_rows(__global const uint *x, __global uint *y, tq_words words, const uint key0,
                             const uint key1, const uint stream, const ulong element, const int class)
{
    tq_uints draws[TQ_ROWS];
#if QUANTIZE_BITS
    words.s7 = QUANTIZE_BITS; /* the same, as a literal: shifts of draws become one */
    tq_element_draw_rows(draws, TQ_ROWS / TQ_DRAW_ROWS(QUANTIZE_BITS), key0, key1, element, stream, QUANTIZE_BITS);
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
    const ulong skip = first % (TQ_ROWS * TQ_LANES), begin = tq_item(0) * (TQ_ROWS * TQ_LANES);
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
 * One sum of the tree: a + b rounded to binary32, for magnitudes. What a device's addition gives, if no number is subnormal:
 * two others have a sum that is zero, normal, infinite or not a number. Which NaN it is does not matter here.
 */
TQ_INLINE uint sum_of_two(const uint a, const uint b)
{
#if !TQ_SUBNORMALS
    if (a - 1u < 0x7FFFFFu || b - 1u < 0x7FFFFFu)
        return tq_carrier_sum(a, b);
#endif
    return as_uint(as_float(a) + as_float(b));
}

/* The `count` numbers from x on, then zeros. */
TQ_INLINE uint sum_one_by_one(__global const uint *x, const ulong count)
{
    uint part[16];
    for (uint i = 0; i < 16; ++i)
        part[i] = i < count ? x[i] & ~TQ_SIGN_BIT : 0;
    for (uint width = 8; width > 0; width /= 2)
        for (uint i = 0; i < width; ++i)
            part[i] = sum_of_two(part[2 * i], part[2 * i + 1]);
    return part[0];
}

#if TQ_SUBNORMALS
TQ_INLINE uint sum_of_all(__global const uint *x)
{
    const float16 leaves = as_float16(vload16(0, x) & ~TQ_SIGN_BIT);
    const float8 pairs = leaves.even + leaves.odd;
    const float4 fours = pairs.even + pairs.odd;
    const float2 eights = fours.even + fours.odd;
    return as_uint(eights.even + eights.odd);
}
#else
#define sum_of_all(x) sum_one_by_one(x, 16)
#endif

/*
 * Four steps of the summation tree in each of `parts` rows: sums[i] is that of the magnitudes of 16 numbers, by pairs, then
 * pairs of those, and so on. A row has `length` numbers; behind its end are zeros, which alter no sum.
 */
__kernel void sum_sixteens(__global const uint *restrict from, const ulong from_offset, __global uint *restrict sums,
                           const ulong length, const ulong parts)
{
    const ulong sums_of_row = (length + 15) / 16, i = tq_item(0), row = i / sums_of_row;
    const ulong left = (i - row * sums_of_row) * 16;
    __global const uint *const x = from + from_offset + row * length + left;
    if (row < parts)
        sums[i] = left + 16 <= length ? sum_of_all(x) : sum_one_by_one(x, length - left);
}
