/* Vectors for the kind sparse: see sparse.cl. A carrier needs no rounding; NaN becomes the canonical one. */
#if defined TQ_LANES && TQ_LANES <= 16
#define tq_class_sparse(p, structure) 0

TQ_INLINE tq_uints tq_vector_sparse(tq_uints x, tq_words p, tq_i32 structure, tq_uints draws, tq_i32 class)
{
    (void)structure;
    (void)draws;
    (void)class;
    return tq_vector_nan(x, (x & ~TQ_SIGN_BIT) > (tq_uints)(tq_u32)p.s0 ? x : (tq_uints)0);
}
#endif
