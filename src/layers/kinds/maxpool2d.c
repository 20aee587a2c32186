/* maxpool2d: the largest number of each window. */
#include "layers/largest.h"

static const tq_parameter options[] = {
    {.name = "kernel",
     .initial = 1,
     .lowest = 1,
     .highest = 4096,
     .count = 2,
     .integer = true,
     .required = true,
     .help = "rows x columns"},
    {.name = "stride",
     .initial = 1,
     .lowest = 1,
     .highest = 4096,
     .count = 2,
     .integer = true,
     .help = "rows x columns"},
    {.name = "pads",
     .initial = 0,
     .lowest = 0,
     .highest = 4096,
     .count = 4,
     .integer = true,
     .help = "top x left x bottom x right"},
    {.name = "auto_pad",
     .initial = 0,
     .lowest = 0,
     .highest = 3,
     .choices = tq_pad_choices,
     .help = "who decides the pads"},
    {.name = "dilation",
     .initial = 1,
     .lowest = 1,
     .highest = 4096,
     .count = 2,
     .integer = true,
     .help = "rows x columns"},
    {.name = "ceil_mode",
     .initial = 0,
     .lowest = 0,
     .highest = 1,
     .integer = true,
     .help = "1: a last partial window counts"},
};

static tq_status plan(tq_layer *layer)
{
    tq_pool *state = layer->state;
    TQ_TRY(tq_pool__resolve(layer, &state->geometry));
    return tq_largest__plan(layer);
}

const tq_layer_kind tq_layer_maxpool2d = {
    .name = "maxpool2d",
    .summary = "the largest number of each window",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .state_size = sizeof(tq_pool),
    .shape = tq_pool__shape,
    .plan = plan,
    .forward = tq_largest__forward,
    .reference = tq_largest__reference,
    .release = tq_pool__release,
};
