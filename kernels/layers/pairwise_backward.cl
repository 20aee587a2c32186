/*
 * The gradient by one operand of a sum (TQ_FORM 1), by the second of a difference (2), or by one of a product with the
 * other (3). TQ_REPEATS: the operand was broadcast, and its elements' gradients are sums over a group of the output each,
 * in memory's order; the draw's number is that of the element in the group. Groups as in groups.cl, `geometry` as in
 * pairwise.cl.
 */
/* Element of operand `which` that made element `i` of the output. */
TQ_INLINE ulong tq_operand_place(__global const ulong *geometry, const uint which, const ulong i)
{
    return tq_group_place(geometry + 1, geometry + 1 + (1 + which) * TQ_GROUP_RANK, (uint)geometry[0], i);
}

__kernel void pairwise_backward(__global const uint *restrict other, const ulong other_offset,
                                __global const uint *restrict dy, const ulong dy_offset, __global uint *restrict dx,
                                const ulong dx_offset, __global const ulong *restrict groups,
                                __global const ulong *restrict geometry, const uint which, const ulong size,
                                const int8 product_words, const int8 sum_words, const uint2 key, const uint stream,
                                const ulong first, const ulong count)
{
    const ulong i = tq_item(0);
    if (i < count) {
        const tq_backward b = {product_words, sum_words, key, stream};
        __global const uint *const from = dy + dy_offset, *const with = other + other_offset;
        const ulong start = tq_group_start(groups, i);
#if TQ_REPEATS
        tq_gradient sum;
        tq_gradient_clear(&sum);
        for (ulong k = 0; k < size; ++k) {
            const ulong at = start + tq_group_step(groups, k);
#if TQ_FORM == 3
            tq_gradient_add_product(&sum, from[at], with[tq_operand_place(geometry, which, at)], b, first + i, (uint)k);
#elif TQ_FORM == 2
            tq_gradient_add(&sum, from[at] ^ TQ_SIGN_BIT, b, first + i, (uint)k);
#else
            tq_gradient_add(&sum, from[at], b, first + i, (uint)k);
#endif
        }
        dx[dx_offset + i] = tq_gradient_total(&sum);
#elif TQ_FORM == 3
        dx[dx_offset + i] = tq_carrier_product(from[start], with[tq_operand_place(geometry, which, start)]);
#elif TQ_FORM == 2
        dx[dx_offset + i] = from[start] ^ TQ_SIGN_BIT;
#else
        dx[dx_offset + i] = from[start];
#endif
    }
}
