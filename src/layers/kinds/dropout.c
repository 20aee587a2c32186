/* dropout: the identity, as in inference. */
#include "layers/reorder.h"

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    *output = layer->input[0];
    return TQ_OK;
}

const tq_layer_kind tq_layer_dropout = {
    .name = "dropout",
    .summary = "the identity, as in inference",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .plan = tq_reorder__plan,
    .forward = tq_reorder__forward,
    .reference = tq_reorder__reference,
    .backward = tq_reorder__backward,
    .backward_reference = tq_reorder__backward_reference,
};
