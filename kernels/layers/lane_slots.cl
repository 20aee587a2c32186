/* The quantizers of a layer that is not a contraction, applied to vectors of carriers: PRODUCT, SUM, RESULT. */

/* `left`: what the argument's form TQ_PAIR has besides. */
#ifdef TQ_PRODUCT
TQ_INLINE tq_uints tq_lanes_product(const tq_uints bits, const tq_floats left, const tq_words words, const tq_uints draws)
{
#if TQ_PRODUCT_FORM == TQ_PAIR
    return tq_lanes_pair(bits, left, words, draws);
#elif TQ_PRODUCT_FAST
    return TQ_PRODUCT_VECTOR(bits, words, draws);
#else
    uint lane[TQ_LANES], draw[TQ_LANES];
    tq_store_private(bits, lane);
    tq_store_private(draws, draw);
    for (int i = 0; i < TQ_LANES; ++i)
        lane[i] = TQ_PRODUCT(tq_exact_of(lane[i]), words, draw[i]);
    return tq_load_uints(lane);
#endif
}

TQ_INLINE tq_uints tq_lanes_sum(const tq_uints bits, const tq_floats left, const tq_words words, const tq_uints draws)
{
#if TQ_SUM_FORM == TQ_PAIR
    return tq_lanes_pair(bits, left, words, draws);
#elif TQ_SUM_FAST
    return TQ_SUM_VECTOR(bits, words, draws);
#else
    uint lane[TQ_LANES], draw[TQ_LANES];
    tq_store_private(bits, lane);
    tq_store_private(draws, draw);
    for (int i = 0; i < TQ_LANES; ++i)
        lane[i] = TQ_SUM(tq_exact_of(lane[i]), words, draw[i]);
    return tq_load_uints(lane);
#endif
}

TQ_INLINE tq_uints tq_lanes_result(const tq_uints bits, const tq_floats left, const tq_words words, const tq_uints draws)
{
#if TQ_RESULT_FORM == TQ_PAIR
    return tq_lanes_pair(bits, left, words, draws);
#elif TQ_RESULT_FAST
    return TQ_RESULT_VECTOR(bits, words, draws);
#else
    uint lane[TQ_LANES], draw[TQ_LANES];
    tq_store_private(bits, lane);
    tq_store_private(draws, draw);
    for (int i = 0; i < TQ_LANES; ++i)
        lane[i] = TQ_RESULT(tq_exact_of(lane[i]), words, draw[i]);
    return tq_load_uints(lane);
#endif
}
#endif
