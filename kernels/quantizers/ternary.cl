/*
 * Ternary: plus or minus a magnitude beyond a threshold, else +0. p: s0 magnitude, s1 threshold (binary32 bits, may be
 * infinity). The exact number is compared. Infinity, and what overflows binary32, is beyond every threshold.
 */
#define TQ_TERNARY_ALONE 256 /* structure: the threshold is 0.7 times the number itself, a tensor of one element */

/* The smallest binary32 not below |v|: above a binary32 t exactly when |v| is. */
TQ_INLINE tq_u32 tq_ternary_magnitude(tq_exact v)
{
    tq_i32 quantum;
    if (v.special == TQ_INFINITE)
        return TQ_INFINITY_BITS;
    if (v.significand == 0)
        return 0;
    quantum = tq_exact_leading(v) - 23;
    quantum = quantum < -149 ? -149 : quantum;
    v.negative = 0;
    return tq_pack(tq_exact_round(v, quantum, TQ_ROUND_UP, 0, 0), quantum, 0);
}

TQ_INLINE tq_u32 tq_quantize_ternary(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw)
{
    tq_u32 threshold = (tq_u32)p.s1, magnitude;
    (void)draw;
    if (v.special == TQ_NOT_A_NUMBER)
        return TQ_NAN_BITS;
    if (structure & TQ_TERNARY_ALONE) {
        const tq_exact alone = tq_exact_of(tq_exact_to_carrier(v) & ~TQ_SIGN_BIT);
        threshold = tq_exact_to_carrier(tq_exact_multiply(tq_exact_of(0x3F333333u), alone)); /* 0.7f */
    }
    magnitude = tq_ternary_magnitude(v);
    return magnitude > threshold || magnitude == TQ_INFINITY_BITS ? (tq_u32)p.s0 | (v.negative << 31) : 0;
}
