/* Softmax, LogSoftmax: the layer runs over the channels, the second dimension of an image and the last of
 * other tensors; helpers bring the numbers there. */
#include <string.h>

#include "io/onnx_graph.h"

/* As a layer sees the dimensions from `axis` on that operators before opset 13 join: at the end, behind the
 * samples. */
static tq_shape joined(const tq_shape *shape, int axis)
{
    int64_t middle = 1, inside = 1;
    for (int i = 0; i < shape->rank; ++i)
        *(i >= axis ? &inside : &middle) *= i == 0 && axis > 0 ? 1 : shape->dim[i];
    if (axis == 0)
        return tq_shape_of(2, (const int64_t[]){1, inside});
    return axis == 1 ? tq_shape_of(2, (const int64_t[]){shape->dim[0], inside})
                     : tq_shape_of(3, (const int64_t[]){shape->dim[0], middle, inside});
}

static int channels_of(const tq_shape *shape)
{
    return shape->rank == 4 ? 1 : shape->rank - 1;
}

/* Whether the layer as it is takes the right numbers together. Dimensions of 1 make no difference. */
static bool runs_over_channels(const tq_shape *shape, int axis, bool joins)
{
    bool same = axis >= 1;
    for (int i = 1; i < shape->rank; ++i) {
        const bool inside = joins ? i >= axis : i == axis;
        same = same && (shape->dim[i] == 1 || inside == (i == channels_of(shape)));
    }
    return same;
}

/* Adds the layer over the channels; `value` is its output. */
static tq_status add_softmax(tq_onnx_node *node, const tq_onnx_value *input, tq_onnx_value *value)
{
    const bool logarithm = strcmp(node->proto->op_type, "LogSoftmax") == 0;
    TQ_TRY(tq_onnx__add(node, "softmax", logarithm ? "log=1" : "", input->layer));
    *value = tq_onnx__result(node, &input->shape);
    return TQ_OK;
}

/* The axis and the channels change places, and change them again behind the layer. */
static tq_status turn(tq_onnx_node *node, const tq_onnx_value *input, int axis, tq_onnx_value *output)
{
    int order[TQ_MAX_RANK];
    tq_onnx_value turned, made;
    for (int i = 0; i < input->shape.rank; ++i)
        order[i] = i;
    order[axis] = channels_of(&input->shape);
    order[channels_of(&input->shape)] = axis;
    TQ_TRY(tq_onnx__turned(node, input, order, &turned));
    TQ_TRY(add_softmax(node, &turned, &made));
    return tq_onnx__turned(node, &made, order, output);
}

tq_status tq_onnx__import_softmax(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    tq_onnx_value joint, made, output;
    const bool joins = node->onnx->opset < 13;
    int64_t axis = tq_onnx__int(node, "axis", joins ? 1 : -1);
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    TQ_TRY(tq_onnx__check_axis(&axis, input->shape.rank));
    const tq_shape shape = input->shape, flat = joined(&shape, (int)axis);
    if (runs_over_channels(&shape, (int)axis, joins)) {
        TQ_TRY(add_softmax(node, input, &output));
    } else if (joins) {
        TQ_TRY(tq_onnx__reshaped(node, input, &flat, &joint));
        TQ_TRY(add_softmax(node, &joint, &made));
        TQ_TRY(tq_onnx__reshaped(node, &made, &shape, &output));
    } else {
        TQ_TRY(turn(node, input, (int)axis, &output));
    }
    return tq_onnx__alias(node, &output);
}
