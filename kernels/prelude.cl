/*
 * Prelude of every program: exact real numbers in integers, rounding, packing, random draws.
 *
 * This text is OpenCL C 1.2 and C11 at once: the device and the host reference run the same lines. It uses integer
 * operations only, so that nothing depends on a device's fused multiply-add, subnormals or binary64.
 *
 * A tq_exact is (-1)^negative * significand * 2^exponent. Its lowest significand bit may be sticky: an odd significand
 * S stands for any one number strictly between S-1 and S+1. With the leading bit at or above position 58 such a number
 * rounds to 24 bits, with up to 32 random bits below them, exactly as the real number does.
 */
#ifndef TENSORQUANT_PRELUDE_CL
#define TENSORQUANT_PRELUDE_CL

#ifdef __OPENCL_VERSION__
#pragma OPENCL FP_CONTRACT OFF
typedef uint tq_u32;
typedef ulong tq_u64;
typedef int tq_i32;
typedef long tq_i64;
typedef int8 tq_words; /* the parameters of one quantizer: s0 .. s7 */
#define TQ_INLINE static inline __attribute__((always_inline))
#define tq_leading_zeros(x) ((tq_i32)clz((tq_u64)(x)))
#define tq_high_product(a, b) mul_hi((tq_u32)(a), (tq_u32)(b))
#define TQ_CAT_(a, b) a##b
#define TQ_CAT(a, b)  TQ_CAT_(a, b)
#else
#include <stdint.h>
typedef uint32_t tq_u32;
typedef uint64_t tq_u64;
typedef int32_t tq_i32;
typedef int64_t tq_i64;
typedef struct tq_words {
    tq_i32 s0, s1, s2, s3, s4, s5, s6, s7;
} tq_words;
#define TQ_INLINE static inline __attribute__((unused))
#define tq_leading_zeros(x) ((x) ? __builtin_clzll((tq_u64)(x)) : 64)
#define tq_high_product(a, b) ((tq_u32)(((tq_u64)(a) * (tq_u64)(b)) >> 32))
#endif

#define TQ_NAN_BITS      0x7FC00000u
#define TQ_INFINITY_BITS 0x7F800000u
#define TQ_SIGN_BIT      0x80000000u
#define TQ_ONE_BITS      0x3F800000u

/* Rounding, bits 0 to 3 of a quantizer's structure; names as in quantizer strings. */
#define TQ_ROUND_EVEN       0
#define TQ_ROUND_AWAY       1 /* to nearest, ties away from zero */
#define TQ_ROUND_ZERO       2
#define TQ_ROUND_DOWN       3
#define TQ_ROUND_UP         4
#define TQ_ROUND_ODD        5
#define TQ_ROUND_STOCHASTIC 6
#define TQ_ROUNDING(structure) ((structure)&15)

/* Overflow, bits 4 to 7 of a quantizer's structure. */
#define TQ_OVERFLOW_SATURATE 0
#define TQ_OVERFLOW_WRAP     1
#define TQ_OVERFLOW_INFINITY 2
#define TQ_OVERFLOW_NAN      3
#define TQ_OVERFLOW(structure) (((structure) >> 4) & 15)

/* Streams of random draws: the last word of the counter. */
#define TQ_STREAM_ELEMENT     0 /* elementwise, extrinsic */
#define TQ_STREAM_PRODUCT_ROW 1
#define TQ_STREAM_PRODUCT     2
#define TQ_STREAM_SUM_ROW     3
#define TQ_STREAM_SUM         4
#define TQ_STREAM_RESULT      5
#define TQ_STREAM_INNER       6 /* steps of layers that are not contractions */
#define TQ_STREAM_WEIGHT      8 /* + number of the weight tensor */
#define TQ_STREAM_UPDATE      65536 /* + 8 * number of the parameter + slot: optimizers */

#define TQ_FINITE   0u
#define TQ_INFINITE 1u
#define TQ_NOT_A_NUMBER 2u

typedef struct tq_exact {
    tq_u64 significand; /* 0 is zero */
    tq_i32 exponent;
    tq_u32 negative; /* 0 or 1 */
    tq_u32 special;  /* TQ_FINITE, TQ_INFINITE or TQ_NOT_A_NUMBER */
} tq_exact;

/* x / 2^count with a sticky lowest bit; count >= 0. */
TQ_INLINE tq_u64 tq_shift_sticky(tq_u64 x, tq_i32 count)
{
    if (count > 63)
        return x != 0;
    return (x >> count) | (((x >> count) << count) != x);
}

/* significand * 2^exponent, at most 63 bits. */
TQ_INLINE tq_exact tq_real(tq_u64 significand, tq_i32 exponent)
{
    tq_exact v;
    v.significand = significand;
    v.exponent = exponent;
    v.negative = 0;
    v.special = TQ_FINITE;
    return v;
}

/* The number that a binary32 with these bits stands for. */
TQ_INLINE tq_exact tq_exact_of(tq_u32 bits)
{
    const tq_u32 exponent = (bits >> 23) & 255u, fraction = bits & 0x7FFFFFu;
    tq_exact v;
    v.significand = exponent ? fraction | 0x800000u : fraction;
    v.exponent = (tq_i32)(exponent ? exponent : 1u) - 150;
    v.negative = bits >> 31;
    v.special = exponent < 255u ? TQ_FINITE : fraction ? TQ_NOT_A_NUMBER : TQ_INFINITE;
    return v;
}

/* Position of the leading bit: 2^p <= |v| < 2^(p+1). Only for v not zero and finite. */
TQ_INLINE tq_i32 tq_exact_leading(tq_exact v)
{
    return 63 - tq_leading_zeros(v.significand) + v.exponent;
}

/* The same number with its leading bit at position 62; zero stays zero. */
TQ_INLINE tq_exact tq_exact_normalize(tq_exact v)
{
    const tq_i32 zeros = tq_leading_zeros(v.significand);
    if (v.significand == 0)
        return v;
    v.significand = zeros == 0 ? tq_shift_sticky(v.significand, 1) : v.significand << (zeros - 1);
    v.exponent -= zeros - 1;
    return v;
}

/* a * b; exact when the significands have 64 bits together. Infinity times zero is not a number. */
TQ_INLINE tq_exact tq_exact_multiply(tq_exact a, tq_exact b)
{
    tq_exact v;
    v.significand = a.significand * b.significand;
    v.exponent = a.exponent + b.exponent;
    v.negative = a.negative ^ b.negative;
    v.special = a.special > b.special ? a.special : b.special;
    if (v.special == TQ_INFINITE && ((a.special == TQ_FINITE && a.significand == 0) ||
                                     (b.special == TQ_FINITE && b.significand == 0)))
        v.special = TQ_NOT_A_NUMBER;
    return v;
}

/* a + b where one is infinite or not a number. */
TQ_INLINE tq_exact tq_exact_add_special(tq_exact a, tq_exact b)
{
    tq_exact v = a.special >= b.special ? a : b;
    if (a.special == TQ_INFINITE && b.special == TQ_INFINITE && a.negative != b.negative)
        v.special = TQ_NOT_A_NUMBER;
    return v;
}

/*
 * a + b for significands of at most 62 bits; exact or with a sticky lowest bit and at least 61 bits above it. An exact zero
 * is +0 unless both are -0.
 */
TQ_INLINE tq_exact tq_exact_add(tq_exact a, tq_exact b)
{
    if ((a.special | b.special) != TQ_FINITE)
        return tq_exact_add_special(a, b);
    if (b.significand == 0) {
        a.negative &= (tq_u32)(a.significand != 0) | b.negative;
        return a;
    }
    if (a.significand == 0)
        return b;
    a = tq_exact_normalize(a);
    b = tq_exact_normalize(b);
    if (a.exponent < b.exponent || (a.exponent == b.exponent && a.significand < b.significand)) {
        const tq_exact larger = b;
        b = a;
        a = larger;
    }
    b.significand = tq_shift_sticky(b.significand, a.exponent - b.exponent);
    if (a.negative == b.negative) {
        a.significand += b.significand;
    } else {
        a.significand -= b.significand;
        a.negative &= (tq_u32)(a.significand != 0);
    }
    return a;
}

/*
 * a / b with at least 58 bits and a sticky lowest bit; b has at most 24 bits. x/0 is infinite, 0/0 and infinite/infinite
 * are not numbers.
 */
TQ_INLINE tq_exact tq_exact_divide(tq_exact a, tq_exact b)
{
    tq_exact v;
    tq_u64 rest;
    v.negative = a.negative ^ b.negative;
    v.special = TQ_FINITE;
    v.significand = 0;
    v.exponent = 0;
    if (a.special == TQ_NOT_A_NUMBER || b.special == TQ_NOT_A_NUMBER || (a.special && b.special) ||
        (!a.special && !b.special && a.significand == 0 && b.significand == 0)) {
        v.special = TQ_NOT_A_NUMBER;
        return v;
    }
    if (a.special || (!b.special && b.significand == 0)) {
        v.special = TQ_INFINITE;
        return v;
    }
    if (b.special || a.significand == 0)
        return v;
    a = tq_exact_normalize(a);
    v.significand = a.significand / b.significand;
    rest = a.significand % b.significand;
    v.exponent = a.exponent - b.exponent;
    /* The quotient has 38 bits or more; where they are below 58, 20 more digits: rest < 2^24. */
    if (tq_leading_zeros(v.significand) > 21) {
        rest <<= 20;
        v.significand = (v.significand << 20) | (rest / b.significand);
        rest %= b.significand;
        v.exponent -= 20;
    }
    v.significand = (v.significand << 1) | (rest != 0);
    v.exponent -= 1;
    return v;
}

/* Whether the magnitude kept + tail/2^64 rounds up to kept + 1. `draw`: its top `random_bits` bits are used. */
TQ_INLINE tq_u32 tq_rounds_up(tq_u64 kept, tq_u64 tail, tq_u32 negative, tq_i32 rounding, tq_i32 random_bits,
                              tq_u32 draw)
{
    const tq_u64 middle = (tq_u64)1 << 63;
    if (tail == 0)
        return 0;
    if (rounding == TQ_ROUND_EVEN)
        return tail > middle || (tail == middle && (kept & 1));
    if (rounding == TQ_ROUND_AWAY)
        return tail >= middle;
    if (rounding == TQ_ROUND_DOWN)
        return negative;
    if (rounding == TQ_ROUND_UP)
        return !negative;
    if (rounding == TQ_ROUND_ODD)
        return !(kept & 1);
    if (rounding == TQ_ROUND_STOCHASTIC) {
        const tq_u64 limit = (tq_u64)1 << random_bits, r = draw >> (32 - random_bits);
        const tq_u64 part = tail >> (64 - random_bits), more = (part << (64 - random_bits)) != tail;
        return negative ? r < part + more : r + part >= limit;
    }
    return 0; /* TQ_ROUND_ZERO */
}

/*
 * |v| in units of 2^quantum, rounded, modulo 2^64. v is finite. The result fits 63 bits when the quantum is at least the
 * leading bit's position - 62.
 */
TQ_INLINE tq_u64 tq_exact_round(tq_exact v, tq_i32 quantum, tq_i32 rounding, tq_i32 random_bits, tq_u32 draw)
{
    const tq_i32 shift = quantum - v.exponent;
    tq_u64 kept, tail;
    if (shift <= 0)
        return shift > -64 ? v.significand << -shift : 0;
    kept = shift < 64 ? v.significand >> shift : 0;
    tail = shift < 64 ? v.significand << (64 - shift) : tq_shift_sticky(v.significand, shift - 64);
    return kept + tq_rounds_up(kept, tail, v.negative, rounding, random_bits, draw);
}

/* Bits of the binary32 magnitude * 2^quantum, magnitude <= 2^24, quantum >= -149; infinity where it is too large. */
TQ_INLINE tq_u32 tq_pack(tq_u64 magnitude, tq_i32 quantum, tq_u32 negative)
{
    const tq_u32 sign = negative << 31;
    const tq_i32 leading = 63 - tq_leading_zeros(magnitude), exponent = leading + quantum;
    if (magnitude == 0)
        return sign;
    if (exponent > 127)
        return sign | TQ_INFINITY_BITS;
    if (exponent < -126)
        return sign | ((tq_u32)magnitude << (quantum + 149));
    magnitude = leading > 23 ? magnitude >> 1 : magnitude << (23 - leading);
    return sign | ((tq_u32)(exponent + 127) << 23) | ((tq_u32)magnitude & 0x7FFFFFu);
}

/* The binary32 nearest to v, ties to even: what the format `none` does to an exact number. */
TQ_INLINE tq_u32 tq_exact_to_carrier(tq_exact v)
{
    tq_i32 quantum;
    if (v.special == TQ_NOT_A_NUMBER)
        return TQ_NAN_BITS;
    if (v.special == TQ_INFINITE)
        return TQ_INFINITY_BITS | (v.negative << 31);
    if (v.significand == 0)
        return v.negative << 31;
    quantum = tq_exact_leading(v) - 23;
    quantum = quantum < -149 ? -149 : quantum;
    return tq_pack(tq_exact_round(v, quantum, TQ_ROUND_EVEN, 0, 0), quantum, v.negative);
}

/* Of two binary32, by their bits: rounded to nearest once. */
TQ_INLINE tq_u32 tq_carrier_sum(tq_u32 a, tq_u32 b)
{
    return tq_exact_to_carrier(tq_exact_add(tq_exact_of(a), tq_exact_of(b)));
}

TQ_INLINE tq_u32 tq_carrier_difference(tq_u32 a, tq_u32 b)
{
    return tq_carrier_sum(a, b ^ TQ_SIGN_BIT);
}

TQ_INLINE tq_u32 tq_carrier_product(tq_u32 a, tq_u32 b)
{
    return tq_exact_to_carrier(tq_exact_multiply(tq_exact_of(a), tq_exact_of(b)));
}

TQ_INLINE tq_u32 tq_carrier_quotient(tq_u32 a, tq_u32 b)
{
    return tq_exact_to_carrier(tq_exact_divide(tq_exact_of(a), tq_exact_of(b)));
}

typedef struct tq_block {
    tq_u32 word[4];
} tq_block;

/* Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011). */
TQ_INLINE tq_block tq_philox(tq_block counter, tq_u32 key0, tq_u32 key1)
{
    tq_i32 round;
    for (round = 0; round < 10; ++round) {
        const tq_u32 high0 = tq_high_product(0xD2511F53u, counter.word[0]);
        const tq_u32 low0 = 0xD2511F53u * counter.word[0];
        const tq_u32 high1 = tq_high_product(0xCD9E8D57u, counter.word[2]);
        const tq_u32 low1 = 0xCD9E8D57u * counter.word[2];
        counter.word[0] = high1 ^ counter.word[1] ^ key0;
        counter.word[1] = low1;
        counter.word[2] = high0 ^ counter.word[3] ^ key1;
        counter.word[3] = low0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return counter;
}

/*
 * Draw number `number` of `bits` bits (4, 8, 16 or 32) of stream `stream` at `index`, in the top bits of the result: bits
 * number*bits .. of the 128-bit blocks with counter (index low, index high, block, stream).
 */
TQ_INLINE tq_u32 tq_draw(tq_u32 key0, tq_u32 key1, tq_u64 index, tq_u32 number, tq_u32 stream, tq_i32 bits)
{
    const tq_u32 per_block = 128u / (tq_u32)bits, position = (number % per_block) * (tq_u32)bits;
    tq_block counter;
    tq_u32 word;
    counter.word[0] = (tq_u32)index;
    counter.word[1] = (tq_u32)(index >> 32);
    counter.word[2] = number / per_block;
    counter.word[3] = stream;
    counter = tq_philox(counter, key0, key1);
    word = position < 32 ? counter.word[0] : position < 64 ? counter.word[1] : position < 96 ? counter.word[2] : counter.word[3];
    return word >> (position & 31u) << (32 - bits);
}

/* The draw of an element: elements share blocks, 128 / bits of them one. In the top bits of the result. */
TQ_INLINE tq_u32 tq_element_draw(tq_u32 key0, tq_u32 key1, tq_u64 element, tq_u32 stream, tq_i32 bits)
{
    const tq_u32 per_block = 128u / (tq_u32)bits;
    return tq_draw(key0, key1, element / per_block, (tq_u32)(element % per_block), stream, bits);
}

#endif
