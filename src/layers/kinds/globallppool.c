/* globallppool: the norm of each channel's image, the sum of magnitudes or the root of the sum of squares. */
#include "layers/norm_pool.h"

static const tq_parameter options[] = {
    {.name = "p",
     .initial = 2,
     .lowest = 1,
     .highest = 2,
     .integer = true,
     .help = "1: the sum of magnitudes, 2: the root of the sum of squares"},
};

static tq_status plan(tq_layer *layer)
{
    tq_pool *state = layer->state;
    state->geometry = tq_pool__whole(layer);
    return tq_norm_pool__plan(layer);
}

const tq_layer_kind tq_layer_globallppool = {
    .name = "globallppool",
    .summary = "the norm of each channel's image",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .inner = true,
    .state_size = sizeof(tq_pool),
    .shape = tq_pool__whole_shape,
    .plan = plan,
    .forward = tq_norm_pool__forward,
    .reference = tq_norm_pool__reference,
    .release = tq_pool__release,
};
