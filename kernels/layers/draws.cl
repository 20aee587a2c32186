/*
 * Random draws for the rows of a contraction: to[row][number], number = 0 .. count-1, of streams indexed by
 * first + row: `bits` random bits at the top of a word, >> right << left. A work-item makes the draws of one block of 128
 * bits. See docs/numerics.md, "Randomness".
 */
#if TQ_DRAW_FORM == 1
typedef ushort tq_draw_word;
#else
typedef uint tq_draw_word;
#endif

__kernel void draws(__global tq_draw_word *restrict to, const uint rows, const uint count, const ulong first,
                    const uint2 key, const uint stream, const int bits, const int right, const int left)
{
    const uint row = (uint)get_global_id(1), block = (uint)get_global_id(0), per_word = 32u / (uint)bits;
    const uint begin = block * 4u * per_word;
    if (row < rows && begin < count) {
        const ulong index = first + row;
        tq_block counter;
        counter.word[0] = (uint)index;
        counter.word[1] = (uint)(index >> 32);
        counter.word[2] = block;
        counter.word[3] = stream;
        counter = tq_philox(counter, key.s0, key.s1);
        for (uint i = 0; i < 4; ++i) {
            for (uint j = 0; j < per_word; ++j) {
                const uint number = begin + i * per_word + j;
                if (number < count)
                    to[(ulong)row * count + number] =
                        (tq_draw_word)(counter.word[i] >> (j * (uint)bits) << (32 - bits) >> right << left);
            }
        }
    }
}
