/* Operators that change only the shape, on tensors and on constants; and Constant. */
#include <string.h>

#include "io/onnx_graph.h"

tq_status tq_onnx__import_flatten(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    TQ_TRY(tq_onnx__input(node, 0, &input));
    const tq_shape *s = &input->shape;
    int64_t axis = tq_onnx__int(node, "axis", 1);
    if (axis != s->rank)
        TQ_TRY(tq_onnx__check_axis(&axis, s->rank));
    tq_shape shape = {.rank = 2, .dim = {1, 1}};
    for (int i = 0; i < s->rank; ++i)
        shape.dim[i >= axis] *= s->dim[i];
    return tq_onnx__reshape(node, input, &shape);
}

/* Puts what is missing into the place `unknown` (-1: none). */
static tq_status infer(tq_shape *shape, int unknown, int64_t count)
{
    char text[160];
    if (unknown < 0)
        return TQ_OK;
    shape->dim[unknown] = 1;
    const int64_t known = tq_shape_count(shape);
    tq_shape_print(text, sizeof text, shape);
    if (known == 0 || count % known != 0)
        return tq_status__fail(TQ_E_SHAPE, "%lld numbers do not fill whole %s", (long long)count, text);
    shape->dim[unknown] = count / known;
    return TQ_OK;
}

/* 0 copies a dimension of the input, -1 is inferred. */
static tq_status resolve(const int64_t *wanted, size_t count, bool allow_zero, const tq_shape *from,
                         tq_shape *to)
{
    int unknown = -1;
    *to = (tq_shape){.rank = (int)count};
    for (int i = 0; i < to->rank; ++i) {
        to->dim[i] = wanted[i] == 0 && !allow_zero && i < from->rank ? from->dim[i] : wanted[i];
        if ((to->dim[i] < 1 && to->dim[i] != -1) || (to->dim[i] == -1 && unknown >= 0))
            return tq_status__fail(TQ_E_UNSUPPORTED,
                                   "shape with %lld at place %d; supported: one -1, 0 to copy a "
                                   "dimension, else at least 1",
                                   (long long)wanted[i], i);
        if (to->dim[i] == -1)
            unknown = i;
    }
    return infer(to, unknown, tq_shape_count(from));
}

tq_status tq_onnx__import_reshape(tq_onnx_node *node)
{
    const tq_onnx_value *input, *wanted;
    int64_t dimensions[TQ_MAX_RANK];
    size_t count;
    tq_shape shape;
    TQ_TRY(tq_onnx__input(node, 0, &input));
    TQ_TRY(tq_onnx__constant(node, 1, &wanted));
    TQ_TRY(tq_onnx__integers(wanted, dimensions, TQ_MAX_RANK, &count));
    TQ_TRY(resolve(dimensions, count, tq_onnx__int(node, "allowzero", 0) != 0, &input->shape, &shape));
    return tq_onnx__reshape(node, input, &shape);
}

/* Marks the axes of a list. */
static tq_status mark(const int64_t *axes, size_t count, int rank, bool marked[TQ_MAX_RANK])
{
    for (size_t i = 0; i < count; ++i) {
        int64_t axis = axes[i];
        TQ_TRY(tq_onnx__check_axis(&axis, rank));
        marked[axis] = true;
    }
    return TQ_OK;
}

tq_status tq_onnx__import_squeeze(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    int64_t axes[TQ_MAX_RANK];
    size_t count;
    bool removed[TQ_MAX_RANK] = {false};
    tq_shape shape = {0};
    TQ_TRY(tq_onnx__input(node, 0, &input));
    TQ_TRY(tq_onnx__list(node, 1, "axes", axes, TQ_MAX_RANK, &count));
    TQ_TRY(mark(axes, count, input->shape.rank, removed));
    for (int i = 0; i < input->shape.rank; ++i)
        if (count == 0 ? input->shape.dim[i] != 1 : !removed[i]) /* without axes: those of 1 */
            shape.dim[shape.rank++] = input->shape.dim[i];
    return tq_onnx__reshape(node, input, &shape);
}

tq_status tq_onnx__import_unsqueeze(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    int64_t axes[TQ_MAX_RANK];
    size_t count;
    bool added[TQ_MAX_RANK] = {false};
    TQ_TRY(tq_onnx__input(node, 0, &input));
    TQ_TRY(tq_onnx__list(node, 1, "axes", axes, TQ_MAX_RANK, &count));
    tq_shape shape = {.rank = input->shape.rank + (int)count};
    if (shape.rank > TQ_MAX_RANK)
        return tq_status__fail(TQ_E_UNSUPPORTED, "the result has more than %d dimensions", TQ_MAX_RANK);
    TQ_TRY(mark(axes, count, shape.rank, added));
    int from = 0;
    for (int i = 0; i < shape.rank; ++i) {
        if (!added[i] && from == input->shape.rank)
            return tq_status__fail(TQ_E_FORMAT, "an axis is given twice");
        shape.dim[i] = added[i] ? 1 : input->shape.dim[from++];
    }
    return tq_onnx__reshape(node, input, &shape);
}

static tq_status read_order(const tq_onnx_node *node, int rank, int order[TQ_MAX_RANK])
{
    const int64_t *ints = NULL;
    unsigned seen = 0;
    const size_t count = tq_onnx__ints(node, "perm", &ints);
    for (int i = 0; i < rank; ++i) {
        const int64_t axis = count == 0 ? rank - 1 - i : (size_t)i < count ? ints[i] : -1;
        if (axis < 0 || axis >= rank || (seen & 1u << axis) != 0 || (count != 0 && count != (size_t)rank))
            return tq_status__fail(TQ_E_FORMAT, "attribute 'perm' is no order of %d dimensions", rank);
        seen |= 1u << axis;
        order[i] = (int)axis;
    }
    return TQ_OK;
}

/* Whether dimensions other than 1 keep their order, and the samples stay in front. */
static bool moves_nothing(const tq_shape *shape, const int *order)
{
    int last = 0;
    for (int i = 0; i < shape->rank; ++i) {
        if (shape->dim[order[i]] != 1 && order[i] < last)
            return false;
        last = shape->dim[order[i]] != 1 ? order[i] : last;
    }
    return order[0] == 0;
}

tq_status tq_onnx__import_transpose(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    int order[TQ_MAX_RANK];
    TQ_TRY(tq_onnx__input(node, 0, &input));
    const tq_shape *s = &input->shape;
    TQ_TRY(read_order(node, s->rank, order));
    tq_shape shape = *s, axes = {.rank = s->rank};
    for (int i = 0; i < s->rank; ++i) {
        shape.dim[i] = s->dim[order[i]];
        axes.dim[i] = order[i];
    }
    if (moves_nothing(s, order))
        return tq_onnx__reshape(node, input, &shape);
    if (order[0] != 0 && input->role == TQ_ONNX_TENSOR)
        TQ_TRY(tq_onnx__fix_batch(node));
    tq_text options = {0};
    tq_onnx__print_list(&options, "axes", axes.dim, axes.rank);
    return tq_onnx__add_move(node, "transpose", &options, input, 0, &shape);
}

static tq_status define_numbers(tq_onnx_node *node, bool scalar, size_t count, const float *floats,
                                const int64_t *integers)
{
    tq_onnx_value made;
    const tq_shape shape = {.rank = !scalar, .dim = {scalar ? 0 : (int64_t)count}};
    if (tq_shape_count(&shape) == 0)
        return tq_status__fail(TQ_E_UNSUPPORTED, "an empty constant is not supported");
    TQ_TRY(tq_onnx__make_constant(node->onnx, &shape, floats, integers, &made));
    return tq_onnx__alias(node, &made);
}

tq_status tq_onnx__import_constant(tq_onnx_node *node)
{
    if (node->proto->n_attribute != 1)
        return tq_status__fail(TQ_E_FORMAT, "operator 'Constant' has %zu attributes, needs 1",
                               node->proto->n_attribute);
    const Onnx__AttributeProto *a = node->proto->attribute[0];
    if (strcmp(a->name, "value_float") == 0)
        return define_numbers(node, true, 1, &a->f, NULL);
    if (strcmp(a->name, "value_floats") == 0)
        return define_numbers(node, false, a->n_floats, a->floats, NULL);
    if (strcmp(a->name, "value_int") == 0)
        return define_numbers(node, true, 1, NULL, &a->i);
    if (strcmp(a->name, "value_ints") == 0)
        return define_numbers(node, false, a->n_ints, NULL, a->ints);
    return tq_onnx__alias(
        node, &(tq_onnx_value){.role = TQ_ONNX_CONSTANT, .shape = tq_onnx__dims(a->t), .source = a->t});
}
