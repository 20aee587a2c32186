/* tq_network_save_onnx: a network as an ONNX model. */
#include <stdlib.h>
#include <string.h>

#include "io/onnx_writer.h"
#include "util/file.h"

#define IR_VERSION 8
#define OPSET      17
#define MOST_BYTES ((size_t)INT32_MAX) /* protobuf's own limit */

static tq_status check_weights(const tq_layer *layer)
{
    for (size_t i = 0; i < layer->kind->weight_count; ++i)
        if (!layer->kind->weights[i].optional && layer->weight[i].master == NULL)
            return tq_status__fail(TQ_E_STATE, "layer '%s': weight '%s' has not been set", layer->name,
                                   layer->kind->weights[i].name);
    return TQ_OK;
}

/* What the layer gives, whether it is planned or not. */
static tq_status find_shape(const tq_onnx_writer *writer, const tq_value *value, tq_shape *shape)
{
    if (value->source == TQ_SOURCE_CONSTANT) {
        *shape = value->given;
        return TQ_OK;
    }
    if (value->source == TQ_SOURCE_INPUT) {
        *shape = tq_shape__to_nhwc(&value->given, value->layout);
        shape->dim[0] = writer->batch;
        return TQ_OK;
    }
    tq_shape inputs[TQ_LAYER_INPUTS];
    for (size_t i = 0; i < value->input_count; ++i)
        inputs[i] = writer->shape[value->input[i]];
    TQ_TRY(check_weights(value->layer));
    return tq_layer__shape(value->layer, inputs, value->input_count, shape);
}

static void mark_needed(const tq_onnx_writer *writer, size_t output)
{
    writer->needed[output] = true;
    for (size_t i = output + 1; i-- > 0;)
        for (size_t j = 0; writer->needed[i] && j < writer->network->value[i].input_count; ++j)
            writer->needed[writer->network->value[i].input[j]] = true;
}

/* Room for what is known to come: each layer may have a helper in front, and numbers of its own. */
static tq_status prepare(tq_onnx_writer *writer)
{
    const tq_network *const network = writer->network;
    const size_t count = network->value_count;
    size_t tensors = 0;
    onnx__graph_proto__init(&writer->graph);
    for (size_t i = 0; i < count; ++i)
        tensors += network->value[i].input_count + TQ_LAYER_WEIGHTS + 2;
    TQ_TRY(tq_onnx_writer__memory(writer, count * sizeof *writer->shape, &writer->shape));
    TQ_TRY(tq_onnx_writer__memory(writer, count * sizeof *writer->needed, &writer->needed));
    TQ_TRY(tq_onnx_writer__memory(writer, 2 * count * sizeof(void *), &writer->graph.node));
    TQ_TRY(tq_onnx_writer__memory(writer, tensors * sizeof(void *), &writer->graph.initializer));
    TQ_TRY(tq_onnx_writer__memory(writer, sizeof(void *), &writer->graph.input));
    TQ_TRY(tq_onnx_writer__memory(writer, sizeof(void *), &writer->graph.output));
    return tq_onnx_writer__text(writer, "network", &writer->graph.name);
}

/* A value as ONNX's tools see it: images NCHW, the samples symbolic unless their number is fixed. */
static tq_status describe(tq_onnx_writer *writer, size_t i, Onnx__ValueInfoProto **info)
{
    tq_shape shape = tq_shape__from_nhwc(&writer->shape[i], TQ_NCHW);
    if (writer->network->fixed_batch == 0)
        shape.dim[0] = 0;
    return tq_onnx_writer__value(writer, writer->network->value[i].name, &shape, info);
}

static tq_status add_values(tq_onnx_writer *writer)
{
    const tq_network *const network = writer->network;
    const size_t input = tq_network__input(network);
    if (input == SIZE_MAX || tq_network_layer_count(network) == 0)
        return tq_status__fail(TQ_E_STATE, "the network has no %s", input == SIZE_MAX ? "input" : "layers");
    const size_t output = tq_network__output(network);
    for (size_t i = 0; i < network->value_count; ++i)
        TQ_TRY(find_shape(writer, &network->value[i], &writer->shape[i]));
    mark_needed(writer, output);
    for (size_t i = 0; i < network->value_count; ++i)
        if (writer->needed[i] && network->value[i].source == TQ_SOURCE_LAYER)
            TQ_TRY(tq_onnx_writer__layer(writer, &network->value[i]));
    TQ_TRY(describe(writer, input, writer->graph.input));
    TQ_TRY(describe(writer, output, writer->graph.output));
    writer->graph.n_input = writer->graph.n_output = 1;
    return TQ_OK;
}

static tq_status write_model(const Onnx__ModelProto *model, const char *path)
{
    const size_t size = onnx__model_proto__get_packed_size(model);
    if (size > MOST_BYTES)
        return tq_status__fail(TQ_E_UNSUPPORTED, "the model has %zu bytes; ONNX files have at most %zu", size,
                               MOST_BYTES);
    uint8_t *const data = malloc(size + 1);
    if (data == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for an ONNX model of %zu bytes", size);
    onnx__model_proto__pack(model, data);
    const tq_status status = tq_file__write(path, "", 0, data, size);
    free(data);
    return status;
}

static tq_status save(tq_onnx_writer *writer, const char *path)
{
    Onnx__ModelProto model;
    Onnx__OperatorSetIdProto opset, *opsets[] = {&opset};
    TQ_TRY(prepare(writer));
    TQ_TRY(add_values(writer));
    onnx__model_proto__init(&model);
    onnx__operator_set_id_proto__init(&opset);
    TQ_TRY(tq_onnx_writer__text(writer, "", &opset.domain));
    TQ_TRY(tq_onnx_writer__text(writer, "tensorquant", &model.producer_name));
    opset.has_version = model.has_ir_version = 1;
    opset.version = OPSET;
    model.ir_version = IR_VERSION;
    model.n_opset_import = 1;
    model.opset_import = opsets;
    model.graph = &writer->graph;
    return write_model(&model, path);
}

tq_status tq_network_save_onnx(const tq_network *network, const char *path)
{
    if (network == NULL || path == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_network_save_onnx: NULL argument");
    tq_onnx_writer writer = {.network = network,
                             .batch = network->fixed_batch > 0 ? network->fixed_batch : 1};
    const tq_status status = save(&writer, path);
    tq_onnx_writer__free(&writer);
    return status == TQ_OK || status == TQ_E_FILE ? status : tq_status__prefix(status, "'%s'", path);
}
