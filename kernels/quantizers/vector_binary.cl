/* Vectors for the kind binary: see binary.cl. Below -0, in the order of unsigned integers, are the numbers >=
 * 0. */
#if defined TQ_LANES && TQ_LANES <= 16
#define tq_class_binary(p, structure) 0

TQ_INLINE tq_uints tq_vector_binary(tq_uints x, tq_words p, tq_i32 structure, tq_uints draws, tq_i32 class)
{
    const tq_uints plus = (tq_uints)(tq_u32)p.s0;
    (void)structure;
    (void)draws;
    (void)class;
    return tq_vector_nan(x, x > (tq_uints)TQ_SIGN_BIT ? plus | TQ_SIGN_BIT : plus);
}
#endif
