/*
 * Path `float32`: floating formats of at most 11 bits, ties to even, product and sum rounded at each step, in binary32.
 *
 * Proof. Product: c = 1.5 * 2^(e + 24 - p) with e the exponent of x*w, not below the subnormal quantum's constant; then
 * fma(x, w, c) rounds the exact product once, ties to even, to c's last bit, the format's quantum at e, and taking c off is
 * exact. e comes from the rounded product x*w: where that is a power of two that the exact product does not reach, both
 * quanta give this power. Of finite operands (TQ_FINITE_PRODUCTS) the product with w * 2^(24 - p), which is exact, has
 * c's exponent already; an infinite one's c must not become a NaN, so there the exponent is added. Sum: s and q have at most p bits of the sum's format, so u = s + q, rounded to 24 bits, and then
 * rounded to p <= 11 bits by t = fma(u, S, -u), fma(u, S, -t), S = 2^(24 - p), is the exact sum rounded once (24 >= 2p + 2;
 * Roux, "Innocuous double rounding of basic arithmetic operations", 2014); below the smallest normal number u is exact, has
 * at most p bits, and stays. Where sums may be infinite they are rounded as the
 * product is, which keeps infinity (TQ_FINITE_SUMS 0). The sign of a zero
 * product does not matter: sums start at +0 and an exact zero is +0. Infinities and NaN pass through: c is then some finite
 * number. The host takes this path only where products and sums stay below 2^100; all numbers are multiples of 2^-140 or more, so
 * that binary32's own subnormal numbers round nothing.
 *
 * path.s0: 24 - p of the product; s1: bits of the product's subnormal constant; s2: 24 - p of the sum; s3, s4: bits of the
 * largest product and sum.
 */
typedef float tq_x;
typedef float tq_w;
typedef TQ_CAT(float, TQ_LANES) tq_factor;
typedef TQ_CAT(float, TQ_LANES) tq_sum;
typedef TQ_CAT(int, TQ_LANES) tq_exponents;
typedef float tq_lane;

#define tq_spread(p)            ((tq_factor)*(p))
#define tq_load_factor(p)       TQ_CAT(vload, TQ_LANES)(0, p)
#define tq_load_inputs(p) tq_load_factor(p)
#define tq_zero(path)           ((tq_sum)0.0f)
#define tq_store_sums(s, lanes) TQ_CAT(vstore, TQ_LANES)(s, 0, lanes)
#define tq_lane_sum(lane, slots) tq_exact_of(as_uint(*(lane)))

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

/* u rounded to the sum's precision; `shift` is 24 less that. */
TQ_INLINE tq_sum tq_rounded_sum(const tq_sum u, const int shift)
{
#if TQ_FINITE_SUMS
    const tq_sum scale = (tq_sum)as_float((127 + shift) << 23), t = fma(u, scale, -u);
    return fma(u, scale, -t);
#else
    const tq_exponents exponent = TQ_CAT(as_int, TQ_LANES)(u) & 0x7F800000;
    const tq_sum c = TQ_CAT(as_float, TQ_LANES)(exponent + (tq_exponents)((shift << 23) | 0x400000));
    return (u + c) - c;
#endif
}

TQ_INLINE tq_sum tq_step(tq_sum s, tq_factor x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
    /* Positive binary32 numbers are ordered as their bits are; integers go through more ports. */
#if TQ_FINITE_PRODUCTS
    const tq_factor scaled = w * (tq_factor)as_float((127 + slots.path.s0) << 23);
    const tq_exponents magic = (TQ_CAT(as_int, TQ_LANES)(x * scaled) & 0x7F800000) | 0x400000;
#else
    const tq_exponents exponent = TQ_CAT(as_int, TQ_LANES)(x * w) & 0x7F800000;
    const tq_exponents magic = exponent + (tq_exponents)((slots.path.s0 << 23) | 0x400000);
#endif
    const tq_exponents smallest = (tq_exponents)slots.path.s1;
    const tq_sum c = TQ_CAT(as_float, TQ_LANES)(magic > smallest ? magic : smallest);
    tq_sum term = fma(x, w, c) - c;
#if !TQ_PRODUCT_FITS
    term = tq_overflowed(term, TQ_OVERFLOW(TQ_PRODUCT_STRUCTURE), slots.path.s3);
#endif
    s += term;
    s = tq_rounded_sum(s, slots.path.s2);
#if !TQ_SUM_FITS
    s = tq_overflowed(s, TQ_OVERFLOW(TQ_SUM_STRUCTURE), slots.path.s4);
#endif
    return s;
}

#define tq_part(s, part, slots) (s)
