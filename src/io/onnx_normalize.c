/* Operators that normalize: LRN, InstanceNormalization, LayerNormalization. */
#include <stdio.h>
#include <stdlib.h>

#include "io/onnx_graph.h"

/* Over the channels: the second dimension of an image, the last of what has two. */
tq_status tq_onnx__import_lrn(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    char options[160];
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    if (input->shape.rank != 2)
        TQ_TRY(tq_onnx__need_rank(node, 0, input, 4));
    if (tq_onnx__attribute(node, "size") == NULL)
        return tq_status__fail(TQ_E_FORMAT, "attribute 'size' is missing");
    snprintf(options, sizeof options, "size=%lld,alpha=%.9g,beta=%.9g,bias=%.9g",
             (long long)tq_onnx__int(node, "size", 0), (double)tq_onnx__float(node, "alpha", 1e-4f),
             (double)tq_onnx__float(node, "beta", 0.75f), (double)tq_onnx__float(node, "bias", 1));
    TQ_TRY(tq_onnx__add(node, "lrn", options, input->layer));
    return tq_onnx__layer_output(node, &input->shape);
}

tq_status tq_onnx__import_instance_normalization(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    char options[64];
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    if (input->shape.rank < 3)
        TQ_TRY(tq_onnx__need_rank(node, 0, input, 3));
    snprintf(options, sizeof options, "epsilon=%.9g,order=nchw",
             (double)tq_onnx__float(node, "epsilon", 1e-5f));
    TQ_TRY(tq_onnx__add(node, "instancenorm", options, input->layer));
    TQ_TRY(tq_onnx__layer_output(node, &input->shape));
    TQ_TRY(tq_onnx__set_vector(node, "gamma", 1, input->shape.dim[1]));
    return tq_onnx__set_vector(node, "beta", 2, input->shape.dim[1]);
}

/* Sets a weight with a number for each of the dimensions from `axis` on, in the order in which they lie in
 * memory. */
static tq_status set_weight(tq_onnx_node *node, const char *weight, size_t i, const tq_shape *in, int axis)
{
    static const int as_they_are[] = {0, 1, 2, 3, 4, 5}, channels_last[] = {1, 2, 0};
    const tq_onnx_value *value;
    tq_shape wanted = {.rank = in->rank - axis}, shape;
    char given[160], needed[160];
    float *values = NULL, *permuted = NULL;
    for (int d = 0; d < wanted.rank; ++d)
        wanted.dim[d] = in->dim[axis + d];
    TQ_TRY(tq_onnx__constant(node, i, &value));
    tq_shape_print(given, sizeof given, &value->shape);
    tq_shape_print(needed, sizeof needed, &wanted);
    if (!tq_shape_equal(&value->shape, &wanted))
        return tq_status__fail(TQ_E_UNSUPPORTED, "%s '%s' has shape %s, supported: %s", weight,
                               node->proto->input[i], given, needed);
    TQ_TRY(tq_onnx__floats(value, &values));
    const bool turns = in->rank == 4 && axis == 1;
    tq_status status =
        tq_onnx__permute(values, &wanted, turns ? channels_last : as_they_are, &permuted, &shape);
    free(values);
    shape = tq_shape_of(1, (const int64_t[]){tq_shape_count(&wanted)});
    if (status == TQ_OK)
        status = tq_onnx__set_weight(node, weight, &shape, permuted);
    free(permuted);
    return status;
}

/* All dimensions are one group: a row, brought there by a helper. */
static tq_status as_row(const tq_onnx_node *node, const tq_onnx_value *input, tq_onnx_value *row)
{
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){1, tq_shape_count(&input->shape)});
    return tq_onnx__reshaped(node, input, &shape, row);
}

tq_status tq_onnx__import_layer_normalization(tq_onnx_node *node)
{
    const tq_onnx_value *given;
    tq_onnx_value input, made, output;
    char options[80];
    int64_t axis = tq_onnx__int(node, "axis", -1);
    TQ_TRY(tq_onnx__tensor(node, 0, &given));
    const tq_shape shape = given->shape;
    input = *given;
    TQ_TRY(tq_onnx__check_axis(&axis, shape.rank));
    if (tq_onnx__int(node, "stash_type", 1) != 1)
        return tq_status__fail(TQ_E_UNSUPPORTED, "supported: attribute 'stash_type' 1");
    if (axis == 0)
        TQ_TRY(as_row(node, given, &input));
    snprintf(options, sizeof options, "axis=%d,epsilon=%.9g,order=nchw", axis == 0 ? 1 : (int)axis,
             (double)tq_onnx__float(node, "epsilon", 1e-5f));
    TQ_TRY(tq_onnx__add(node, "layernorm", options, input.layer));
    TQ_TRY(set_weight(node, "gamma", 1, &shape, (int)axis));
    if (tq_onnx__has_input(node, 2))
        TQ_TRY(set_weight(node, "beta", 2, &shape, (int)axis));
    made = tq_onnx__result(node, &input.shape);
    TQ_TRY(tq_onnx__reshaped(node, &made, &shape, &output));
    return tq_onnx__alias(node, &output);
}
