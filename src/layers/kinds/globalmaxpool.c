/* globalmaxpool: the largest number of each channel's image. */
#include "layers/largest.h"

static tq_status plan(tq_layer *layer)
{
    tq_pool *state = layer->state;
    state->geometry = tq_pool__whole(layer);
    return tq_largest__plan(layer);
}

const tq_layer_kind tq_layer_globalmaxpool = {
    .name = "globalmaxpool",
    .summary = "the largest number of each channel's image",
    .inputs_least = 1,
    .inputs_most = 1,
    .keeps_finite = true,
    .state_size = sizeof(tq_pool),
    .shape = tq_pool__whole_shape,
    .plan = plan,
    .forward = tq_largest__forward,
    .reference = tq_largest__reference,
    .plan_backward = tq_pool__plan_backward,
    .backward = tq_pool__backward,
    .backward_reference = tq_pool__backward_reference,
    .release = tq_pool__release,
};
