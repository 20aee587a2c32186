/*
 * Steps of optimizers' rules in exact numbers, one parameter element at a time. C and OpenCL C.
 *
 * A rule (sgd.cl and its neighbours) and what all have in common (gradient.cl) are written once, in the names defined here:
 * TQ_NUMBER is a register, TQ_WIDE what an operation gives before it is rounded. lane_steps.cl defines the same names for
 * vectors, and the same text is compiled again. `form` and `at`'s other uses are for those.
 */
#ifdef __OPENCL_VERSION__
typedef tq_words tq_update_slot;
#define TQ_UPDATE_BITS(slot, q) slot##_BITS
#else
typedef tq_baked tq_update_slot;
#define TQ_UPDATE_BITS(slot, q)       ((q).random_bits)
#define TQ_GRADIENT(v, q, draw)       (q).apply((v), (q).words, (q).structure, (draw))
#define TQ_STATE(v, q, draw)          TQ_GRADIENT(v, q, draw)
#define TQ_LEARNED(v, q, draw)        TQ_GRADIENT(v, q, draw)
#define TQ_RENEWED(v, q, draw)        TQ_GRADIENT(v, q, draw)
#endif

/* Where a step is: its slots, its draws. */
typedef struct tq_update_at {
    tq_update_slot gradient, state, product, value;
    tq_u32 key0, key1, stream; /* the parameter's first stream */
    tq_u32 before;             /* steps taken before this one */
    tq_u64 element;
} tq_update_at;

/* Streams from the parameter's first one on; a parameter has eight. */
#define TQ_DRAW_GRADIENT 0
#define TQ_DRAW_DECAY    1
#define TQ_DRAW_STATE    2 /* + number of the state */
#define TQ_DRAW_PRODUCT  6
#define TQ_DRAW_VALUE    7

/* Flags that all rules have; their own are below 256. */
#define TQ_UPDATE_DECAYS 256 /* weight decay */
#define TQ_UPDATE_CLIPS  512 /* gradients of values beyond the weights' format are zero */

/* The element of which the draw is taken: each step has 2^32 blocks of its own. */
TQ_INLINE tq_u64 tq_update_element(const tq_update_at *at, tq_i32 bits)
{
    return at->element + ((tq_u64)at->before << 32) * (128u / (tq_u32)bits);
}

TQ_INLINE tq_u32 tq_update_draw(const tq_update_at *at, tq_u32 number, tq_i32 bits)
{
    if (bits == 0)
        return 0;
    return tq_element_draw(at->key0, at->key1, tq_update_element(at, bits), at->stream + number, bits);
}

TQ_INLINE tq_u32 tq_exact_gradient(const tq_update_at *at, tq_exact v, tq_u32 number)
{
    return TQ_GRADIENT(v, at->gradient, tq_update_draw(at, number, TQ_UPDATE_BITS(TQ_GRADIENT, at->gradient)));
}

TQ_INLINE tq_u32 tq_exact_state(const tq_update_at *at, tq_exact v, tq_u32 number)
{
    return TQ_STATE(v, at->state, tq_update_draw(at, TQ_DRAW_STATE + number, TQ_UPDATE_BITS(TQ_STATE, at->state)));
}

TQ_INLINE tq_u32 tq_exact_product(const tq_update_at *at, tq_exact v)
{
    return TQ_LEARNED(v, at->product, tq_update_draw(at, TQ_DRAW_PRODUCT, TQ_UPDATE_BITS(TQ_LEARNED, at->product)));
}

TQ_INLINE tq_u32 tq_exact_value(const tq_update_at *at, tq_exact v)
{
    return TQ_RENEWED(v, at->value, tq_update_draw(at, TQ_DRAW_VALUE, TQ_UPDATE_BITS(TQ_RENEWED, at->value)));
}

#define TQ_AT               const tq_update_at *
#define TQ_NUMBER           tq_u32
#define TQ_PREPARED         tq_exact_prepared
#define TQ_RULE             tq_exact_rule
#define TQ_SCALAR(word)     ((tq_u32)(word))
#define TQ_PRODUCT_OF(at, a, b, form)    tq_exact_multiply(tq_exact_of(a), tq_exact_of(b))
#define TQ_DIFFERENCE_OF(at, a, b, form) tq_exact_add(tq_exact_of(a), tq_exact_of((b) ^ TQ_SIGN_BIT))
#define TQ_SUM_OF(at, a, b, form)        tq_exact_add(tq_exact_of(a), tq_exact_of(b))
#define TQ_FUSED_OF(at, a, b, c, form)   tq_exact_add(tq_exact_multiply(tq_exact_of(a), tq_exact_of(b)), tq_exact_of(c))
#define TQ_ROUNDED(at, wide)             tq_exact_to_carrier(wide)
#define TQ_QUOTIENT(at, a, b)            tq_carrier_quotient(a, b)
#define TQ_ROOT(at, a)                   tq_root_bits(tq_exact_of(a))
#define TQ_TO_GRADIENT(at, wide, number) tq_exact_gradient(at, wide, number)
#define TQ_TO_STATE(at, wide, number)    tq_exact_state(at, wide, number)
#define TQ_TO_PRODUCT(at, wide)          tq_exact_product(at, wide)
#define TQ_TO_VALUE(at, wide)            tq_exact_value(at, wide)
