/* Binary: the sign, times a magnitude. p: s0 magnitude (binary32 bits). Both zeros count as positive. */
TQ_INLINE tq_u32 tq_quantize_binary(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw)
{
    const tq_u32 zero = v.special == TQ_FINITE && v.significand == 0;
    (void)structure;
    (void)draw;
    if (v.special == TQ_NOT_A_NUMBER)
        return TQ_NAN_BITS;
    return (tq_u32)p.s0 | (zero ? 0 : v.negative << 31);
}
