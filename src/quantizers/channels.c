/* Host arrays whose channels, side by side, are fitted one by one. */
#include <string.h>

#include "quantizers/fit.h"
#include "util/fail.h"

int64_t tq_shape__channels(const tq_shape *shape)
{
    return shape->rank >= 2 ? shape->dim[shape->rank - 1] : 1;
}

/* Where draws come from: those of the elements, whatever channel they are in. */
typedef struct draws {
    tq_u32 key0, key1, stream;
} draws;

static void quantize_channel(float *to, const float *from, int64_t count, int64_t channel, int64_t channels,
                             const tq_quantizer *q, const draws *d)
{
    tq_quantizer fitted;
    tq_fit__from_extremes(&fitted, q, tq_fit__extremes(from + channel, count / channels, channels));
    const tq_baked baked = tq_quantizer__bake(&fitted);
    for (int64_t i = channel; i < count; i += channels) {
        tq_u32 bits, draw = 0;
        if (baked.random_bits)
            draw = tq_element_draw(d->key0, d->key1, (tq_u64)i, d->stream, baked.random_bits);
        memcpy(&bits, &from[i], sizeof bits);
        bits = baked.apply(tq_exact_of(bits), baked.words, baked.structure, draw);
        memcpy(&to[i], &bits, sizeof bits);
    }
}

tq_status tq_quantizer__channels(float *to, const float *from, int64_t count, int64_t channels,
                                 const tq_quantizer *q, uint64_t seed, uint32_t id, uint32_t stream)
{
    const draws d = {(tq_u32)seed, (tq_u32)(seed >> 32) ^ id, stream};
    if (!tq_quantizer__per_channel(q) || channels == 1) {
        tq_quantizer__array(to, from, count, q, seed, id, stream, 0);
        return TQ_OK;
    }
    if (channels < 1 || count % channels != 0)
        return tq_status__fail(TQ_E_ARGUMENT, "%lld channels do not divide an array of %lld numbers",
                               (long long)channels, (long long)count);
    for (int64_t channel = 0; channel < channels; ++channel)
        quantize_channel(to, from, count, channel, channels, q, &d);
    return TQ_OK;
}
