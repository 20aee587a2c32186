/*
 * Vectors for the kind ternary: see ternary.cl.
 *
 * Where the threshold is 0.7 times the number itself, rounded: a binary32 of u units in its last place, u >=
 * 2, has 0.7u <= u - 0.6, which rounds to less than u, whether units shrink below a power of two or not. One
 * unit, 2^-149, has 0.7 of it, which rounds to 1; zero has zero. So all magnitudes above 2^-149 are beyond
 * their own threshold: it is 1 as bits.
 */
#if defined TQ_LANES && TQ_LANES <= 16
#define tq_class_ternary(p, structure) 0

TQ_INLINE tq_uints tq_vector_ternary(tq_uints x, tq_words p, tq_i32 structure, tq_uints draws, tq_i32 class)
{
    const tq_u32 given = (structure & TQ_TERNARY_ALONE) ? 1u : (tq_u32)p.s1;
    const tq_u32 below_infinity = given < TQ_INFINITY_BITS ? given : TQ_INFINITY_BITS - 1;
    const tq_uints beyond = (tq_uints)(tq_u32)p.s0 | (x & TQ_SIGN_BIT);
    (void)draws;
    (void)class;
    return tq_vector_nan(x, (x & ~TQ_SIGN_BIT) > (tq_uints)below_infinity ? beyond : (tq_uints)0);
}
#endif
