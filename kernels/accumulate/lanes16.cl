/*
 * Path `lanes16`: fixed point of up to 16 bits in 16-bit lanes, two to four instructions for 16 or 32 steps.
 *
 * Operands are integers X on the input's grid and W on the weights' grid, shifted left so that the high half of their
 * product is the product in the format's grid with its word at the top of the lane: (X*W*2^t) / 2^16, t = 32 - shift - w
 * (one more bit when TQ_HALVE). Proof, per rounding: `down`: the high half of a two's complement product is its floor;
 * the mask clears what lies below the word. `away`: a half is added before the mask (TQ_HALVE: one bit more is kept,
 * (h+1) >> 1, for words of 16 bits); ties go away from zero because the shifted operand was moved away from zero by one,
 * which moves the product by less than its grain (|other operand| < 2^shift of this one) and only off the ties.
 * Sums: the lane's saturation is the format's, the bits it leaves below the word never carry and are masked at the end;
 * wrapping likewise. Products cannot overflow: the host checks their bounds.
 *
 * path.s0: mask; s1: half; s2: log2 of the unit; s3: 16 - bits of the word.
 */
typedef short tq_x;
typedef short tq_w;
typedef short tq_lane;

#if TQ_LANES == 32
typedef short tq_sum __attribute__((ext_vector_type(32)));
typedef int tq_wide_products __attribute__((ext_vector_type(32)));
typedef tq_sum tq_factor;
#define tq_load_factor(p)       (*(__global const tq_sum *)(p))
#define tq_store_sums(s, lanes) (*(__private tq_sum *)(lanes) = (s))
#define tq_high(a, b)           __builtin_convertvector((__builtin_convertvector(a, tq_wide_products) * __builtin_convertvector(b, tq_wide_products)) >> 16, tq_sum)
#define tq_saturating_add(a, b) __builtin_elementwise_add_sat(a, b)
#else
typedef TQ_CAT(short, TQ_LANES) tq_sum;
typedef tq_sum tq_factor;
#define tq_load_factor(p)       TQ_CAT(vload, TQ_LANES)(0, p)
#define tq_store_sums(s, lanes) TQ_CAT(vstore, TQ_LANES)(s, 0, lanes)
#define tq_high(a, b)           mul_hi(a, b)
#define tq_saturating_add(a, b) add_sat(a, b)
#endif
#define tq_zero(path) ((tq_sum)(short)0)

TQ_INLINE tq_sum tq_step(tq_sum s, tq_x x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
    tq_sum term = tq_high((tq_sum)x, w);
#if TQ_HALVE
    term = (term + (tq_sum)(short)1) >> (tq_sum)(short)1;
#elif TQ_AWAY
    term = (term + (tq_sum)(short)slots.path.s1) & (tq_sum)(short)slots.path.s0;
#elif TQ_MASK
    term &= (tq_sum)(short)slots.path.s0;
#endif
#if TQ_WRAP
    return s + term;
#else
    return tq_saturating_add(s, term);
#endif
}

TQ_INLINE tq_exact tq_lane_sum(const tq_lane *lane, tq_slots slots)
{
    const int units = (int)*lane >> slots.path.s3;
    tq_exact v;
    v.negative = units < 0;
    v.significand = abs(units);
    v.exponent = slots.path.s2;
    v.special = TQ_FINITE;
    return v;
}
