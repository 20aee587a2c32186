/*
 * Path `product16`: stochastic fixed point of up to 16 bits, saturating or wrapping at each step, operands whose products
 * have 16 bits: six instructions for 16 or 32 steps.
 *
 * Operands are integers X and W on their grids, shifted left so that a product has at least 16 - w bits below its unit.
 * Proof. X*W and X*W + r fit 16 bits (the host checks), so the low half of the product is the product; a draw r of as many
 * bits as the product has below the unit carries into the units exactly when r plus those bits reaches a unit. The
 * arithmetic shift leaves 16 - w bits below the word and the mask clears them: the word stands at the top of the lane, where
 * the lane's saturation is the format's; the bits it leaves below the word never carry and are shifted out at the end.
 *
 * path.s0: shift to the right; s1: mask; s2: log2 of the unit; s3: 16 - bits of the word.
 */
typedef short tq_x;
typedef short tq_w;
typedef short tq_lane;
typedef tq_shorts tq_sum;
typedef tq_shorts tq_factor;

#define tq_spread(p)            tq_spread_short(*(p))
#define tq_load_factor(p)       tq_load_shorts(p)
#define tq_load_inputs(p)       tq_load_shorts_anywhere(p)
#define tq_store_sums(s, lanes) tq_store_shorts(s, lanes)
#define tq_zero(path)           tq_spread_short(0)

TQ_INLINE tq_sum tq_step(tq_sum s, tq_factor x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
    tq_sum term = (x * w + product_draw) >> tq_spread_short(slots.path.s0);
    term &= tq_spread_short(slots.path.s1);
#if TQ_WRAP
    return s + term;
#else
    return tq_saturating_add(s, term);
#endif
}

#define tq_part(s, part, slots)  tq_part_of_shorts(s, part, (slots).path.s2, (slots).path.s3)
#define tq_lane_sum(lane, slots) tq_exact_units((int)*(lane) >> (slots).path.s3, (slots).path.s2)
