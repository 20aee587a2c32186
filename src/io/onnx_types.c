#include "io/onnx_types.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const tq_onnx_type types[] = {
    {1, "float", 0, true, "to=float32", 0, 0, 0, 0, false, false},
    {2, "uint8", 8, false, "to=int,bits=8,signed=0", 8, 0, 0, 0, false, false},
    {3, "int8", 8, true, "to=int,bits=8", 8, 0, 0, 0, false, false},
    {4, "uint16", 16, false, "to=int,bits=16,signed=0", 16, 0, 0, 0, false, false},
    {5, "int16", 16, true, "to=int,bits=16", 16, 0, 0, 0, false, false},
    {6, "int32", 32, true, NULL, 32, 0, 0, 0, false, false},
    {10, "float16", 0, true, "to=fp16", 0, 0, 0, 0, false, false},
    {16, "bfloat16", 0, true, "to=bf16", 0, 0, 0, 0, false, false},
    {17, "float8e4m3fn", 0, true, "to=e4m3", 8, 4, 3, 7, true, false},
    {18, "float8e4m3fnuz", 0, true, "to=e4m3fnuz", 8, 4, 3, 8, true, true},
    {19, "float8e5m2", 0, true, "to=e5m2", 8, 5, 2, 15, false, false},
    {20, "float8e5m2fnuz", 0, true, "to=e5m2fnuz", 8, 5, 2, 16, true, true},
    {21, "uint4", 4, false, "to=int,bits=4,signed=0", 4, 0, 0, 0, false, false},
    {22, "int4", 4, true, "to=int,bits=4", 4, 0, 0, 0, false, false},
    {23, "float4e2m1", 0, true, "to=e2m1", 4, 2, 1, 1, true, false},
    {25, "uint2", 2, false, "to=int,bits=2,signed=0", 2, 0, 0, 0, false, false},
    {26, "int2", 2, true, "to=int,bits=2", 2, 0, 0, 0, false, false},
};

/* Operators whose inputs may be of other types: those of integers, and those that only move numbers. */
static const char *const integer_operators[] = {"Cast",           "ConvInteger",          "DequantizeLinear",
                                                "MatMulInteger",  "QLinearConv",          "QLinearMatMul",
                                                "QuantizeLinear", "DynamicQuantizeLinear"};
static const char *const moving_operators[] = {
    "Concat",       "DepthToSpace", "Dropout", "Expand",    "Flatten",  "Gather",
    "Identity",     "MaxPool",      "Relu",    "Reshape",   "Slice",    "Split",
    "SpaceToDepth", "Squeeze",      "Tile",    "Transpose", "Unsqueeze"};

const tq_onnx_type *tq_onnx__type(int32_t code)
{
    for (size_t i = 0; i < TQ_COUNT(types); ++i)
        if (types[i].code == (code == 0 ? TQ_ONNX_FLOAT : code))
            return &types[i];
    return NULL;
}

double tq_onnx__type_lowest(const tq_onnx_type *type)
{
    return type->is_signed ? -ldexp(1.0, type->bits - 1) : 0.0;
}

double tq_onnx__type_highest(const tq_onnx_type *type)
{
    return ldexp(1.0, type->bits - type->is_signed) - 1.0;
}

int32_t tq_onnx__type_of(const tq_onnx_value *value)
{
    if (value->type == 0 && value->role == TQ_ONNX_CONSTANT)
        return value->source->data_type;
    return value->type == 0 ? TQ_ONNX_FLOAT : value->type;
}

bool tq_onnx__is_float(const tq_onnx_value *value)
{
    return tq_onnx__type_of(value) == TQ_ONNX_FLOAT;
}

/* Element i of the bits, `width` of them, lowest first in a byte. */
static uint32_t bits_at(const Onnx__TensorProto *tensor, const tq_onnx_type *type, size_t i)
{
    const size_t first = i * (size_t)type->width;
    uint32_t bits = 0;
    if (tensor->has_raw_data && tensor->raw_data.len > 0) {
        for (size_t byte = first / 8; byte * 8 < first + (size_t)type->width; ++byte)
            bits |= (uint32_t)tensor->raw_data.data[byte] << 8 * (byte - first / 8);
        bits >>= first % 8;
    } else {
        bits = (uint32_t)tensor->int32_data[type->width < 8 ? first / 8 : i] >>
               (type->width < 8 ? first % 8 : 0);
    }
    return type->width < 32 ? bits & (((uint32_t)1 << type->width) - 1) : bits;
}

static float integer_of(const tq_onnx_type *type, uint32_t bits)
{
    const uint32_t sign = (uint32_t)1 << (type->bits - 1);
    const int64_t value =
        type->is_signed && (bits & sign) ? (int64_t)bits - 2 * (int64_t)sign : (int64_t)bits;
    return (float)value;
}

/* What a code of a small float stands for. */
static float small_float_of(const tq_onnx_type *type, uint32_t bits)
{
    const uint32_t one = (uint32_t)1 << type->fraction, fraction = bits & (one - 1);
    const uint32_t all = ((uint32_t)1 << type->exponent) - 1;
    const int exponent = (int)(bits >> type->fraction & all);
    const bool negative = bits >> (type->width - 1) != 0, top = exponent == (int)all;
    const uint32_t magnitude = bits & (((uint32_t)1 << (type->width - 1)) - 1);
    if (type->one_zero ? negative && magnitude == 0
                       : type->width == 8 && top && (type->finite ? fraction == one - 1 : fraction != 0))
        return (float)NAN;
    if (!type->finite && top)
        return negative ? (float)-INFINITY : (float)INFINITY;
    const double number = exponent == 0 ? ldexp(fraction, 1 - type->bias - type->fraction)
                                        : ldexp(one + fraction, exponent - type->bias - type->fraction);
    return (float)(negative ? -number : number);
}

/* Whether the data are there, as many as the shape says. */
static bool has_data(const Onnx__TensorProto *tensor, const tq_onnx_type *type, size_t count)
{
    const size_t bytes = (count * (size_t)type->width + 7) / 8;
    if (tensor->n_external_data > 0 || tensor->segment != NULL)
        return false;
    if (tensor->has_raw_data && tensor->raw_data.len > 0)
        return tensor->raw_data.len == bytes;
    return tensor->n_int32_data == (type->width < 8 ? bytes : count);
}

tq_status tq_onnx__any_floats(const tq_onnx_value *value, float **floats)
{
    const Onnx__TensorProto *tensor = value->source;
    const tq_onnx_type *type = tq_onnx__type(tensor->data_type);
    const tq_shape shape = tq_onnx__dims(tensor);
    const int64_t count = tq_shape_count(&shape);
    if (type == NULL || type->width == 0)
        return tq_onnx__floats(value, floats);
    if (count < 1 || !has_data(tensor, type, (size_t)count))
        return tq_status__fail(TQ_E_SHAPE, "initializer '%s' of type %s does not have its data in the file",
                               tq_onnx__text(tensor->name), type->name);
    float *made = malloc((size_t)count * sizeof *made);
    if (made == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for initializer '%s' of %lld numbers",
                               tq_onnx__text(tensor->name), (long long)count);
    for (int64_t i = 0; i < count; ++i) {
        const uint32_t bits = bits_at(tensor, type, (size_t)i);
        made[i] = type->bits > 0 ? integer_of(type, bits) : small_float_of(type, bits);
    }
    *floats = made;
    return TQ_OK;
}

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; ++i)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

tq_status tq_onnx__check_types(const tq_onnx_node *node)
{
    const char *op = tq_onnx__text(node->proto->op_type);
    if (is_among(op, integer_operators, TQ_COUNT(integer_operators)) ||
        is_among(op, moving_operators, TQ_COUNT(moving_operators)))
        return TQ_OK;
    for (size_t i = 0; i < node->proto->n_input; ++i) {
        const tq_onnx_value *value = tq_onnx__find(node->onnx, tq_onnx__text(node->proto->input[i]));
        if (value != NULL && value->role == TQ_ONNX_TENSOR && !tq_onnx__is_float(value))
            return tq_status__fail(TQ_E_UNSUPPORTED,
                                   "input '%s' is of type %s: operator '%s' is supported of float (Cast or "
                                   "DequantizeLinear converts)",
                                   node->proto->input[i], tq_onnx__type(value->type)->name, op);
    }
    return TQ_OK;
}

void tq_onnx__pass_types(const tq_onnx_node *node)
{
    const Onnx__NodeProto *proto = node->proto;
    const tq_onnx_value *from =
        proto->n_input > 0 ? tq_onnx__find(node->onnx, tq_onnx__text(proto->input[0])) : NULL;
    if (from == NULL || from->role != TQ_ONNX_TENSOR || tq_onnx__is_float(from) ||
        !is_among(tq_onnx__text(proto->op_type), moving_operators, TQ_COUNT(moving_operators)))
        return;
    for (size_t i = 0; i < proto->n_output; ++i) {
        tq_onnx_value *to = tq_onnx__found(node->onnx, tq_onnx__text(proto->output[i]));
        if (to != NULL && to->role == TQ_ONNX_TENSOR)
            to->type = from->type;
    }
}

tq_status tq_onnx__cast(const tq_onnx_node *node, const tq_onnx_value *input, int32_t type, bool saturate,
                        tq_onnx_value *value)
{
    const tq_onnx_type *to = tq_onnx__type(type);
    char options[64];
    if (to == NULL || to->options == NULL)
        return tq_status__fail(
            TQ_E_UNSUPPORTED,
            "a tensor of data type %d is not supported; supported: float (1), uint8 (2), int8 "
            "(3), uint16 (4), int16 (5), float16 (10), bfloat16 (16), float8 (17 to 20), uint4 "
            "(21), int4 (22), float4e2m1 (23), uint2 (25), int2 (26)",
            (int)type);
    snprintf(options, sizeof options, "%s%s", to->options, saturate ? "" : ",saturate=0");
    TQ_TRY(tq_onnx__add_helper(node, "cast", options, input, &input->shape, value));
    value->type = to->code == TQ_ONNX_FLOAT ? 0 : to->code;
    return TQ_OK;
}

tq_onnx_value *tq_onnx__found(tq_onnx *onnx, const char *name)
{
    const tq_onnx_value *value = tq_onnx__find(onnx, name);
    return value != NULL ? &onnx->value[value - onnx->value] : NULL;
}
