/*
 * Random draws for the rows of a contraction: to[row][number], number = 0 .. count - 1, a multiple of 64, of streams indexed by
 * first + row: `bits` bits at the top of a word, >> right << left & mask, as words or shorts. A work-item makes TQ_DRAW_RUN
 * times TQ_LANES blocks of 128 bits of one row, no more: Mesa's llvmpipe leaves all loops of a work-item after 65,535
 * rounds. See docs/numerics.md, "Randomness".
 */
#define TQ_DRAW_RUN 8u /* as in src/accumulate/draws.c */

typedef TQ_CAT(ushort, TQ_LANES) tq_draw_shorts;

/* Draws begin .. end - 1 of one row; `bits` is a literal, so that loops have known ends. */
TQ_INLINE void tq_row_draws(__global uint *to, const ulong at, const uint begin, const uint end, const ulong index,
                            const uint2 key, const uint stream, const int bits, const int right, const int left,
                            const uint mask, const int shorts)
{
    tq_uints draw[TQ_DRAW_ROWS(4)];
    const uint vectors = 128u / (uint)bits;
    for (uint first = begin; first < end; first += TQ_LANES * vectors) {
        tq_index_draw_rows(draw, key.s0, key.s1, index, first, stream, bits);
        for (uint i = 0, number = first; i < vectors && number < end; ++i, number += TQ_LANES) {
            const tq_uints moved = (draw[i] >> (uint)right << (uint)left) & mask;
            if (shorts)
                *(__global tq_draw_shorts *)((__global ushort *)to + at + number) = TQ_CAT(convert_ushort, TQ_LANES)(moved);
            else
                *(__global tq_uints *)(to + at + number) = moved;
        }
    }
}

#if TQ_LANES >= 4 && defined(__ENDIAN_LITTLE__)
/*
 * The same of 16 bits, >> right << left, as shorts: the words of a block hold two draws each, in order, and both halves of a word
 * move at once.
 */
TQ_INLINE void tq_row_shorts(__global uint *to, const ulong at, const uint begin, const uint end, const ulong index,
                             const uint2 key, const uint stream, const int right, const int left, const uint mask)
{
    const uint kept = (0xFFFFu >> right) * 0x10001u, moved = ((0xFFFFu << left) & 0xFFFFu) * 0x10001u & mask;
    for (uint number = begin; number < end; number += 8 * TQ_LANES) {
        __global tq_uints *place = (__global tq_uints *)((__global ushort *)to + at + number);
        tq_uints words[4];
        tq_index_words(words, key.s0, key.s1, index, number / 8u, stream);
#pragma unroll
        for (uint i = 0; i < 4; ++i)
            if (number + i * 2 * TQ_LANES < end)
                place[i] = (((words[i] >> (uint)right) & kept) << (uint)left) & moved;
    }
}
#endif

__kernel void draws(__global uint *restrict to, const uint count, const ulong first, const uint2 key, const uint stream,
                    const int bits, const int right, const int left, const uint mask, const int shorts,
                    __global const uint *restrict verdict, const uint run_number, const uint on_exceeded)
{
    const uint row = (uint)tq_item(1), each = TQ_DRAW_RUN * TQ_LANES * (128u / (uint)bits);
    const uint begin = (uint)tq_item(0) * each, end = min(begin + each, count);
    const ulong at = (ulong)row * count, index = first + row;
    if ((verdict[0] == run_number) != (on_exceeded != 0))
        return;
#if TQ_LANES >= 4 && defined(__ENDIAN_LITTLE__)
    if (bits == 16 && shorts && right >= 16) { /* the usual ones */
        tq_row_shorts(to, at, begin, end, index, key, stream, right - 16, left, mask);
        return;
    }
#endif
    if (bits == 16 && shorts)
        tq_row_draws(to, at, begin, end, index, key, stream, 16, right, left, mask, 1);
    else if (bits == 16)
        tq_row_draws(to, at, begin, end, index, key, stream, 16, right, left, mask, 0);
    else if (bits == 32)
        tq_row_draws(to, at, begin, end, index, key, stream, 32, right, left, mask, shorts);
    else if (bits == 8)
        tq_row_draws(to, at, begin, end, index, key, stream, 8, right, left, mask, shorts);
    else
        tq_row_draws(to, at, begin, end, index, key, stream, 4, right, left, mask, shorts);
}
