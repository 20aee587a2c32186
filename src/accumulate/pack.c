#include "accumulate/pack.h"

#include <math.h>
#include <string.h>

tq_panels tq_panels__of(const tq_geometry *g, const tq_path_plan *plan, int columns)
{
    const int32_t outputs = g->out_channels / g->groups, width = plan->step * plan->vectors;
    const int32_t run = columns * g->group_inputs, steps = (run + plan->terms - 1) / plan->terms;
    return (tq_panels){.width = width,
                       .panels = (outputs + width - 1) / width,
                       .groups = g->groups,
                       .group_outputs = outputs,
                       .run = run,
                       .step_terms = plan->terms,
                       .steps = tq_geometry__terms(g) / run * steps,
                       .lanes = plan->step,
                       .halves = plan->halves};
}

int64_t tq_panels__columns(const tq_panels *p)
{
    return (int64_t)p->groups * p->panels * p->width;
}

int64_t tq_panels__draws(const tq_panels *p)
{
    return tq_panels__columns(p) * p->steps;
}

int64_t tq_panels__count(const tq_panels *p)
{
    return tq_panels__draws(p) * p->step_terms;
}

/* The output whose number stands in a lane. */
static int32_t output_of_lane(const tq_panels *p, int32_t lane)
{
    const int32_t half = p->lanes / 2, i = lane % half;
    if (!p->halves || p->lanes != 32)
        return lane;
    return i / 4 * 8 + lane / half * 4 + i % 4;
}

/* One step of one panel. */
typedef struct tq_packed_step {
    int64_t at;      /* first element in packed draws; times step_terms in packed weights */
    int64_t k;       /* first term */
    int32_t terms;   /* that exist: fewer than step_terms at the end of a run */
    int64_t channel; /* first output channel, over all groups */
    int32_t count;   /* outputs that exist; the rest of the width is padding */
} tq_packed_step;

static tq_packed_step packed_step(const tq_panels *p, int64_t index)
{
    const int64_t panel = index / p->steps % p->panels, group = index / p->steps / p->panels;
    const int64_t rest = p->group_outputs - panel * p->width, step = index % p->steps;
    const int64_t run_steps = (p->run + p->step_terms - 1) / p->step_terms;
    const int64_t in_run = step % run_steps * p->step_terms;
    return (tq_packed_step){.at = index * p->width,
                            .k = step / run_steps * p->run + in_run,
                            .terms =
                                (int32_t)(p->run - in_run < p->step_terms ? p->run - in_run : p->step_terms),
                            .channel = group * p->group_outputs + panel * p->width,
                            .count = (int32_t)(rest < p->width ? rest : p->width)};
}

static int64_t packed_steps(const tq_panels *p)
{
    return (int64_t)p->groups * p->panels * p->steps;
}

/* The output of a place of the width; -1 for padding. */
static int32_t output_at(const tq_panels *p, const tq_packed_step *step, int32_t place)
{
    const int32_t output = place / p->lanes * p->lanes + output_of_lane(p, place % p->lanes);
    return output < step->count ? output : -1;
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

static int32_t integer_of(const tq_path_plan *plan, float w)
{
    return (int32_t)ldexpf(w, plan->weight_shift) + (plan->away ? (w > 0.0f) - (w < 0.0f) : 0);
}

static void put(void *to, int64_t at, const tq_path_plan *plan, float w)
{
    if (plan->form == TQ_FORM_CARRIER)
        ((float *)to)[at] = plan->away ? moved_away(w) : w;
    else if (plan->form == TQ_FORM_INT16)
        ((int16_t *)to)[at] = (int16_t)integer_of(plan, w);
    else
        ((int32_t *)to)[at] = integer_of(plan, w) & 0xFFFF;
}

void tq_pack__weights(void *to, const tq_panels *p, const tq_path_plan *plan, const float *weight)
{
    const int64_t channels = (int64_t)p->groups * p->group_outputs;
    memset(to, 0, (size_t)tq_panels__count(p) * (plan->form == TQ_FORM_INT16 ? 2 : 4));
    for (int64_t i = 0; i < packed_steps(p); ++i) {
        const tq_packed_step step = packed_step(p, i);
        for (int32_t place = 0; place < p->width; ++place) {
            const int32_t output = output_at(p, &step, place);
            for (int32_t term = 0; output >= 0 && term < step.terms; ++term)
                put(to, (step.at + place) * p->step_terms + term, plan,
                    weight[(step.k + term) * channels + step.channel + output]);
        }
    }
}

/* Draws of one output, `stride` words apart; a block of the generator holds those of several terms. */
static void pack_column(void *to, int64_t at, int64_t stride, int64_t terms, uint64_t channel,
                        const tq_draw_layout *draws)
{
    const int64_t per_block = 128 / draws->bits;
    tq_block block = {{0}};
    for (int64_t k = 0; k < terms; ++k) {
        const int position = (int)(k % per_block) * draws->bits;
        if (position == 0)
            block = tq_philox((tq_block){{(uint32_t)channel, (uint32_t)(channel >> 32),
                                          (uint32_t)(k / per_block), draws->stream}},
                              draws->key0, draws->key1);
        const uint32_t draw =
            block.word[position / 32] >> (position % 32) << (32 - draws->bits) >> draws->right << draws->left;
        if (draws->shorts)
            ((uint16_t *)to)[at + k * stride] = (uint16_t)draw;
        else
            ((uint32_t *)to)[at + k * stride] = draw;
    }
}

void tq_pack__draws(void *to, const tq_panels *p, const tq_draw_layout *draws)
{
    memset(to, 0, (size_t)tq_panels__draws(p) * (draws->shorts ? 2 : 4));
    for (int64_t panel = 0; panel < (int64_t)p->groups * p->panels; ++panel) {
        const tq_packed_step step = packed_step(p, panel * p->steps);
        for (int32_t place = 0; place < p->width; ++place) {
            const int32_t output = output_at(p, &step, place);
            if (output >= 0)
                pack_column(to, step.at + place, p->width, p->steps, (uint64_t)(step.channel + output),
                            draws);
        }
    }
}

void tq_pack__bias(float *to, const tq_panels *p, const float *bias)
{
    memset(to, 0, (size_t)tq_panels__columns(p) * sizeof *to);
    if (bias == NULL)
        return;
    for (int64_t panel = 0; panel < (int64_t)p->groups * p->panels; ++panel) {
        const tq_packed_step step = packed_step(p, panel * p->steps);
        memcpy(to + panel * p->width, bias + step.channel, (size_t)step.count * sizeof *to);
    }
}
