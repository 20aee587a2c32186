/*
 * Path `fma16`: fixed point of up to 16 bits to nearest, saturating at each product and sum, operands of any precision: two
 * multiplications in binary32 for the two halves of a step, 16-bit sums.
 *
 * Proof. With M = 1.5 * 2^(23 + grid), fma(x, w, M) is M plus the product rounded once, ties to even, to the grid while
 * |x*w| < 2^22 units, and then as_int of it is as_int(M) plus the product in units. Beyond, fma is still monotone and
 * positive (the host checks |x*w| < 1.5 * 2^23 units less one), so as_int of it is at least as_int(M) + 2^22 - 1, or at most
 * as_int(M) - 2^22 + 1: both saturate, as the exact product does. Ties away: weights are moved away from zero by one unit in
 * the last place; products whose rounding matters lie within the word's w bits and have, with the bits below the grid, at
 * most 23 (the host checks), so that the move is less than their grain and takes them off ties, outwards, and over nothing
 * else. Words of fewer than 16 bits stand at the top of the lane (TQ_LEFT), where the saturation of tq_pack_halves and of the sum
 * is the format's but for bits below the word: they are set in a saturated positive product or sum and are cleared
 * (TQ_LEFT: mask) before they can carry.
 *
 * Weights with more bits (TQ_STEP_KINDS): with w an odd multiple of 2^t and x of 2^u, x*w is a tie, an odd multiple of half
 * a unit, only if t + u is half a unit's exponent; where 2^u were then larger than any input, ties away are ties to even and
 * the weight stays as it is, whatever the input's grid. Where ties are possible and the product has too many
 * bits for the weight to be moved, the step takes tq_exact_step: the residual r of the rounded product e is exact when it is
 * half a unit and x*w - (e + r) is zero; then e moves by a unit if e + r is further from zero than e. The host says which
 * steps those are.
 *
 * Where the input is on no known grid and weights, on theirs, are |W| * 2^v, |W| <= 2^b, but not known, inputs move instead, in
 * the copy that the loop reads. Half a unit is 2^h. A tie x*w is an odd multiple of it, so x is a multiple of 2^c,
 * c = h - v - b: other inputs stay as they are. Those multiples move away from zero by one unit in the last place. Their
 * products are multiples of 2^(c+v), and so is every tie. A product moves by at most 2^-23 of it, by less unless x is a power
 * of two: for those that matter (within the word, as above, and saturating ones stay so) by less than 2^(c+v), as the host
 * checks that they are at most 2^(22-b) units. With x a power of two the product has b bits, at most 20, and is off the next
 * tie by at least 2^-b of it. So the move takes products off ties, outwards, and over nothing else.
 *
 * path.s0: bits of M; s1: mask; s2: log2 of the unit; s3: 16 - bits of the word.
 */
typedef float tq_x;
typedef float tq_w;
typedef short tq_lane;
typedef tq_shorts tq_sum;
typedef struct tq_factor {
    tq_half_floats low, high;
} tq_factor;

#define tq_store_sums(s, lanes) tq_store_shorts(s, lanes)
#define tq_zero(path)           tq_spread_short(0)

TQ_INLINE tq_factor tq_spread(TQ_SPACE const tq_x *p)
{
    tq_factor x;
    x.low = x.high = (tq_half_floats)*p;
    return x;
}

TQ_INLINE tq_factor tq_load_factor(TQ_SPACE const tq_w *p)
{
    tq_factor w;
    w.low = tq_load_half_floats(p);
    w.high = tq_load_half_floats(p + TQ_HALF);
    return w;
}

/* The products of one half, in units at the top of 32 bits' low 16. */
TQ_INLINE tq_half_ints tq_products(const tq_half_floats x, const tq_half_floats w, const tq_words path)
{
    const tq_half_floats magic = (tq_half_floats)as_float(path.s0);
    const tq_half_ints units = tq_half_float_bits(fma(x, w, magic)) - (tq_half_ints)path.s0;
#if TQ_LEFT
    return units << path.s3;
#else
    return units;
#endif
}

#if TQ_STEP_KINDS
/* The same with ties away from zero for weights that are not moved. */
TQ_INLINE tq_half_ints tq_exact_products(const tq_half_floats x, const tq_half_floats w, const tq_words path)
{
    const tq_half_floats magic = (tq_half_floats)as_float(path.s0), t = fma(x, w, magic), e = t - magic;
    const tq_half_floats r = fma(x, w, -e), rest = fma(x, w, -(e + r));
    const tq_half_floats middle = (tq_half_floats)(0.5f * as_float((127 + path.s2) << 23));
    const tq_half_ints tie = (fabs(r) == middle) & (rest == 0.0f) & (fabs(e + r) > fabs(e));
    const tq_half_ints units = tq_half_float_bits(t) - (tq_half_ints)path.s0 + (((r < 0.0f) - (r > 0.0f)) & tie);
#if TQ_LEFT
    return units << path.s3;
#else
    return units;
#endif
}
#endif

TQ_INLINE tq_sum tq_accumulate(const tq_sum s, const tq_half_ints low, const tq_half_ints high, const tq_words path)
{
    tq_sum term = tq_pack_halves(low, high);
#if TQ_LEFT
    term &= tq_spread_short(path.s1);
#endif
#if TQ_WRAP
    return s + term;
#else
    return tq_saturating_add(s, term);
#endif
}

TQ_INLINE tq_sum tq_step(tq_sum s, tq_factor x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
    return tq_accumulate(s, tq_products(x.low, w.low, slots.path), tq_products(x.high, w.high, slots.path), slots.path);
}

#if TQ_STEP_KINDS
TQ_INLINE tq_sum tq_exact_step(tq_sum s, tq_factor x, tq_factor w, tq_slots slots)
{
    return tq_accumulate(s, tq_exact_products(x.low, w.low, slots.path), tq_exact_products(x.high, w.high, slots.path),
                         slots.path);
}
#endif

#define tq_part(s, part, slots)  tq_part_of_shorts(s, part, (slots).path.s2, (slots).path.s3)
#define tq_lane_sum(lane, slots) tq_exact_units((int)*(lane) >> (slots).path.s3, (slots).path.s2)
