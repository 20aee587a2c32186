/*
 * Path `general`: any quantizers, exact arithmetic in integers, one output per work-item.
 *
 * Proof: the product of two binary32 has at most 48 bits and is exact; the sum is exact or sticky with 61 bits, which
 * rounds like the exact sum (prelude.cl). TQ_FUSED leaves the product unrounded; `none` rounds to binary32; with product
 * and sum both `none` the host asks for TQ_FUSED, which is the fused multiply-add.
 */
typedef uint tq_x;
typedef uint tq_w;
typedef tq_exact tq_factor;
typedef uint tq_sum; /* bits of a binary32 */
typedef uint tq_lane;

#define tq_spread(p) tq_exact_of(*(p))
#define tq_load_inputs(p) tq_exact_of(*(p))

TQ_INLINE tq_factor tq_load_factor(TQ_SPACE const tq_w *w)
{
    return tq_exact_of(*w);
}

TQ_INLINE tq_sum tq_zero(tq_words path)
{
    return 0;
}

TQ_INLINE tq_sum tq_step(tq_sum s, tq_factor x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
    tq_exact term = tq_exact_multiply(x, w);
#if !TQ_FUSED
    term = tq_exact_of(TQ_PRODUCT(term, slots.product, product_draw));
#endif
    return TQ_SUM(tq_exact_add(tq_exact_of(s), term), slots.sum, sum_draw);
}

TQ_INLINE void tq_store_sums(tq_sum s, tq_lane *lanes)
{
    lanes[0] = s;
}

TQ_INLINE tq_exact tq_lane_sum(const tq_lane *lane, tq_slots slots)
{
    return tq_exact_of(*lane);
}
