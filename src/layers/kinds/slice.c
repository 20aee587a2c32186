/* slice: of dimension d the indices first[d], first[d] + step[d] and so on, count[d] of them. */
#include "layers/move.h"

static const tq_parameter options[] = {
    {.name = "first",
     .initial = 0,
     .lowest = 0,
     .highest = INT32_MAX,
     .count = TQ_MAX_RANK,
     .integer = true,
     .help = "first index of each dimension"},
    {.name = "step",
     .initial = 1,
     .lowest = -INT32_MAX,
     .highest = INT32_MAX,
     .count = TQ_MAX_RANK,
     .integer = true,
     .help = "from one index to the next; negative: backwards"},
    {.name = "count",
     .initial = 0,
     .lowest = 0,
     .highest = INT32_MAX,
     .count = TQ_MAX_RANK,
     .integer = true,
     .help = "indices; 0: all from the first on"},
    TQ_REORDER_ORDER,
};

static int64_t option(const tq_layer *layer, const char *name, int d)
{
    return (int64_t)tq_layer__option(layer, name, (size_t)d);
}

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape in = tq_reorder__sequence(layer, &layer->input[0]);
    tq_shape out = in;
    for (int d = 0; d < in.rank; ++d) {
        const int64_t first = option(layer, "first", d), step = option(layer, "step", d);
        const int64_t most = step == 0 || first >= in.dim[d] ? 0
                             : step > 0                      ? (in.dim[d] - 1 - first) / step + 1
                                                             : first / -step + 1;
        const int64_t count = option(layer, "count", d);
        if (most == 0 || count > most)
            return tq_status__fail(
                TQ_E_SHAPE,
                "dimension %d has %lld indices: there are none, or not %lld, from %lld on in "
                "steps of %lld",
                d, (long long)in.dim[d], (long long)count, (long long)first, (long long)step);
        out.dim[d] = count == 0 ? most : count;
    }
    *output = tq_reorder__stored(layer, &out);
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    tq_moved *state = layer->state;
    int64_t first[TQ_MAX_RANK], step[TQ_MAX_RANK];
    for (int d = 0; d < TQ_MAX_RANK; ++d) {
        first[d] = option(layer, "first", d);
        step[d] = option(layer, "step", d);
    }
    TQ_TRY(tq_move__begin(layer));
    tq_move__slice(&state->move, first, step);
    return tq_move__finish(layer, 0.0f);
}

const tq_layer_kind tq_layer_slice = {
    .name = "slice",
    .summary = "a part of each dimension",
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
