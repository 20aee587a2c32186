/* replicate: each dimension several times over. */
#include "layers/move.h"

static const tq_parameter options[] = {
    {.name = "repeats",
     .initial = 1,
     .lowest = 1,
     .highest = INT32_MAX,
     .count = TQ_MAX_RANK,
     .integer = true,
     .help = "how often each dimension"},
    TQ_REORDER_ORDER,
};

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    tq_shape out = tq_reorder__sequence(layer, &layer->input[0]);
    for (int d = 0; d < out.rank; ++d) {
        const int64_t repeats = (int64_t)tq_layer__option(layer, "repeats", (size_t)d);
        if (out.dim[d] > INT64_MAX / repeats)
            return tq_status__fail(TQ_E_SHAPE, "dimension %d would have more than 2^62 indices", d);
        out.dim[d] *= repeats;
    }
    if (tq_shape_count(&out) == 0)
        return tq_status__fail(TQ_E_SHAPE, "the output would have more than 2^62 elements");
    *output = tq_reorder__stored(layer, &out);
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    tq_moved *state = layer->state;
    TQ_TRY(tq_move__begin(layer));
    tq_move__repeat(&state->move);
    return tq_move__finish(layer, 0.0f);
}

const tq_layer_kind tq_layer_replicate = {
    .name = "replicate",
    .summary = "each dimension several times over",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .state_size = sizeof(tq_moved),
    .shape = shape,
    .plan = plan,
    .forward = tq_move__forward,
    .reference = tq_move__reference,
    .release = tq_move__release,
};
