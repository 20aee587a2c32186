/* flatten: to two dimensions, those before `axis` and the others. */
#include "layers/reorder.h"

static const tq_parameter options[] = {
    {.name = "axis",
     .initial = 1,
     .lowest = 0,
     .highest = TQ_MAX_RANK,
     .integer = true,
     .help = "first dimension of the second half"},
    {.name = "order",
     .initial = 0,
     .lowest = 0,
     .highest = 1,
     .choices = tq_order_choices,
     .help = "how a rank-4 tensor's elements are counted"},
};

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape in = tq_reorder__sequence(layer, &layer->input[0]);
    const int axis = (int)tq_layer__option(layer, "axis", 0);
    int64_t halves[2] = {1, 1};
    if (axis > in.rank)
        return tq_status__fail(TQ_E_SHAPE, "axis is %d, the input has rank %d", axis, in.rank);
    for (int i = 0; i < in.rank; ++i)
        halves[i >= axis] *= in.dim[i];
    *output = tq_shape_of(2, halves);
    return TQ_OK;
}

const tq_layer_kind tq_layer_flatten = {
    .name = "flatten",
    .summary = "to two dimensions",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .keeps_finite = true,
    .shape = shape,
    .plan = tq_reorder__plan,
    .forward = tq_reorder__forward,
    .reference = tq_reorder__reference,
    .backward = tq_reorder__backward,
    .backward_reference = tq_reorder__backward_reference,
};
