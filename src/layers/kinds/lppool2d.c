/* lppool2d: the norm of each window, the sum of magnitudes or the root of the sum of squares. */
#include "layers/norm_pool.h"

static const tq_parameter options[] = {
    TQ_WINDOW_KERNEL,
    TQ_WINDOW_STRIDE,
    TQ_WINDOW_PADS,
    TQ_WINDOW_AUTO_PAD,
    TQ_WINDOW_CEIL_MODE,
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
    TQ_TRY(tq_pool__resolve(layer, &state->geometry));
    return tq_norm_pool__plan(layer);
}

const tq_layer_kind tq_layer_lppool2d = {
    .name = "lppool2d",
    .summary = "the norm of each window",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .inner = true,
    .state_size = sizeof(tq_pool),
    .shape = tq_pool__shape,
    .plan = plan,
    .forward = tq_norm_pool__forward,
    .reference = tq_norm_pool__reference,
    .release = tq_pool__release,
};
