/*
 * RMSProp, docs/optimizers.md. Words: rate, momentum, 1 - decay, epsilon. Flags: 1 momentum, 2 centred. States: mean square,
 * mean, momentum. The momentum takes the step that is divided already; nothing divides it again. Needs steps.cl.
 */
TQ_INLINE TQ_NUMBER TQ_RULE(TQ_AT at, TQ_NUMBER w, TQ_NUMBER g, TQ_NUMBER *state, const tq_words c, const tq_i32 flags)
{
    const TQ_NUMBER square = TQ_ROUNDED(at, TQ_PRODUCT_OF(at, g, g, TQ_NEAREST)), part = TQ_SCALAR(c.s2);
    const TQ_NUMBER more = TQ_ROUNDED(at, TQ_DIFFERENCE_OF(at, square, state[0], TQ_NEAREST));
    TQ_NUMBER v, p;
    state[0] = TQ_TO_STATE(at, TQ_FUSED_OF(at, part, more, state[0], TQ_STATE_FORM), 0);
    v = state[0];
    if (flags & 2) {
        const TQ_NUMBER beyond = TQ_ROUNDED(at, TQ_DIFFERENCE_OF(at, g, state[1], TQ_NEAREST));
        state[1] = TQ_TO_STATE(at, TQ_FUSED_OF(at, part, beyond, state[1], TQ_STATE_FORM), 1);
        v = TQ_ROUNDED(at, TQ_FUSED_OF(at, state[1] ^ TQ_SIGN_BIT, state[1], v, TQ_NEAREST));
        v = (v & TQ_SIGN_BIT) != 0 ? (TQ_NUMBER)0 : v;
    }
    v = TQ_ROOT(at, TQ_ROUNDED(at, TQ_SUM_OF(at, v, TQ_SCALAR(c.s3), TQ_NEAREST)));
    p = TQ_TO_PRODUCT(at, TQ_PRODUCT_OF(at, TQ_SCALAR(c.s0), TQ_QUOTIENT(at, g, v), TQ_LEARNED_FORM));
    if (flags & 1) {
        p = TQ_TO_STATE(at, TQ_FUSED_OF(at, TQ_SCALAR(c.s1), state[2], p, TQ_STATE_FORM), 2);
        state[2] = p;
    }
    return TQ_TO_VALUE(at, TQ_DIFFERENCE_OF(at, w, p, TQ_RENEWED_FORM));
}
