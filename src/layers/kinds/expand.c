/* expand: dimensions of 1 repeated to a shape, counted from the right as in NumPy. */
#include "layers/move.h"

static const tq_parameter options[] = {
    {.name = "rank",
     .initial = 2,
     .lowest = 1,
     .highest = TQ_MAX_RANK,
     .integer = true,
     .help = "dimensions of the output"},
    {.name = "shape",
     .initial = 0,
     .lowest = 0,
     .highest = INT32_MAX,
     .count = TQ_MAX_RANK,
     .integer = true,
     .required = true,
     .help = "dimensions; 0: as the input's"},
    TQ_REORDER_ORDER,
};

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape in = tq_reorder__sequence(layer, &layer->input[0]);
    tq_shape out = {.rank = (int)tq_layer__option(layer, "rank", 0)};
    const int missing = out.rank - in.rank;
    char text[160];
    tq_shape_print(text, sizeof text, &in);
    for (int d = 0; d < out.rank; ++d) {
        const int64_t wanted = (int64_t)tq_layer__option(layer, "shape", (size_t)d);
        const int64_t there = d < missing ? 1 : in.dim[d - missing];
        if (missing < 0 || (wanted != 0 && wanted != there && there != 1))
            return tq_status__fail(TQ_E_SHAPE,
                                   "input %s does not fit option shape with %lld at place %d: dimensions, "
                                   "counted from the right, are equal or the input's is 1",
                                   text, (long long)wanted, d);
        out.dim[d] = wanted == 0 ? there : wanted;
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

const tq_layer_kind tq_layer_expand = {
    .name = "expand",
    .summary = "dimensions of 1 repeated to a shape",
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
