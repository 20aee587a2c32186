/*
 * What all rules begin with: the gradient as it comes becomes g of docs/optimizers.md. Its words: 1 / loss scale, weight decay,
 * and the lowest and the highest number of the weights' format as ranks, which order like the numbers. Needs steps.cl.
 */
TQ_INLINE TQ_NUMBER TQ_PREPARED(TQ_AT at, TQ_NUMBER w, TQ_NUMBER x, const tq_words common, const tq_i32 flags)
{
    TQ_NUMBER g;
    if (flags & TQ_UPDATE_CLIPS) {
        const TQ_NUMBER rank = (w & TQ_SIGN_BIT) != 0 ? ~w : w | TQ_SIGN_BIT;
        x = rank < TQ_SCALAR(common.s2) ? (TQ_NUMBER)0 : x;
        x = rank > TQ_SCALAR(common.s3) ? (TQ_NUMBER)0 : x;
    }
    g = TQ_TO_GRADIENT(at, TQ_PRODUCT_OF(at, x, TQ_SCALAR(common.s0), TQ_GRADIENT_FORM), TQ_DRAW_GRADIENT);
    if (flags & TQ_UPDATE_DECAYS)
        g = TQ_TO_GRADIENT(at, TQ_FUSED_OF(at, TQ_SCALAR(common.s1), w, g, TQ_GRADIENT_FORM), TQ_DRAW_DECAY);
    return g;
}
