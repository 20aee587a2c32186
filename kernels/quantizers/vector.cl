/*
 * Vectors of TQ_LANES binary32 numbers, given and returned as their bits: what the vector functions of quantizers share.
 *
 * A vector function gives in every lane the bits that the scalar function of its family gives. It uses integers on the
 * bits; where it uses floating-point operations, its file's head proves that they are exact, or round as claimed, also on
 * devices that flush subnormal numbers. Comparisons are used as conditions only: they are -1 in vectors, 1 in scalars. They
 * never choose between 1 and 0: compilers make that a conversion from one bit, which Oclgrind 21.10 gets wrong in vectors.
 *
 * A number's magnitude is split as the prelude's tq_exact is: 24 bits with the leading one set, and the exponent of the
 * leading bit. The tail that a rounding drops is kept as a fraction of 32 bits. It is exact for shifts up to 32; beyond, it
 * is below 2^-8, and what it loses matters in two ways only: whether anything is there, and the order of tail and draw. Both
 * see the tail rounded up, but for the carry of tail + draw, which needs it rounded down.
 *
 * A family has tq_vector_NAME(x, words, structure, draws, class), where class is tq_class_NAME(words, structure): which of
 * its forms, the short ones above 0, the words allow.
 */
#if defined TQ_LANES && TQ_LANES <= 16
#if TQ_LANES == 1
#define TQ_VECTOR_OF(name)   name
#define tq_load_uints(p)     (*(p))
#define tq_store_uints(v, p) (*(p) = (v))
#else
#define TQ_VECTOR_OF(name)   TQ_CAT(name, TQ_LANES)
#define tq_load_uints(p)     TQ_VECTOR_OF(vload)(0, p)
#define tq_store_uints(v, p) (*(__global tq_uints_anywhere *)(p) = (v))
#endif
typedef TQ_VECTOR_OF(uint) tq_uints;
typedef tq_uints tq_uints_anywhere __attribute__((aligned(4)));
typedef TQ_VECTOR_OF(int) tq_ints;
typedef TQ_VECTOR_OF(float) tq_floats;
#define tq_uints_as_floats(v) TQ_VECTOR_OF(as_float)(v)
#define tq_floats_as_uints(v) TQ_VECTOR_OF(as_uint)(v)
#define tq_uints_as_ints(v)   TQ_VECTOR_OF(as_int)(v)
#define tq_ints_as_uints(v)   TQ_VECTOR_OF(as_uint)(v)
#define tq_ints_to_floats(v)  TQ_VECTOR_OF(convert_float)(v)
#define tq_floats_to_ints(v)  TQ_VECTOR_OF(convert_int)(v)
#if defined __has_builtin && defined __SSE4_1__ && TQ_LANES > 1 /* Oclgrind lacks it */
#if __has_builtin(__builtin_elementwise_floor)
#define tq_floats_floor(v) __builtin_elementwise_floor(v) /* an instruction; floor() may be a call */
#endif
#endif
#ifndef tq_floats_floor
#define tq_floats_floor(v) floor(v)
#endif
/* tq_floats_fma_down: a * b + c, rounded down; only where a device has it as one instruction. */
#if defined __has_builtin && defined __AVX512F__ && TQ_LANES == 16
#if __has_builtin(__builtin_ia32_vfmaddps512_mask)
typedef float tq_machine_floats __attribute__((vector_size(64)));
#define TQ_ROUND_DOWN_QUIETLY 9
#define tq_floats_fma_down    tq_floats_fma_down

TQ_INLINE tq_floats tq_floats_fma_down(tq_floats a, tq_floats b, tq_floats c)
{
    return __builtin_astype(__builtin_ia32_vfmaddps512_mask(
                                __builtin_astype(a, tq_machine_floats), __builtin_astype(b, tq_machine_floats),
                                __builtin_astype(c, tq_machine_floats), 0xFFFF, TQ_ROUND_DOWN_QUIETLY),
                            tq_floats);
}
#endif
#endif

/* All ones where the sign is set. */
TQ_INLINE tq_uints tq_vector_negative(tq_uints bits)
{
    return tq_ints_as_uints(tq_uints_as_ints(bits) >> 31);
}

/* The bits of the binary32 integer that a magnitude below 2^25 with at most 24 significant bits is. */
TQ_INLINE tq_uints tq_vector_float_of(tq_uints magnitude)
{
    return tq_floats_as_uints(tq_ints_to_floats(tq_uints_as_ints(magnitude)));
}

/* The 24 bits of a finite magnitude, the leading one set (0 for 0), and the exponent of the leading one. */
TQ_INLINE tq_uints tq_vector_split(tq_uints a, tq_ints *leading)
{
    const tq_uints scaled =
        tq_vector_float_of(a) - (149u << 23); /* a subnormal's, as if exponents had no end */
    const tq_uints b = a < (tq_uints)0x800000u ? scaled : a;
    *leading = (tq_uints_as_ints(b) >> 23) - 127;
    return a == (tq_uints)0 ? (tq_uints)0 : (b & 0x7FFFFFu) | 0x800000u;
}

/* Shifts whose counts are at least 0 and may be large. */
TQ_INLINE tq_uints tq_vector_left(tq_uints x, tq_ints count)
{
    return count > (tq_ints)31 ? (tq_uints)0 : x << tq_ints_as_uints(count & 31);
}

TQ_INLINE tq_uints tq_vector_right(tq_uints x, tq_ints count)
{
    return count > (tq_ints)31 ? (tq_uints)0 : x >> tq_ints_as_uints(count & 31);
}

/* 1 where x is not 0; where x + y carries; where x < y; else 0. */
TQ_INLINE tq_uints tq_vector_any(tq_uints x)
{
    return ((x >> 1 | (x & 1u)) + 0x7FFFFFFFu) >> 31;
}

TQ_INLINE tq_uints tq_vector_carry(tq_uints x, tq_uints y)
{
    return ((x & y) | ((x | y) & ~(x + y))) >> 31;
}

TQ_INLINE tq_uints tq_vector_less(tq_uints x, tq_uints y)
{
    return ((~x & y) | ((~x | y) & (x - y))) >> 31;
}

/*
 * significand / 2^shift, rounded; shift >= 0, significand of 24 bits. `negative` is all ones or 0. The result
 * has at most 24 bits, or is 2^24. To even: half a unit is 2^30 in a tail of 31 bits with a sticky last one.
 */
TQ_INLINE tq_uints tq_vector_round(tq_uints significand, tq_ints shift, tq_uints negative, tq_i32 rounding,
                                   tq_i32 random_bits, tq_uints draws)
{
    const tq_uints kept = tq_vector_right(significand, shift), none = (tq_uints)0;
    const tq_ints excess = shift > (tq_ints)32 ? shift - 32 : (tq_ints)31;
    const tq_uints far = tq_vector_right(significand, excess);
    const tq_uints lost = tq_vector_any(tq_vector_left(far, excess) ^ significand);
    const tq_uints lower = shift > (tq_ints)32 ? far : tq_vector_left(significand, 32 - shift);
    const tq_uints upper = shift > (tq_ints)32 ? far + lost : lower;
    if (rounding == TQ_ROUND_EVEN)
        return kept + (((upper >> 1 | (upper & 1u)) + (kept & 1u) + 0x3FFFFFFFu) >> 31);
    if (rounding == TQ_ROUND_AWAY)
        return kept + (upper >> 31);
    if (rounding == TQ_ROUND_DOWN)
        return kept + (tq_vector_any(upper) & negative);
    if (rounding == TQ_ROUND_UP)
        return kept + (tq_vector_any(upper) & ~negative);
    if (rounding == TQ_ROUND_ODD)
        return kept | tq_vector_any(upper);
    if (rounding == TQ_ROUND_STOCHASTIC) {
        const tq_uints r = draws & (0xFFFFFFFFu << (32 - random_bits));
        return kept + (negative != none ? tq_vector_less(r, upper) : tq_vector_carry(r, lower));
    }
    return kept; /* TQ_ROUND_ZERO */
}

/* As tq_pack without a sign. What is too large becomes some bits not below infinity's. */
TQ_INLINE tq_uints tq_vector_pack(tq_uints magnitude, tq_ints quantum)
{
    const tq_uints number = tq_vector_float_of(magnitude);
    const tq_ints exponent = tq_uints_as_ints(number >> 23) + quantum;
    const tq_uints normal = number + (tq_ints_as_uints(quantum) << 23);
    const tq_uints bits = exponent < (tq_ints)1 ? tq_vector_left(magnitude, (quantum + 149) & 31) : normal;
    return magnitude == (tq_uints)0 ? (tq_uints)0 : bits;
}

/* x, where it is subnormal the smallest normal number of its sign: a device may take subnormal numbers for
 * zeros. */
TQ_INLINE tq_uints tq_vector_normal(tq_uints x)
{
#if TQ_SUBNORMALS
    return x;
#else
    return ((x & ~TQ_SIGN_BIT) - 1u) < (tq_uints)0x7FFFFFu ? (x & TQ_SIGN_BIT) | 0x800000u : x;
#endif
}

/* The canonical NaN where x is not a number, else y. */
TQ_INLINE tq_uints tq_vector_nan(tq_uints x, tq_uints y)
{
    const tq_floats number = tq_uints_as_floats(x);
    return number != number ? (tq_uints)TQ_NAN_BITS : y;
}

/* The kind none, as a register has it. */
#define tq_class_none(p, structure) 0

TQ_INLINE tq_uints tq_vector_none(tq_uints x, tq_words p, tq_i32 structure, tq_uints draws, tq_i32 class)
{
    (void)p;
    (void)structure;
    (void)draws;
    (void)class;
    return tq_vector_nan(x, x);
}
#endif
