/* transpose: dimension d of the output is dimension order[d] of the input. */
#include "layers/move.h"

static const tq_parameter options[] = {
    {.name = "axes",
     .initial = 0,
     .lowest = 0,
     .highest = TQ_MAX_RANK - 1,
     .count = TQ_MAX_RANK,
     .integer = true,
     .required = true,
     .help = "for each dimension of the output, which of the input it is"},
    TQ_REORDER_ORDER,
};

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape in = tq_reorder__sequence(layer, &layer->input[0]);
    tq_shape out = in;
    bool used[TQ_MAX_RANK] = {false};
    for (int i = 0; i < in.rank; ++i) {
        const int axis = (int)tq_layer__option(layer, "axes", (size_t)i);
        if (axis >= in.rank || used[axis])
            return tq_status__fail(TQ_E_SHAPE,
                                   "option axes has %d at place %d; the input has %d dimensions, each of "
                                   "which it must name once",
                                   axis, i, in.rank);
        used[axis] = true;
        out.dim[i] = in.dim[axis];
    }
    *output = tq_reorder__stored(layer, &out);
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    tq_moved *state = layer->state;
    int order[TQ_MAX_RANK];
    for (int i = 0; i < TQ_MAX_RANK; ++i)
        order[i] = (int)tq_layer__option(layer, "axes", (size_t)i);
    TQ_TRY(tq_move__begin(layer));
    tq_move__transpose(&state->move, order);
    return tq_move__finish(layer, 0.0f);
}

const tq_layer_kind tq_layer_transpose = {
    .name = "transpose",
    .summary = "the dimensions in another sequence",
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
