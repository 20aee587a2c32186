/* The nodes of layers, kind by kind: what onnx_operators.c reads, written. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/onnx_graph.h"
#include "io/onnx_writer.h"
#include "layers/window.h"

typedef tq_status save(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node);

/* Options of kinds with windows. */
static const struct {
    const char *option, *attribute;
} axes[] = {{"kernel", "kernel_shape"}, {"stride", "strides"}, {"dilation", "dilations"}};

static int64_t whole(const tq_layer *layer, const char *option, size_t i)
{
    return (int64_t)tq_layer__option(layer, option, i);
}

static bool is_nchw(const tq_layer *layer)
{
    return whole(layer, "order", 0) != 0;
}

static const tq_shape *input_shape(const tq_onnx_writer *writer, const tq_value *value, size_t i)
{
    return &writer->shape[value->input[i]];
}

static tq_status refuse(const char *what)
{
    return tq_status__fail(TQ_E_UNSUPPORTED, "%s cannot be written as ONNX", what);
}

/* A constant, with dimensions of 1 in front up to `rank`. */
static tq_status add_constant(tq_onnx_writer *writer, Onnx__NodeProto *node, const tq_value *constant,
                              int rank)
{
    static const int channels_second[] = {0, 3, 1, 2};
    tq_shape shape = tq_onnx__shape_of_rank(&constant->given, rank), turned_shape;
    float *turned;
    if (rank != 4)
        return tq_onnx_writer__constant(writer, node, constant->name, &shape, constant->constant);
    TQ_TRY(tq_onnx__permute(constant->constant, &shape, channels_second, &turned, &turned_shape));
    const tq_status status = tq_onnx_writer__constant(writer, node, constant->name, &turned_shape, turned);
    free(turned);
    return status;
}

static tq_status add_inputs(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node)
{
    for (size_t i = 0; i < value->input_count; ++i) {
        const tq_value *const input = &writer->network->value[value->input[i]];
        if (input->source == TQ_SOURCE_CONSTANT)
            TQ_TRY(add_constant(writer, node, input, input->given.rank));
        else
            TQ_TRY(tq_onnx_writer__input(writer, node, input->name));
    }
    return TQ_OK;
}

static tq_status add_weight(tq_onnx_writer *writer, const tq_layer *layer, Onnx__NodeProto *node, size_t i)
{
    const tq_weight *const weight = &layer->weight[i];
    if (weight->master == NULL)
        return TQ_OK;
    return tq_onnx_writer__floats(writer, node, layer->kind->weights[i].name, &weight->shape, weight->master);
}

/* Numbers whose names are the same in ONNX. */
static tq_status add_floats(tq_onnx_writer *writer, const tq_layer *layer, Onnx__NodeProto *node)
{
    static const char *const names[] = {"alpha", "beta", "gamma", "epsilon", "bias"};
    for (size_t i = 0; i < TQ_COUNT(names); ++i)
        for (size_t j = 0; j < layer->kind->option_count; ++j)
            if (strcmp(layer->kind->options[j].name, names[i]) == 0)
                TQ_TRY(tq_onnx_writer__float(writer, node, names[i], tq_layer__option(layer, names[i], 0)));
    return TQ_OK;
}

static tq_status save_plain(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node)
{
    TQ_TRY(add_inputs(writer, value, node));
    return add_floats(writer, value->layer, node);
}

static tq_status add_pads(tq_onnx_writer *writer, const tq_layer *layer, Onnx__NodeProto *node)
{
    static const char *const names[] = {"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"};
    const int64_t auto_pad = whole(layer, "auto_pad", 0);
    int64_t pads[4];
    for (size_t i = 0; i < 4; ++i)
        pads[i] = whole(layer, "pads", i);
    if (auto_pad == TQ_PAD_EXPLICIT)
        return tq_onnx_writer__ints(writer, node, "pads", 4, pads);
    return tq_onnx_writer__string(writer, node, "auto_pad", names[auto_pad]);
}

static tq_status add_window(tq_onnx_writer *writer, const tq_layer *layer, Onnx__NodeProto *node)
{
    for (size_t i = 0; i < TQ_COUNT(axes); ++i) {
        const int64_t numbers[] = {whole(layer, axes[i].option, 0), whole(layer, axes[i].option, 1)};
        if (numbers[0] > 0) /* the kind has it */
            TQ_TRY(tq_onnx_writer__ints(writer, node, axes[i].attribute, 2, numbers));
    }
    return add_pads(writer, layer, node);
}

static tq_status save_pool(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node)
{
    static const char *const switches[] = {"ceil_mode", "count_include_pad"};
    TQ_TRY(add_inputs(writer, value, node));
    for (size_t i = 0; i < TQ_COUNT(switches); ++i)
        if (whole(value->layer, switches[i], 0) != 0)
            TQ_TRY(tq_onnx_writer__int(writer, node, switches[i], 1));
    return add_window(writer, value->layer, node);
}

static tq_status add_filter(tq_onnx_writer *writer, Onnx__NodeProto *node, const tq_weight *weight)
{
    static const int outputs_first[] = {3, 2, 0, 1};
    tq_shape shape;
    float *turned;
    TQ_TRY(tq_onnx__permute(weight->master, &weight->shape, outputs_first, &turned, &shape));
    const tq_status status = tq_onnx_writer__floats(writer, node, "weight", &shape, turned);
    free(turned);
    return status;
}

static tq_status save_conv(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node)
{
    const tq_layer *const layer = value->layer;
    const tq_weight *const weight = &layer->weight[0];
    if (whole(layer, "exact", 0) != 0)
        return refuse("option exact=1");
    TQ_TRY(add_inputs(writer, value, node));
    TQ_TRY(add_filter(writer, node, weight));
    TQ_TRY(add_weight(writer, layer, node, 1));
    TQ_TRY(tq_onnx_writer__ints(writer, node, "kernel_shape", 2, weight->shape.dim));
    TQ_TRY(tq_onnx_writer__int(writer, node, "group", whole(layer, "groups", 0)));
    return add_window(writer, layer, node);
}

static tq_status save_dense(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node)
{
    if (whole(value->layer, "exact", 0) != 0)
        return refuse("option exact=1");
    if (input_shape(writer, value, 0)->rank != 2)
        return refuse("an input of more than two dimensions");
    TQ_TRY(add_inputs(writer, value, node));
    TQ_TRY(add_weight(writer, value->layer, node, 0));
    return add_weight(writer, value->layer, node, 1);
}

static tq_status save_batchnorm(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node)
{
    const int rank = input_shape(writer, value, 0)->rank;
    if (rank != 2 && rank != 4)
        return refuse("an input of other than two or four dimensions");
    TQ_TRY(add_inputs(writer, value, node));
    for (size_t i = 0; i < value->layer->kind->weight_count; ++i)
        TQ_TRY(add_weight(writer, value->layer, node, i));
    TQ_TRY(tq_onnx_writer__float(writer, node, "momentum", tq_layer__option(value->layer, "momentum", 0)));
    return tq_onnx_writer__float(writer, node, "epsilon", tq_layer__option(value->layer, "epsilon", 0));
}

/* Dimensions are counted from the last, which is another one in ONNX where the ranks differ. */
static tq_status save_binary(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node)
{
    int rank = 0;
    for (size_t i = 0; i < value->input_count; ++i)
        rank = input_shape(writer, value, i)->rank > rank ? input_shape(writer, value, i)->rank : rank;
    for (size_t i = 0; i < value->input_count; ++i) {
        const tq_value *const input = &writer->network->value[value->input[i]];
        if (input->source == TQ_SOURCE_CONSTANT)
            TQ_TRY(add_constant(writer, node, input, rank));
        else if (rank == 4 && input_shape(writer, value, i)->rank != 4)
            return refuse("an image beside a tensor of fewer dimensions");
        else
            TQ_TRY(tq_onnx_writer__input(writer, node, input->name));
    }
    return TQ_OK;
}

static tq_status add_bound(tq_onnx_writer *writer, const tq_layer *layer, Onnx__NodeProto *node,
                           const char *option)
{
    const tq_shape scalar = {.rank = 0};
    const float bound = (float)tq_layer__option(layer, option, 0);
    if (fabsf(bound) < FLT_MAX)
        return tq_onnx_writer__floats(writer, node, option, &scalar, &bound);
    return tq_onnx_writer__input(writer, node, ""); /* none */
}

static tq_status save_clip(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node)
{
    TQ_TRY(add_inputs(writer, value, node));
    TQ_TRY(add_bound(writer, value->layer, node, "lowest"));
    return add_bound(writer, value->layer, node, "highest");
}

/* Without a ratio a half would be dropped. */
static tq_status save_dropout(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node)
{
    const tq_shape scalar = {.rank = 0};
    const float rate = (float)tq_layer__option(value->layer, "rate", 0);
    TQ_TRY(add_inputs(writer, value, node));
    return tq_onnx_writer__floats(writer, node, "ratio", &scalar, &rate);
}

static tq_status save_concat(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node)
{
    static const int64_t of_nhwc[] = {0, 2, 3, 1};
    const int64_t axis = whole(value->layer, "axis", 0);
    const bool turns = input_shape(writer, value, 0)->rank == 4 && !is_nchw(value->layer);
    TQ_TRY(add_inputs(writer, value, node));
    return tq_onnx_writer__int(writer, node, "axis", turns ? of_nhwc[axis] : axis);
}

/* Elements counted with the channels last: a node in front brings them there. */
static tq_status add_channels_last(tq_onnx_writer *writer, const tq_value *value, const char **name)
{
    static const int64_t channels_last[] = {0, 2, 3, 1};
    Onnx__NodeProto *node;
    char *made;
    TQ_TRY(tq_onnx_writer__name(writer, value->name, "moved", &made));
    TQ_TRY(tq_onnx_writer__node(writer, "Transpose", made, made, &node));
    TQ_TRY(add_inputs(writer, value, node));
    TQ_TRY(tq_onnx_writer__ints(writer, node, "perm", 4, channels_last));
    tq_onnx_writer__add(writer, node);
    *name = made;
    return TQ_OK;
}

static tq_status save_flatten(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node)
{
    const tq_shape *const in = input_shape(writer, value, 0);
    const bool moves =
        in->rank == 4 && !is_nchw(value->layer) && in->dim[3] != 1 && in->dim[1] * in->dim[2] != 1;
    const char *moved = NULL;
    if (moves) {
        TQ_TRY(add_channels_last(writer, value, &moved));
        TQ_TRY(tq_onnx_writer__input(writer, node, moved));
    } else {
        TQ_TRY(add_inputs(writer, value, node));
    }
    return tq_onnx_writer__int(writer, node, "axis", whole(value->layer, "axis", 0));
}

static tq_status save_reshape(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node)
{
    const size_t rank = (size_t)whole(value->layer, "rank", 0);
    int64_t shape[TQ_MAX_RANK];
    if (!is_nchw(value->layer) && (rank == 4 || input_shape(writer, value, 0)->rank == 4))
        return refuse("an image whose elements are counted with the channels last");
    for (size_t i = 0; i < rank; ++i)
        shape[i] = whole(value->layer, "shape", i);
    TQ_TRY(add_inputs(writer, value, node));
    return tq_onnx_writer__integers(writer, node, "shape", rank, shape);
}

static tq_status save_softmax(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node)
{
    if (whole(value->layer, "log", 0) != 0)
        TQ_TRY(tq_onnx_writer__text(writer, "LogSoftmax", &node->op_type));
    TQ_TRY(add_inputs(writer, value, node));
    return tq_onnx_writer__int(writer, node, "axis", input_shape(writer, value, 0)->rank == 4 ? 1 : -1);
}

/* ONNX's has no options. */
static tq_status save_hardswish(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node)
{
    if ((float)tq_layer__option(value->layer, "alpha", 0) != 1.0f / 6.0f ||
        tq_layer__option(value->layer, "beta", 0) != 0.5)
        return refuse("alpha other than 1/6, or beta other than 0.5,");
    return add_inputs(writer, value, node);
}

static tq_status save_lrn(tq_onnx_writer *writer, const tq_value *value, Onnx__NodeProto *node)
{
    TQ_TRY(tq_onnx_writer__int(writer, node, "size", whole(value->layer, "size", 0)));
    return save_plain(writer, value, node);
}

/* Without numbers of its own a kind has the row of save_plain. Ordered by name. */
static const struct {
    const char *kind, *operator;
    save *save;
} rows[] = {
    {"abs", "Abs", save_plain},
    {"add", "Add", save_binary},
    {"avgpool2d", "AveragePool", save_pool},
    {"batchnorm", "BatchNormalization", save_batchnorm},
    {"ceil", "Ceil", save_plain},
    {"celu", "Celu", save_plain},
    {"clip", "Clip", save_clip},
    {"concat", "Concat", save_concat},
    {"conv2d", "Conv", save_conv},
    {"dense", "Gemm", save_dense},
    {"div", "Div", save_binary},
    {"dropout", "Dropout", save_dropout},
    {"elu", "Elu", save_plain},
    {"erf", "Erf", save_plain},
    {"exp", "Exp", save_plain},
    {"flatten", "Flatten", save_flatten},
    {"floor", "Floor", save_plain},
    {"globalavgpool", "GlobalAveragePool", save_plain},
    {"globalmaxpool", "GlobalMaxPool", save_plain},
    {"hardsigmoid", "HardSigmoid", save_plain},
    {"hardswish", "HardSwish", save_hardswish},
    {"leakyrelu", "LeakyRelu", save_plain},
    {"logarithm", "Log", save_plain},
    {"lrn", "LRN", save_lrn},
    {"max", "Max", save_binary},
    {"maxpool2d", "MaxPool", save_pool},
    {"min", "Min", save_binary},
    {"mul", "Mul", save_binary},
    {"neg", "Neg", save_plain},
    {"pow", "Pow", save_binary},
    {"reciprocal", "Reciprocal", save_plain},
    {"relu", "Relu", save_plain},
    {"reshape", "Reshape", save_reshape},
    {"round", "Round", save_plain},
    {"selu", "Selu", save_plain},
    {"sigmoid", "Sigmoid", save_plain},
    {"sign", "Sign", save_plain},
    {"softmax", "Softmax", save_softmax},
    {"softplus", "Softplus", save_plain},
    {"softsign", "Softsign", save_plain},
    {"sqrt", "Sqrt", save_plain},
    {"sub", "Sub", save_binary},
    {"tanh", "Tanh", save_plain},
    {"thresholdedrelu", "ThresholdedRelu", save_plain},
};

static tq_status refuse_kind(void)
{
    tq_text names = {0};
    for (size_t i = 0; i < TQ_COUNT(rows); ++i)
        tq_text__print(&names, "%s%s", i > 0 ? ", " : "", rows[i].kind);
    const tq_status status = tq_status__fail(
        TQ_E_UNSUPPORTED, "the kind cannot be written as ONNX; kinds that can: %s", tq_text__get(&names));
    tq_text__free(&names);
    return status;
}

tq_status tq_onnx_writer__layer(tq_onnx_writer *writer, const tq_value *value)
{
    const char *const kind = value->layer->kind->name;
    size_t row = 0;
    Onnx__NodeProto *node;
    while (row < TQ_COUNT(rows) && strcmp(rows[row].kind, kind) != 0)
        ++row;
    if (row == TQ_COUNT(rows))
        return tq_status__prefix(refuse_kind(), "%s '%s'", kind, value->name);
    TQ_TRY(tq_onnx_writer__node(writer, rows[row].operator, value->name, value->name, &node));
    const tq_status status = rows[row].save(writer, value, node);
    if (status != TQ_OK)
        return tq_status__prefix(status, "%s '%s'", kind, value->name);
    tq_onnx_writer__add(writer, node); /* behind those that it needs */
    return TQ_OK;
}
