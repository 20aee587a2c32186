/*
 * Draws of elements for vectors: those of docs/numerics.md, section 6, many at once. Needs vector.cl.
 *
 * Words of Philox are kept in lanes of 64 bits whose upper halves may hold anything: a product needs the
 * lower halves only, and an xor mixes no halves. So a round is two products of 32 bits, two shifts and four
 * xors.
 */
#if defined TQ_LANES && TQ_LANES <= 16
#define TQ_PHILOX_M0       0xD2511F53u
#define TQ_PHILOX_M1       0xCD9E8D57u
#define TQ_PHILOX_W0       0x9E3779B9u
#define TQ_PHILOX_W1       0xBB67AE85u
#define TQ_DRAW_ROWS(bits) (128 / (bits)) /* vectors of draws that as many blocks as there are lanes give */

/* Draw number `number` < 128 / bits of the blocks with these indices. */
TQ_INLINE tq_uints tq_philox_draws(tq_u32 key0, tq_u32 key1, tq_uints low, tq_uints high, tq_uints number,
                                   tq_u32 stream, tq_i32 bits)
{
    const tq_uints position = number * (tq_u32)bits, which = position >> 5;
    tq_uints word0 = low, word1 = high, word2 = (tq_uints)0, word3 = (tq_uints)stream;
    for (tq_i32 round = 0; round < 10; ++round) {
        const tq_uints high0 = mul_hi((tq_uints)TQ_PHILOX_M0, word0),
                       high1 = mul_hi((tq_uints)TQ_PHILOX_M1, word2);
        const tq_uints low0 = TQ_PHILOX_M0 * word0, low1 = TQ_PHILOX_M1 * word2;
        word0 = high1 ^ word1 ^ key0;
        word1 = low1;
        word2 = high0 ^ word3 ^ key1;
        word3 = low0;
        key0 += TQ_PHILOX_W0;
        key1 += TQ_PHILOX_W1;
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
/*
 * tq_pairs has lanes of 64 bits in a vector of TQ_LANES words. Chains count their blocks in the order of TQ_PAIR_NUMBERS: those of
 * the even lanes, then those of the odd ones, so that words come in order by weaving.
 */
#if TQ_LANES == 16
typedef ulong8 tq_pairs;
#define TQ_PAIR_NUMBERS (tq_pairs)(0, 4, 1, 5, 2, 6, 3, 7)
#define TQ_PAIRS        8
#elif TQ_LANES == 8
typedef ulong4 tq_pairs;
#define TQ_PAIR_NUMBERS (tq_pairs)(0, 2, 1, 3)
#define TQ_PAIRS        4
#else
typedef ulong2 tq_pairs;
#define TQ_PAIR_NUMBERS (tq_pairs)(0, 1)
#define TQ_PAIRS        2
#endif

/* Lanes of `a` and `b` by turns: their even ones, or their odd ones. */
#if defined __has_builtin && TQ_LANES == 16
#if __has_builtin(__builtin_shufflevector)
#define tq_weave_words(a, b) \
    __builtin_shufflevector(a, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30)
#define tq_weave_pairs(a, b)     __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
#define tq_weave_odd_pairs(a, b) __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#endif
#endif
#ifndef tq_weave_words
TQ_INLINE tq_uints tq_weave_words(tq_uints a, tq_uints b)
{
    tq_uints woven;
    woven.even = a.even;
    woven.odd = b.even;
    return woven;
}

TQ_INLINE tq_pairs tq_weave_pairs(tq_pairs a, tq_pairs b)
{
    tq_pairs woven;
    woven.even = a.even;
    woven.odd = b.even;
    return woven;
}

TQ_INLINE tq_pairs tq_weave_odd_pairs(tq_pairs a, tq_pairs b)
{
    tq_pairs woven;
    woven.even = a.odd;
    woven.odd = b.odd;
    return woven;
}
#endif

/* Words a, b, a, b ... from the lower halves of lanes. */
TQ_INLINE tq_pairs tq_pair_words(tq_pairs a, tq_pairs b)
{
#ifdef __ENDIAN_LITTLE__
    const tq_uints words = tq_weave_words(TQ_VECTOR_OF(as_uint)(a), TQ_VECTOR_OF(as_uint)(b));
    return TQ_CAT(as_ulong, TQ_PAIRS)(words);
#else
    return (b & 0xFFFFFFFFul) | a << 32;
#endif
}

/* The words of TQ_PAIRS blocks, in order, from those in the lower halves of lanes. */
TQ_INLINE void tq_block_words(tq_uints words[2], tq_pairs word0, tq_pairs word1, tq_pairs word2, tq_pairs word3)
{
    const tq_pairs lower = tq_pair_words(word0, word1), upper = tq_pair_words(word2, word3);
    words[0] = TQ_VECTOR_OF(as_uint)(tq_weave_pairs(lower, upper));
    words[1] = TQ_VECTOR_OF(as_uint)(tq_weave_odd_pairs(lower, upper));
}

/* Chains, two or four, side by side, as a round has to wait for the one before. */
typedef struct tq_chains {
    tq_pairs word0[4], word1[4], word2[4], word3[4];
} tq_chains;

/* The product's lower half is that of words, its upper half what goes into the next round's words. */
TQ_INLINE tq_pairs tq_philox_product(tq_pairs word, tq_u32 factor)
{
    return (word & 0xFFFFFFFFul) * (tq_u64)factor;
}

/* Rounds `round` .. 9, whose keys begin with key0 and key1; then the words of count * TQ_PAIRS blocks in order. */
TQ_INLINE void tq_philox_rounds(tq_uints *words, tq_chains *c, tq_i32 count, tq_u32 key0, tq_u32 key1, tq_i32 round)
{
#pragma unroll
    for (; round < 10; ++round) {
#pragma unroll
        for (tq_i32 i = 0; i < count; ++i) {
            const tq_pairs product0 = tq_philox_product(c->word0[i], TQ_PHILOX_M0);
            const tq_pairs product1 = tq_philox_product(c->word2[i], TQ_PHILOX_M1);
            c->word0[i] = product1 >> 32 ^ c->word1[i] ^ (tq_u64)key0;
            c->word1[i] = product1;
            c->word2[i] = product0 >> 32 ^ c->word3[i] ^ (tq_u64)key1;
            c->word3[i] = product0;
        }
        key0 += TQ_PHILOX_W0;
        key1 += TQ_PHILOX_W1;
    }
#pragma unroll
    for (tq_i32 i = 0; i < count; ++i)
        tq_block_words(words + 2 * i, c->word0[i], c->word1[i], c->word2[i], c->word3[i]);
}

/* The words of blocks `block` .. block + 2 * TQ_PAIRS - 1 of one index, in order. */
TQ_INLINE void tq_index_words(tq_uints words[4], tq_u32 key0, tq_u32 key1, tq_u64 index, tq_u32 block, tq_u32 stream)
{
    tq_chains c;
#pragma unroll
    for (tq_i32 i = 0; i < 2; ++i) {
        c.word0[i] = (tq_pairs)index;
        c.word1[i] = (tq_pairs)(index >> 32);
        c.word2[i] = TQ_PAIR_NUMBERS + (tq_u64)(block + (tq_u32)(i * TQ_PAIRS));
        c.word3[i] = (tq_pairs)stream;
    }
    tq_philox_rounds(words, &c, 2, key0, key1, 0);
}

/*
 * The words of block 0 of indices index .. index + count * TQ_PAIRS - 1, in order; `index` must be a multiple of as many. Then
 * they differ in the lowest word only, and half of what the first two rounds make is the same for all: 0, or one scalar product.
 */
TQ_INLINE void tq_element_words(tq_uints *words, tq_i32 count, tq_u32 key0, tq_u32 key1, tq_u64 index, tq_u32 stream)
{
    const tq_u64 same = (tq_u64)((tq_u32)(index >> 32) ^ key0) * TQ_PHILOX_M0;
    const tq_u64 next_key0 = (tq_u32)(key0 + TQ_PHILOX_W0), next_key1 = (tq_u32)(key1 + TQ_PHILOX_W1);
    tq_chains c;
#pragma unroll
    for (tq_i32 i = 0; i < count; ++i) {
        const tq_pairs low = TQ_PAIR_NUMBERS + (tq_u64)((tq_u32)index + (tq_u32)(i * TQ_PAIRS));
        const tq_pairs product0 = tq_philox_product(low, TQ_PHILOX_M0);
        const tq_pairs product1 = tq_philox_product(product0 >> 32 ^ (tq_u64)(stream ^ key1), TQ_PHILOX_M1);
        c.word0[i] = product1 >> 32 ^ next_key0;
        c.word1[i] = product1;
        c.word2[i] = product0 ^ (same >> 32 ^ next_key1);
        c.word3[i] = (tq_pairs)same;
    }
    tq_philox_rounds(words, &c, count, key0 + 2 * TQ_PHILOX_W0, key1 + 2 * TQ_PHILOX_W1, 2);
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

/* Two draws of 16 bits of each word, the lower half first, to the top of words of their own. */
TQ_INLINE void tq_split_halves(tq_uints halves[2], tq_uints words)
{
#ifdef __ENDIAN_LITTLE__
    halves[0] = TQ_VECTOR_OF(convert_uint)(TQ_VECTOR_OF(as_ushort)(words.lo)) << 16;
    halves[1] = TQ_VECTOR_OF(convert_uint)(TQ_VECTOR_OF(as_ushort)(words.hi)) << 16;
#else
    tq_halve(halves, words, 16);
#endif
}

/* `count` vectors of words become 32 / bits rows each: draws at the top of a word, in order. */
TQ_INLINE void tq_split_words(tq_uints *rows, const tq_uints *words, tq_i32 count, tq_i32 bits)
{
    const tq_i32 step = 32 / bits;
#pragma unroll
    for (tq_i32 i = 0; i < count; ++i)
        rows[i * step] = words[i];
    /* Widths halve in place: what stands at a multiple of 2 * distance is split to there and one distance on. */
#pragma unroll
    for (tq_i32 width = 16, distance = step / 2; width >= 4; width /= 2, distance /= 2) {
        if (width >= bits) {
#pragma unroll
            for (tq_i32 i = 0; i < count * step; i += 2 * distance) {
                tq_uints halves[2];
                if (width == 16)
                    tq_split_halves(halves, rows[i]);
                else
                    tq_halve(halves, rows[i], width);
                rows[i] = halves[0];
                rows[i + distance] = halves[1];
            }
        }
    }
}

/*
 * The draws of elements first .. first + runs * TQ_LANES * TQ_DRAW_ROWS(bits) - 1, runs = 1 or 2, in order, vector by vector;
 * `first` must be a multiple of as many. runs * TQ_LANES blocks serve them all.
 */
TQ_INLINE void tq_element_draw_rows(tq_uints *rows, tq_i32 runs, tq_u32 key0, tq_u32 key1, tq_u64 first, tq_u32 stream,
                                    tq_i32 bits)
{
    tq_uints words[8];
    tq_element_words(words, 2 * runs, key0, key1, first / (128u / (tq_u32)bits), stream);
    tq_split_words(rows, words, 4 * runs, bits);
}

/* Draws number `number` .. of one index, likewise, one run; `number` must be a multiple of 128 / bits. */
TQ_INLINE void tq_index_draw_rows(tq_uints *rows, tq_u32 key0, tq_u32 key1, tq_u64 index, tq_u32 number,
                                  tq_u32 stream, tq_i32 bits)
{
    tq_uints words[4];
    tq_index_words(words, key0, key1, index, number / (128u / (tq_u32)bits), stream);
    tq_split_words(rows, words, 4, bits);
}
#else
TQ_INLINE void tq_element_draw_rows(tq_uints *rows, tq_i32 runs, tq_u32 key0, tq_u32 key1, tq_u64 first, tq_u32 stream,
                                    tq_i32 bits)
{
    for (tq_i32 i = 0; i < runs * TQ_DRAW_ROWS(bits); ++i)
        rows[i] = tq_element_draws(key0, key1, first + (tq_u64)(i * TQ_LANES), stream, bits);
}
#endif
#endif
