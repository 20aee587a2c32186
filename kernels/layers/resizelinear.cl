/*
 * Linear interpolation between the pixels above and below and to the left and right: s = SUM(s + PRODUCT(x * w)) over the
 * taps row by row, w the product of a row's and a column's weight rounded to binary32; a tap of weight zero is none. With
 * TQ_PLAIN, product and sum none and a fused multiply-add that keeps subnormal numbers, that is what the device does.
 */
/* One output: taps of weights `row` and `column` (bits) from elements above[i] + left[j] on. */
typedef struct tq_taps {
    uint2 row, column;   /* weights */
    uint2 above, left;   /* elements */
} tq_taps;

/* A row's or column's two elements and two weights lie behind each other in a table. */
TQ_INLINE tq_taps tq_taps_of(const uint4 row, const uint4 column)
{
    tq_taps taps;
    taps.above = row.lo;
    taps.row = row.hi;
    taps.left = column.lo;
    taps.column = column.hi;
    return taps;
}

#if TQ_PLAIN
TQ_INLINE uint tq_interpolate(__global const uint *x, const tq_taps t, const tq_words product, const tq_words sum,
                              const uint2 key, const ulong index)
{
    float s = 0.0f;
    for (int k = 0; k < 4; ++k) {
        const uint row = k < 2 ? t.row.s0 : t.row.s1, column = k % 2 == 0 ? t.column.s0 : t.column.s1;
        const uint at = (k < 2 ? t.above.s0 : t.above.s1) + (k % 2 == 0 ? t.left.s0 : t.left.s1);
        if (row != 0 && column != 0)
            s = fma(as_float(x[at]), as_float(row) * as_float(column), s);
    }
    return (as_uint(s) & ~TQ_SIGN_BIT) > TQ_INFINITY_BITS ? TQ_NAN_BITS : as_uint(s);
}
#else
TQ_INLINE tq_exact tq_term(const uint x, const uint w, const tq_words product, const uint2 key, const ulong index,
                           const uint tap)
{
    tq_exact term = tq_exact_multiply(tq_exact_of(x), tq_exact_of(w));
#if !TQ_FUSED
    uint draw = 0;
#if TQ_PRODUCT_BITS
    draw = tq_draw(key.s0, key.s1, index, tap, TQ_STREAM_PRODUCT, TQ_PRODUCT_BITS);
#endif
    term = tq_exact_of(TQ_PRODUCT(term, product, draw));
#endif
    return term;
}

TQ_INLINE tq_exact tq_interpolate(__global const uint *x, const tq_taps t, const tq_words product, const tq_words sum,
                                  const uint2 key, const ulong index)
{
#if TQ_EXACT_SUM
    tq_wide wide;
    tq_wide_clear(&wide);
#else
    uint s = 0, draw = 0;
#endif
    for (uint k = 0; k < 4; ++k) {
        const uint row = k < 2 ? t.row.s0 : t.row.s1, column = k % 2 == 0 ? t.column.s0 : t.column.s1;
        const uint at = (k < 2 ? t.above.s0 : t.above.s1) + (k % 2 == 0 ? t.left.s0 : t.left.s1);
        if (row == 0 || column == 0)
            continue;
        const tq_exact term = tq_term(x[at], as_uint(as_float(row) * as_float(column)), product, key, index, k);
#if TQ_EXACT_SUM
        tq_wide_add(&wide, term);
#else
#if TQ_SUM_BITS
        draw = tq_draw(key.s0, key.s1, index, k, TQ_STREAM_SUM, TQ_SUM_BITS);
#endif
        s = TQ_SUM(tq_exact_add(tq_exact_of(s), term), sum, draw);
#endif
    }
#if TQ_EXACT_SUM
    return tq_wide_value(&wide);
#else
    return tq_exact_of(s);
#endif
}
#endif

/* Tables: (element above, element below, weight, weight) for each row, the same for each column. */
__kernel void resize_linear(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                            const ulong y_offset, __global const uint *restrict tables, const uint4 size,
                            const ulong image, const int8 product, const int8 sum, const int8 result, const uint2 key,
                            const ulong first, const ulong count)
{
    const ulong i = tq_item(0);
    if (i < count) {
        const uint channels = size.s0, columns = size.s1, rows = size.s2;
        const ulong pixel = i / channels, line = pixel / columns, index = first + i;
        const uint row = (uint)(line % rows), column = (uint)(pixel % columns);
        const tq_taps taps = tq_taps_of(vload4(row, tables), vload4(rows + column, tables));
        __global const uint *const from = x + x_offset + line / rows * image + i % channels;
#if TQ_PLAIN
        const tq_exact v = tq_exact_of(tq_interpolate(from, taps, product, sum, key, index));
#else
        const tq_exact v = tq_interpolate(from, taps, product, sum, key, index);
#endif
        uint draw = 0;
#if TQ_RESULT_BITS
        draw = tq_element_draw(key.s0, key.s1, index, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
        y[y_offset + i] = TQ_RESULT(v, result, draw);
    }
}
