/*
 * Path `madd16`: fixed point of up to 16 bits, `down` or stochastic, saturating at each product and sum, operands of up to 16
 * bits: 32-bit products of the two halves of a step, 16-bit sums.
 *
 * Operands are integers X and W on their grids, W shifted left so that a product has at least 16 - w bits below its unit,
 * in the low halves of ints whose high halves are zero, so that tq_multiply is
 * X*W, exactly. Proof. The arithmetic shift is the floor of the product in units; a draw r of as many bits as the shift,
 * added before, carries into the units exactly when r plus the bits below them reaches a unit. Words of fewer than 16 bits
 * stand at the top of the lane: the shift leaves 16 - w bits fewer away, and the mask clears what stands below the word
 * (floor again). tq_pack_halves saturates as the format does; so does the sum, and the bits that a positive saturation leaves below
 * the word never carry and are shifted out at the end. No product overflows 32 bits: the host checks.
 *
 * path.s0: shift to the right; s1: mask; s2: log2 of the unit; s3: 16 - bits of the word.
 */
typedef int tq_x;
typedef int tq_w;
typedef short tq_lane;
typedef tq_shorts tq_sum;
typedef struct tq_factor {
    tq_half_ints low, high;
} tq_factor;

#define tq_store_sums(s, lanes) tq_store_shorts(s, lanes)
#define tq_zero(path)           tq_spread_short(0)

TQ_INLINE tq_factor tq_spread(TQ_SPACE const tq_x *p)
{
    tq_factor x;
    x.low = x.high = (tq_half_ints)*p;
    return x;
}

TQ_INLINE tq_factor tq_load_factor(TQ_SPACE const tq_w *p)
{
    tq_factor w;
    w.low = tq_load_half_ints(p);
    w.high = tq_load_half_ints(p + TQ_HALF);
    return w;
}

TQ_INLINE tq_half_ints tq_products(const tq_half_ints x, const tq_half_ints w, const tq_half_ints draws,
                                   const tq_words path)
{
#if TQ_STOCHASTIC
    const tq_half_ints product = tq_multiply(x, w) + draws;
#else
    const tq_half_ints product = tq_multiply(x, w);
#endif
    return product >> path.s0;
}

TQ_INLINE tq_sum tq_step(tq_sum s, tq_factor x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
#if TQ_STOCHASTIC
    tq_sum term = tq_pack_halves(tq_products(x.low, w.low, product_draw.low, slots.path),
                          tq_products(x.high, w.high, product_draw.high, slots.path));
#else
    tq_sum term = tq_pack_halves(tq_products(x.low, w.low, 0, slots.path), tq_products(x.high, w.high, 0, slots.path));
#endif
    term &= tq_spread_short(slots.path.s1);
#if TQ_WRAP
    return s + term;
#else
    return tq_saturating_add(s, term);
#endif
}

#define tq_part(s, part, slots)  tq_part_of_shorts(s, part, (slots).path.s2, (slots).path.s3)
#define tq_lane_sum(lane, slots) tq_exact_units((int)*(lane) >> (slots).path.s3, (slots).path.s2)
