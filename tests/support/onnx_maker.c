#include "support/onnx_maker.h"

#include <stdlib.h>
#include <string.h>

#define MOST       64   /* inputs, attributes, names */
#define MOST_NODES 8192 /* and initializers */

static void *check(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

void *onnx_maker_memory(onnx_maker *maker, size_t size)
{
    maker->owned = check(realloc(maker->owned, (maker->owned_count + 1) * sizeof *maker->owned));
    maker->owned[maker->owned_count] = check(calloc(1, size + 1));
    return maker->owned[maker->owned_count++];
}

static void *copy(onnx_maker *maker, const void *from, size_t size)
{
    void *to = onnx_maker_memory(maker, size);
    if (size > 0)
        memcpy(to, from, size);
    return to;
}

static char *copy_text(onnx_maker *maker, const char *text)
{
    return copy(maker, text, strlen(text));
}

static void *list(onnx_maker *maker)
{
    return onnx_maker_memory(maker, MOST * sizeof(void *));
}

onnx_maker *onnx_maker_new(int64_t opset)
{
    onnx_maker *maker = check(calloc(1, sizeof *maker));
    onnx__model_proto__init(&maker->model);
    onnx__graph_proto__init(&maker->graph);
    onnx__operator_set_id_proto__init(&maker->opset);
    maker->model.has_ir_version = 1;
    maker->model.ir_version = 8;
    maker->model.graph = &maker->graph;
    maker->opset.has_version = 1;
    maker->opset.version = opset;
    maker->opsets[0] = &maker->opset;
    maker->model.n_opset_import = 1;
    maker->model.opset_import = maker->opsets;
    maker->graph.name = copy_text(maker, "graph");
    maker->graph.node = onnx_maker_memory(maker, MOST_NODES * sizeof(void *));
    maker->graph.initializer = onnx_maker_memory(maker, MOST_NODES * sizeof(void *));
    maker->graph.input = list(maker);
    maker->graph.output = list(maker);
    return maker;
}

void onnx_maker_free(onnx_maker *maker)
{
    for (size_t i = 0; i < maker->owned_count; ++i)
        free(maker->owned[i]);
    free(maker->owned);
    free(maker);
}

static Onnx__TypeProto *float_type(onnx_maker *maker, size_t rank, const int64_t *dims)
{
    Onnx__TypeProto *type = onnx_maker_memory(maker, sizeof *type);
    Onnx__TypeProto__Tensor *tensor = onnx_maker_memory(maker, sizeof *tensor);
    Onnx__TensorShapeProto *shape = onnx_maker_memory(maker, sizeof *shape);
    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    onnx__tensor_shape_proto__init(shape);
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = shape;
    shape->dim = list(maker);
    for (size_t i = 0; i < rank; ++i) {
        Onnx__TensorShapeProto__Dimension *dim = onnx_maker_memory(maker, sizeof *dim);
        onnx__tensor_shape_proto__dimension__init(dim);
        dim->value_case = dims[i] > 0 ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
                                      : ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
        if (dims[i] > 0)
            dim->dim_value = dims[i];
        else
            dim->dim_param = copy_text(maker, "N");
        shape->dim[shape->n_dim++] = dim;
    }
    return type;
}

void onnx_maker_input(onnx_maker *maker, const char *name, size_t rank, const int64_t *dims)
{
    Onnx__ValueInfoProto *input = onnx_maker_memory(maker, sizeof *input);
    onnx__value_info_proto__init(input);
    input->name = copy_text(maker, name);
    input->type = float_type(maker, rank, dims);
    maker->graph.input[maker->graph.n_input++] = input;
}

void onnx_maker_output(onnx_maker *maker, const char *name)
{
    Onnx__ValueInfoProto *output = onnx_maker_memory(maker, sizeof *output);
    onnx__value_info_proto__init(output);
    output->name = copy_text(maker, name);
    maker->graph.output[maker->graph.n_output++] = output;
}

static Onnx__TensorProto *tensor_of(onnx_maker *maker, const char *name, size_t rank, const int64_t *dims)
{
    Onnx__TensorProto *tensor = onnx_maker_memory(maker, sizeof *tensor);
    onnx__tensor_proto__init(tensor);
    tensor->name = copy_text(maker, name);
    tensor->n_dims = rank;
    tensor->dims = copy(maker, dims, rank * sizeof *dims);
    tensor->has_data_type = 1;
    maker->graph.initializer[maker->graph.n_initializer++] = tensor;
    return tensor;
}

Onnx__TensorProto *onnx_maker_floats(onnx_maker *maker, const char *name, size_t rank, const int64_t *dims,
                                     const float *values)
{
    Onnx__TensorProto *tensor = tensor_of(maker, name, rank, dims);
    size_t count = 1;
    for (size_t i = 0; i < rank; ++i)
        count *= (size_t)dims[i];
    tensor->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->n_float_data = count;
    tensor->float_data = copy(maker, values, count * sizeof *values);
    return tensor;
}

Onnx__TensorProto *onnx_maker_integers(onnx_maker *maker, const char *name, size_t count,
                                       const int64_t *values)
{
    Onnx__TensorProto *tensor = tensor_of(maker, name, 1, (const int64_t[]){(int64_t)count});
    tensor->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
    tensor->n_int64_data = count;
    tensor->int64_data = copy(maker, values, count * sizeof *values);
    return tensor;
}

void onnx_maker_to_raw(onnx_maker *maker, Onnx__TensorProto *tensor)
{
    tensor->has_raw_data = 1;
    tensor->raw_data.len = tensor->n_float_data * sizeof(float);
    tensor->raw_data.data = copy(maker, tensor->float_data, tensor->raw_data.len);
    tensor->n_float_data = 0;
}

/* Cuts "a,,b" into a list. */
static size_t split(onnx_maker *maker, const char *names, char **to)
{
    size_t count = 0;
    for (;;) {
        const size_t length = strcspn(names, ",");
        to[count] = copy(maker, names, length + 1);
        to[count++][length] = '\0';
        if (names[length] == '\0')
            return count;
        names += length + 1;
    }
}

Onnx__NodeProto *onnx_maker_node(onnx_maker *maker, const char *op_type, const char *name, const char *inputs,
                                 const char *outputs)
{
    Onnx__NodeProto *node = onnx_maker_memory(maker, sizeof *node);
    onnx__node_proto__init(node);
    node->op_type = copy_text(maker, op_type);
    node->name = copy_text(maker, name);
    node->input = list(maker);
    node->output = list(maker);
    node->attribute = list(maker);
    node->n_input = *inputs != '\0' ? split(maker, inputs, node->input) : 0;
    node->n_output = split(maker, outputs, node->output);
    maker->graph.node[maker->graph.n_node++] = node;
    return node;
}

Onnx__AttributeProto *onnx_maker_attribute(onnx_maker *maker, Onnx__NodeProto *node, const char *name,
                                           Onnx__AttributeProto__AttributeType type)
{
    Onnx__AttributeProto *attribute = onnx_maker_memory(maker, sizeof *attribute);
    onnx__attribute_proto__init(attribute);
    attribute->name = copy_text(maker, name);
    attribute->has_type = 1;
    attribute->type = type;
    node->attribute[node->n_attribute++] = attribute;
    return attribute;
}

void onnx_maker_int(onnx_maker *maker, Onnx__NodeProto *node, const char *name, int64_t value)
{
    Onnx__AttributeProto *attribute =
        onnx_maker_attribute(maker, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    attribute->has_i = 1;
    attribute->i = value;
}

void onnx_maker_float(onnx_maker *maker, Onnx__NodeProto *node, const char *name, float value)
{
    Onnx__AttributeProto *attribute =
        onnx_maker_attribute(maker, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    attribute->has_f = 1;
    attribute->f = value;
}

void onnx_maker_ints(onnx_maker *maker, Onnx__NodeProto *node, const char *name, size_t count,
                     const int64_t *values)
{
    Onnx__AttributeProto *attribute =
        onnx_maker_attribute(maker, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    attribute->n_ints = count;
    attribute->ints = copy(maker, values, count * sizeof *values);
}

void onnx_maker_string(onnx_maker *maker, Onnx__NodeProto *node, const char *name, const char *value)
{
    Onnx__AttributeProto *attribute =
        onnx_maker_attribute(maker, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    attribute->has_s = 1;
    attribute->s.len = strlen(value);
    attribute->s.data = copy(maker, value, strlen(value));
}

uint8_t *onnx_maker_pack(const onnx_maker *maker, size_t *size)
{
    *size = onnx__model_proto__get_packed_size(&maker->model);
    uint8_t *data = check(malloc(*size + 1));
    onnx__model_proto__pack(&maker->model, data);
    return data;
}
