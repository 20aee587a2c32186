/* Host arrays whose channels, side by side, are fitted one by one. */
#include "quantizers/fit.h"
#include "util/fail.h"

int64_t tq_shape__channels(const tq_shape *shape)
{
    return shape->rank >= 2 ? shape->dim[shape->rank - 1] : 1;
}

tq_status tq_quantizer__channels(float *to, const float *from, int64_t count, int64_t channels,
                                 const tq_quantizer *q, uint64_t seed, uint32_t id, uint32_t stream)
{
    const tq_draw_source draws = {(tq_u32)seed, (tq_u32)(seed >> 32) ^ id, stream, 0};
    if (!tq_quantizer__per_channel(q) || channels == 1) {
        tq_quantizer__array(to, from, count, q, seed, id, stream, 0);
        return TQ_OK;
    }
    if (channels < 1 || count % channels != 0)
        return tq_status__fail(TQ_E_ARGUMENT, "%lld channels do not divide an array of %lld numbers",
                               (long long)channels, (long long)count);
    for (int64_t channel = 0; channel < channels; ++channel) {
        tq_quantizer fitted;
        tq_fit__from_extremes(&fitted, q, tq_fit__extremes(from + channel, count / channels, channels));
        const tq_baked baked = tq_quantizer__bake(&fitted);
        tq_baked__each(to, from, channel, count, channels, &baked, &draws);
    }
    return TQ_OK;
}
