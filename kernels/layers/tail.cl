/*
 * The tail: what is done to a layer's output, vectors of carriers, before it is stored.
 *
 * Its parts, each there if its macro is 1, in sequence: the layer's extrinsic quantizer (TQ_HAS_EXTRINSIC), relu
 * (TQ_HAS_RELU), then RESULT and the extrinsic quantizer (TQ_HAS_THEN_RESULT, TQ_HAS_THEN_EXTRINSIC) of a layer without
 * inner arithmetic: of the relu behind, or of this layer itself.
 */
/* To an array of the work-item. */
#if TQ_LANES == 1
#define tq_store_private(v, p) (*(p) = (v))
#else
#define tq_store_private(v, p) TQ_VECTOR_OF(vstore)(v, 0, p)
#endif

typedef struct tq_tail {
    tq_words extrinsic, result, then_extrinsic;
    uint2 key, then_key;
} tq_tail;

/* From the words, which are not there if no quantizer is, of the three quantizers and the two keys, as src/layers/tail.c writes them. */
TQ_INLINE tq_tail tq_tail_of(__global const int *words)
{
    tq_tail tail;
#if TQ_HAS_EXTRINSIC || TQ_HAS_THEN_RESULT || TQ_HAS_THEN_EXTRINSIC
    tail.extrinsic = vload8(0, words);
    tail.result = vload8(1, words);
    tail.then_extrinsic = vload8(2, words);
    tail.key = (uint2)((uint)words[24], (uint)words[25]);
    tail.then_key = (uint2)((uint)words[26], (uint)words[27]);
#else
    tail.extrinsic = tail.result = tail.then_extrinsic = (tq_words)0;
    tail.key = tail.then_key = (uint2)0;
#endif
    return tail;
}

/* The draws of elements index, index + 1, ...; 0 for a quantizer that draws nothing. */
TQ_INLINE tq_uints tq_lanes_element_draws(const uint2 key, const ulong index, const uint stream, const int bits)
{
#ifdef TQ_DRAW_ROWS
    if (bits != 0)
        return tq_element_draws(key.s0, key.s1, index, stream, bits);
#endif
    return (tq_uints)0;
}

#if TQ_HAS_EXTRINSIC
TQ_INLINE tq_uints tq_lanes_extrinsic(const tq_uints bits, const tq_words words, const tq_uints draws)
{
#if TQ_EXTRINSIC_FAST
    return TQ_EXTRINSIC_VECTOR(bits, words, draws);
#else
    uint lane[TQ_LANES], draw[TQ_LANES];
    tq_store_private(bits, lane);
    tq_store_private(draws, draw);
    for (int i = 0; i < TQ_LANES; ++i)
        lane[i] = TQ_EXTRINSIC(tq_exact_of(lane[i]), words, draw[i]);
    return tq_load_uints(lane);
#endif
}
#endif

#if TQ_HAS_THEN_RESULT
TQ_INLINE tq_uints tq_lanes_then_result(const tq_uints bits, const tq_words words, const tq_uints draws)
{
#if TQ_THEN_RESULT_FAST
    return TQ_THEN_RESULT_VECTOR(bits, words, draws);
#else
    uint lane[TQ_LANES], draw[TQ_LANES];
    tq_store_private(bits, lane);
    tq_store_private(draws, draw);
    for (int i = 0; i < TQ_LANES; ++i)
        lane[i] = TQ_THEN_RESULT(tq_exact_of(lane[i]), words, draw[i]);
    return tq_load_uints(lane);
#endif
}
#endif

#if TQ_HAS_THEN_EXTRINSIC
TQ_INLINE tq_uints tq_lanes_then_extrinsic(const tq_uints bits, const tq_words words, const tq_uints draws)
{
#if TQ_THEN_EXTRINSIC_FAST
    return TQ_THEN_EXTRINSIC_VECTOR(bits, words, draws);
#else
    uint lane[TQ_LANES], draw[TQ_LANES];
    tq_store_private(bits, lane);
    tq_store_private(draws, draw);
    for (int i = 0; i < TQ_LANES; ++i)
        lane[i] = TQ_THEN_EXTRINSIC(tq_exact_of(lane[i]), words, draw[i]);
    return tq_load_uints(lane);
#endif
}
#endif

/* max(v, 0): negative numbers and -0 become +0, a NaN the canonical one. */
TQ_INLINE tq_uints tq_lanes_relu(const tq_uints bits)
{
    const tq_uints clamped = (bits & TQ_SIGN_BIT) != 0 ? (tq_uints)0 : bits;
    return (bits & ~TQ_SIGN_BIT) > TQ_INFINITY_BITS ? (tq_uints)TQ_NAN_BITS : clamped;
}

TQ_INLINE tq_uints tq_lanes_tail(tq_uints bits, const tq_tail tail, const ulong index)
{
    tq_uints draws = (tq_uints)0;
#if TQ_HAS_EXTRINSIC
    draws = tq_lanes_element_draws(tail.key, index, TQ_STREAM_ELEMENT, TQ_EXTRINSIC_BITS);
    bits = tq_lanes_extrinsic(bits, tail.extrinsic, draws);
#endif
#if TQ_HAS_RELU
    bits = tq_lanes_relu(bits);
#endif
#if TQ_HAS_THEN_RESULT
    draws = tq_lanes_element_draws(tail.then_key, index, TQ_STREAM_RESULT, TQ_THEN_RESULT_BITS);
    bits = tq_lanes_then_result(bits, tail.result, draws);
#endif
#if TQ_HAS_THEN_EXTRINSIC
    draws = tq_lanes_element_draws(tail.then_key, index, TQ_STREAM_ELEMENT, TQ_THEN_EXTRINSIC_BITS);
    bits = tq_lanes_then_extrinsic(bits, tail.then_extrinsic, draws);
#endif
    return bits;
}
