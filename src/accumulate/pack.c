#include "accumulate/pack.h"

#include <math.h>
#include <string.h>

tq_panels tq_panels__of(const tq_geometry *g, int32_t width)
{
    const int32_t outputs = g->out_channels / g->groups;
    return (tq_panels){.width = width,
                       .panels = (outputs + width - 1) / width,
                       .groups = g->groups,
                       .group_outputs = outputs,
                       .terms = tq_geometry__terms(g)};
}

int64_t tq_panels__columns(const tq_panels *p)
{
    return (int64_t)p->groups * p->panels * p->width;
}

int64_t tq_panels__count(const tq_panels *p)
{
    return tq_panels__columns(p) * p->terms;
}

/* One packed row: term k of one panel. */
typedef struct tq_packed_row {
    int64_t at;      /* first element in the packed array */
    int64_t k;       /* term */
    int64_t channel; /* first output channel, over all groups */
    int32_t count;   /* outputs that exist; the rest of the width is padding */
} tq_packed_row;

static tq_packed_row packed_row(const tq_panels *p, int64_t index)
{
    const int64_t panel = index / p->terms % p->panels, group = index / p->terms / p->panels;
    const int64_t rest = p->group_outputs - panel * p->width;
    return (tq_packed_row){.at = index * p->width,
                           .k = index % p->terms,
                           .channel = group * p->group_outputs + panel * p->width,
                           .count = (int32_t)(rest < p->width ? rest : p->width)};
}

static int64_t packed_rows(const tq_panels *p)
{
    return (int64_t)p->groups * p->panels * p->terms;
}

/* One unit in the last place: the next bits. */
static float moved_away(float w)
{
    uint32_t bits;
    memcpy(&bits, &w, sizeof bits);
    bits += w != 0.0f;
    memcpy(&w, &bits, sizeof w);
    return w;
}

void tq_pack__carriers(float *to, const tq_panels *p, const float *weight, bool away)
{
    const int64_t channels = (int64_t)p->groups * p->group_outputs;
    memset(to, 0, (size_t)tq_panels__count(p) * sizeof *to);
    for (int64_t i = 0; i < packed_rows(p); ++i) {
        const tq_packed_row row = packed_row(p, i);
        const float *from = weight + row.k * channels + row.channel;
        for (int32_t j = 0; j < row.count; ++j)
            to[row.at + j] = away ? moved_away(from[j]) : from[j];
    }
}

static int16_t nudged(float w, int shift, bool away)
{
    const int value = (int)ldexpf(w, shift);
    return (int16_t)(value + (away ? (w > 0.0f) - (w < 0.0f) : 0));
}

void tq_pack__int16(int16_t *to, const tq_panels *p, const float *weight, int shift, bool away)
{
    const int64_t channels = (int64_t)p->groups * p->group_outputs;
    memset(to, 0, (size_t)tq_panels__count(p) * sizeof *to);
    for (int64_t i = 0; i < packed_rows(p); ++i) {
        const tq_packed_row row = packed_row(p, i);
        for (int32_t j = 0; j < row.count; ++j)
            to[row.at + j] = nudged(weight[row.k * channels + row.channel + j], shift, away);
    }
}

/* The draws of one block for output channel `channel`, terms k .. k + count - 1, `stride` apart. */
static void pack_block(uint32_t *to, int32_t stride, tq_block block, int32_t count, int bits)
{
    for (int32_t i = 0; i < count; ++i) {
        const int32_t position = i * bits;
        to[(int64_t)i * stride] = block.word[position / 32] >> (position % 32) << (32 - bits);
    }
}

/* One output channel; a block of the generator holds several terms' draws (tq_draw of the prelude). */
static void pack_column(uint32_t *to, const tq_panels *p, const uint32_t key[2], uint64_t channel,
                        uint32_t stream, int bits)
{
    const int32_t per_block = 128 / bits;
    for (int64_t k = 0; k < p->terms; k += per_block) {
        const tq_block counter = {
            {(uint32_t)channel, (uint32_t)(channel >> 32), (uint32_t)(k / per_block), stream}};
        const int64_t rest = p->terms - k;
        pack_block(to + k * p->width, p->width, tq_philox(counter, key[0], key[1]),
                   (int32_t)(rest < per_block ? rest : per_block), bits);
    }
}

void tq_pack__draws(uint32_t *to, const tq_panels *p, uint32_t key0, uint32_t key1, uint32_t stream, int bits)
{
    const uint32_t key[2] = {key0, key1};
    memset(to, 0, (size_t)tq_panels__count(p) * sizeof *to);
    for (int64_t panel = 0; panel < (int64_t)p->groups * p->panels; ++panel) {
        const tq_packed_row row = packed_row(p, panel * p->terms);
        for (int32_t j = 0; j < row.count; ++j)
            pack_column(to + row.at + j, p, key, (uint64_t)(row.channel + j), stream, bits);
    }
}

void tq_pack__bias(float *to, const tq_panels *p, const float *bias)
{
    memset(to, 0, (size_t)tq_panels__columns(p) * sizeof *to);
    if (bias == NULL)
        return;
    for (int64_t panel = 0; panel < (int64_t)p->groups * p->panels; ++panel) {
        const tq_packed_row row = packed_row(p, panel * p->terms);
        memcpy(to + panel * p->width, bias + row.channel, (size_t)row.count * sizeof *to);
    }
}
