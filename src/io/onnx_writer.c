#include "io/onnx_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_INPUTS = TQ_LAYER_INPUTS + TQ_LAYER_WEIGHTS + 1,
    MOST_ATTRIBUTES = 8,
    ELEMENT_FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
    ELEMENT_INT64 = ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
};

tq_status tq_onnx_writer__memory(tq_onnx_writer *writer, size_t size, void *pointer)
{
    void *const made = calloc(1, size + 1);
    memcpy(pointer, &made, sizeof made);
    if (!tq_owned__keep(&writer->owned, made))
        return tq_status__fail(TQ_E_MEMORY, "no memory for an ONNX model, of %zu bytes", size);
    return TQ_OK;
}

void tq_onnx_writer__free(tq_onnx_writer *writer)
{
    tq_owned__free(&writer->owned);
}

tq_status tq_onnx_writer__text(tq_onnx_writer *writer, const char *text, char **copy)
{
    TQ_TRY(tq_onnx_writer__memory(writer, strlen(text), copy));
    memcpy(*copy, text, strlen(text));
    return TQ_OK;
}

static bool is_initializer(const tq_onnx_writer *writer, const char *name)
{
    bool found = false;
    for (size_t i = 0; i < writer->graph.n_initializer && !found; ++i)
        found = strcmp(writer->graph.initializer[i]->name, name) == 0;
    return found;
}

tq_status tq_onnx_writer__name(tq_onnx_writer *writer, const char *name, const char *suffix, char **made)
{
    const size_t values = writer->network->value_count + writer->graph.n_initializer;
    const size_t size = strlen(name) + 1 + strlen(suffix) + values + 1;
    TQ_TRY(tq_onnx_writer__memory(writer, size, made));
    snprintf(*made, size, "%s.%s", name, suffix);
    while (tq_network__find(writer->network, *made) != SIZE_MAX || is_initializer(writer, *made))
        strcat(*made, "_");
    return TQ_OK;
}

tq_status tq_onnx_writer__node(tq_onnx_writer *writer, const char *operator, const char * name,
                               const char *output, Onnx__NodeProto **node)
{
    TQ_TRY(tq_onnx_writer__memory(writer, sizeof **node, node));
    onnx__node_proto__init(*node);
    TQ_TRY(tq_onnx_writer__text(writer, operator, &(*node)->op_type));
    TQ_TRY(tq_onnx_writer__text(writer, name, &(*node)->name));
    TQ_TRY(tq_onnx_writer__memory(writer, MOST_INPUTS * sizeof(void *), &(*node)->input));
    TQ_TRY(tq_onnx_writer__memory(writer, MOST_ATTRIBUTES * sizeof(void *), &(*node)->attribute));
    TQ_TRY(tq_onnx_writer__memory(writer, sizeof(void *), &(*node)->output));
    TQ_TRY(tq_onnx_writer__text(writer, output, &(*node)->output[0]));
    (*node)->n_output = 1;
    return TQ_OK;
}

void tq_onnx_writer__add(tq_onnx_writer *writer, Onnx__NodeProto *node)
{
    writer->graph.node[writer->graph.n_node++] = node;
}

static tq_status add_attribute(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *name,
                               Onnx__AttributeProto__AttributeType type, Onnx__AttributeProto **attribute)
{
    TQ_TRY(tq_onnx_writer__memory(writer, sizeof **attribute, attribute));
    onnx__attribute_proto__init(*attribute);
    TQ_TRY(tq_onnx_writer__text(writer, name, &(*attribute)->name));
    (*attribute)->has_type = 1;
    (*attribute)->type = type;
    node->attribute[node->n_attribute++] = *attribute;
    return TQ_OK;
}

tq_status tq_onnx_writer__int(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *name, int64_t value)
{
    Onnx__AttributeProto *attribute;
    TQ_TRY(add_attribute(writer, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT, &attribute));
    attribute->has_i = 1;
    attribute->i = value;
    return TQ_OK;
}

tq_status tq_onnx_writer__float(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *name, double value)
{
    Onnx__AttributeProto *attribute;
    TQ_TRY(add_attribute(writer, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT, &attribute));
    attribute->has_f = 1;
    attribute->f = (float)value;
    return TQ_OK;
}

tq_status tq_onnx_writer__string(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *name,
                                 const char *value)
{
    Onnx__AttributeProto *attribute;
    char *copy;
    TQ_TRY(add_attribute(writer, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING, &attribute));
    TQ_TRY(tq_onnx_writer__text(writer, value, &copy));
    attribute->has_s = 1;
    attribute->s.len = strlen(copy);
    attribute->s.data = (uint8_t *)copy;
    return TQ_OK;
}

tq_status tq_onnx_writer__ints(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *name, size_t count,
                               const int64_t *values)
{
    Onnx__AttributeProto *attribute;
    TQ_TRY(add_attribute(writer, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS, &attribute));
    TQ_TRY(tq_onnx_writer__memory(writer, count * sizeof *values, &attribute->ints));
    memcpy(attribute->ints, values, count * sizeof *values);
    attribute->n_ints = count;
    return TQ_OK;
}

tq_status tq_onnx_writer__input(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *name)
{
    TQ_TRY(tq_onnx_writer__text(writer, name, &node->input[node->n_input]));
    ++node->n_input;
    return TQ_OK;
}

/* An initializer with its bytes, as the node's next input. */
static tq_status add_initializer(tq_onnx_writer *writer, Onnx__NodeProto *node, char *name, int type,
                                 const tq_shape *shape, const void *bytes, size_t size)
{
    Onnx__TensorProto *tensor;
    TQ_TRY(tq_onnx_writer__memory(writer, sizeof *tensor, &tensor));
    onnx__tensor_proto__init(tensor);
    tensor->name = name;
    TQ_TRY(tq_onnx_writer__memory(writer, sizeof shape->dim, &tensor->dims));
    TQ_TRY(tq_onnx_writer__memory(writer, size, &tensor->raw_data.data));
    memcpy(tensor->dims, shape->dim, sizeof shape->dim);
    memcpy(tensor->raw_data.data, bytes, size);
    tensor->n_dims = (size_t)shape->rank;
    tensor->has_data_type = tensor->has_raw_data = 1;
    tensor->data_type = type;
    tensor->raw_data.len = size;
    writer->graph.initializer[writer->graph.n_initializer++] = tensor;
    return tq_onnx_writer__input(writer, node, tensor->name);
}

tq_status tq_onnx_writer__floats(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *suffix,
                                 const tq_shape *shape, const float *values)
{
    char *name;
    TQ_TRY(tq_onnx_writer__name(writer, node->name, suffix, &name));
    return add_initializer(writer, node, name, ELEMENT_FLOAT, shape, values,
                           (size_t)tq_shape_count(shape) * sizeof *values);
}

tq_status tq_onnx_writer__constant(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *constant,
                                   const tq_shape *shape, const float *values)
{
    char *name;
    if (is_initializer(writer, constant))
        return tq_onnx_writer__floats(writer, node, "constant", shape, values);
    TQ_TRY(tq_onnx_writer__text(writer, constant, &name));
    return add_initializer(writer, node, name, ELEMENT_FLOAT, shape, values,
                           (size_t)tq_shape_count(shape) * sizeof *values);
}

tq_status tq_onnx_writer__integers(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *suffix,
                                   size_t count, const int64_t *values)
{
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){(int64_t)count});
    char *name;
    TQ_TRY(tq_onnx_writer__name(writer, node->name, suffix, &name));
    return add_initializer(writer, node, name, ELEMENT_INT64, &shape, values, count * sizeof *values);
}

static tq_status add_dimension(tq_onnx_writer *writer, Onnx__TensorShapeProto *shape, int64_t size)
{
    Onnx__TensorShapeProto__Dimension *dimension;
    TQ_TRY(tq_onnx_writer__memory(writer, sizeof *dimension, &dimension));
    onnx__tensor_shape_proto__dimension__init(dimension);
    if (size > 0) {
        dimension->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dimension->dim_value = size;
    } else {
        dimension->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
        TQ_TRY(tq_onnx_writer__text(writer, "batch", &dimension->dim_param));
    }
    shape->dim[shape->n_dim++] = dimension;
    return TQ_OK;
}

tq_status tq_onnx_writer__value(tq_onnx_writer *writer, const char *name, const tq_shape *shape,
                                Onnx__ValueInfoProto **value)
{
    Onnx__TypeProto *type;
    Onnx__TypeProto__Tensor *tensor;
    TQ_TRY(tq_onnx_writer__memory(writer, sizeof **value, value));
    TQ_TRY(tq_onnx_writer__memory(writer, sizeof *type, &type));
    TQ_TRY(tq_onnx_writer__memory(writer, sizeof *tensor, &tensor));
    onnx__value_info_proto__init(*value);
    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    TQ_TRY(tq_onnx_writer__text(writer, name, &(*value)->name));
    TQ_TRY(tq_onnx_writer__memory(writer, sizeof *tensor->shape, &tensor->shape));
    onnx__tensor_shape_proto__init(tensor->shape);
    TQ_TRY(tq_onnx_writer__memory(writer, TQ_MAX_RANK * sizeof(void *), &tensor->shape->dim));
    (*value)->type = type;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = ELEMENT_FLOAT;
    for (int i = 0; i < shape->rank; ++i)
        TQ_TRY(add_dimension(writer, tensor->shape, shape->dim[i]));
    return TQ_OK;
}
