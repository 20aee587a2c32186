/* clip: the nearest number of lowest .. highest. */
#include <float.h>
#include <math.h>

#include "layers/unary.h"

static const tq_parameter options[] = {
    {.name = "lowest",
     .initial = -(double)FLT_MAX,
     .lowest = -(double)FLT_MAX,
     .highest = (double)FLT_MAX,
     .help = "what is below becomes it"},
    {.name = "highest",
     .initial = (double)FLT_MAX,
     .lowest = -(double)FLT_MAX,
     .highest = (double)FLT_MAX,
     .help = "what is above becomes it, lowest too"},
};

/* Whether q keeps the number. */
static bool is_member(const tq_quantizer *q, float x)
{
    return tq_quantizer__apply(q, tq_exact_of(tq_bits__of(x)), 0) == tq_bits__of(x);
}

static double clipped(const float *bound, double x)
{
    return fmin(fmax(x, (double)bound[0]), (double)bound[1]);
}

/* The ends, clipped; the input's grid where the bounds that can occur are on it, too. */
static tq_range range(const tq_layer *layer)
{
    const float bound[] = {(float)layer->option[0], (float)layer->option[1]};
    const tq_range in = layer->input_range[0];
    tq_range out = in;
    out.lowest = fmin(clipped(bound, in.lowest), 0.0);
    out.highest = fmax(clipped(bound, in.highest), 0.0);
    for (size_t i = 0; i < TQ_COUNT(bound); ++i) {
        const bool occurs = i == 0 ? (double)bound[0] > in.lowest : (double)bound[1] < in.highest;
        const tq_range own = tq_range__measure(&bound[i], 1);
        if (occurs && own.grid < out.grid && out.grid != TQ_GRID_UNKNOWN)
            out.grid = own.grid;
        if (occurs && !tq_quantizer_is_none(&in.members) && !is_member(&in.members, bound[i]))
            out.members = (tq_quantizer){0};
    }
    return out;
}

static const tq_unary family = {
    .function = {"tq_clip", tq_clip}, .derivative = {"tq_clip_gradient", tq_clip_gradient}, .range = range};

const tq_layer_kind tq_layer_clip = {
    .name = "clip",
    .summary = "the nearest number of lowest .. highest",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .state_size = sizeof(tq_unary_state),
    .family = &family,
    .shape = tq_unary__shape,
    .plan = tq_unary__plan,
    .forward = tq_unary__forward,
    .reference = tq_unary__reference,
    .backward = tq_unary__backward,
    .backward_reference = tq_unary__backward_reference,
    .release = tq_unary__release,
};
