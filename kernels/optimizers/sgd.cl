/* Stochastic gradient descent, docs/optimizers.md. Words: rate, momentum. Flags: 1 momentum, 2 Nesterov's. Needs steps.cl. */
TQ_INLINE TQ_NUMBER TQ_RULE(TQ_AT at, TQ_NUMBER w, TQ_NUMBER g, TQ_NUMBER *state, const tq_words c, const tq_i32 flags)
{
    TQ_NUMBER d = g;
    if (flags & 1) {
        d = TQ_TO_STATE(at, TQ_FUSED_OF(at, TQ_SCALAR(c.s1), state[0], g, TQ_STATE_FORM), 0);
        state[0] = d;
        if (flags & 2)
            d = TQ_ROUNDED(at, TQ_FUSED_OF(at, TQ_SCALAR(c.s1), d, g, TQ_NEAREST));
    }
    d = TQ_TO_PRODUCT(at, TQ_PRODUCT_OF(at, TQ_SCALAR(c.s0), d, TQ_LEARNED_FORM));
    return TQ_TO_VALUE(at, TQ_DIFFERENCE_OF(at, w, d, TQ_RENEWED_FORM));
}
