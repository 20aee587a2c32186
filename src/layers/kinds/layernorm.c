/* layernorm: the dimensions from `axis` on with their own mean and variance. */
#include "layers/normalize.h"
#include "layers/reorder.h"

static const tq_parameter options[] = {
    {.name = "axis",
     .initial = 1,
     .lowest = 1,
     .highest = TQ_MAX_RANK - 1,
     .integer = true,
     .required = true,
     .help = "first dimension of those that are normalized"},
    {.name = "epsilon", .initial = 1e-5, .lowest = 0, .highest = 1e30, .help = "added to the variance"},
    {.name = "order",
     .initial = 0,
     .lowest = 0,
     .highest = 1,
     .choices = tq_order_choices,
     .help = "how dimensions of a rank-4 tensor are numbered"},
};

static const tq_weight_info weights[] = {
    {"gamma", 1, false, "elements that are normalized, in memory's order"},
    {"beta", 1, true, "elements that are normalized, in memory's order"},
};

static tq_groups groups_of(const tq_layer *layer)
{
    const int rank = layer->input[0].rank, axis = (int)tq_layer__option(layer, "axis", 0);
    int outer[TQ_MAX_RANK], count = 0;
    unsigned inside = 0;
    for (int i = axis; i < rank; ++i)
        inside |= 1u << tq_reorder__stored_axis(tq_reorder__is_nchw(layer), rank, i);
    for (int i = 0; i < rank; ++i)
        if (!(inside >> i & 1))
            outer[count++] = i;
    return tq_groups__of(&layer->input[0], inside, outer, count);
}

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape *in = &layer->input[0];
    const int axis = (int)tq_layer__option(layer, "axis", 0);
    if (axis >= in->rank)
        return tq_status__fail(TQ_E_SHAPE, "axis is %d, the input has rank %d", axis, in->rank);
    const tq_groups groups = groups_of(layer);
    for (size_t i = 0; i < TQ_COUNT(weights); ++i)
        if (layer->weight[i].master != NULL &&
            (tq_u64)layer->weight[i].shape.dim[0] != tq_groups__size(&groups))
            return tq_status__fail(TQ_E_SHAPE, "weight '%s' has %lld elements, %llu are normalized",
                                   weights[i].name, (long long)layer->weight[i].shape.dim[0],
                                   (unsigned long long)tq_groups__size(&groups));
    *output = *in;
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    tq_normalize_state *state = layer->state;
    state->groups = groups_of(layer);
    return tq_normalize__plan(layer);
}

const tq_layer_kind tq_layer_layernorm = {
    .name = "layernorm",
    .summary = "the last dimensions with their own mean and variance",
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
