/* globalavgpool: average pooling over the whole image. */
#include "layers/average.h"

static tq_status plan(tq_layer *layer)
{
    tq_pool *state = layer->state;
    state->geometry = tq_pool__whole(layer);
    return tq_average__plan(layer);
}

const tq_layer_kind tq_layer_globalavgpool = {
    .name = "globalavgpool",
    .summary = "the average of each channel's image",
    .inputs_least = 1,
    .inputs_most = 1,
    .keeps_finite = true,
    .inner = true,
    .state_size = sizeof(tq_pool),
    .shape = tq_pool__whole_shape,
    .plan = plan,
    .forward = tq_average__forward,
    .reference = tq_average__reference,
    .plan_backward = tq_pool__plan_backward,
    .backward = tq_pool__backward,
    .backward_reference = tq_pool__backward_reference,
    .release = tq_pool__release,
};
