/*
 * Random draws for the rows of a contraction: to[row][number], number = 0 .. count-1, of streams indexed by
 * first + row: `bits` bits at the top of a word, >> right << left & mask, as words or shorts. A work-item makes TQ_DRAW_RUN
 * times TQ_LANES blocks of 128 bits of one row, no more: Mesa's llvmpipe leaves all loops of a work-item after 65,535
 * rounds. See docs/numerics.md, "Randomness".
 */
#define TQ_DRAW_RUN 8u /* as in src/accumulate/draws.c */

typedef TQ_CAT(ushort, TQ_LANES) tq_draw_shorts;

/* TQ_LANES draws, or the first `count` of them, to place `at`. */
TQ_INLINE void tq_store_draws(__global uint *to, const ulong at, const tq_uints draw, const uint count, const int shorts)
{
    uint lanes[TQ_LANES];
    if (count >= TQ_LANES && shorts) {
        TQ_CAT(vstore, TQ_LANES)(TQ_CAT(convert_ushort, TQ_LANES)(draw), 0, (__global ushort *)to + at);
    } else if (count >= TQ_LANES) {
        TQ_CAT(vstore, TQ_LANES)(draw, 0, to + at);
    } else {
        TQ_CAT(vstore, TQ_LANES)(draw, 0, lanes);
        for (uint lane = 0; lane < count; ++lane)
            if (shorts)
                ((__global ushort *)to)[at + lane] = (ushort)lanes[lane];
            else
                to[at + lane] = lanes[lane];
    }
}

/* Draws begin .. end - 1 of one row; `bits` is a literal, so that loops have known ends. */
TQ_INLINE void tq_row_draws(__global uint *to, const ulong at, const uint begin, const uint end, const ulong index,
                            const uint2 key, const uint stream, const int bits, const int right, const int left,
                            const uint mask, const int shorts)
{
    tq_uints draw[TQ_DRAW_ROWS(4)];
    const uint vectors = 128u / (uint)bits;
    for (uint first = begin; first < end; first += TQ_LANES * vectors) {
        tq_index_draw_rows(draw, key.s0, key.s1, index, first, stream, bits);
        for (uint i = 0, number = first; i < vectors && number < end; ++i, number += TQ_LANES)
            tq_store_draws(to, at + number, (draw[i] >> (uint)right << (uint)left) & mask, end - number, shorts);
    }
}

__kernel void draws(__global uint *restrict to, const uint count, const ulong first, const uint2 key, const uint stream,
                    const int bits, const int right, const int left, const uint mask, const int shorts,
                    __global const uint *verdict, const uint run_number, const uint on_exceeded)
{
    const uint row = (uint)get_global_id(1), each = TQ_DRAW_RUN * TQ_LANES * (128u / (uint)bits);
    const uint begin = (uint)get_global_id(0) * each, end = min(begin + each, count);
    const ulong at = (ulong)row * count, index = first + row;
    if ((verdict[0] == run_number) != (on_exceeded != 0))
        return;
    if (bits == 16 && shorts) /* the usual ones */
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
