/*
 * What ONNX's QuantizeLinear, DequantizeLinear and Cast do to every element, each step rounded to binary32: subtract a zero
 * point (TQ_CENTERS), divide by a scale or multiply by it (TQ_SCALES is 1 or 2), go to a format (TQ_FORMAT; TQ_FORMATS), add
 * a zero point and saturate to codes (TQ_CODES). Scales and zero points repeat: element e has number e / inner % period.
 *
 * With TQ_QUICK scales are in 2^-100 .. 2^100 and the format is that of integers, or there is none and the input is not
 * finer than 2^-24: then the steps are taken in floating point, as kernels/quantizers/vector_int.cl proves it. A product of
 * a number that is not subnormal with such a scale is 0 or normal.
 */
typedef struct tq_affine {
    uint scale, inverse; /* bits of the scale and of 1 / scale */
    int zero, lowest, highest;
    tq_words words;
} tq_affine;

TQ_INLINE uint tq_affine_code(const uint bits, const tq_affine a)
{
#if TQ_CODES
    const int code = (bits & ~TQ_SIGN_BIT) > TQ_INFINITY_BITS ? 0 : tq_int_round(bits, TQ_ROUND_EVEN, 0, 0) + a.zero;
    const uint saturated = tq_int_number(code < a.lowest ? a.lowest : code > a.highest ? a.highest : code, TQ_ONE_BITS);
    return (bits & ~TQ_SIGN_BIT) > TQ_INFINITY_BITS ? TQ_NAN_BITS : saturated;
#else
    return bits;
#endif
}

TQ_INLINE uint tq_affine_exact(uint bits, const tq_affine a)
{
#if TQ_CENTERS
    bits = tq_carrier_sum(bits, tq_int_number(-a.zero, TQ_ONE_BITS));
#endif
#if TQ_SCALES == 1
    bits = tq_carrier_quotient(bits, a.scale);
#elif TQ_SCALES == 2
    bits = tq_carrier_product(bits, a.scale);
#endif
#if TQ_ADDS /* of a zero point of +0 */
    bits = bits == TQ_SIGN_BIT ? 0 : bits;
#endif
#if TQ_FORMATS
    bits = TQ_FORMAT(tq_exact_of(bits), a.words, 0);
#endif
    return tq_affine_code(bits, a);
}

#if TQ_QUICK
TQ_INLINE uint tq_affine_quick(const uint bits, const tq_affine a)
{
#if TQ_CODES
    const float magic = 12582912.0f, most = 262144.0f, zero = (float)a.zero;
    const float given = as_float(bits) * as_float(a.inverse); /* multiplying: that is the scale */
    const float high = given > most ? most : given, y = high < -most ? -most : high, near = (y + magic) - magic;
    float code = near + zero;
    if (TQ_SCALES == 1 && (0.5f - fabs(y - near)) < fabs(y) * 0x1p-21f)
        return tq_affine_exact(bits, a);
    code = code < (float)a.lowest ? (float)a.lowest : code;
    code = code > (float)a.highest ? (float)a.highest : code;
#else
    const float code = (as_float(bits) - (float)a.zero) * as_float(a.scale);
#endif
    return (bits & ~TQ_SIGN_BIT) > TQ_INFINITY_BITS ? TQ_NAN_BITS : as_uint(code);
}
#endif

__kernel void affine(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y, const ulong y_offset,
                     __global const uint *restrict scales, __global const int *restrict zeros, const ulong period,
                     const ulong inner, const ulong first, const int lowest, const int highest, const uint nan,
                     const int8 words, const ulong count)
{
    const ulong i = tq_item(0), place = period == 1 ? 0 : (first + i) / inner % period;
    tq_affine a;
    uint bits;
    if (i >= count)
        return;
    a.scale = scales[2 * place];
    a.inverse = scales[2 * place + 1];
    a.zero = zeros[place];
    a.lowest = lowest;
    a.highest = highest;
    a.words = words;
#if TQ_QUICK
    bits = tq_affine_quick(x[x_offset + i], a);
#else
    bits = tq_affine_exact(x[x_offset + i], a);
#endif
    y[y_offset + i] = (bits & ~TQ_SIGN_BIT) > TQ_INFINITY_BITS ? nan : bits;
}
