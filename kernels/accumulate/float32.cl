/*
 * Path `float32`: floating formats of at most 11 bits, ties to even, product and sum rounded at each step, in binary32.
 *
 * Proof. Product: c = 1.5 * 2^(e + 24 - p) with e the exponent of x*w, not below the subnormal quantum's constant; then
 * fma(x, w, c) rounds the exact product once, ties to even, to c's last bit, the format's quantum at e, and taking c off is
 * exact. e comes from the rounded product x*w: where that is a power of two that the exact product does not reach, both
 * quanta give this power. Sum: s and q have at most p bits of the sum's format, so u = s + q, rounded to 24 bits, and then
 * rounded to p <= 11 bits in the same way is the exact sum rounded once (24 >= 2p + 2; Roux, "Innocuous double rounding of
 * basic arithmetic operations", 2014); below the smallest normal number u is exact and on the grid. The sign of a zero
 * product does not matter: sums start at +0 and an exact zero is +0. Infinities and NaN pass through: c is then some finite
 * number. The host takes this path only where products and sums stay below 2^100.
 *
 * path.s0: 24 - p of the product; s1: bits of the product's subnormal constant; s2: 24 - p of the sum; s3, s4: bits of the
 * largest product and sum.
 */
typedef float tq_x;
typedef float tq_w;
typedef TQ_CAT(float, TQ_LANES) tq_factor;
typedef TQ_CAT(float, TQ_LANES) tq_sum;
typedef TQ_CAT(int, TQ_LANES) tq_ints;
typedef float tq_lane;

#define tq_load_factor(p)       TQ_CAT(vload, TQ_LANES)(0, p)
#define tq_zero(path)           ((tq_sum)0.0f)
#define tq_store_sums(s, lanes) TQ_CAT(vstore, TQ_LANES)(s, 0, lanes)
#define tq_lane_sum(lane, slots) tq_exact_of(as_uint(*(lane)))

/* 1.5 * 2^(exponent of v + shift). */
TQ_INLINE tq_sum tq_constant(const tq_sum v, const int shift)
{
    const tq_ints exponent = TQ_CAT(as_int, TQ_LANES)(v) & 0x7F800000;
    return TQ_CAT(as_float, TQ_LANES)(exponent + (tq_ints)((shift << 23) | 0x400000));
}

/* What becomes of numbers above the largest. Comparisons keep NaN. */
TQ_INLINE tq_sum tq_overflowed(tq_sum v, const int overflow, const int largest_bits)
{
    const tq_sum largest = (tq_sum)as_float(largest_bits);
    const tq_sum above = overflow == TQ_OVERFLOW_SATURATE ? largest
                         : overflow == TQ_OVERFLOW_NAN    ? (tq_sum)NAN
                                                          : (tq_sum)INFINITY;
    v = largest < v ? above : v;
    return -largest > v ? -above : v;
}

TQ_INLINE tq_sum tq_step(tq_sum s, tq_x x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
    const tq_sum number = (tq_sum)x, smallest = (tq_sum)as_float(slots.path.s1);
    tq_sum c = tq_constant(number * w, slots.path.s0);
    c = smallest > c ? smallest : c;
    tq_sum term = fma(number, w, c) - c;
#if !TQ_FITS
    term = tq_overflowed(term, TQ_OVERFLOW(TQ_PRODUCT_STRUCTURE), slots.path.s3);
#endif
    s += term;
    c = tq_constant(s, slots.path.s2);
    return tq_overflowed((s + c) - c, TQ_OVERFLOW(TQ_SUM_STRUCTURE), slots.path.s4);
}
