/*
 * One number from each group: TQ_REDUCTION is 0 for the sum by SUM, 1 for the mean, the correctly rounded quotient, 2 and 3
 * for the largest and the smallest number, 4 and 5 for the place of those, 6 for the product by PRODUCT. Numbers of a group are taken as they lie in
 * memory. Draws of SUM and PRODUCT: index of the output in the data set, number of the element in the group.
 */
#define TQ_IS_PLACE (TQ_REDUCTION == 4 || TQ_REDUCTION == 5)
#define TQ_IS_LEAST (TQ_REDUCTION == 3 || TQ_REDUCTION == 5)

#if TQ_REDUCTION <= 1
TQ_INLINE tq_exact tq_reduced(__global const uint *x, __global const ulong *groups, const ulong size, const uint last,
                              const int8 words, const uint2 key, const ulong index)
{
#if TQ_EXACT_SUM
    tq_wide wide;
    tq_exact v;
    tq_wide_clear(&wide);
    for (ulong i = 0; i < size; ++i)
        tq_wide_add(&wide, tq_exact_of(x[tq_group_step(groups, i)]));
    v = tq_wide_value(&wide);
#else
    uint s = 0, draw = 0;
    tq_exact v;
    for (ulong i = 0; i < size; ++i) {
#if TQ_SUM_BITS
        draw = tq_draw(key.s0, key.s1, index, (uint)i, TQ_STREAM_SUM, TQ_SUM_BITS);
#endif
        s = TQ_SUM(tq_exact_add(tq_exact_of(s), tq_exact_of(x[tq_group_step(groups, i)])), words, draw);
    }
    v = tq_exact_of(s);
#endif
    return TQ_REDUCTION == 1 ? tq_exact_of(tq_exact_to_carrier(tq_exact_divide(v, tq_real(size, 0)))) : v;
}
#elif TQ_REDUCTION == 6
TQ_INLINE tq_exact tq_reduced(__global const uint *x, __global const ulong *groups, const ulong size, const uint last,
                              const int8 words, const uint2 key, const ulong index)
{
    tq_exact p = tq_real(1, 0);
    uint draw = 0;
    for (ulong i = 0; i < size; ++i) {
#if TQ_PRODUCT_BITS
        draw = tq_draw(key.s0, key.s1, index, (uint)i, TQ_STREAM_PRODUCT, TQ_PRODUCT_BITS);
#endif
        p = tq_exact_of(TQ_PRODUCT(tq_exact_multiply(p, tq_exact_of(x[tq_group_step(groups, i)])), words, draw));
    }
    return p;
}
#else
/* An integer that orders like the number, or the other way round; a NaN is the largest. For places zeros are equal. */
TQ_INLINE uint tq_rank(const uint bits)
{
    const uint order = tq_order_of(TQ_IS_PLACE && bits == TQ_SIGN_BIT ? 0 : bits);
    return TQ_IS_LEAST && order != 0xFFFFFFFFu ? 0xFFFFFFFEu - order : order;
}

TQ_INLINE tq_exact tq_reduced(__global const uint *x, __global const ulong *groups, const ulong size, const uint last,
                              const int8 words, const uint2 key, const ulong index)
{
    uint best = 0;
    ulong at = 0;
    for (ulong i = 0; i < size; ++i) {
        const uint rank = tq_rank(x[tq_group_step(groups, i)]);
        if (i == 0 || rank > best || (last && rank == best)) {
            best = rank;
            at = i;
        }
    }
    return TQ_IS_PLACE ? tq_real(at, 0) : tq_exact_of(x[tq_group_step(groups, at)]);
}
#endif

__kernel void reduce(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                     const ulong y_offset, __global const ulong *restrict groups, const ulong size, const uint last,
                     const int8 step_words, const int8 result_words, const uint2 key, const ulong first,
                     const ulong count)
{
    const ulong group = tq_item(0);
    if (group < count) {
        __global const uint *const from = x + x_offset + tq_group_start(groups, group);
        const tq_exact v = tq_reduced(from, groups, size, last, step_words, key, first + group);
        uint draw = 0;
#if TQ_RESULT_BITS
        draw = tq_element_draw(key.s0, key.s1, first + group, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
        y[y_offset + group] = TQ_RESULT(v, result_words, draw);
    }
}
