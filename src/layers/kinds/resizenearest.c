/* resizenearest: each element is the one that lies nearest to its place in the input. */
#include "layers/coordinate.h"
#include "layers/move.h"

static const tq_parameter options[] = {
    {.name = "size",
     .initial = 0,
     .lowest = 0,
     .highest = INT32_MAX,
     .count = TQ_MAX_RANK,
     .integer = true,
     .help = "indices of each dimension; 0: by its scale"},
    {.name = "scale",
     .initial = 0,
     .lowest = 0,
     .highest = 1e9,
     .count = TQ_MAX_RANK,
     .help = "of each dimension; 0: by its size, or as the input's"},
    {.name = "coordinates",
     .initial = 0,
     .lowest = 0,
     .highest = 4,
     .choices = tq_coordinate_choices,
     .help = "where an index lies in the input"},
    {.name = "nearest",
     .initial = 0,
     .lowest = 0,
     .highest = 3,
     .choices = tq_nearest_choices,
     .help = "which whole index that is"},
    TQ_REORDER_ORDER,
};

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape in = tq_reorder__sequence(layer, &layer->input[0]);
    tq_shape out = in;
    for (int d = 0; d < in.rank; ++d) {
        tq_scaling scaling;
        TQ_TRY(tq_scaling__of(layer, d, in.dim[d], &scaling));
        out.dim[d] = scaling.to;
    }
    if (tq_shape_count(&out) == 0)
        return tq_status__fail(TQ_E_SHAPE, "the output would have more than 2^62 elements");
    *output = tq_reorder__stored(layer, &out);
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    tq_moved *state = layer->state;
    const int rule = (int)tq_layer__option(layer, "nearest", 0);
    TQ_TRY(tq_move__begin(layer));
    tq_move *m = &state->move;
    for (int d = 0; d < m->to.rank; ++d) {
        tq_scaling scaling;
        TQ_TRY(tq_scaling__of(layer, d, m->from.dim[d], &scaling));
        for (int64_t i = 0; i < m->to.dim[d]; ++i)
            m->offset[d][i] = tq_scaling__nearest(&scaling, i, rule) * m->step[d];
    }
    return tq_move__finish(layer, 0.0f);
}

const tq_layer_kind tq_layer_resizenearest = {
    .name = "resizenearest",
    .summary = "the nearest elements, in another size",
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
