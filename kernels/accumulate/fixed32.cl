/*
 * Path `fixed32`: fixed point rounded to nearest even, two instructions per vector of steps: fma and integer add.
 *
 * Proof. With M = 1.5 * 2^(23 + grid) and |x*w| < 2^(22 + grid), fma(x, w, M) lies in M's binade, whose numbers are the
 * multiples of 2^grid: one correct rounding, ties to even, of the exact product; its bits are M's bits plus the product
 * in units. Sums of bits are integer sums modulo 2^32; the multiple of M's bits is taken off at the end. The host takes
 * this path only where no product saturates and where no sum of rounded products can leave the format (bounded by the
 * weights) or where sums wrap, which commutes with addition.
 *
 * path.s0: bits of M; s1: log2 of the unit; s2: 32 - bits of the sum's word when it wraps, else 0; s3: number of terms.
 */
typedef float tq_x;
typedef float tq_w;
typedef TQ_CAT(float, TQ_LANES) tq_factor;
typedef TQ_CAT(int, TQ_LANES) tq_sum;
typedef int tq_lane;

#define tq_spread(p)            ((tq_factor)*(p))
#define tq_load_factor(p)       TQ_CAT(vload, TQ_LANES)(0, p)
#define tq_load_inputs(p) tq_load_factor(p)
#define tq_zero(path)               ((tq_sum)0)
#define tq_store_sums(s, lanes) TQ_CAT(vstore, TQ_LANES)(s, 0, lanes)

TQ_INLINE tq_sum tq_step(tq_sum s, tq_factor x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
    return s + TQ_CAT(as_int, TQ_LANES)(fma(x, w, (tq_factor)as_float(slots.path.s0)));
}

/* The sums in units. */
#define tq_units(raw, path) (((raw) - (int)((uint)(path).s3 * (uint)(path).s0)) << (path).s2 >> (path).s2)

/* A sum of at most 24 bits is a binary32. */
#define tq_part(s, part, slots)                                                                                              \
    (TQ_CAT(convert_float, TQ_LANES)(tq_units(s, (slots).path)) * as_float((127 + (slots).path.s1) << 23))

#define tq_lane_sum(lane, slots) tq_exact_units(tq_units(*(lane), (slots).path), (slots).path.s1)
