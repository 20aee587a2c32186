/* reshape: the same elements in another shape; 0 keeps the input's dimension, -1 is inferred, as in ONNX. */
#include "layers/reorder.h"

static const tq_parameter options[] = {
    {.name = "rank",
     .initial = 2,
     .lowest = 1,
     .highest = TQ_MAX_RANK,
     .integer = true,
     .help = "dimensions of the output"},
    {.name = "shape",
     .initial = 0,
     .lowest = -1,
     .highest = 2147483647,
     .count = TQ_MAX_RANK,
     .integer = true,
     .required = true,
     .help = "dimensions; 0: as the input's, -1: what is left"},
    {.name = "order",
     .initial = 0,
     .lowest = 0,
     .highest = 1,
     .choices = tq_order_choices,
     .help = "how a rank-4 tensor's elements are counted"},
};

static tq_status mismatch(const tq_shape *in)
{
    char text[160];
    tq_shape_print(text, sizeof text, in);
    return tq_status__fail(TQ_E_SHAPE, "input %s does not fit option shape", text);
}

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape in = tq_reorder__sequence(layer, &layer->input[0]);
    tq_shape out = {.rank = (int)tq_layer__option(layer, "rank", 0)};
    int inferred = -1;
    for (int i = 0; i < out.rank; ++i) {
        out.dim[i] = (int64_t)tq_layer__option(layer, "shape", (size_t)i);
        if (out.dim[i] == 0)
            out.dim[i] = i < in.rank ? in.dim[i] : 1;
        if (out.dim[i] != -1)
            continue;
        if (inferred >= 0)
            return tq_status__fail(TQ_E_ARGUMENT, "option shape has more than one -1");
        inferred = i;
        out.dim[i] = 1;
    }
    const int64_t known = tq_shape_count(&out);
    if (inferred >= 0 && known > 0)
        out.dim[inferred] = tq_shape_count(&in) / known;
    if (tq_shape_count(&out) != tq_shape_count(&in))
        return mismatch(&layer->input[0]);
    *output = tq_reorder__stored(layer, &out);
    return TQ_OK;
}

const tq_layer_kind tq_layer_reshape = {
    .name = "reshape",
    .summary = "the same elements in another shape",
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
