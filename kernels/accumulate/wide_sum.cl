/*
 * An exact sum of any number of products of two binary32 (Kulisch's long accumulator): 20 limbs of 32 bits above
 * 2^-298, held in 64-bit integers so that carries wait until the end: safe for 2^31 terms. C and OpenCL C.
 */
#define TQ_WIDE_LIMBS  20
#define TQ_WIDE_LOWEST (-298)

typedef struct tq_wide {
    tq_i64 limb[TQ_WIDE_LIMBS];
    tq_u32 infinite[2]; /* an infinite term of this sign was added */
    tq_u32 not_a_number;
} tq_wide;

TQ_INLINE void tq_wide_clear(tq_wide *s)
{
    tq_i32 i;
    for (i = 0; i < TQ_WIDE_LIMBS; ++i)
        s->limb[i] = 0;
    s->infinite[0] = s->infinite[1] = s->not_a_number = 0;
}

/* s += v, whose significand has at most 48 bits and whose exponent is at least -298. */
TQ_INLINE void tq_wide_add(tq_wide *s, tq_exact v)
{
    const tq_i32 position = v.exponent - TQ_WIDE_LOWEST, limb = position >> 5, shift = position & 31;
    const tq_u64 low = v.significand << shift;
    const tq_u64 high = shift ? v.significand >> (64 - shift) : 0;
    if (v.special != TQ_FINITE) {
        s->not_a_number |= (tq_u32)(v.special == TQ_NOT_A_NUMBER);
        s->infinite[v.negative] |= (tq_u32)(v.special == TQ_INFINITE);
        return;
    }
    if (v.significand == 0)
        return;
    if (v.negative) {
        s->limb[limb] -= (tq_i64)(low & 0xFFFFFFFFu);
        s->limb[limb + 1] -= (tq_i64)(low >> 32);
        s->limb[limb + 2] -= (tq_i64)high;
    } else {
        s->limb[limb] += (tq_i64)(low & 0xFFFFFFFFu);
        s->limb[limb + 1] += (tq_i64)(low >> 32);
        s->limb[limb + 2] += (tq_i64)high;
    }
}

/* Carries resolved: word[] is the magnitude, the result its sign. */
TQ_INLINE tq_u32 tq_wide_magnitude(const tq_wide *s, tq_u32 *word)
{
    tq_i64 carry = 0;
    tq_u64 increment = 1;
    tq_i32 i;
    for (i = 0; i < TQ_WIDE_LIMBS; ++i) {
        carry += s->limb[i];
        word[i] = (tq_u32)((tq_u64)carry & 0xFFFFFFFFu);
        carry >>= 32; /* arithmetic: rounds down */
    }
    if (carry >= 0)
        return 0;
    for (i = 0; i < TQ_WIDE_LIMBS; ++i) {
        increment += (tq_u32)~word[i];
        word[i] = (tq_u32)(increment & 0xFFFFFFFFu);
        increment >>= 32;
    }
    return 1;
}

/* The finite sum: 62 bits, the lowest sticky. An exact zero is +0, since sums start at +0. */
TQ_INLINE tq_exact tq_wide_finite(const tq_wide *s)
{
    tq_u32 word[TQ_WIDE_LIMBS], low, rest = 0;
    tq_i32 top = 1, shift, i;
    tq_exact v;
    v.special = TQ_FINITE;
    v.negative = tq_wide_magnitude(s, word);
    for (i = 2; i < TQ_WIDE_LIMBS; ++i)
        top = word[i] != 0 ? i : top;
    v.significand = ((tq_u64)word[top] << 32) | word[top - 1];
    v.exponent = TQ_WIDE_LOWEST + 32 * (top - 1);
    if (v.significand == 0)
        return v;
    low = top > 1 ? word[top - 2] : 0;
    shift = tq_leading_zeros(v.significand);
    if (top > 1 && shift > 0) {
        v.significand = (v.significand << shift) | (low >> (32 - shift));
        v.exponent -= shift;
        low <<= shift;
    }
    for (i = 0; i < top - 2; ++i)
        rest |= word[i];
    v.significand = tq_shift_sticky(v.significand, 2) | (tq_u64)((low | rest) != 0);
    v.exponent += 2;
    return v;
}

TQ_INLINE tq_exact tq_wide_value(const tq_wide *s)
{
    tq_exact v;
    v.significand = 0;
    v.exponent = 0;
    v.negative = s->infinite[1];
    v.special = s->not_a_number || (s->infinite[0] && s->infinite[1]) ? TQ_NOT_A_NUMBER
                : (s->infinite[0] | s->infinite[1])                  ? TQ_INFINITE
                                                                      : TQ_FINITE;
    return v.special == TQ_FINITE ? tq_wide_finite(s) : v;
}
