/*
 * Path `lanes16`: fixed point of up to 16 bits in 16-bit lanes, two to four instructions for 16 or 32 steps.
 *
 * Operands are integers X on the input's grid and W on the weights' grid, shifted left so that the high half of their
 * product is the product in the format's grid with its word at the top of the lane: (X*W*2^t) / 2^16, t = 32 - shift - w
 * (one less when TQ_ROUNDING_HIGH, which halves by 2^15). Proof, per rounding: `down`: the high half of a two's complement
 * product is its floor; the mask clears what lies below the word. `away`: a half is added before the mask
 * (TQ_ROUNDING_HIGH: by the multiplication, for words of 16 bits); ties go away from zero because the shifted operand was
 * moved away from zero by one, which moves the product by less than its grain (|other operand| < 2^shift of this one) and
 * only off the ties. Sums: the lane's saturation is the format's, the bits it leaves below the word never carry and are
 * masked at the end; wrapping likewise. Products cannot overflow: the host checks their bounds.
 *
 * path.s0: mask; s1: half, 0 when products have no bits below the grid; s2: log2 of the unit; s3: 16 - bits of the word.
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
#if TQ_ROUNDING_HIGH
    const tq_sum term = tq_rounding_high(x, w);
#elif TQ_AWAY
    const tq_sum term = (tq_high(x, w) + tq_spread_short(slots.path.s1)) & tq_spread_short(slots.path.s0);
#elif TQ_MASK
    const tq_sum term = tq_high(x, w) & tq_spread_short(slots.path.s0);
#else
    const tq_sum term = tq_high(x, w);
#endif
#if TQ_WRAP
    return s + term;
#else
    return tq_saturating_add(s, term);
#endif
}

#define tq_part(s, part, slots)  tq_part_of_shorts(s, part, (slots).path.s2, (slots).path.s3)
#define tq_lane_sum(lane, slots) tq_exact_units((int)*(lane) >> (slots).path.s3, (slots).path.s2)
