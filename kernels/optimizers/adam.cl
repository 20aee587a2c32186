/*
 * Adam, docs/optimizers.md. Words: rate / (1 - beta1^t), 1 - beta1, 1 - beta2, 1 / sqrt(1 - beta2^t), epsilon. States: first and
 * second moment. Needs steps.cl.
 */
TQ_INLINE TQ_NUMBER TQ_RULE(TQ_AT at, TQ_NUMBER w, TQ_NUMBER g, TQ_NUMBER *state, const tq_words c, const tq_i32 flags)
{
    const TQ_NUMBER square = TQ_ROUNDED(at, TQ_PRODUCT_OF(at, g, g, TQ_NEAREST));
    const TQ_NUMBER more = TQ_ROUNDED(at, TQ_DIFFERENCE_OF(at, g, state[0], TQ_NEAREST));
    const TQ_NUMBER larger = TQ_ROUNDED(at, TQ_DIFFERENCE_OF(at, square, state[1], TQ_NEAREST));
    TQ_NUMBER d;
    (void)flags;
    state[0] = TQ_TO_STATE(at, TQ_FUSED_OF(at, TQ_SCALAR(c.s1), more, state[0], TQ_STATE_FORM), 0);
    state[1] = TQ_TO_STATE(at, TQ_FUSED_OF(at, TQ_SCALAR(c.s2), larger, state[1], TQ_STATE_FORM), 1);
    d = TQ_ROUNDED(at, TQ_FUSED_OF(at, TQ_SCALAR(c.s3), TQ_ROOT(at, state[1]), TQ_SCALAR(c.s4), TQ_NEAREST));
    d = TQ_TO_PRODUCT(at, TQ_PRODUCT_OF(at, TQ_SCALAR(c.s0), TQ_QUOTIENT(at, state[0], d), TQ_LEARNED_FORM));
    return TQ_TO_VALUE(at, TQ_DIFFERENCE_OF(at, w, d, TQ_RENEWED_FORM));
}
