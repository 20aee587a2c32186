/*
 * Batch norm in training. `statistics` has rows of `channels` numbers; those of a channel are sums over all other dimensions
 * in memory's order, made by the slots that are bound: of x, of PRODUCT(d * d) with d = x - mean, of the gradient g, and of
 * PRODUCT(g * h) with h = d * inverse; d and h are rounded to nearest. A sum may take more launches than one, and its draws
 * have the channel's index and the number of the element in it. Names of rows and sums are C, too.
 */
enum {
    TQ_ROW_SUM,
    TQ_ROW_MEAN,
    TQ_ROW_VARIANCE,
    TQ_ROW_INVERSE,
    TQ_ROW_FACTOR,
    TQ_ROW_SHARE, /* mean of g */
    TQ_ROW_SLOPE, /* mean of g * h */
    TQ_ROWS
};
enum { TQ_OF_INPUT, TQ_OF_SQUARES, TQ_OF_GRADIENT, TQ_OF_PRODUCTS };

#ifdef __OPENCL_VERSION__

TQ_INLINE tq_exact tq_batch_rounded(const tq_exact v)
{
    return tq_exact_of(tq_exact_to_carrier(v));
}

TQ_INLINE uint tq_batch_deviation(const uint x, const uint mean)
{
#if TQ_IEEE
    return as_uint(as_float(x) - as_float(mean));
#else
    return tq_carrier_difference(x, mean);
#endif
}

TQ_INLINE uint tq_batch_product(const uint a, const uint b)
{
#if TQ_IEEE
    return as_uint(as_float(a) * as_float(b));
#else
    return tq_carrier_product(a, b);
#endif
}

/* What a sum is made of. */
typedef struct tq_batch_terms {
    __global const uint *x, *g; /* of the channel */
    ulong step;
    uint mean, inverse;
} tq_batch_terms;

TQ_INLINE void tq_batch_add(tq_gradient *sum, const uint kind, const tq_batch_terms t, const ulong begin, const ulong end,
                            const tq_backward b, const ulong index)
{
    for (ulong k = begin; k < end; ++k) {
        const ulong at = k * t.step;
        if (kind == TQ_OF_GRADIENT) {
            tq_gradient_add(sum, t.g[at], b, index, (uint)k);
        } else if (kind == TQ_OF_INPUT) {
            tq_gradient_add(sum, t.x[at], b, index, (uint)k);
        } else {
            const uint d = tq_batch_deviation(t.x[at], t.mean);
            if (kind == TQ_OF_SQUARES)
                tq_gradient_add_product(sum, d, d, b, index, (uint)k);
            else
                tq_gradient_add_product(sum, t.g[at], tq_batch_product(d, t.inverse), b, index, (uint)k);
        }
    }
}

__kernel void batch_sums(__global const uint *restrict x, const ulong x_offset, __global const uint *restrict g,
                         const ulong g_offset, __global const uint *statistics, __global uint *to, const ulong to_offset,
                         const uint kind, const ulong begin, const ulong end, const int8 product_words,
                         const int8 sum_words, const uint2 key, const uint stream, const ulong first, const ulong channels)
{
    const ulong c = tq_item(0);
    if (c < channels) {
        const tq_backward b = {product_words, sum_words, key, stream};
        const tq_batch_terms t = {x + x_offset + c, g + g_offset + c, channels, statistics[TQ_ROW_MEAN * channels + c],
                                  statistics[TQ_ROW_INVERSE * channels + c]};
        tq_gradient sum;
        tq_gradient_clear(&sum);
#if !TQ_EXACT_SUM
        if (begin > 0)
            sum.s = to[to_offset + c];
#endif
        if (kind == TQ_OF_INPUT)
            tq_batch_add(&sum, TQ_OF_INPUT, t, begin, end, b, first + c);
        else if (kind == TQ_OF_SQUARES)
            tq_batch_add(&sum, TQ_OF_SQUARES, t, begin, end, b, first + c);
        else if (kind == TQ_OF_GRADIENT)
            tq_batch_add(&sum, TQ_OF_GRADIENT, t, begin, end, b, first + c);
        else
            tq_batch_add(&sum, TQ_OF_PRODUCTS, t, begin, end, b, first + c);
        to[to_offset + c] = tq_gradient_total(&sum);
    }
}

/* RESULT of the quotient of the sum and the number of elements; `plain`: without RESULT. */
__kernel void batch_mean(__global uint *restrict statistics, const uint row, const ulong size, const uint plain,
                         const int8 result_words, const uint2 key, const uint number, const ulong first,
                         const ulong channels)
{
    const ulong c = tq_item(0);
    if (c < channels) {
        const tq_exact sum = tq_exact_of(statistics[TQ_ROW_SUM * channels + c]);
        const uint mean = tq_exact_to_carrier(tq_exact_divide(sum, tq_real(size, 0)));
        uint draw = 0;
#if TQ_RESULT_BITS
        draw = tq_draw(key.s0, key.s1, first + c, number, TQ_STREAM_INNER, TQ_RESULT_BITS);
#endif
        statistics[row * channels + c] = plain ? mean : TQ_RESULT(tq_exact_of(mean), result_words, draw);
    }
}

/* Words and draws of a channel's steps. */
typedef struct tq_batch_steps {
    int8 product, sum, result;
    uint2 key;
    ulong index;
} tq_batch_steps;

TQ_INLINE tq_exact tq_batch_result(const tq_exact v, const tq_batch_steps s, const uint number)
{
    uint draw = 0;
#if TQ_RESULT_BITS
    draw = tq_draw(s.key.s0, s.key.s1, s.index, number, TQ_STREAM_INNER, TQ_RESULT_BITS);
#endif
    return tq_exact_of(TQ_RESULT(tq_batch_rounded(v), s.result, draw));
}

TQ_INLINE tq_exact tq_batch_step(const tq_exact v, const tq_batch_steps s, const uint number)
{
#if TQ_FUSED
    return tq_batch_rounded(v);
#else
    uint draw = 0;
#if TQ_PRODUCT_BITS
    draw = tq_draw(s.key.s0, s.key.s1, s.index, number, TQ_STREAM_INNER, TQ_PRODUCT_BITS);
#endif
    return tq_exact_of(TQ_PRODUCT(v, s.product, draw));
#endif
}

/* old * keep + now * share, rounded once. */
TQ_INLINE uint tq_batch_average(const uint old, const uint now, const uint keep, const uint share)
{
    return tq_exact_to_carrier(tq_exact_add(tq_exact_multiply(tq_exact_of(old), tq_exact_of(keep)),
                                            tq_exact_multiply(tq_exact_of(now), tq_exact_of(share))));
}

/*
 * Factor and term of batchnorm.cl from the statistics, as tq_batch__make_factors makes them on the host, and the
 * moving averages. `padded`: numbers of factor and of term, the first channels again behind the last.
 */
__kernel void batch_factors(__global uint *restrict statistics, __global const uint *restrict gamma,
                            const ulong gamma_offset, __global const uint *restrict beta, const ulong beta_offset,
                            __global uint *restrict mean, const ulong mean_offset, __global uint *restrict variance,
                            const ulong variance_offset, __global uint *restrict factor, __global uint *restrict term,
                            const uint epsilon, const uint keep, const uint share, const ulong padded,
                            const int8 product_words, const int8 sum_words, const int8 result_words, const uint2 key,
                            const ulong first, const ulong channels)
{
    const ulong c = tq_item(0);
    if (c < channels) {
        const tq_batch_steps s = {product_words, sum_words, result_words, key, first + c};
        const uint m = statistics[TQ_ROW_MEAN * channels + c], a = statistics[TQ_ROW_VARIANCE * channels + c];
        const tq_exact biased = tq_batch_rounded(tq_exact_add(tq_exact_of(a), tq_exact_of(epsilon)));
        const tq_exact root = tq_batch_result(tq_exact_of(tq_root_bits(biased)), s, 0);
        const tq_exact inverse = tq_batch_result(tq_exact_divide(tq_real(1, 0), root), s, 1);
        const tq_exact f = tq_batch_step(tq_exact_multiply(inverse, tq_exact_of(gamma[gamma_offset + c])), s, 2);
        tq_exact shift = tq_batch_step(tq_exact_multiply(tq_exact_of(m), f), s, 3);
        shift.negative ^= 1;
        shift = tq_exact_add(tq_exact_of(beta[beta_offset + c]), shift);
#if !TQ_EXACT_SUM
        uint draw = 0;
#if TQ_SUM_BITS
        draw = tq_draw(key.s0, key.s1, first + c, 4, TQ_STREAM_INNER, TQ_SUM_BITS);
#endif
        shift = tq_exact_of(TQ_SUM(shift, sum_words, draw));
#endif
        statistics[TQ_ROW_INVERSE * channels + c] = tq_exact_to_carrier(inverse);
        statistics[TQ_ROW_FACTOR * channels + c] = tq_exact_to_carrier(f);
        for (ulong i = c; i < padded; i += channels) {
            factor[i] = tq_exact_to_carrier(f);
            term[i] = tq_exact_to_carrier(shift);
        }
        mean[mean_offset + c] = tq_batch_average(mean[mean_offset + c], m, keep, share);
        variance[variance_offset + c] = tq_batch_average(variance[variance_offset + c], a, keep, share);
    }
}

/* (g - share - h * slope) * factor, each step rounded to nearest; the last difference and its product once. */
__kernel void batch_gradient(__global const uint *restrict x, const ulong x_offset, __global const uint *restrict g,
                             const ulong g_offset, __global uint *restrict dx, const ulong dx_offset,
                             __global const uint *restrict statistics, const ulong channels, const ulong count)
{
    const ulong i = tq_item(0);
    if (i < count) {
        const ulong c = i % channels;
        const uint d = tq_batch_deviation(x[x_offset + i], statistics[TQ_ROW_MEAN * channels + c]);
        const uint h = tq_batch_product(d, statistics[TQ_ROW_INVERSE * channels + c]) ^ TQ_SIGN_BIT;
        const uint u = tq_batch_deviation(g[g_offset + i], statistics[TQ_ROW_SHARE * channels + c]);
        const uint slope = statistics[TQ_ROW_SLOPE * channels + c];
#if TQ_IEEE
        const uint w = as_uint(fma(as_float(h), as_float(slope), as_float(u)));
#else
        const uint w = tq_exact_to_carrier(
            tq_exact_add(tq_exact_multiply(tq_exact_of(h), tq_exact_of(slope)), tq_exact_of(u)));
#endif
        const uint y = tq_batch_product(w, statistics[TQ_ROW_FACTOR * channels + c]);
        dx[dx_offset + i] = (y & ~TQ_SIGN_BIT) > TQ_INFINITY_BITS ? TQ_NAN_BITS : y;
    }
}
#endif
