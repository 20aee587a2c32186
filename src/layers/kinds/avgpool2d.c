/* avgpool2d: y = RESULT(s / count), s = SUM(s + x) over the taps of the window that lie inside the image. */
#include "layers/average.h"

static const tq_parameter options[] = {
    TQ_WINDOW_KERNEL,
    TQ_WINDOW_STRIDE,
    TQ_WINDOW_PADS,
    TQ_WINDOW_AUTO_PAD,
    TQ_WINDOW_CEIL_MODE,
    {.name = "count_include_pad",
     .initial = 0,
     .lowest = 0,
     .highest = 1,
     .integer = true,
     .help = "1: padding counts in the divisor"},
};

static tq_status plan(tq_layer *layer)
{
    tq_pool *state = layer->state;
    TQ_TRY(tq_pool__resolve(layer, &state->geometry));
    return tq_average__plan(layer);
}

const tq_layer_kind tq_layer_avgpool2d = {
    .name = "avgpool2d",
    .summary = "the average of each window",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .keeps_finite = true,
    .inner = true,
    .state_size = sizeof(tq_pool),
    .shape = tq_pool__shape,
    .plan = plan,
    .forward = tq_average__forward,
    .reference = tq_average__reference,
    .plan_backward = tq_pool__plan_backward,
    .backward = tq_pool__backward,
    .backward_reference = tq_pool__backward_reference,
    .release = tq_pool__release,
};
