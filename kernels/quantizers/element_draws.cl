/*
 * Draws of elements for vectors: those of docs/numerics.md, section 6, many at once. Needs vector.cl.
 *
 * Words of Philox are kept in lanes of 64 bits whose upper halves may hold anything: a product needs the
 * lower halves only, and an xor mixes no halves. So a round is two products of 32 bits, two shifts and four
 * xors.
 */
#if defined TQ_LANES && TQ_LANES <= 16
#define TQ_DRAW_ROWS(bits) (128 / (bits)) /* vectors of draws that as many blocks as there are lanes give */

/* Draw number `number` < 128 / bits of the blocks with these indices. */
TQ_INLINE tq_uints tq_philox_draws(tq_u32 key0, tq_u32 key1, tq_uints low, tq_uints high, tq_uints number,
                                   tq_u32 stream, tq_i32 bits)
{
    const tq_uints position = number * (tq_u32)bits, which = position >> 5;
    tq_uints word0 = low, word1 = high, word2 = (tq_uints)0, word3 = (tq_uints)stream;
    for (tq_i32 round = 0; round < 10; ++round) {
        const tq_uints high0 = mul_hi((tq_uints)0xD2511F53u, word0),
                       high1 = mul_hi((tq_uints)0xCD9E8D57u, word2);
        const tq_uints low0 = 0xD2511F53u * word0, low1 = 0xCD9E8D57u * word2;
        word0 = high1 ^ word1 ^ key0;
        word1 = low1;
        word2 = high0 ^ word3 ^ key1;
        word3 = low0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    word0 = which == (tq_uints)1 ? word1 : word0;
    word0 = which == (tq_uints)2 ? word2 : word0;
    word0 = which == (tq_uints)3 ? word3 : word0;
    return word0 >> (position & 31u) << (32u - (tq_u32)bits);
}

TQ_INLINE tq_uints tq_lane_numbers(void)
{
#if TQ_LANES == 1
    return 0;
#elif TQ_LANES == 2
    return (tq_uints)(0, 1);
#elif TQ_LANES == 4
    return (tq_uints)(0, 1, 2, 3);
#elif TQ_LANES == 8
    return (tq_uints)(0, 1, 2, 3, 4, 5, 6, 7);
#else
    return (tq_uints)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#endif
}

/* The draws of elements first .. first + TQ_LANES - 1, a block for each. */
TQ_INLINE tq_uints tq_element_draws(tq_u32 key0, tq_u32 key1, tq_u64 first, tq_u32 stream, tq_i32 bits)
{
    const tq_u32 per_block = 128u / (tq_u32)bits;
    const tq_u64 block = first / per_block;
    const tq_uints place = tq_lane_numbers() + (tq_u32)(first % per_block), further = place / per_block;
    const tq_uints low = (tq_u32)block + further,
                   high = (tq_u32)(block >> 32) + tq_vector_carry((tq_uints)(tq_u32)block, further);
    return tq_philox_draws(key0, key1, low, high, place % per_block, stream, bits);
}

#if TQ_LANES >= 4
#if TQ_LANES == 16
typedef ulong8 tq_pairs; /* lanes of 64 bits in a vector of TQ_LANES words */
#define TQ_PAIR_NUMBERS (tq_pairs)(0, 1, 2, 3, 4, 5, 6, 7)
#define tq_as_pairs     as_ulong8
#define TQ_PAIRS        8
#elif TQ_LANES == 8
typedef ulong4 tq_pairs;
#define TQ_PAIR_NUMBERS (tq_pairs)(0, 1, 2, 3)
#define tq_as_pairs     as_ulong4
#define TQ_PAIRS        4
#else
typedef ulong2 tq_pairs;
#define TQ_PAIR_NUMBERS (tq_pairs)(0, 1)
#define tq_as_pairs     as_ulong2
#define TQ_PAIRS        2
#endif

/* Words a, b, a, b ... from the lower halves of lanes. */
TQ_INLINE tq_pairs tq_pair_words(tq_pairs a, tq_pairs b)
{
#ifdef __ENDIAN_LITTLE__
    return (a & 0xFFFFFFFFul) | b << 32;
#else
    return (b & 0xFFFFFFFFul) | a << 32;
#endif
}

/* The words of TQ_PAIRS blocks, in order, from those in the lower halves of lanes. */
TQ_INLINE void tq_block_words(tq_uints words[2], tq_pairs word0, tq_pairs word1, tq_pairs word2, tq_pairs word3)
{
    const tq_pairs even = tq_pair_words(word0, word1), odd = tq_pair_words(word2, word3);
    tq_pairs front, back;
    front.even = even.lo;
    front.odd = odd.lo;
    back.even = even.hi;
    back.odd = odd.hi;
    words[0] = TQ_VECTOR_OF(as_uint)(front);
    words[1] = TQ_VECTOR_OF(as_uint)(back);
}

/*
 * The words of 2 * TQ_PAIRS blocks, in order: of these counters, then of the counters that are further by the steps. Both chains
 * of rounds go side by side, as a round has to wait for the one before.
 */
TQ_INLINE void tq_philox_words(tq_uints words[4], tq_u32 key0, tq_u32 key1, tq_pairs index, tq_u64 index_step,
                               tq_pairs block, tq_u64 block_step, tq_u32 stream)
{
    tq_pairs word0[2], word1[2], word2[2], word3[2];
    word0[0] = index;
    word0[1] = index + index_step;
    word2[0] = block;
    word2[1] = block + block_step;
    for (tq_i32 i = 0; i < 2; ++i) {
        word1[i] = word0[i] >> 32;
        word3[i] = (tq_pairs)stream;
    }
#pragma unroll
    for (tq_i32 round = 0; round < 10; ++round) {
#pragma unroll
        for (tq_i32 i = 0; i < 2; ++i) {
            const tq_pairs product0 = (word0[i] & 0xFFFFFFFFul) * 0xD2511F53ul;
            const tq_pairs product1 = (word2[i] & 0xFFFFFFFFul) * 0xCD9E8D57ul;
            word0[i] = product1 >> 32 ^ word1[i] ^ (tq_u64)key0;
            word1[i] = product1;
            word2[i] = product0 >> 32 ^ word3[i] ^ (tq_u64)key1;
            word3[i] = product0;
        }
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    tq_block_words(words, word0[0], word1[0], word2[0], word3[0]);
    tq_block_words(words + 2, word0[1], word1[1], word2[1], word3[1]);
}

/* Groups of 2 * bits at the top of words become twice as many groups of `bits`, the lower half first. */
TQ_INLINE void tq_halve(tq_uints halves[2], tq_uints groups, tq_i32 bits)
{
    const tq_uints lower = groups << (tq_u32)bits, upper = groups & (0xFFFFFFFFu << (32 - bits));
    tq_uints front, back;
    front.even = lower.lo;
    front.odd = upper.lo;
    back.even = lower.hi;
    back.odd = upper.hi;
    halves[0] = front;
    halves[1] = back;
}

/* Words in every 32 / bits-th row become all rows: draws at the top of a word, in order. */
TQ_INLINE void tq_split_words(tq_uints *rows, tq_i32 bits)
{
    const tq_i32 step = 32 / bits; /* rows that come of one vector of words */
    /* Widths halve in place: what stands at a multiple of 2 * distance is split to there and one distance on. */
#pragma unroll
    for (tq_i32 width = 16, distance = step / 2; width >= 4; width /= 2, distance /= 2) {
        if (width >= bits) {
#pragma unroll
            for (tq_i32 i = 0; i < 4 * step; i += 2 * distance) {
                tq_uints halves[2];
                tq_halve(halves, rows[i], width);
                rows[i] = halves[0];
                rows[i + distance] = halves[1];
            }
        }
    }
}

/*
 * The draws of elements first .. first + TQ_LANES * TQ_DRAW_ROWS(bits) - 1, in order, vector by vector;
 * `first` must be a multiple of 128 / bits. TQ_LANES blocks serve them all.
 */
TQ_INLINE void tq_element_draw_rows(tq_uints *rows, tq_u32 key0, tq_u32 key1, tq_u64 first, tq_u32 stream,
                                    tq_i32 bits)
{
    const tq_pairs index = TQ_PAIR_NUMBERS + first / (128u / (tq_u32)bits);
    const tq_i32 step = 32 / bits;
    tq_uints words[4];
    tq_philox_words(words, key0, key1, index, TQ_PAIRS, (tq_pairs)0, 0, stream);
#pragma unroll
    for (tq_i32 i = 0; i < 4; ++i)
        rows[i * step] = words[i];
    tq_split_words(rows, bits);
}

/* Draws number `number` .. of one index, likewise; `number` must be a multiple of 128 / bits. */
TQ_INLINE void tq_index_draw_rows(tq_uints *rows, tq_u32 key0, tq_u32 key1, tq_u64 index, tq_u32 number,
                                  tq_u32 stream, tq_i32 bits)
{
    const tq_pairs block = TQ_PAIR_NUMBERS + (tq_u64)(number / (128u / (tq_u32)bits));
    const tq_i32 step = 32 / bits;
    tq_uints words[4];
    tq_philox_words(words, key0, key1, (tq_pairs)index, 0, block, TQ_PAIRS, stream);
#pragma unroll
    for (tq_i32 i = 0; i < 4; ++i)
        rows[i * step] = words[i];
    tq_split_words(rows, bits);
}
#else
TQ_INLINE void tq_element_draw_rows(tq_uints *rows, tq_u32 key0, tq_u32 key1, tq_u64 first, tq_u32 stream,
                                    tq_i32 bits)
{
    for (tq_i32 i = 0; i < TQ_DRAW_ROWS(bits); ++i)
        rows[i] = tq_element_draws(key0, key1, first + (tq_u64)(i * TQ_LANES), stream, bits);
}
#endif
#endif
