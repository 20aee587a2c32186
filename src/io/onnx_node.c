#include "io/onnx_graph.h"

#include <stdlib.h>

bool tq_onnx__has_input(const tq_onnx_node *node, size_t i)
{
    return i < node->proto->n_input && *tq_onnx__text(node->proto->input[i]) != '\0';
}

/* Why a name has no meaning at this node. */
static tq_status fail_missing(const tq_onnx_node *node, const char *name)
{
    const size_t *later = tq_name_table__find(&node->onnx->later, name);
    if (later == NULL)
        return tq_status__fail(
            TQ_E_FORMAT, "input '%s' is no input of the graph, no initializer and no node's output", name);
    const Onnx__NodeProto *other = node->onnx->graph->node[*later];
    return tq_status__fail(
        TQ_E_FORMAT,
        "input '%s' is an output of node '%s', which does not stand before: the graph has a "
        "cycle or its nodes are out of order",
        name, tq_onnx__text(other->name));
}

tq_status tq_onnx__input(const tq_onnx_node *node, size_t i, const tq_onnx_value **value)
{
    if (!tq_onnx__has_input(node, i))
        return tq_status__fail(TQ_E_FORMAT, "input number %zu is missing", i);
    const char *name = node->proto->input[i];
    const tq_onnx_value *found = tq_onnx__find(node->onnx, name);
    if (found == NULL)
        return fail_missing(node, name);
    if (found->role == TQ_ONNX_MISSING)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "input '%s' is a second output of a node; only first outputs are supported",
                               name);
    if (found->role == TQ_ONNX_CONSTANT && found->shape.rank < 0)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "initializer '%s' has an empty or too large shape; supported: up to %d "
                               "dimensions, each at least 1",
                               name, TQ_MAX_RANK);
    *value = found;
    return tq_onnx__settle(node, found);
}

tq_status tq_onnx__tensor(const tq_onnx_node *node, size_t i, const tq_onnx_value **value)
{
    TQ_TRY(tq_onnx__input(node, i, value));
    if ((*value)->role != TQ_ONNX_TENSOR)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "input '%s' is a constant; operator '%s' needs a tensor there",
                               node->proto->input[i], node->proto->op_type);
    return TQ_OK;
}

tq_status tq_onnx__constant(const tq_onnx_node *node, size_t i, const tq_onnx_value **value)
{
    TQ_TRY(tq_onnx__input(node, i, value));
    if ((*value)->role != TQ_ONNX_CONSTANT)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "input '%s' is computed; operator '%s' is supported with a constant there",
                               node->proto->input[i], node->proto->op_type);
    return TQ_OK;
}

tq_status tq_onnx__fix_batch(const tq_onnx_node *node)
{
    return tq_network_fix_batch(node->onnx->network, node->onnx->batch);
}

int64_t tq_onnx__clamp(int64_t i, int64_t lowest, int64_t highest)
{
    return i < lowest ? lowest : i > highest ? highest : i;
}

int64_t tq_onnx__row_of(const tq_shape *shape, int64_t axis)
{
    int64_t row = 1;
    for (int i = (int)axis; i < shape->rank; ++i)
        row *= shape->dim[i];
    return row;
}

tq_status tq_onnx__check_axis(int64_t *axis, int rank)
{
    const int64_t given = *axis;
    *axis = given < 0 ? given + rank : given;
    if (*axis >= 0 && *axis < rank)
        return TQ_OK;
    return tq_status__fail(TQ_E_FORMAT, "axis %lld of a tensor of %d dimensions", (long long)given, rank);
}

tq_status tq_onnx__need_rank(const tq_onnx_node *node, size_t i, const tq_onnx_value *value, int rank)
{
    char shape[160];
    tq_shape_print(shape, sizeof shape, &value->shape);
    if (value->shape.rank == rank)
        return TQ_OK;
    return tq_status__fail(TQ_E_UNSUPPORTED,
                           "operator '%s': input '%s' has shape %s, supported: %d dimensions",
                           node->proto->op_type, node->proto->input[i], shape, rank);
}

tq_status tq_onnx__add(tq_onnx_node *node, const char *kind, const char *options, const char *inputs)
{
    TQ_TRY(tq_onnx__unique_name(node->onnx, node->name, &node->layer));
    return tq_network_add(node->onnx->network, kind, node->layer, options, inputs);
}

tq_status tq_onnx__add_of(tq_onnx_node *node, const char *kind, const char *options,
                          const tq_onnx_value *const *inputs, size_t count)
{
    tq_text names = {0};
    for (size_t i = 0; i < count; ++i)
        tq_text__print(&names, "%s%s", i > 0 ? "," : "", inputs[i]->layer);
    tq_status status = tq_text__status(&names);
    if (status == TQ_OK)
        status = tq_onnx__add(node, kind, options, tq_text__get(&names));
    tq_text__free(&names);
    return status;
}

tq_status tq_onnx__add_options(tq_onnx_node *node, const char *kind, const tq_onnx_value *input,
                               tq_text *options)
{
    tq_status status = tq_text__status(options);
    if (status == TQ_OK)
        status = tq_onnx__add(node, kind, tq_text__get(options), input->layer);
    tq_text__free(options);
    return status;
}

tq_status tq_onnx__add_same(tq_onnx_node *node, const char *kind, const char *options)
{
    const tq_onnx_value *input;
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    TQ_TRY(tq_onnx__add(node, kind, options, input->layer));
    return tq_onnx__layer_output(node, &input->shape);
}

tq_onnx_value tq_onnx__result(const tq_onnx_node *node, const tq_shape *shape)
{
    return (tq_onnx_value){.role = TQ_ONNX_TENSOR, .shape = *shape, .layer = node->layer, .computed = true};
}

tq_status tq_onnx__set_weight(tq_onnx_node *node, const char *weight, const tq_shape *shape,
                              const float *values)
{
    return tq_network_set_weight(node->onnx->network, node->layer, weight, shape, values);
}

tq_status tq_onnx__set_vector(tq_onnx_node *node, const char *weight, size_t i, int64_t size)
{
    const tq_onnx_value *value;
    float *values;
    char shape[160];
    TQ_TRY(tq_onnx__constant(node, i, &value));
    tq_shape_print(shape, sizeof shape, &value->shape);
    if (value->shape.rank != 1 || value->shape.dim[0] != size)
        return tq_status__fail(TQ_E_SHAPE, "%s '%s' has shape %s, needs %lld", weight, node->proto->input[i],
                               shape, (long long)size);
    TQ_TRY(tq_onnx__floats(value, &values));
    const tq_status status = tq_onnx__set_weight(node, weight, &value->shape, values);
    free(values);
    return status;
}

tq_status tq_onnx__layer_output(tq_onnx_node *node, const tq_shape *shape)
{
    return tq_onnx__layer_output_of(node, 0, shape);
}

tq_status tq_onnx__layer_output_of(tq_onnx_node *node, size_t i, const tq_shape *shape)
{
    const tq_onnx_value value = tq_onnx__result(node, shape);
    return tq_onnx__define(node->onnx, node->proto->output[i], &value);
}

tq_status tq_onnx__alias(tq_onnx_node *node, const tq_onnx_value *value)
{
    const tq_onnx_value copy = *value;
    return tq_onnx__define(node->onnx, node->proto->output[0], &copy);
}
