/*
 * Path `wide`: exact sums of anything, in a long accumulator of integers, one output per work-item.
 *
 * Proof: nothing is rounded before RESULT; every product of two binary32, or a rounded product, is a multiple of 2^-298
 * below 2^257 and is added exactly (wide_sum.cl).
 */
typedef uint tq_x;
typedef uint tq_w;
typedef tq_exact tq_factor;
typedef tq_wide tq_sum;
typedef tq_wide tq_lane;

#define tq_spread(p) tq_exact_of(*(p))
#define tq_load_inputs(p) tq_exact_of(*(p))

TQ_INLINE tq_factor tq_load_factor(TQ_SPACE const tq_w *w)
{
    return tq_exact_of(*w);
}

TQ_INLINE tq_sum tq_zero(tq_words path)
{
    tq_wide s;
    tq_wide_clear(&s);
    return s;
}

TQ_INLINE tq_sum tq_step(tq_sum s, tq_factor x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
    tq_exact term = tq_exact_multiply(x, w);
#if !TQ_FUSED
    term = tq_exact_of(TQ_PRODUCT(term, slots.product, product_draw));
#endif
    tq_wide_add(&s, term);
    return s;
}

TQ_INLINE void tq_store_sums(tq_sum s, tq_lane *lanes)
{
    lanes[0] = s;
}

TQ_INLINE tq_exact tq_lane_sum(const tq_lane *lane, tq_slots slots)
{
    return tq_wide_value(lane);
}
