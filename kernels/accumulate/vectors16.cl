/*
 * Vectors for paths whose sums are 16-bit integers: tq_shorts of TQ_SHORTS lanes, and halves of TQ_HALF =
 * TQ_SHORTS / 2 lanes of 32 bits, tq_half_ints and tq_half_floats.
 *
 * tq_pack_halves(low, high) saturates two halves to the lanes of a whole. With 16 and 32 lanes it is x86's vpackssdw, whose lane
 * 8q + r is lane 4q + r of `low` for r < 4 and lane 4q + r - 4 of `high` else, so the host packs the columns of a step in that
 * order (pack.c); the form for other compilers gives the same order. Where a builtin is missing the plain form gives the
 * same bits.
 */
#ifndef __has_builtin
#define __has_builtin(x) 0
#endif

#if TQ_SHORTS == 32
typedef short tq_shorts __attribute__((ext_vector_type(32)));
typedef int tq_wide_ints __attribute__((ext_vector_type(32)));
typedef int tq_half_ints __attribute__((ext_vector_type(16)));
typedef float tq_half_floats __attribute__((ext_vector_type(16)));
typedef short tq_machine_shorts __attribute__((__vector_size__(64)));
typedef int tq_machine_ints __attribute__((__vector_size__(64)));

typedef tq_shorts tq_shorts_anywhere __attribute__((aligned(2)));

#define tq_load_shorts(p)       (*(__global const tq_shorts *)(p))
#define tq_load_shorts_anywhere(p) (*(__global const tq_shorts_anywhere *)(p))
#define tq_store_shorts(s, p)   (*(__private tq_shorts *)(p) = (s))
#define tq_widen(a)             __builtin_convertvector(a, tq_wide_ints)
#define tq_saturating_add(a, b) __builtin_elementwise_add_sat(a, b)
#else
typedef TQ_CAT(short, TQ_SHORTS) tq_shorts;
typedef TQ_CAT(ushort, TQ_SHORTS) tq_unsigned_shorts;
typedef TQ_CAT(int, TQ_HALF) tq_half_ints;
typedef TQ_CAT(float, TQ_HALF) tq_half_floats;

#if TQ_SHORTS == 16
typedef short tq_machine_shorts __attribute__((__vector_size__(32)));
typedef int tq_machine_ints __attribute__((__vector_size__(32)));
#endif

#define tq_load_shorts(p)       TQ_CAT(vload, TQ_SHORTS)(0, p)
#define tq_load_shorts_anywhere(p) tq_load_shorts(p)
#define tq_store_shorts(s, p)   TQ_CAT(vstore, TQ_SHORTS)(s, 0, p)
#if defined(__AVX2__) && __has_builtin(__builtin_elementwise_add_sat)
#define tq_saturating_add(a, b) __builtin_elementwise_add_sat(a, b)
#else
#define tq_saturating_add(a, b) add_sat(a, b)
#endif
#endif

#define tq_spread_short(x)      ((tq_shorts)(short)(x))
#define tq_load_half_ints(p)    TQ_CAT(vload, TQ_HALF)(0, p)
#define tq_load_half_floats(p)  TQ_CAT(vload, TQ_HALF)(0, p)
#define tq_half_float_bits(v)   TQ_CAT(as_int, TQ_HALF)(v)

TQ_INLINE tq_shorts tq_pack_halves(const tq_half_ints low, const tq_half_ints high)
{
#if TQ_SHORTS == 32 && __has_builtin(__builtin_ia32_packssdw512)
    return __builtin_astype(__builtin_ia32_packssdw512(__builtin_astype(low, tq_machine_ints),
                                                       __builtin_astype(high, tq_machine_ints)),
                            tq_shorts);
#elif TQ_SHORTS == 32
    return (tq_shorts)__builtin_shufflevector(convert_short16_sat(low), convert_short16_sat(high), 0, 1, 2, 3, 16, 17, 18,
                                              19, 4, 5, 6, 7, 20, 21, 22, 23, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15,
                                              28, 29, 30, 31);
#elif TQ_SHORTS == 16 && defined(__AVX2__)
    return __builtin_astype(__builtin_ia32_packssdw256(__builtin_astype(low, tq_machine_ints),
                                                       __builtin_astype(high, tq_machine_ints)),
                            tq_shorts);
#elif TQ_SHORTS == 16
    const short8 a = convert_short8_sat(low), b = convert_short8_sat(high);
    return (tq_shorts)(a.lo, b.lo, a.hi, b.hi);
#else
    return (tq_shorts)(TQ_CAT(TQ_CAT(convert_short, TQ_HALF), _sat)(low), TQ_CAT(TQ_CAT(convert_short, TQ_HALF), _sat)(high));
#endif
}

/* (a*b) >> 16. PoCL 3.1 has a mul_hi that is many instructions. */
TQ_INLINE tq_shorts tq_high(const tq_shorts a, const tq_shorts b)
{
#if TQ_SHORTS == 32
    return __builtin_convertvector((tq_widen(a) * tq_widen(b)) >> 16, tq_shorts);
#elif TQ_SHORTS == 16 && defined(__AVX2__)
    return __builtin_astype(__builtin_ia32_pmulhw256(__builtin_astype(a, tq_machine_shorts),
                                                     __builtin_astype(b, tq_machine_shorts)),
                            tq_shorts);
#else
    return mul_hi(a, b);
#endif
}

/*
 * (a*b + 2^14) >> 15, a*b + 2^14 below 2^30. In halves, a*b = h * 2^16 + l: h * 2 + (l + 2^14) / 2^15 rounded down, and that
 * is what two bits of l decide.
 */
TQ_INLINE tq_shorts tq_rounding_high(const tq_shorts a, const tq_shorts b)
{
#if TQ_SHORTS == 32 && __has_builtin(__builtin_ia32_pmulhrsw512)
    return __builtin_astype(__builtin_ia32_pmulhrsw512(__builtin_astype(a, tq_machine_shorts),
                                                       __builtin_astype(b, tq_machine_shorts)),
                            tq_shorts);
#elif TQ_SHORTS == 32
    return __builtin_convertvector((tq_widen(a) * tq_widen(b) + 0x4000) >> 15, tq_shorts);
#elif TQ_SHORTS == 16 && defined(__AVX2__)
    return __builtin_astype(__builtin_ia32_pmulhrsw256(__builtin_astype(a, tq_machine_shorts),
                                                       __builtin_astype(b, tq_machine_shorts)),
                            tq_shorts);
#else
    const tq_unsigned_shorts low = TQ_CAT(as_ushort, TQ_SHORTS)(a * b);
    return mul_hi(a, b) * (short)2 + TQ_CAT(as_short, TQ_SHORTS)((tq_unsigned_shorts)(((low >> (ushort)14) + (ushort)1) >> (ushort)1));
#endif
}

/*
 * Operands of tq_multiply: ints whose two 16-bit halves are two factors. The result adds the two products: low halves,
 * high halves; it does not overflow unless all four factors are -2^15.
 */
TQ_INLINE tq_half_ints tq_multiply(const tq_half_ints a, const tq_half_ints b)
{
#if TQ_SHORTS == 32 && __has_builtin(__builtin_ia32_pmaddwd512)
    return __builtin_astype(__builtin_ia32_pmaddwd512(__builtin_astype(a, tq_machine_shorts),
                                                      __builtin_astype(b, tq_machine_shorts)),
                            tq_half_ints);
#elif TQ_SHORTS == 16 && defined(__AVX2__)
    return __builtin_astype(__builtin_ia32_pmaddwd256(__builtin_astype(a, tq_machine_shorts),
                                                      __builtin_astype(b, tq_machine_shorts)),
                            tq_half_ints);
#else
    return (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
#endif
}

#if TQ_SHORTS == 32 || TQ_SHORTS == TQ_LANES /* else steps have sums of another kind */
/* TQ_LANES sums from number TQ_LANES * part on, as binary32: a result's vector. */
TQ_INLINE TQ_CAT(float, TQ_LANES) tq_part_of_shorts(const tq_shorts s, const int part, const int unit, const int below)
{
#if TQ_SHORTS == 32
    const short16 lanes = part == 0 ? s.lo : s.hi;
#else
    const tq_shorts lanes = s;
#endif
    return TQ_CAT(convert_float, TQ_LANES)(lanes >> (short)below) * as_float((127 + unit) << 23);
}
#endif
