/* prelu: y = RESULT(x), of negative numbers RESULT(PRODUCT(slope * x)), a slope for each channel or one for
 * all. */
#include "layers/slope.h"

static const tq_weight_info weights[] = {
    {"slope", 1, false, "channels, or one"},
};

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape *in = &layer->input[0];
    const int64_t slopes = layer->weight[0].shape.dim[0];
    if (slopes != 1 && slopes != in->dim[in->rank - 1])
        return tq_status__fail(
            TQ_E_SHAPE, "weight 'slope' has %lld elements, needs 1 or the input's last dimension, %lld",
            (long long)slopes, (long long)in->dim[in->rank - 1]);
    *output = *in;
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    tq_slope *state = layer->state;
    state->values = layer->weight[0].values;
    state->channels = (tq_u32)layer->weight[0].shape.dim[0];
    return tq_slope__plan(layer);
}

const tq_layer_kind tq_layer_prelu = {
    .name = "prelu",
    .summary = "x above 0, else a weight of the channel times x",
    .weights = weights,
    .weight_count = TQ_COUNT(weights),
    .inputs_least = 1,
    .inputs_most = 1,
    .inner = true,
    .state_size = sizeof(tq_slope),
    .shape = shape,
    .plan = plan,
    .forward = tq_slope__forward,
    .reference = tq_slope__reference,
    .release = tq_slope__release,
};
