/* Quantizing arrays on the host. */
#include <string.h>

#include "quantizers/bind.h"

void tq_quantizer__array(float *to, const float *from, int64_t count, const tq_quantizer *q, uint64_t seed,
                         uint32_t id, uint32_t stream, uint64_t first)
{
    const tq_u32 key0 = (tq_u32)seed, key1 = (tq_u32)(seed >> 32) ^ id;
    tq_quantizer fitted;
    tq_baked baked;
    if (tq_quantizer_is_none(q)) {
        if (count > 0)
            memmove(to, from, (size_t)count * sizeof *to);
        return;
    }
    tq_quantizer__fit_host(&fitted, q, from, count);
    baked = tq_quantizer__bake(&fitted);
    for (int64_t i = 0; i < count; ++i) {
        tq_u32 bits, draw = 0;
        if (baked.random_bits)
            draw = tq_element_draw(key0, key1, first + (uint64_t)i, stream, baked.random_bits);
        memcpy(&bits, &from[i], sizeof bits);
        bits = baked.apply(tq_exact_of(bits), baked.words, baked.structure, draw);
        memcpy(&to[i], &bits, sizeof bits);
    }
}

void tq_quantize_array(float *to, const float *from, int64_t count, const tq_quantizer *q, uint64_t seed)
{
    tq_quantizer__array(to, from, count, q, seed, 0, TQ_STREAM_ELEMENT, 0);
}
