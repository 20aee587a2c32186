/*
 * y = RESULT(a TQ_OPERATION b), both broadcast; TQ_SAME: neither repeats. TQ_FORM tells how vectors are made, as in
 * src/layers/pairwise.h. A work-item makes `vectors` vectors; the last vector of all overlaps the one before it.
 */
#define TQ_FORM_SUM        1
#define TQ_FORM_DIFFERENCE 2
#define TQ_FORM_PRODUCT    3
#define TQ_FORM_LARGER     4
#define TQ_FORM_SMALLER    5

#define TQ_MOST_RANK 6 /* TQ_MAX_RANK */

TQ_INLINE uint tq_pairwise_one(const uint a, const uint b, const int8 words, const uint2 key, const ulong index)
{
    uint draw = 0;
#if TQ_RESULT_BITS
    draw = tq_element_draw(key.s0, key.s1, index, TQ_STREAM_RESULT, TQ_RESULT_BITS);
#endif
    return TQ_RESULT(TQ_OPERATION(a, b), words, draw);
}

/* The exact form. */
TQ_INLINE tq_uints tq_pairwise_each(const tq_uints a, const tq_uints b, const int8 words, const uint2 key,
                                  const ulong index)
{
    uint x[TQ_LANES], y[TQ_LANES];
    tq_store_private(a, x);
    tq_store_private(b, y);
    for (int i = 0; i < TQ_LANES; ++i)
        x[i] = tq_pairwise_one(x[i], y[i], words, key, index + (ulong)i);
    return tq_load_uints(x);
}

#if TQ_FORM >= TQ_FORM_LARGER
TQ_INLINE tq_uints tq_pairwise_select(const tq_uints a, const tq_uints b)
{
    const tq_uints x = tq_lanes_orders(a), y = tq_lanes_orders(b);
    const tq_uints chosen = TQ_FORM == TQ_FORM_LARGER ? (x < y ? b : a) : (x < y ? a : b);
    return max(x, y) == 0xFFFFFFFFu ? (tq_uints)TQ_NAN_BITS : chosen;
}
#endif

/* A product of two numbers that vanished may be one that the device flushed: it is made again exactly. */
TQ_INLINE tq_uints tq_pairwise_vector(const tq_uints a, const tq_uints b, const int8 words, const uint2 key,
                                    const ulong index)
{
#if TQ_FAST
    const tq_uints draws = tq_lanes_element_draws(key, index, TQ_STREAM_RESULT, TQ_RESULT_BITS);
    tq_ints wild = TQ_WILD ? tq_lanes_wild(a) | tq_lanes_wild(b) : (tq_ints)0;
#if TQ_FORM >= TQ_FORM_LARGER
    const tq_uints v = tq_pairwise_select(a, b);
    const tq_floats left = (tq_floats)0.0f;
#elif TQ_FORM == TQ_FORM_PRODUCT
    const tq_uints v = tq_lanes_multiply(a, b, TQ_RESULT_FORM);
    const tq_floats left = tq_lanes_left_of_product(a, b, v, TQ_RESULT_FORM);
    if (TQ_WILD)
        wild |= tq_lanes_wild(v) |
                (((v & ~TQ_SIGN_BIT) == 0) & ((a & ~TQ_SIGN_BIT) != 0) & ((b & ~TQ_SIGN_BIT) != 0));
#else
    const tq_uints other = TQ_FORM == TQ_FORM_DIFFERENCE ? b ^ TQ_SIGN_BIT : b;
    const tq_uints v = tq_lanes_add(a, other, TQ_RESULT_FORM);
    const tq_floats left = tq_lanes_left_of_sum(a, other, v, TQ_RESULT_FORM);
#endif
    if (!tq_lanes_any(wild))
        return tq_lanes_result(v, left, words, draws);
#endif
    return tq_pairwise_each(a, b, words, key, index);
}

/* As struct tq_broadcast of src/layers/broadcast.h lies in memory. */
typedef struct tq_places {
    ulong a, b;       /* of an element of the output */
    ulong left;       /* elements to the end of the last dimension, itself counted */
    ulong step_a, step_b; /* from one to the next there: 1, or 0 where it repeats */
} tq_places;

TQ_INLINE tq_places tq_places_of(__global const ulong *geometry, ulong i)
{
    const uint last = (uint)geometry[0] - 1;
    __global const ulong *const dim = geometry + 1;
    tq_places p;
    p.a = p.b = 0;
    p.left = dim[last] - i % dim[last];
    p.step_a = dim[TQ_MOST_RANK + last];
    p.step_b = dim[2 * TQ_MOST_RANK + last];
    for (uint left = last + 1; left > 0; --left) {
        const ulong at = i % dim[left - 1];
        i /= dim[left - 1];
        p.a += at * dim[TQ_MOST_RANK + left - 1];
        p.b += at * dim[2 * TQ_MOST_RANK + left - 1];
    }
    return p;
}

TQ_INLINE void tq_pairwise_load(__global const uint *a, __global const uint *b, __global const ulong *geometry,
                              const ulong i, tq_uints *x, tq_uints *y)
{
#if TQ_SAME
    *x = tq_load_uints(a + i);
    *y = tq_load_uints(b + i);
#else
    const tq_places p = tq_places_of(geometry, i);
    if (TQ_LANES <= p.left) {
        *x = p.step_a != 0 ? tq_load_uints(a + p.a) : (tq_uints)a[p.a];
        *y = p.step_b != 0 ? tq_load_uints(b + p.b) : (tq_uints)b[p.b];
    } else {
        uint u[TQ_LANES], v[TQ_LANES];
        for (uint lane = 0; lane < TQ_LANES; ++lane) {
            const tq_places q = tq_places_of(geometry, i + lane);
            u[lane] = a[q.a];
            v[lane] = b[q.b];
        }
        *x = tq_load_uints(u);
        *y = tq_load_uints(v);
    }
#endif
}

__kernel void pairwise(__global const uint *restrict a, const ulong a_offset, __global const uint *restrict b,
                     const ulong b_offset, __global uint *restrict y, const ulong y_offset,
                     __global const ulong *restrict geometry, const int8 words, const uint2 key,
                     __global const int *restrict tail_words, const ulong first, const uint vectors, const ulong count)
{
    const ulong begin = tq_item(0) * vectors * TQ_LANES, end = min(begin + vectors * TQ_LANES, count);
    const tq_tail tail = tq_tail_of(tail_words);
    for (ulong block = begin; block < end; block += TQ_LANES) {
        const ulong i = min(block, count - TQ_LANES);
        tq_uints u, v;
        tq_pairwise_load(a + a_offset, b + b_offset, geometry, i, &u, &v);
        tq_store_uints(tq_lanes_tail(tq_pairwise_vector(u, v, words, key, first + i), tail, first + i), y + y_offset + i);
    }
}
