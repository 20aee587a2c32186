/* AdaGrad, docs/optimizers.md. Words: rate, epsilon. State: sum of squares. Needs steps.cl. */
TQ_INLINE TQ_NUMBER TQ_RULE(TQ_AT at, TQ_NUMBER w, TQ_NUMBER g, TQ_NUMBER *state, const tq_words c, const tq_i32 flags)
{
    TQ_NUMBER d;
    (void)flags;
    state[0] = TQ_TO_STATE(at, TQ_FUSED_OF(at, g, g, state[0], TQ_STATE_FORM), 0);
    d = TQ_ROUNDED(at, TQ_SUM_OF(at, TQ_ROOT(at, state[0]), TQ_SCALAR(c.s1), TQ_NEAREST));
    d = TQ_TO_PRODUCT(at, TQ_PRODUCT_OF(at, TQ_SCALAR(c.s0), TQ_QUOTIENT(at, g, d), TQ_LEARNED_FORM));
    return TQ_TO_VALUE(at, TQ_DIFFERENCE_OF(at, w, d, TQ_RENEWED_FORM));
}
