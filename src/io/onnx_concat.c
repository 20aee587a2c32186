/* Operators that join tensors and cut them: Concat. */
#include <stdio.h>

#include "io/onnx_graph.h"
#include "layers/kind.h"

/* A constant may have one sample, for all; a tensor's first dimension is the batch. */
static bool fits(const tq_onnx_value *first, const tq_onnx_value *other, int axis)
{
    bool fit = first->shape.rank == other->shape.rank;
    for (int d = 0; fit && d < first->shape.rank; ++d)
        fit = d == axis || first->shape.dim[d] == other->shape.dim[d] ||
              (d == 0 && other->role == TQ_ONNX_CONSTANT && other->shape.dim[d] == 1);
    return fit;
}

static tq_status join(const tq_onnx_node *node, const tq_onnx_value *const *inputs, size_t count, int axis,
                      tq_shape *shape)
{
    char one[160], other[160];
    size_t tensor = 0; /* the first that is no constant */
    while (tensor + 1 < count && inputs[tensor]->role == TQ_ONNX_CONSTANT)
        ++tensor;
    *shape = inputs[tensor]->shape;
    shape->dim[axis] = 0;
    for (size_t i = 0; i < count; ++i) {
        tq_shape_print(one, sizeof one, &inputs[tensor]->shape);
        tq_shape_print(other, sizeof other, &inputs[i]->shape);
        if (!fits(inputs[tensor], inputs[i], axis))
            return tq_status__fail(TQ_E_SHAPE,
                                   "inputs '%s' and '%s' of shapes %s and %s: they may differ in "
                                   "dimension %d only",
                                   node->proto->input[tensor], node->proto->input[i], one, other, axis);
        shape->dim[axis] += inputs[i]->shape.dim[axis];
    }
    return TQ_OK;
}

/* Whether a constant differs from sample to sample. */
static bool mixes_samples(const tq_onnx_value *const *inputs, size_t count, int64_t axis)
{
    bool mixes = axis == 0;
    for (size_t i = 0; i < count; ++i)
        mixes = mixes || (inputs[i]->role == TQ_ONNX_CONSTANT && inputs[i]->shape.dim[0] != 1);
    return mixes;
}

tq_status tq_onnx__import_concat(tq_onnx_node *node)
{
    const tq_onnx_value *inputs[TQ_LAYER_INPUTS];
    const size_t count = node->proto->n_input;
    int64_t axis = tq_onnx__int(node, "axis", 1);
    char options[64];
    tq_shape shape;
    for (size_t i = 0; i < count; ++i)
        TQ_TRY(tq_onnx__operand(node, i, &inputs[i]));
    TQ_TRY(tq_onnx__check_axis(&axis, inputs[0]->shape.rank));
    TQ_TRY(join(node, inputs, count, (int)axis, &shape));
    if (mixes_samples(inputs, count, axis))
        TQ_TRY(tq_onnx__fix_batch(node));
    snprintf(options, sizeof options, "axis=%d,order=nchw", (int)axis);
    TQ_TRY(tq_onnx__add_of(node, "concat", options, inputs, count));
    return tq_onnx__layer_output(node, &shape);
}
