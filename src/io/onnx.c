#include "io/onnx.h"

#include <stdlib.h>
#include <string.h>

#include "io/onnx_fold.h"
#include "io/onnx_types.h"
#include "network/graph.h"
#include "util/file.h"

#define MOST_BYTES   (((size_t)1 << 31) - 1) /* as protobuf itself allows */
#define MOST_NODES   65536
#define MOST_INPUT   INT32_MAX /* of one dimension */
#define LOWEST_OPSET 7
#define LAST_OPSET   25
#define LOWEST_IR    3
#define LAST_IR      13

static bool is_own_domain(const char *domain)
{
    return *tq_onnx__text(domain) == '\0' || strcmp(domain, "ai.onnx") == 0;
}

static tq_status read_opset(const Onnx__ModelProto *model, int64_t *opset)
{
    *opset = 0;
    for (size_t i = 0; i < model->n_opset_import; ++i)
        if (is_own_domain(model->opset_import[i]->domain) && model->opset_import[i]->version > *opset)
            *opset = model->opset_import[i]->version;
    if (*opset == 0)
        return tq_status__fail(TQ_E_FORMAT, "the model names no operator set: truncated, or not ONNX");
    if (*opset < LOWEST_OPSET || *opset > LAST_OPSET)
        return tq_status__fail(TQ_E_UNSUPPORTED, "operator set %lld is not supported; supported: %d to %d",
                               (long long)*opset, LOWEST_OPSET, LAST_OPSET);
    return TQ_OK;
}

static tq_status check_model(const Onnx__ModelProto *model)
{
    if (!model->has_ir_version || model->graph == NULL)
        return tq_status__fail(TQ_E_FORMAT, "the model has no %s: truncated, or not ONNX",
                               model->has_ir_version ? "graph" : "ir_version");
    if (model->ir_version < LOWEST_IR || model->ir_version > LAST_IR)
        return tq_status__fail(TQ_E_UNSUPPORTED, "ir_version %lld is not supported; supported: %d to %d",
                               (long long)model->ir_version, LOWEST_IR, LAST_IR);
    if (model->graph->n_node > MOST_NODES)
        return tq_status__fail(TQ_E_UNSUPPORTED, "the graph has %zu nodes; supported: up to %d",
                               model->graph->n_node, MOST_NODES);
    if (model->graph->n_sparse_initializer > 0)
        return tq_status__fail(TQ_E_UNSUPPORTED, "sparse initializers are not supported");
    return TQ_OK;
}

static tq_status define_constant(tq_onnx *onnx, const Onnx__TensorProto *tensor)
{
    return tq_onnx__define(
        onnx, tensor->name,
        &(tq_onnx_value){.role = TQ_ONNX_CONSTANT, .shape = tq_onnx__dims(tensor), .source = tensor});
}

static tq_status define_constants(tq_onnx *onnx, const Onnx__TensorProto *const *extra, size_t extra_count)
{
    for (size_t i = 0; i < extra_count; ++i)
        TQ_TRY(define_constant(onnx, extra[i]));
    const size_t count = onnx->value_count;
    for (size_t i = 0; i < onnx->graph->n_initializer; ++i) {
        const Onnx__TensorProto *tensor = onnx->graph->initializer[i];
        const tq_onnx_value *there = tq_onnx__find(onnx, tq_onnx__text(tensor->name));
        if (there == NULL || there >= onnx->value + count) /* an extra one replaces it; else it is an error */
            TQ_TRY(define_constant(onnx, tensor));
    }
    return TQ_OK;
}

/* The first dimension is the batch: any number, or symbolic, which counts as 1. */
static tq_status read_dimension(const Onnx__TensorShapeProto__Dimension *given, size_t i, int64_t *dimension)
{
    const bool known = given->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    *dimension = known ? given->dim_value : 0;
    if (i == 0 && *dimension < 1)
        *dimension = 1;
    if (*dimension >= 1 && *dimension <= MOST_INPUT)
        return TQ_OK;
    return tq_status__fail(TQ_E_UNSUPPORTED,
                           "dimension %zu is %lld or symbolic; supported: 1 to %d, symbolic only "
                           "dimension 0",
                           i, (long long)*dimension, MOST_INPUT);
}

static tq_status read_type(const Onnx__TypeProto *type, tq_shape *shape, int32_t *data_type)
{
    *shape = (tq_shape){0};
    if (type == NULL || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ||
        type->tensor_type == NULL || tq_onnx__type(type->tensor_type->elem_type) == NULL ||
        tq_onnx__type(type->tensor_type->elem_type)->options == NULL)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "only a tensor of float (data type 1), of integers of up to 16 "
                               "bits or of floats of fewer bits is supported");
    *data_type = type->tensor_type->elem_type;
    const Onnx__TensorShapeProto *given = type->tensor_type->shape;
    if (given == NULL || given->n_dim < 1 || given->n_dim > TQ_MAX_RANK)
        return tq_status__fail(TQ_E_UNSUPPORTED, "it has %s; supported: 1 to %d dimensions",
                               given == NULL ? "no shape" : "no or too many dimensions", TQ_MAX_RANK);
    for (size_t i = 0; i < given->n_dim; ++i)
        TQ_TRY(read_dimension(given->dim[i], i, &shape->dim[shape->rank++]));
    return TQ_OK;
}

static tq_status add_input(tq_onnx *onnx, const Onnx__ValueInfoProto *input)
{
    tq_onnx_value value = {.role = TQ_ONNX_TENSOR};
    const char *name = tq_onnx__text(input->name);
    int32_t type = 0;
    const tq_status status = read_type(input->type, &value.shape, &type);
    if (status != TQ_OK)
        return tq_status__prefix(status, "input '%s'", name);
    onnx->batch = value.shape.dim[0];
    TQ_TRY(tq_onnx__unique_name(onnx, name, &value.layer));
    TQ_TRY(tq_network_add_input(onnx->network, value.layer, &value.shape, TQ_NCHW));
    const tq_onnx_node node = {.onnx = onnx, .name = name};
    if (type != TQ_ONNX_FLOAT) /* what is not of the type becomes it */
        TQ_TRY(tq_onnx__cast(&node, &value, type, true, &value));
    return tq_onnx__define(onnx, name, &value);
}

/* Adds the one input that is no initializer. */
static tq_status add_inputs(tq_onnx *onnx)
{
    const char *first = NULL;
    for (size_t i = 0; i < onnx->graph->n_input; ++i) {
        const Onnx__ValueInfoProto *input = onnx->graph->input[i];
        const tq_onnx_value *there = tq_onnx__find(onnx, tq_onnx__text(input->name));
        if (there != NULL && there->role == TQ_ONNX_CONSTANT)
            continue;
        if (first != NULL)
            return tq_status__fail(TQ_E_UNSUPPORTED,
                                   "the graph has inputs '%s' and '%s'; supported: one, the others "
                                   "being initializers",
                                   first, tq_onnx__text(input->name));
        first = tq_onnx__text(input->name);
        TQ_TRY(add_input(onnx, input));
    }
    return first != NULL ? TQ_OK : tq_status__fail(TQ_E_UNSUPPORTED, "the graph has no input");
}

static bool has_output(const Onnx__NodeProto *proto)
{
    return proto->n_output > 0 && *tq_onnx__text(proto->output[0]) != '\0';
}

/* An operator that is folded only; an input is missing, or no constant. */
static tq_status fail_computed(const tq_onnx_node *node)
{
    const tq_onnx_value *value;
    for (size_t i = 0; i < node->proto->n_input; ++i)
        TQ_TRY(tq_onnx__constant(node, i, &value));
    return tq_status__fail(TQ_E_FORMAT, "operator '%s' has %zu inputs", node->proto->op_type,
                           node->proto->n_input);
}

static tq_status check_arity(const tq_onnx_node *node, const tq_onnx_operator *op)
{
    const Onnx__NodeProto *proto = node->proto;
    if (proto->n_input < op->inputs_least || proto->n_input > op->inputs_most)
        return tq_status__fail(TQ_E_UNSUPPORTED, "operator '%s' has %zu inputs, supported: %zu to %zu",
                               op->name, proto->n_input, op->inputs_least, op->inputs_most);
    if (!has_output(proto))
        return tq_status__fail(TQ_E_FORMAT, "operator '%s' has no output", op->name);
    for (size_t i = op->outputs_most; i < proto->n_output; ++i)
        if (*tq_onnx__text(proto->output[i]) != '\0')
            return tq_status__fail(TQ_E_UNSUPPORTED, "operator '%s' has %zu outputs, supported: %zu",
                                   op->name, proto->n_output, op->outputs_most);
    return TQ_OK;
}

static tq_status import_known(tq_onnx_node *node)
{
    const Onnx__NodeProto *proto = node->proto;
    const tq_onnx_operator *op =
        is_own_domain(proto->domain) ? tq_onnx__operator(tq_onnx__text(proto->op_type)) : NULL;
    const tq_onnx_fold *fold =
        is_own_domain(proto->domain) ? tq_onnx__fold_of(tq_onnx__text(proto->op_type)) : NULL;
    if (fold != NULL && has_output(proto) && tq_onnx__folds(node, fold))
        return tq_onnx__fold(node, fold);
    if (op == NULL)
        return fold != NULL ? fail_computed(node) : tq_onnx__fail_operator(node);
    TQ_TRY(check_arity(node, op));
    TQ_TRY(tq_onnx__check_attributes(node, op->attributes));
    TQ_TRY(tq_onnx__check_types(node));
    TQ_TRY(op->import(node));
    tq_onnx__pass_types(node);
    for (size_t i = 1; i < proto->n_output; ++i)
        if (*tq_onnx__text(proto->output[i]) != '\0' &&
            (op->outputs_most <= 2 || tq_onnx__find(node->onnx, proto->output[i]) == NULL))
            TQ_TRY(tq_onnx__define(node->onnx, proto->output[i], &(tq_onnx_value){.role = TQ_ONNX_MISSING}));
    return TQ_OK;
}

static tq_status import_node(tq_onnx *onnx, const Onnx__NodeProto *proto)
{
    tq_onnx_node node = {.onnx = onnx, .proto = proto, .name = tq_onnx__text(proto->name)};
    if (*node.name == '\0' && proto->n_output > 0)
        node.name = tq_onnx__text(proto->output[0]);
    const tq_status status = import_known(&node);
    return status == TQ_OK ? TQ_OK : tq_status__prefix(status, "node '%s'", node.name);
}

static tq_status set_output(tq_onnx *onnx)
{
    if (onnx->graph->n_output != 1)
        return tq_status__fail(TQ_E_UNSUPPORTED, "the graph has %zu outputs; supported: 1",
                               onnx->graph->n_output);
    const char *name = tq_onnx__text(onnx->graph->output[0]->name);
    const tq_onnx_value *value = tq_onnx__find(onnx, name);
    if (value == NULL)
        return tq_status__fail(TQ_E_FORMAT, "output '%s' is no node's output", name);
    if (value->role != TQ_ONNX_TENSOR)
        return tq_status__fail(TQ_E_UNSUPPORTED, "output '%s' is not computed by a layer", name);
    const tq_onnx_node node = {.onnx = onnx, .name = name};
    TQ_TRY(tq_onnx__settle(&node, value));
    if (value->computed)
        return tq_network_set_output(onnx->network, value->layer);
    tq_onnx_value copy; /* the input is the output */
    TQ_TRY(tq_onnx__add_helper(&node, "dropout", "", value, &value->shape, &copy));
    return tq_network_set_output(onnx->network, copy.layer);
}

static tq_status build(tq_onnx *onnx, const Onnx__TensorProto *const *extra, size_t extra_count)
{
    TQ_TRY(define_constants(onnx, extra, extra_count));
    TQ_TRY(add_inputs(onnx));
    for (size_t i = 0; i < onnx->graph->n_node; ++i)
        TQ_TRY(import_node(onnx, onnx->graph->node[i]));
    TQ_TRY(set_output(onnx));
    return tq_network__prune(onnx->network);
}

tq_status tq_onnx__import(tq_network **network, tq_context *context, const Onnx__ModelProto *model,
                          const Onnx__TensorProto *const *extra, size_t extra_count)
{
    tq_onnx onnx = {.context = context};
    *network = NULL;
    TQ_TRY(check_model(model));
    TQ_TRY(read_opset(model, &onnx.opset));
    TQ_TRY(tq_network_create(&onnx.network, context));
    tq_network *made = onnx.network;
    tq_status status = tq_onnx__create(&onnx, model->graph, extra_count);
    if (status == TQ_OK)
        status = build(&onnx, extra, extra_count);
    tq_onnx__free(&onnx);
    if (status == TQ_OK)
        *network = made;
    else
        tq_network_destroy(made);
    return status;
}

tq_status tq_onnx__load(tq_network **network, tq_context *context, const uint8_t *data, size_t size)
{
    *network = NULL;
    TQ_TRY(tq_onnx__scan(&onnx__model_proto__descriptor, data, size));
    Onnx__ModelProto *model = onnx__model_proto__unpack(NULL, size, data);
    if (model == NULL)
        return tq_status__fail(TQ_E_FORMAT, "not an ONNX model, or damaged (%zu bytes)", size);
    const tq_status status = tq_onnx__import(network, context, model, NULL, 0);
    onnx__model_proto__free_unpacked(model, NULL);
    return status;
}

tq_status tq_network_load_onnx(tq_network **network, tq_context *context, const char *path)
{
    unsigned char *data;
    size_t size;
    if (network != NULL)
        *network = NULL;
    if (network == NULL || context == NULL || path == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_network_load_onnx: NULL argument");
    TQ_TRY(tq_file__read(path, MOST_BYTES, &data, &size));
    const tq_status status = tq_onnx__load(network, context, data, size);
    free(data);
    return status == TQ_OK ? TQ_OK : tq_status__prefix(status, "'%s'", path);
}
