/*
 * Fixed point: multiples of 2^grid in one word, saturating or wrapping.
 *
 * p: s0 grid, s1 and s2 the largest and lowest number as magnitudes (binary32 bits), s3 bits of the word, s7 random
 * bits. A number that binary32 cannot hold to the grid is rounded to binary32's last bit instead: one rounding.
 * Every zero is +0. Infinity saturates, and is not a number when wrapping.
 */
#define TQ_FIXED_UNSIGNED 256 /* structure: no negative numbers */

/*
 * (-1)^negative * grains modulo 2^word; `grains` modulo 2^64. A word of more than 24 bits can miss binary32: its low
 * bits are cut.
 */
TQ_INLINE tq_u32 tq_fixed_wrap(tq_u64 grains, tq_u32 negative, tq_words p, tq_i32 structure)
{
    const tq_u64 modulus = (tq_u64)1 << p.s3;
    tq_u64 code = (negative ? (tq_u64)0 - grains : grains) & (modulus - 1);
    tq_i32 excess;
    negative = (structure & TQ_FIXED_UNSIGNED) ? 0 : (tq_u32)(code >> (p.s3 - 1));
    code = negative ? modulus - code : code;
    excess = 40 - tq_leading_zeros(code);
    excess = excess < 0 ? 0 : excess;
    return tq_pack(code >> excess, p.s0 + excess, negative);
}

TQ_INLINE tq_u32 tq_quantize_fixed(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw)
{
    const tq_u32 limit = (tq_u32)(v.negative ? p.s2 : p.s1);
    const tq_u32 wraps = TQ_OVERFLOW(structure) == TQ_OVERFLOW_WRAP;
    tq_u32 bits = TQ_INFINITY_BITS;
    if (v.special == TQ_NOT_A_NUMBER || (v.special == TQ_INFINITE && wraps))
        return TQ_NAN_BITS;
    if (wraps)
        return tq_fixed_wrap(tq_exact_round(v, p.s0, TQ_ROUNDING(structure), p.s7, draw), v.negative, p, structure);
    if (v.special == TQ_FINITE) {
        const tq_i32 last = v.significand ? tq_exact_leading(v) - 23 : p.s0;
        const tq_i32 quantum = last > p.s0 ? last : p.s0;
        bits = tq_pack(tq_exact_round(v, quantum, TQ_ROUNDING(structure), p.s7, draw), quantum, 0);
    }
    bits = bits < limit ? bits : limit;
    return bits ? bits | (v.negative << 31) : 0;
}
