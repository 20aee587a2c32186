/* instancenorm: each channel of each sample with its own mean and variance. */
#include "layers/normalize.h"
#include "layers/reorder.h"

static const tq_parameter options[] = {
    {.name = "epsilon", .initial = 1e-5, .lowest = 0, .highest = 1e30, .help = "added to the variance"},
    {.name = "order",
     .initial = 0,
     .lowest = 0,
     .highest = 1,
     .choices = tq_order_choices,
     .help = "nchw: the channels are dimension 1, not the last"},
};

static const tq_weight_info weights[] = {
    {"gamma", 1, false, "channels"},
    {"beta", 1, true, "channels"},
};

/* Dimension of the channels in memory. */
static int channels_of(const tq_layer *layer)
{
    const int rank = layer->input[0].rank;
    return tq_reorder__is_nchw(layer) && rank != 4 ? 1 : rank - 1;
}

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape *in = &layer->input[0];
    if (in->rank < 3)
        return tq_status__fail(TQ_E_SHAPE, "input has rank %d, needs at least 3", in->rank);
    for (size_t i = 0; i < TQ_COUNT(weights); ++i)
        if (layer->weight[i].master != NULL && layer->weight[i].shape.dim[0] != in->dim[channels_of(layer)])
            return tq_status__fail(TQ_E_SHAPE, "weight '%s' has %lld elements, the input %lld channels",
                                   weights[i].name, (long long)layer->weight[i].shape.dim[0],
                                   (long long)in->dim[channels_of(layer)]);
    *output = *in;
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    tq_normalize_state *state = layer->state;
    const int outer[2] = {0, channels_of(layer)};
    const unsigned all = (1u << layer->input[0].rank) - 1;
    state->groups = tq_groups__of(&layer->input[0], all & ~1u & ~(1u << outer[1]), outer, 2);
    state->channels = (tq_u64)layer->input[0].dim[outer[1]];
    return tq_normalize__plan(layer);
}

const tq_layer_kind tq_layer_instancenorm = {
    .name = "instancenorm",
    .summary = "each channel of each sample with its own mean and variance",
    .options = options,
    .option_count = TQ_COUNT(options),
    .weights = weights,
    .weight_count = TQ_COUNT(weights),
    .inputs_least = 1,
    .inputs_most = 1,
    .inner = true,
    .state_size = sizeof(tq_normalize_state),
    .shape = shape,
    .plan = plan,
    .forward = tq_normalize__forward,
    .reference = tq_normalize__reference,
    .release = tq_normalize__release,
};
