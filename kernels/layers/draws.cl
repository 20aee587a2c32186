/*
 * Random draws for the rows of a contraction: to[row][number], number = 0 .. count-1, of streams indexed by
 * first + row: TQ_DRAW_BITS bits at the top of a word, >> right << left. A work-item makes the draws of TQ_LANES blocks of
 * 128 bits of one row. See docs/numerics.md, "Randomness".
 */
#if TQ_DRAW_FORM == 1
typedef ushort tq_draw_word;
typedef TQ_CAT(ushort, TQ_LANES) tq_draw_words;
#define tq_to_words(v) TQ_CAT(convert_ushort, TQ_LANES)(v)
#else
typedef uint tq_draw_word;
typedef tq_uints tq_draw_words;
#define tq_to_words(v) (v)
#endif
#define TQ_ROWS_OF_DRAWS TQ_DRAW_ROWS(TQ_DRAW_BITS)

__kernel void draws(__global tq_draw_word *restrict to, const uint rows, const uint count, const ulong first,
                    const uint2 key, const uint stream, const int right, const int left)
{
    const uint row = (uint)get_global_id(1), begin = (uint)get_global_id(0) * TQ_LANES * TQ_ROWS_OF_DRAWS;
    if (row < rows && begin < count) {
        tq_uints draw[TQ_ROWS_OF_DRAWS];
        tq_index_draw_rows(draw, key.s0, key.s1, first + row, begin, stream, TQ_DRAW_BITS);
        for (uint i = 0; i < TQ_ROWS_OF_DRAWS; ++i) {
            const tq_draw_words words = tq_to_words(draw[i] >> (uint)right << (uint)left);
            const uint number = begin + i * TQ_LANES;
            if (number + TQ_LANES <= count) {
                TQ_CAT(vstore, TQ_LANES)(words, 0, to + (ulong)row * count + number);
            } else {
                tq_draw_word lanes[TQ_LANES];
                TQ_CAT(vstore, TQ_LANES)(words, 0, lanes);
                for (uint lane = 0; number + lane < count && lane < TQ_LANES; ++lane)
                    to[(ulong)row * count + number + lane] = lanes[lane];
            }
        }
    }
}
