/*
 * Path `dot16`: exact sums of products of operands of up to 16 bits, two terms at once in lanes of 32 bits.
 *
 * Proof. Operands are integers on their grids, two terms side by side in one int. Nothing is rounded before RESULT, so the
 * order does not matter, and no sum of any of the terms reaches 2^31 in magnitude: the host bounds it by the weights. A run
 * of an odd number of terms ends with a weight of zero.
 *
 * path.s2: log2 of the unit.
 */
typedef short tq_x;
typedef short tq_w;
typedef int tq_lane;
typedef tq_half_ints tq_sum;
typedef tq_half_ints tq_factor;

#define tq_spread(p)            ((tq_factor)as_int(vload2(0, p)))
#define tq_load_factor(p)       (*(TQ_SPACE const tq_factor *)(p))
#define tq_store_sums(s, lanes) TQ_CAT(vstore, TQ_STEP)(s, 0, lanes)
#define tq_zero(path)           ((tq_sum)0)

TQ_INLINE tq_sum tq_step(tq_sum s, tq_factor x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
    return s + tq_multiply(x, w);
}

#define tq_lane_sum(lane, slots) tq_exact_units(*(lane), (slots).path.s2)

/* A sum of more than 24 bits is no binary32: the host then leaves this out. */
#define tq_part(s, part, slots) (TQ_CAT(convert_float, TQ_LANES)(s) * as_float((127 + (slots).path.s2) << 23))
