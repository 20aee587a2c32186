/*
 * Sparse: the binary32 nearest to v where it is beyond the threshold, else +0. p: s0 threshold (binary32 bits, finite).
 * Results lie in the value set because the rounded number is compared. NaN's bits are beyond every threshold.
 */
TQ_INLINE tq_u32 tq_quantize_sparse(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw)
{
    const tq_u32 bits = tq_exact_to_carrier(v);
    (void)structure;
    (void)draw;
    return (bits & ~TQ_SIGN_BIT) > (tq_u32)p.s0 ? bits : 0;
}
