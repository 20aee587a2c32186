/* maxpool2d: the largest number of each window. */
#include "layers/largest.h"

static const tq_parameter options[] = {
    TQ_WINDOW_KERNEL,   TQ_WINDOW_STRIDE,   TQ_WINDOW_PADS,
    TQ_WINDOW_AUTO_PAD, TQ_WINDOW_DILATION, TQ_WINDOW_CEIL_MODE,
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
    .keeps_finite = true,
    .state_size = sizeof(tq_pool),
    .shape = tq_pool__shape,
    .plan = plan,
    .forward = tq_largest__forward,
    .reference = tq_largest__reference,
    .plan_backward = tq_pool__plan_backward,
    .backward = tq_pool__backward,
    .backward_reference = tq_pool__backward_reference,
    .release = tq_pool__release,
};
