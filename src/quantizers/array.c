/* Quantizing arrays on the host. */
#include <string.h>

#include "quantizers/bind.h"
#include "quantizers/fixed_format.h"
#include "quantizers/float_format.h"
#include "quantizers/int_format.h"

/* tq_element_draw of the elements at `index` and behind it: a block of the generator is for several. */
static void draw_block(tq_u32 *draw, const tq_draw_source *from, uint64_t index, int bits)
{
    const uint64_t per_block = 128 / (uint64_t)bits;
    for (uint64_t i = 0; i < TQ_ARRAY_BLOCK;) {
        const uint64_t number = (index + i) / per_block;
        const tq_block counter = {{(tq_u32)number, (tq_u32)(number >> 32), 0, from->stream}};
        const tq_block block = tq_philox(counter, from->key0, from->key1);
        for (; i < TQ_ARRAY_BLOCK && (index + i) / per_block == number; ++i) {
            const unsigned position = (unsigned)((index + i) % per_block) * (unsigned)bits;
            draw[i] = block.word[position / 32] >> (position % 32) << (32 - bits);
        }
    }
}

static bool in_blocks(const tq_baked *baked)
{
    if (baked->apply == tq_float__apply)
        return tq_float__in_blocks(&baked->words, baked->structure);
    if (baked->apply == tq_int__apply)
        return tq_int__in_blocks(baked->structure);
    return baked->apply == tq_fixed__apply && tq_fixed__in_blocks(&baked->words, baked->structure);
}

static void quantize_blocks(float *to, const float *from, int64_t count, const tq_baked *baked,
                            const tq_draw_source *draws)
{
    float x[TQ_ARRAY_BLOCK] = {0};
    tq_u32 draw[TQ_ARRAY_BLOCK] = {0};
    for (int64_t i = 0; i < count; i += TQ_ARRAY_BLOCK) {
        const size_t rest = (size_t)(count - i), size = rest < TQ_ARRAY_BLOCK ? rest : TQ_ARRAY_BLOCK;
        memcpy(x, from + i, size * sizeof *x);
        if (baked->random_bits)
            draw_block(draw, draws, draws->first + (uint64_t)i, baked->random_bits);
        if (baked->apply == tq_float__apply)
            tq_float__block(x, &baked->words, baked->structure);
        else if (baked->apply == tq_int__apply)
            tq_int__block(x, &baked->words);
        else
            tq_fixed__block(x, draw, &baked->words, baked->structure);
        memcpy(to + i, x, size * sizeof *x);
    }
}

void tq_baked__each(float *to, const float *from, int64_t begin, int64_t count, int64_t stride,
                    const tq_baked *baked, const tq_draw_source *draws)
{
    for (int64_t i = begin; i < count; i += stride) {
        tq_u32 bits, draw = 0;
        if (baked->random_bits)
            draw = tq_element_draw(draws->key0, draws->key1, draws->first + (uint64_t)i, draws->stream,
                                   baked->random_bits);
        memcpy(&bits, &from[i], sizeof bits);
        bits = baked->apply(tq_exact_of(bits), baked->words, baked->structure, draw);
        memcpy(&to[i], &bits, sizeof bits);
    }
}

void tq_quantizer__array(float *to, const float *from, int64_t count, const tq_quantizer *q, uint64_t seed,
                         uint32_t id, uint32_t stream, uint64_t first)
{
    const tq_draw_source draws = {(tq_u32)seed, (tq_u32)(seed >> 32) ^ id, stream, first};
    tq_quantizer fitted;
    tq_baked baked;
    if (tq_quantizer_is_none(q)) {
        if (count > 0)
            memmove(to, from, (size_t)count * sizeof *to);
        return;
    }
    tq_quantizer__fit_host(&fitted, q, from, count);
    baked = tq_quantizer__bake(&fitted);
    if (in_blocks(&baked))
        quantize_blocks(to, from, count, &baked, &draws);
    else
        tq_baked__each(to, from, 0, count, 1, &baked, &draws);
}

void tq_quantizer__samples(float *to, const float *from, int64_t count, int64_t samples,
                           const tq_quantizer *q, uint64_t seed, uint32_t id, uint32_t stream, uint64_t first)
{
    const int64_t each = count / samples;
    for (int64_t i = 0; i < samples; ++i)
        tq_quantizer__array(to + i * each, from + i * each, each, q, seed, id, stream,
                            first + (uint64_t)(i * each));
}

void tq_quantize_array(float *to, const float *from, int64_t count, const tq_quantizer *q, uint64_t seed)
{
    tq_quantizer__array(to, from, count, q, seed, 0, TQ_STREAM_ELEMENT, 0);
}
