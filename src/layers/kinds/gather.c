/* gather: of dimension `axis` the indices of a list; the `weights` map does not act on it. */
#include <stdlib.h>

#include "layers/move.h"

static const tq_parameter options[] = {
    {.name = "axis",
     .initial = 1,
     .lowest = 0,
     .highest = TQ_MAX_RANK - 1,
     .integer = true,
     .help = "the dimension"},
    TQ_REORDER_ORDER,
};

static const tq_weight_info weights[] = {
    {"indices", 1, false, "indices of the dimension, from 0"},
};
static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    tq_shape out = tq_reorder__sequence(layer, &layer->input[0]);
    const int axis = (int)tq_layer__option(layer, "axis", 0);
    const int64_t count = layer->weight[0].shape.dim[0];
    if (axis >= out.rank)
        return tq_status__fail(TQ_E_SHAPE, "axis is %d, the input has %d dimensions", axis, out.rank);
    for (int64_t i = 0; i < count; ++i) {
        const float index = layer->weight[0].master[i];
        if (!(index >= 0.0f && index < (float)out.dim[axis]) || index != (float)(int64_t)index)
            return tq_status__fail(TQ_E_ARGUMENT, "index %lld is %.9g, allowed whole numbers from 0 to %lld",
                                   (long long)i, (double)index, (long long)out.dim[axis] - 1);
    }
    out.dim[axis] = count;
    *output = tq_reorder__stored(layer, &out);
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    tq_moved *state = layer->state;
    const int64_t count = layer->weight[0].shape.dim[0];
    int64_t *list = malloc((size_t)count * sizeof *list);
    if (list == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld indices", (long long)count);
    for (int64_t i = 0; i < count; ++i)
        list[i] = (int64_t)layer->weight[0].master[i];
    const tq_status status = tq_move__begin(layer);
    if (status == TQ_OK)
        tq_move__take(&state->move, (int)tq_layer__option(layer, "axis", 0), list);
    free(list);
    return status == TQ_OK ? tq_move__finish(layer, 0.0f) : status;
}

const tq_layer_kind tq_layer_gather = {
    .name = "gather",
    .summary = "chosen indices of a dimension",
    .options = options,
    .option_count = TQ_COUNT(options),
    .weights = weights,
    .weight_count = TQ_COUNT(weights),
    .inputs_least = 1,
    .inputs_most = 1,
    .keeps_weights = true,
    .state_size = sizeof(tq_moved),
    .shape = shape,
    .plan = plan,
    .forward = tq_move__forward,
    .reference = tq_move__reference,
    .release = tq_move__release,
};
