/*
 * Path `nearest32`: fixed point to nearest, saturating at each step, in binary32: where products cannot saturate three
 * instructions per vector of steps for ties away from zero, five for ties to even; else seven.
 *
 * The sum s is held as u = M + s with M = 1.5 * 2^23 units of the grid; below 2^22 units u lies in M's binade, whose
 * numbers are the multiples of the unit. Proof. Ties to even: fma(x, w, M) rounds the exact product once, to the grid;
 * taking M off and adding to u are exact. Ties away: weights are moved away from zero by one unit in the last place, which
 * moves the product off a tie, outwards, by less than its grain (the operands have at most 23 bits together) and so over
 * nothing else; fma(x, w, u) then rounds s + x*w, which is never a tie, to s plus the rounded product. Clamping u between
 * M + lowest and M + highest is the format's saturation; a product that may saturate is clamped likewise before it is
 * added. The host takes this path only where all products are below 2^21 units.
 *
 * path.s0: bits of M; s1: log2 of the unit; s2, s3: bits of M + lowest and M + highest of the sum, s4, s5: of the product.
 */
typedef float tq_x;
typedef float tq_w;
typedef TQ_CAT(float, TQ_LANES) tq_factor;
typedef TQ_CAT(float, TQ_LANES) tq_sum;
typedef float tq_lane;

#define tq_spread(p)            ((tq_factor)*(p))
#define tq_load_factor(p)       TQ_CAT(vload, TQ_LANES)(0, p)
#define tq_load_inputs(p) tq_load_factor(p)
#define tq_zero(path)           ((tq_sum)as_float((path).s0))
#define tq_store_sums(s, lanes) TQ_CAT(vstore, TQ_LANES)(s, 0, lanes)

TQ_INLINE tq_sum tq_clamp(tq_sum u, const int lowest_bits, const int highest_bits)
{
    const tq_sum lowest = (tq_sum)as_float(lowest_bits), highest = (tq_sum)as_float(highest_bits);
    u = u < highest ? u : highest;
    return u > lowest ? u : lowest;
}

TQ_INLINE tq_sum tq_step(tq_sum u, tq_factor x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
#if TQ_AWAY && TQ_FITS
    return tq_clamp(fma(x, w, u), slots.path.s2, slots.path.s3);
#else
    const tq_sum magic = (tq_sum)as_float(slots.path.s0);
    tq_sum term = fma(x, w, magic);
#if !TQ_FITS
    term = tq_clamp(term, slots.path.s4, slots.path.s5);
#endif
    return tq_clamp(u + (term - magic), slots.path.s2, slots.path.s3);
#endif
}

#define tq_part(s, part, slots) ((s) - (tq_sum)as_float((slots).path.s0))

/* A sum of at most 22 bits is a binary32. */
TQ_INLINE tq_exact tq_lane_sum(const tq_lane *lane, tq_slots slots)
{
    return tq_exact_of(as_uint(*lane - as_float(slots.path.s0)));
}
