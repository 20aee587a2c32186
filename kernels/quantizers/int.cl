/*
 * Affine integers: scale * (code - zero), rounded to binary32, for codes of at most 16 bits.
 *
 * p: s0 scale (binary32 bits), s1 zero point, s2 and s3 lowest and highest code, s4 1 / scale (binary32 bits, for vectors),
 * s7 random bits. As ONNX's QuantizeLinear has it, the quotient v / scale is rounded to binary32, that to an integer, and
 * the code is that plus zero, saturated. A number of the format keeps its code whatever the rounding: where its quotient
 * misses the integer by a last bit, roundings other than to nearest would move it.
 */
#define TQ_INT_ALONE 256 /* structure: no scale yet; a number by itself is its own scale */

/* The binary32 with these bits as an integer; 2^18, beyond all codes, stands for what is as large. */
TQ_INLINE tq_i32 tq_int_round(tq_u32 bits, tq_i32 rounding, tq_i32 random_bits, tq_u32 draw)
{
    const tq_u32 most = (127u + 18u) << 23, magnitude = bits & ~TQ_SIGN_BIT;
    const tq_i32 units =
        magnitude >= most ? 1 << 18 : (tq_i32)tq_exact_round(tq_exact_of(bits), 0, rounding, random_bits, draw);
    return bits >> 31 ? -units : units;
}

/* Bits of units * scale. Oclgrind 21.10 lacks the instruction that compilers make of a plain absolute value. */
TQ_INLINE tq_u32 tq_int_number(tq_i32 units, tq_u32 scale)
{
    const tq_u32 middle = (tq_u32)1 << 20, place = (tq_u32)units + middle;
    tq_exact v = tq_exact_of(scale);
    v.negative = place < middle;
    v.significand *= place < middle ? middle - place : place - middle;
    return tq_exact_to_carrier(v);
}

/* The integer that v is a multiple of the scale by: code - zero, before it saturates. v is a number. */
TQ_INLINE tq_i32 tq_int_units(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw)
{
    const tq_i32 rounding = TQ_ROUNDING(structure);
    const tq_u32 quotient = tq_exact_to_carrier(tq_exact_divide(v, tq_exact_of((tq_u32)p.s0)));
    if (rounding != TQ_ROUND_EVEN && rounding != TQ_ROUND_AWAY) {
        const tq_i32 near = tq_int_round(quotient, TQ_ROUND_EVEN, 0, 0);
        tq_exact rest = tq_exact_of(tq_int_number(-near, (tq_u32)p.s0));
        rest = tq_exact_add(v, rest);
        if (rest.special == TQ_FINITE && rest.significand == 0)
            return near;
    }
    return tq_int_round(quotient, rounding, p.s7, draw);
}

TQ_INLINE tq_u32 tq_quantize_int(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw)
{
    tq_i32 code;
    if (v.special == TQ_NOT_A_NUMBER)
        return TQ_NAN_BITS;
    if (structure & TQ_INT_ALONE)
        return tq_exact_to_carrier(v);
    code = tq_int_units(v, p, structure, draw) + p.s1;
    code = code < p.s2 ? p.s2 : code > p.s3 ? p.s3 : code;
    return tq_int_number(code - p.s1, (tq_u32)p.s0);
}
