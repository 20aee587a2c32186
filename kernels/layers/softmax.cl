/*
 * Softmax over the last dimension, one row per work-item: m the largest number, e_i = PRODUCT(exp(x_i - m)), the sum of the
 * e_i in ascending order by SUM, y_i = RESULT(e_i / sum). Difference and quotient are rounded to binary32. With TQ_LOGARITHM
 * y_i = RESULT(x_i - m - log(sum)), the logarithm rounded to binary32. C and OpenCL C but for the kernel.
 */
/* x - m - l, the first difference rounded. */
TQ_INLINE tq_exact tq_logarithmic(tq_u32 x, tq_u32 m, tq_u32 l)
{
    return tq_exact_add(tq_exact_of(tq_carrier_difference(x, m)), tq_exact_of(l ^ TQ_SIGN_BIT));
}

#ifdef __OPENCL_VERSION__
__kernel void softmax(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                      const ulong y_offset, const uint classes, const int8 product_words, const int8 sum_words,
                      const int8 result_words, const uint2 key, const ulong first, const ulong count)
{
    const ulong row = tq_item(0);
    if (row < count) {
        __global const uint *const from = x + x_offset + row * classes;
        __global uint *const to = y + y_offset + row * classes;
        const ulong index = first + row * classes;
        uint order = 0, sum = 0, draw = 0;
#if TQ_EXACT_SUM
        tq_wide wide;
        tq_wide_clear(&wide);
#endif
        for (uint i = 0; i < classes; ++i)
            order = max(order, tq_order_of(from[i]));
        const uint largest = tq_bits_of_order(order);
        for (uint i = 0; i < classes; ++i) {
            const uint power = tq_exp(tq_carrier_difference(from[i], largest));
#if TQ_PRODUCT_BITS
            draw = tq_element_draw(key.s0, key.s1, index + i, TQ_STREAM_PRODUCT, TQ_PRODUCT_BITS);
#endif
            to[i] = TQ_PRODUCT(tq_exact_of(power), product_words, draw);
#if TQ_EXACT_SUM
            tq_wide_add(&wide, tq_exact_of(to[i]));
#else
#if TQ_SUM_BITS
            draw = tq_element_draw(key.s0, key.s1, index + i, TQ_STREAM_SUM, TQ_SUM_BITS);
#endif
            sum = TQ_SUM(tq_exact_add(tq_exact_of(sum), tq_exact_of(to[i])), sum_words, draw);
#endif
        }
#if TQ_EXACT_SUM
        sum = tq_exact_to_carrier(tq_wide_value(&wide));
#endif
#if TQ_LOGARITHM
        sum = tq_logarithm(sum, 0, 0);
#endif
        for (uint i = 0; i < classes; ++i) {
#if TQ_RESULT_BITS
            draw = tq_element_draw(key.s0, key.s1, index + i, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
#if TQ_LOGARITHM
            to[i] = TQ_RESULT(tq_logarithmic(from[i], largest, sum), result_words, draw);
#else
            to[i] = TQ_RESULT(tq_exact_of(tq_carrier_quotient(to[i], sum)), result_words, draw);
#endif
        }
    }
}
#endif
