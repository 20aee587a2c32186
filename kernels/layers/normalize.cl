/*
 * Normalization of groups, one for each work-item. m = RESULT(mean), d = SUM(x - m), a = RESULT(mean of PRODUCT(d * d)),
 * r = RESULT(root of (a + epsilon)), i = RESULT(1 / r), y = RESULT(SUM(PRODUCT(PRODUCT(d * i) * gamma) + beta)); means are
 * sums by SUM, divided. What is not rounded by a slot is rounded to binary32. Draws of PRODUCT and SUM have the element's
 * index and a number for each of their steps; those of statistics the group's index, in the stream of inner steps.
 */
typedef struct tq_group {
    __global const uint *x;
    __global const ulong *groups;
    ulong start, number, first, size; /* the first element; of the group and of element 0 in the data set */
    int8 product, sum, result;
    uint2 key;
} tq_group;

TQ_INLINE tq_exact tq_rounded(const tq_exact v)
{
    return tq_exact_of(tq_exact_to_carrier(v));
}

TQ_INLINE tq_exact tq_group_product(const tq_exact v, const tq_group *g, const ulong element, const uint number)
{
    uint draw = 0;
#if TQ_PRODUCT_BITS
    draw = tq_draw(g->key.s0, g->key.s1, g->first + element, number, TQ_STREAM_PRODUCT, TQ_PRODUCT_BITS);
#endif
    return tq_exact_of(TQ_PRODUCT(v, g->product, draw));
}

TQ_INLINE tq_exact tq_group_sum(const tq_exact v, const tq_group *g, const ulong element, const uint number)
{
#if TQ_EXACT_SUM
    return tq_rounded(v);
#else
    uint draw = 0;
#if TQ_SUM_BITS
    draw = tq_draw(g->key.s0, g->key.s1, g->first + element, number, TQ_STREAM_SUM, TQ_SUM_BITS);
#endif
    return tq_exact_of(TQ_SUM(v, g->sum, draw));
#endif
}

TQ_INLINE tq_exact tq_statistic(const tq_exact v, const tq_group *g, const uint number)
{
    uint draw = 0;
#if TQ_RESULT_BITS
    draw = tq_draw(g->key.s0, g->key.s1, g->number, number, TQ_STREAM_INNER, TQ_RESULT_BITS);
#endif
    return tq_exact_of(TQ_RESULT(tq_rounded(v), g->result, draw));
}

TQ_INLINE tq_exact tq_deviation(const tq_group *g, const tq_exact minus_mean, const ulong element)
{
    return tq_group_sum(tq_exact_add(tq_exact_of(g->x[element]), minus_mean), g, element, 1);
}

/* The mean of the numbers, or of the squares of their deviations. */
TQ_INLINE tq_exact tq_group_mean(const tq_group *g, const tq_exact minus_mean, const int squares)
{
#if TQ_EXACT_SUM
    tq_wide wide;
    tq_wide_clear(&wide);
#endif
    tq_exact s = tq_real(0, 0);
    for (ulong i = 0; i < g->size; ++i) {
        const ulong element = g->start + tq_group_step(g->groups, i);
        tq_exact v = tq_exact_of(g->x[element]);
        if (squares) {
            v = tq_deviation(g, minus_mean, element);
            v = tq_exact_multiply(v, v);
#if !TQ_FUSED
            v = tq_group_product(v, g, element, 0);
#endif
        }
#if TQ_EXACT_SUM
        tq_wide_add(&wide, v);
#else
        s = tq_group_sum(tq_exact_add(s, v), g, element, squares ? 2 : 0);
#endif
    }
#if TQ_EXACT_SUM
    s = tq_wide_value(&wide);
#endif
    return tq_exact_divide(s, tq_real(g->size, 0));
}

/* 1 / root of (a + epsilon). */
TQ_INLINE tq_exact tq_inverse_root(const tq_exact variance, const tq_group *g, const uint epsilon)
{
    const tq_exact biased = tq_rounded(tq_exact_add(variance, tq_exact_of(epsilon)));
    const tq_exact root = tq_statistic(tq_exact_of(tq_root_bits(biased)), g, 2);
    return tq_statistic(tq_exact_divide(tq_real(1, 0), root), g, 3);
}

TQ_INLINE uint tq_normalized(const tq_group *g, const tq_exact minus_mean, const tq_exact scale, const uint gamma,
                             const uint beta, const ulong element)
{
    tq_exact v = tq_exact_multiply(tq_deviation(g, minus_mean, element), scale);
    uint draw = 0;
#if TQ_FUSED
    v = tq_exact_multiply(tq_rounded(v), tq_exact_of(gamma));
#else
    v = tq_group_product(v, g, element, 1);
    v = tq_group_product(tq_exact_multiply(v, tq_exact_of(gamma)), g, element, 2);
#endif
    v = tq_exact_add(v, tq_exact_of(beta));
#if !TQ_EXACT_SUM
    v = tq_group_sum(v, g, element, 3);
#endif
#if TQ_RESULT_BITS
    draw = tq_element_draw(g->key.s0, g->key.s1, g->first + element, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
    return TQ_RESULT(v, g->result, draw);
}

__kernel void normalize_groups(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                        const ulong y_offset, __global const ulong *restrict groups, __global const uint *restrict gamma,
                        __global const uint *restrict beta, const ulong size, const ulong channels, const uint epsilon,
                        const int8 product_words, const int8 sum_words, const int8 result_words, const uint2 key,
                        const ulong first_group, const ulong first, const ulong count)
{
    const ulong group = tq_item(0);
    if (group < count) {
        tq_group g = {x + x_offset, groups, tq_group_start(groups, group), first_group + group, first, size,
                      product_words, sum_words, result_words, key};
        tq_exact minus_mean = tq_statistic(tq_group_mean(&g, tq_real(0, 0), 0), &g, 0), scale;
        minus_mean.negative ^= 1;
        scale = tq_statistic(tq_group_mean(&g, minus_mean, 1), &g, 1);
        scale = tq_inverse_root(scale, &g, epsilon);
        for (ulong i = 0; i < size; ++i) {
            const ulong element = g.start + tq_group_step(groups, i);
            const ulong weight = channels > 0 ? g.number % channels : i;
            y[y_offset + element] = tq_normalized(&g, minus_mean, scale, gamma[weight], beta[weight], element);
        }
    }
}
