/* QuantizeLinear and DequantizeLinear, of tensors and of constants; scales and zero points. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/onnx_scales.h"
#include "layers/kind.h"
#include "network/graph.h"

void tq_onnx__free_scales(tq_onnx_scales *s)
{
    free(s->scale);
    free(s->zero);
    *s = (tq_onnx_scales){0};
}

static tq_status same_numbers(float **to, int64_t count, float number)
{
    *to = malloc((size_t)count * sizeof **to);
    if (*to == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld zero points", (long long)count);
    for (int64_t i = 0; i < count; ++i)
        (*to)[i] = number;
    return TQ_OK;
}

static tq_status read_numbers(const tq_onnx_node *node, size_t i, float **to, int64_t *count, int32_t *type)
{
    const tq_onnx_value *value;
    char text[160];
    TQ_TRY(tq_onnx__constant(node, i, &value));
    tq_shape_print(text, sizeof text, &value->shape);
    if (value->shape.rank > 1)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "'%s' has shape %s; supported: one number, or one for each index of an axis",
                               node->proto->input[i], text);
    *count = tq_shape_count(&value->shape);
    *type = tq_onnx__type_of(value);
    return tq_onnx__any_floats(value, to);
}

tq_status tq_onnx__zero_point(const tq_onnx_node *node, size_t zero, tq_onnx_scales *s)
{
    *s = (tq_onnx_scales){.count = 1};
    tq_status status = TQ_OK;
    if (tq_onnx__has_input(node, zero))
        status = read_numbers(node, zero, &s->zero, &s->count, &s->type);
    else
        status = same_numbers(&s->zero, 1, 0.0f);
    if (status == TQ_OK)
        status = same_numbers(&s->scale, s->count, 1.0f);
    if (status != TQ_OK)
        tq_onnx__free_scales(s);
    return status;
}

tq_status tq_onnx__scales(const tq_onnx_node *node, size_t scale, size_t zero, tq_onnx_scales *s)
{
    int64_t zeros = 1;
    *s = (tq_onnx_scales){0};
    tq_status status = read_numbers(node, scale, &s->scale, &s->count, &s->scale_type);
    if (status == TQ_OK && tq_onnx__has_input(node, zero))
        status = read_numbers(node, zero, &s->zero, &zeros, &s->type);
    else if (status == TQ_OK)
        status = same_numbers(&s->zero, s->count, 0.0f);
    if (status == TQ_OK && s->type != 0 && zeros == 1 && s->count > 1) {
        const float one = s->zero[0];
        free(s->zero);
        s->zero = NULL;
        status = same_numbers(&s->zero, s->count, one);
    } else if (status == TQ_OK && s->type != 0 && zeros != s->count) {
        status = tq_status__fail(TQ_E_SHAPE, "%lld scales, but %lld zero points", (long long)s->count,
                                 (long long)zeros);
    }
    if (status != TQ_OK)
        tq_onnx__free_scales(s);
    return status;
}

int64_t tq_onnx__inner(const tq_shape *shape, int64_t axis)
{
    static const int stored[] = {0, 3, 1, 2}; /* places of NCHW in NHWC */
    const tq_shape nhwc =
        shape->rank == 4
            ? tq_shape_of(4, (const int64_t[]){shape->dim[0], shape->dim[2], shape->dim[3], shape->dim[1]})
            : *shape;
    return tq_onnx__row_of(&nhwc, (shape->rank == 4 ? stored[axis] : axis) + 1);
}

tq_status tq_onnx__add_scaled(const tq_onnx_node *node, const char *kind, const char *options,
                              const tq_onnx_value *input, const tq_onnx_scales *s, tq_onnx_value *value)
{
    tq_network *network = node->onnx->network;
    const tq_shape shape = {.rank = 1, .dim = {s->count}};
    TQ_TRY(tq_onnx__add_helper(node, kind, options, input, &input->shape, value));
    TQ_TRY(tq_network_set_weight(network, value->layer, "scale", &shape, s->scale));
    return tq_network_set_weight(network, value->layer, "zero", &shape, s->zero);
}

/* The axis of scales that are several; its length must be their number. */
static tq_status find_axis(const tq_onnx_node *node, const tq_shape *shape, const tq_onnx_scales *s,
                           int64_t *axis)
{
    char text[160];
    *axis = tq_onnx__int(node, "axis", 1);
    if (s->count == 1)
        return TQ_OK;
    TQ_TRY(tq_onnx__check_axis(axis, shape->rank));
    tq_shape_print(text, sizeof text, shape);
    if (shape->dim[*axis] != s->count)
        return tq_status__fail(TQ_E_SHAPE, "%lld scales for axis %lld of shape %s", (long long)s->count,
                               (long long)*axis, text);
    return TQ_OK;
}

/* The node's own layer. Maps act on numbers, not on codes. */
static tq_status add_layer(tq_onnx_node *node, const char *kind, const char *options,
                           const tq_onnx_value *input, const tq_onnx_scales *s)
{
    const tq_shape shape = {.rank = 1, .dim = {s->count}};
    int64_t axis;
    char text[160];
    TQ_TRY(find_axis(node, &input->shape, s, &axis));
    if (s->count > 1 && axis == 0)
        TQ_TRY(tq_onnx__fix_batch(node));
    snprintf(text, sizeof text, "%s%sinner=%lld", options, *options ? "," : "",
             (long long)(s->count > 1 ? tq_onnx__inner(&input->shape, axis) : 1));
    if (strcmp(kind, "dequantizelinear") == 0) {
        TQ_TRY(tq_onnx__add(node, kind, text, input->layer));
    } else {
        TQ_TRY(tq_onnx__unique_name(node->onnx, node->name, &node->layer));
        TQ_TRY(tq_network__add_helper(node->onnx->network, kind, node->layer, text, input->layer));
    }
    TQ_TRY(tq_onnx__set_weight(node, "scale", &shape, s->scale));
    TQ_TRY(tq_onnx__set_weight(node, "zero", &shape, s->zero));
    return tq_onnx__layer_output(node, &input->shape);
}

static float quantized(float x, float scale, float zero, const tq_onnx_type *type, const tq_quantizer *q)
{
    const float y = x / scale;
    if (type->bits == 0)
        return tq_quantizer_apply(q, y, 0);
    const double code = nearbyint((double)y) + (double)zero;
    return (float)fmin(fmax(code, tq_onnx__type_lowest(type)), tq_onnx__type_highest(type));
}

/* The constant's numbers become codes (`type` not NULL), or codes numbers; in place. */
static tq_status convert(const tq_onnx_node *node, const tq_shape *shape, float *values,
                         const tq_onnx_scales *s, const tq_onnx_type *type)
{
    int64_t axis;
    tq_quantizer q = {.kind = NULL};
    TQ_TRY(find_axis(node, shape, s, &axis));
    const int64_t inner = s->count > 1 ? tq_onnx__row_of(shape, axis + 1) : 1;
    if (type != NULL && type->bits == 0)
        TQ_TRY(tq_quantizer_parse(&q, strchr(type->options, '=') + 1));
    for (int64_t i = 0; i < tq_shape_count(shape); ++i) {
        const int64_t place = i / inner % s->count;
        values[i] = type != NULL ? quantized(values[i], s->scale[place], s->zero[place], type, &q)
                                 : (values[i] - s->zero[place]) * s->scale[place];
    }
    return TQ_OK;
}

static tq_status fold(tq_onnx_node *node, const tq_onnx_value *input, const tq_onnx_scales *s,
                      const tq_onnx_type *type)
{
    float *values = NULL;
    tq_onnx_value made;
    TQ_TRY(tq_onnx__any_floats(input, &values));
    TQ_TRY(tq_onnx__keep(node->onnx, values));
    TQ_TRY(convert(node, &input->shape, values, s, type));
    TQ_TRY(tq_onnx__make_constant(node->onnx, &input->shape, values, NULL, &made));
    made.type = type != NULL ? type->code : TQ_ONNX_FLOAT;
    return tq_onnx__alias(node, &made);
}

static tq_status quantize(tq_onnx_node *node, const tq_onnx_value *input, const tq_onnx_scales *s)
{
    const int32_t wanted =
        s->type != 0 ? s->type : (int32_t)tq_onnx__int(node, "output_dtype", TQ_ONNX_UINT8);
    const tq_onnx_type *type = tq_onnx__type(wanted);
    char options[96];
    if (type == NULL || type->options == NULL || wanted == TQ_ONNX_FLOAT || !tq_onnx__is_float(input) ||
        (s->scale_type != TQ_ONNX_FLOAT && s->scale_type != 0))
        return tq_status__fail(
            TQ_E_UNSUPPORTED,
            "from type %s with scales of type %s to data type %d; supported: from float by "
            "float to integers of up to 16 bits and small floats",
            tq_onnx__type(tq_onnx__type_of(input))->name,
            tq_onnx__type(s->scale_type) ? tq_onnx__type(s->scale_type)->name : "?", (int)wanted);
    if (input->role == TQ_ONNX_CONSTANT)
        return fold(node, input, s, type);
    snprintf(options, sizeof options, "%s%s", type->options,
             tq_onnx__int(node, "saturate", 1) != 0 ? "" : ",saturate=0");
    TQ_TRY(add_layer(node, "quantizelinear", options, input, s));
    tq_onnx__found(node->onnx, node->proto->output[0])->type = type->code;
    return TQ_OK;
}

tq_status tq_onnx__import_quantize_linear(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    tq_onnx_scales s;
    TQ_TRY(tq_onnx__input(node, 0, &input));
    TQ_TRY(tq_onnx__scales(node, 1, 2, &s));
    const tq_status status = quantize(node, input, &s);
    tq_onnx__free_scales(&s);
    return status;
}

/* The product with a scale of float16 is one of float16: exact in binary32, and then rounded. */
static tq_status dequantize(tq_onnx_node *node, const tq_onnx_value *input, const tq_onnx_scales *s)
{
    const int32_t to = (int32_t)tq_onnx__int(node, "output_dtype", s->scale_type);
    if (to != s->scale_type || (to != TQ_ONNX_FLOAT && to != TQ_ONNX_FLOAT16))
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "to data type %d, supported: that of the scales, float or float16", (int)to);
    if (input->role == TQ_ONNX_CONSTANT && to == TQ_ONNX_FLOAT)
        return fold(node, input, s, NULL);
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    TQ_TRY(add_layer(node, "dequantizelinear", "", input, s));
    tq_onnx_value *made = tq_onnx__found(node->onnx, node->proto->output[0]);
    return to == TQ_ONNX_FLOAT
               ? TQ_OK
               : tq_onnx__cast(node, &(const tq_onnx_value){.layer = made->layer, .shape = made->shape}, to,
                               true, made);
}

tq_status tq_onnx__import_dequantize_linear(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    tq_onnx_scales s;
    TQ_TRY(tq_onnx__input(node, 0, &input));
    TQ_TRY(tq_onnx__scales(node, 1, 2, &s));
    const tq_status status = dequantize(node, input, &s);
    tq_onnx__free_scales(&s);
    return status;
}

/* The scale is one of the whole tensor, all samples: the network is for the model's batch. */
tq_status tq_onnx__import_dynamic_quantize_linear(tq_onnx_node *node)
{
    static const char *const options[] = {"part=codes", "part=scale", "part=zero"};
    static const int32_t types[] = {TQ_ONNX_UINT8, 0, TQ_ONNX_UINT8};
    const tq_shape one = tq_shape_of(1, (const int64_t[]){1});
    const tq_onnx_value *input;
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    TQ_TRY(tq_onnx__fix_batch(node));
    for (size_t i = 0; i < TQ_COUNT(options) && i < node->proto->n_output; ++i) {
        const char *name = tq_onnx__text(node->proto->output[i]);
        tq_onnx_value made;
        if (*name == '\0')
            continue;
        TQ_TRY(tq_onnx__add_helper(node, "dynamicquantizelinear", options[i], input,
                                   i == 0 ? &input->shape : &one, &made));
        made.type = types[i];
        TQ_TRY(tq_onnx__define(node->onnx, name, &made));
    }
    return TQ_OK;
}
