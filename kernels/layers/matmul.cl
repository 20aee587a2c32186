/*
 * Batched matrix product of two computed tensors, any quantizers, one output per work-item: y[m][n] = RESULT(SUM over k of
 * PRODUCT(a[m][k] * b[k][n])), k ascending, in exact arithmetic of integers as in accumulate/general.cl and wide.cl.
 *
 * entry: for each matrix of y the first elements of the matrices of a, b and y. size: rows of an entry, columns, terms.
 * stride: of a by row and term, of b by term and column, of y by row and column. Draws are separable: m is the row of the
 * output in the data set, n the column.
 */
__kernel void matmul(__global const uint *restrict a, const ulong a_offset, __global const uint *restrict b,
                     const ulong b_offset, __global uint *restrict y, const ulong y_offset,
                     __global const ulong *restrict entry, const uint4 size, const ulong8 stride,
                     const int8 product_words, const int8 sum_words, const int8 result_words, const uint2 key,
                     const ulong first_row, const ulong count)
{
    const ulong i = get_global_id(0);
    if (i < count) {
        const uint n = (uint)(i % size.s1), row = (uint)(i / size.s1 % size.s0);
        const ulong line = i / size.s1, m = first_row + line;
        __global const ulong *const begin = entry + line / size.s0 * 3;
        __global const uint *const from_a = a + a_offset + begin[0] + row * stride.s0;
        __global const uint *const from_b = b + b_offset + begin[1] + n * stride.s3;
        uint draw = 0;
        tq_exact s = tq_exact_of(0);
#if TQ_EXACT_SUM
        tq_wide wide;
        tq_wide_clear(&wide);
#endif
        for (uint k = 0; k < size.s2; ++k) {
            tq_exact term = tq_exact_multiply(tq_exact_of(from_a[k * stride.s1]), tq_exact_of(from_b[k * stride.s2]));
#if !TQ_FUSED
#if TQ_PRODUCT_BITS
            draw = tq_draw(key.s0, key.s1, m, k, TQ_STREAM_PRODUCT_ROW, TQ_PRODUCT_BITS) ^
                   tq_draw(key.s0, key.s1, n, k, TQ_STREAM_PRODUCT, TQ_PRODUCT_BITS);
#endif
            term = tq_exact_of(TQ_PRODUCT(term, product_words, draw));
#endif
#if TQ_EXACT_SUM
            tq_wide_add(&wide, term);
#else
#if TQ_SUM_BITS
            draw = tq_draw(key.s0, key.s1, m, k, TQ_STREAM_SUM_ROW, TQ_SUM_BITS) ^
                   tq_draw(key.s0, key.s1, n, k, TQ_STREAM_SUM, TQ_SUM_BITS);
#endif
            s = tq_exact_of(TQ_SUM(tq_exact_add(s, term), sum_words, draw));
#endif
        }
#if TQ_EXACT_SUM
        s = tq_wide_value(&wide);
#endif
#if TQ_RESULT_BITS
        draw = tq_element_draw(key.s0, key.s1, m * size.s1 + n, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
        y[y_offset + begin[2] + row * stride.s4 + n * stride.s5] =
            TQ_RESULT(tq_exact_add(s, tq_exact_of(0)), result_words, draw);
    }
}
