/*
 * Binary floating point: a sign, s0 fraction bits, exponents from s1.
 *
 * p: s0 fraction bits, s1 smallest exponent of a normal number, s2 largest finite number (binary32 bits), s7 random
 * bits. Overflow is decided after rounding. Zeros keep their sign, where there are two.
 */
#define TQ_FLOAT_FLUSH 256 /* structure: no subnormal numbers; the neighbours of a tiny number are 0 and 2^s1 */
#define TQ_FLOAT_ONE_ZERO 512 /* structure: there is no -0 */

/* Magnitude of a number beyond the largest: for overflow to infinity, as IEEE 754 section 7.4 has it. */
TQ_INLINE tq_u32 tq_float_overflow(tq_exact v, tq_u32 largest, tq_i32 structure)
{
    const tq_i32 rounding = TQ_ROUNDING(structure);
    const tq_u32 inward = rounding == TQ_ROUND_ZERO || rounding == TQ_ROUND_ODD ||
                          (rounding == TQ_ROUND_DOWN && !v.negative) || (rounding == TQ_ROUND_UP && v.negative);
    if (TQ_OVERFLOW(structure) == TQ_OVERFLOW_INFINITY)
        return inward && v.special == TQ_FINITE ? largest : TQ_INFINITY_BITS;
    return TQ_OVERFLOW(structure) == TQ_OVERFLOW_NAN ? TQ_NAN_BITS : largest;
}

TQ_INLINE tq_u32 tq_quantize_float(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw)
{
    const tq_u32 largest = (tq_u32)p.s2;
    tq_u32 bits = TQ_INFINITY_BITS;
    if (v.special == TQ_NOT_A_NUMBER)
        return TQ_NAN_BITS;
    if ((structure & TQ_FLOAT_ONE_ZERO) && v.special == TQ_FINITE && v.significand == 0)
        return 0;
    if (v.special == TQ_FINITE && v.significand == 0)
        return v.negative << 31;
    if (v.special == TQ_FINITE) {
        const tq_i32 leading = tq_exact_leading(v), tiny = (structure & TQ_FLOAT_FLUSH) ? p.s1 : p.s1 - p.s0;
        const tq_i32 quantum = leading < p.s1 ? tiny : leading - p.s0;
        bits = tq_pack(tq_exact_round(v, quantum, TQ_ROUNDING(structure), p.s7, draw), quantum, 0);
    }
    if (bits > largest)
        bits = tq_float_overflow(v, largest, structure);
    if (bits == 0 && (structure & TQ_FLOAT_ONE_ZERO))
        return 0;
    return bits == TQ_NAN_BITS ? bits : bits | (v.negative << 31);
}
