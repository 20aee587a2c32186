/* Operators of one tensor that give each number its own: Sigmoid, Clip and the like. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/onnx_graph.h"

/* An attribute that is an option of the layer; its initial value is ONNX's. */
typedef struct option {
    const char *name;
    float initial;
} option;

static const struct {
    const char *operator, * kind;
    option option[2];
} rows[] = {
    {"Abs", "abs", {{0}}},
    {"Ceil", "ceil", {{0}}},
    {"Celu", "celu", {{"alpha", 1}}},
    {"Elu", "elu", {{"alpha", 1}}},
    {"Erf", "erf", {{0}}},
    {"Exp", "exp", {{0}}},
    {"Floor", "floor", {{0}}},
    {"HardSigmoid", "hardsigmoid", {{"alpha", 0.2f}, {"beta", 0.5f}}},
    {"HardSwish", "hardswish", {{0}}},
    {"LeakyRelu", "leakyrelu", {{"alpha", 0.01f}}},
    {"Log", "logarithm", {{0}}},
    {"Neg", "neg", {{0}}},
    {"Reciprocal", "reciprocal", {{0}}},
    {"Round", "round", {{0}}},
    {"Selu", "selu", {{"alpha", 1.67326319217681884765625f}, {"gamma", 1.05070102214813232421875f}}},
    {"Sigmoid", "sigmoid", {{0}}},
    {"Sign", "sign", {{0}}},
    {"Softplus", "softplus", {{0}}},
    {"Softsign", "softsign", {{0}}},
    {"Sqrt", "sqrt", {{0}}},
    {"Tanh", "tanh", {{0}}},
    {"ThresholdedRelu", "thresholdedrelu", {{"alpha", 1}}},
};

tq_status tq_onnx__import_unary(tq_onnx_node *node)
{
    size_t row = 0;
    tq_text options = {0};
    while (strcmp(rows[row].operator, node->proto->op_type) != 0)
        ++row;
    for (size_t i = 0; i < TQ_COUNT(rows[row].option) && rows[row].option[i].name != NULL; ++i) {
        const option *o = &rows[row].option[i];
        tq_text__print(&options, "%s%s=%.9g", i > 0 ? "," : "", o->name,
                       (double)tq_onnx__float(node, o->name, o->initial));
    }
    tq_status status = tq_text__status(&options);
    if (status == TQ_OK)
        status = tq_onnx__add_same(node, rows[row].kind, tq_text__get(&options));
    tq_text__free(&options);
    return status;
}

tq_status tq_onnx__import_gelu(tq_onnx_node *node)
{
    static const char *const choices[] = {"none", "tanh", NULL};
    char options[32];
    int choice;
    TQ_TRY(tq_onnx__choice(node, "approximate", choices, &choice));
    snprintf(options, sizeof options, "approximate=%s", choices[choice]);
    return tq_onnx__add_same(node, "gelu", options);
}

/* One end of Clip: constant input `i` from opset 11 on, an attribute before; absent: none. */
static tq_status read_end(const tq_onnx_node *node, size_t i, const char *name, tq_text *options)
{
    const char *option = i == 1 ? "lowest" : "highest";
    const tq_onnx_value *constant;
    float *value = NULL;
    if (tq_onnx__attribute(node, name) != NULL)
        tq_text__print(options, "%s%s=%.9g", options->length > 0 ? "," : "", option,
                       (double)tq_onnx__float(node, name, 0));
    if (!tq_onnx__has_input(node, i))
        return TQ_OK;
    TQ_TRY(tq_onnx__constant(node, i, &constant));
    if (tq_shape_count(&constant->shape) != 1)
        return tq_status__fail(TQ_E_SHAPE, "input '%s' has %lld numbers, needs 1", node->proto->input[i],
                               (long long)tq_shape_count(&constant->shape));
    TQ_TRY(tq_onnx__floats(constant, &value));
    const bool bounds = value[0] >= -3.40282347e38f && value[0] <= 3.40282347e38f;
    if (bounds)
        tq_text__print(options, "%s%s=%.9g", options->length > 0 ? "," : "", option, (double)value[0]);
    free(value);
    return TQ_OK;
}

tq_status tq_onnx__import_clip(tq_onnx_node *node)
{
    tq_text options = {0};
    tq_status status = read_end(node, 1, "min", &options);
    if (status == TQ_OK)
        status = read_end(node, 2, "max", &options);
    if (status == TQ_OK)
        status = tq_text__status(&options);
    if (status == TQ_OK)
        status = tq_onnx__add_same(node, "clip", tq_text__get(&options));
    tq_text__free(&options);
    return status;
}
