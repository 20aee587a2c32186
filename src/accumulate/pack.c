#include "accumulate/pack.h"

#include <math.h>
#include <string.h>

tq_panels tq_panels__of(const tq_geometry *g, const tq_path_plan *plan, int columns)
{
    const int32_t outputs = g->out_channels / g->groups,
                  width = plan->step * plan->vectors * plan->group.columns;
    const int32_t run = columns * g->group_inputs, steps = (run + plan->terms - 1) / plan->terms;
    return (tq_panels){.width = width,
                       .panels = (outputs + width - 1) / width,
                       .groups = g->groups,
                       .group_outputs = outputs,
                       .run = run,
                       .step_terms = plan->terms,
                       .steps = tq_geometry__terms(g) / run * steps,
                       .lanes = plan->step,
                       .halves = plan->halves && plan->step >= 16};
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
    if (!p->halves)
        return lane;
    const int32_t half = p->lanes / 2, i = lane % half;
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

typedef enum tq_tie { TQ_TIE_NONE, TQ_TIE_MOVE, TQ_TIE_EXACT } tq_tie;

/* No product with this weight is a tie; or moving the weight takes products off ties; or neither. */
static tq_tie tie_of(const tq_ties *ties, float w)
{
    uint32_t bits;
    memcpy(&bits, &w, sizeof bits);
    const uint32_t exponent = bits >> 23 & 255u,
                   fraction = (bits & 0x7FFFFFu) | (exponent > 0 ? 0x800000u : 0);
    if (fraction == 0)
        return TQ_TIE_NONE;
    const int zeros = __builtin_ctz(fraction), lowest = (int)(exponent > 0 ? exponent : 1) - 150 + zeros;
    /* A tie is an odd multiple of half a unit: the input's lowest bit is then 2^needed, and it is at least
     * that large. */
    const int needed = ties->grid - 1 - lowest, known = ties->input_grid != TQ_GRID_UNKNOWN;
    if (needed > ties->input_exponent || (known && needed < ties->input_grid))
        return TQ_TIE_NONE;
    if (!known)
        return TQ_TIE_EXACT;
    /* Products that do not saturate, in multiples of their last bit. */
    const bool few = ties->most_exponent + needed - ties->input_grid + 1 <= 23 ||
                     ties->input_units * (fraction >> zeros) <= 0x1p23;
    return few ? TQ_TIE_MOVE : TQ_TIE_EXACT;
}

/* What becomes of a weight, worked out once. */
typedef struct tq_conversion {
    tq_form form;
    float scale;
    bool away;
    const tq_ties *ties; /* NULL: all weights move if `away` */
} tq_conversion;

static float carrier_of(const tq_conversion *c, float w)
{
    return c->away && (c->ties == NULL || tie_of(c->ties, w) == TQ_TIE_MOVE) ? moved_away(w) : w;
}

static void put(void *to, int64_t at, const tq_conversion *c, float w)
{
    if (c->form == TQ_FORM_CARRIER) {
        ((float *)to)[at] = carrier_of(c, w);
        return;
    }
    const int32_t integer = (int32_t)(w * c->scale) + (c->away ? (w > 0.0f) - (w < 0.0f) : 0);
    if (c->form == TQ_FORM_INT16)
        ((int16_t *)to)[at] = (int16_t)integer;
    else
        ((int32_t *)to)[at] = integer & 0xFFFF;
}

/* The weights of one step. */
static void pack_step(void *to, const tq_panels *p, const tq_conversion *c, const tq_packed_step *step,
                      const float *weight)
{
    const int64_t channels = (int64_t)p->groups * p->group_outputs;
    const float *from = weight + step->k * channels + step->channel;
    for (int32_t place = 0; place < p->width; ++place) {
        const int32_t output = output_at(p, step, place);
        for (int32_t term = 0; output >= 0 && term < step->terms; ++term)
            put(to, (step->at + place) * p->step_terms + term, c, from[term * channels + output]);
    }
}

void tq_pack__weights(void *to, const tq_panels *p, const tq_path_plan *plan, const float *weight)
{
    const tq_conversion c = {plan->form, ldexpf(1.0f, plan->weight_shift), plan->away,
                             plan->step_kinds ? &plan->ties : NULL};
    memset(to, 0, (size_t)tq_panels__count(p) * (plan->form == TQ_FORM_INT16 ? 2 : 4));
    for (int64_t i = 0; i < packed_steps(p); ++i) {
        const tq_packed_step step = packed_step(p, i);
        pack_step(to, p, &c, &step, weight);
    }
}

/* Whether a step of a panel needs tq_exact_step. */
static bool is_exact_step(const tq_panels *p, const tq_ties *ties, const tq_packed_step *step,
                          const float *weight)
{
    const int64_t channels = (int64_t)p->groups * p->group_outputs;
    const float *from = weight + step->k * channels + step->channel;
    for (int32_t i = 0; i < step->count; ++i)
        if (tie_of(ties, from[i]) == TQ_TIE_EXACT)
            return true;
    return false;
}

void tq_pack__kinds(uint8_t *to, const tq_panels *p, const tq_path_plan *plan, const float *weight)
{
    for (int64_t i = 0; i < packed_steps(p); ++i) {
        const tq_packed_step step = packed_step(p, i);
        to[i] = is_exact_step(p, &plan->ties, &step, weight);
    }
}

int64_t tq_panels__steps(const tq_panels *p)
{
    return packed_steps(p);
}

/* tq_draw of the prelude for terms that come in order: a block of the generator holds several. */
typedef struct tq_column {
    uint64_t channel;
    int64_t number; /* of the block; -1: none yet */
    tq_block block;
} tq_column;

static uint32_t draw_of(tq_column *column, const tq_draw_layout *draws, int64_t k)
{
    const int64_t per_block = 128 / draws->bits, number = k / per_block;
    const int position = (int)(k % per_block) * draws->bits;
    if (number != column->number) {
        const tq_block counter = {
            {(uint32_t)column->channel, (uint32_t)(column->channel >> 32), (uint32_t)number, draws->stream}};
        column->block = tq_philox(counter, draws->key0, draws->key1);
        column->number = number;
    }
    return column->block.word[position / 32] >> (position % 32) << (32 - draws->bits);
}

/* One place of the width of one panel. */
static void pack_column(void *to, const tq_panels *p, const tq_draw_layout *draws, int64_t panel,
                        int32_t place)
{
    tq_column column = {.number = -1};
    for (int64_t i = panel * p->steps; i < (panel + 1) * p->steps; ++i) {
        const tq_packed_step step = packed_step(p, i);
        const int32_t output = output_at(p, &step, place);
        if (output < 0)
            continue;
        column.channel = (uint64_t)(step.channel + output);
        const uint32_t draw =
            draws->nothing ? 0 : draw_of(&column, draws, step.k) >> draws->right << draws->left;
        if (draws->shorts)
            ((uint16_t *)to)[step.at + place] = (uint16_t)draw;
        else
            ((uint32_t *)to)[step.at + place] = draw;
    }
}

void tq_pack__draws(void *to, const tq_panels *p, const tq_draw_layout *draws)
{
    memset(to, 0, (size_t)tq_panels__draws(p) * (draws->shorts ? 2 : 4));
    for (int64_t panel = 0; panel < (int64_t)p->groups * p->panels; ++panel)
        for (int32_t place = 0; place < p->width; ++place)
            pack_column(to, p, draws, panel, place);
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
