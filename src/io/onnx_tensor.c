#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/onnx_graph.h"
#include "util/float_bits.h"

tq_shape tq_onnx__dims(const Onnx__TensorProto *tensor)
{
    const tq_shape bad = {.rank = -1};
    if (tensor->n_dims > TQ_MAX_RANK)
        return bad;
    const tq_shape shape = tq_shape_of((int)tensor->n_dims, tensor->dims);
    return tq_shape_count(&shape) > 0 ? shape : bad;
}

/* Some writers leave raw_data there, but empty. */
static bool is_raw(const Onnx__TensorProto *tensor)
{
    return tensor->has_raw_data && tensor->raw_data.len > 0;
}

/* Element `i` of the data, wherever they are. */
typedef double number_at(const Onnx__TensorProto *tensor, size_t i);

static uint64_t raw_bits(const Onnx__TensorProto *tensor, size_t i, size_t width)
{
    const uint8_t *p = tensor->raw_data.data + i * width;
    uint64_t bits = 0;
    for (size_t byte = 0; byte < width; ++byte)
        bits |= (uint64_t)p[byte] << 8 * byte;
    return bits;
}

static double float32_at(const Onnx__TensorProto *tensor, size_t i)
{
    return is_raw(tensor) ? tq_bits__number((uint32_t)raw_bits(tensor, i, 4)) : tensor->float_data[i];
}

static double float64_at(const Onnx__TensorProto *tensor, size_t i)
{
    double value;
    if (!is_raw(tensor))
        return tensor->double_data[i];
    const uint64_t bits = raw_bits(tensor, i, 8);
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t half_bits(const Onnx__TensorProto *tensor, size_t i)
{
    return is_raw(tensor) ? (uint32_t)raw_bits(tensor, i, 2) : (uint32_t)tensor->int32_data[i] & 0xFFFF;
}

static double float16_at(const Onnx__TensorProto *tensor, size_t i)
{
    const uint32_t bits = half_bits(tensor, i), mantissa = bits & 0x3FF;
    const int exponent = (int)(bits >> 10 & 31);
    const double sign = bits >> 15 ? -1.0 : 1.0;
    if (exponent == 31)
        return mantissa != 0 ? (double)NAN : sign * (double)INFINITY;
    return sign * (exponent == 0 ? ldexp(mantissa, -24) : ldexp(1024 + mantissa, exponent - 25));
}

static double bfloat16_at(const Onnx__TensorProto *tensor, size_t i)
{
    return tq_bits__number(half_bits(tensor, i) << 16);
}

#define DATA(field) offsetof(Onnx__TensorProto, n_##field)
#define TYPE(name)  ONNX__TENSOR_PROTO__DATA_TYPE__##name

/* How each type of number is held. */
typedef struct data_type {
    int32_t code;
    size_t width, count; /* bytes in raw_data; where the number of typed elements stands */
    number_at *at;       /* NULL: integers */
} data_type;

static const data_type types[] = {
    {TYPE(FLOAT), 4, DATA(float_data), float32_at},   {TYPE(DOUBLE), 8, DATA(double_data), float64_at},
    {TYPE(FLOAT16), 2, DATA(int32_data), float16_at}, {TYPE(BFLOAT16), 2, DATA(int32_data), bfloat16_at},
    {TYPE(INT64), 8, DATA(int64_data), NULL},         {TYPE(INT32), 4, DATA(int32_data), NULL},
    {TYPE(BOOL), 1, DATA(int32_data), NULL},
};

bool tq_onnx__is_integer(const tq_onnx_value *value)
{
    for (size_t i = 0; i < TQ_COUNT(types); ++i)
        if (types[i].code == value->source->data_type)
            return types[i].at == NULL;
    return false;
}

static tq_status find_type(const Onnx__TensorProto *tensor, bool integer, const data_type **type)
{
    for (size_t i = 0; i < TQ_COUNT(types); ++i)
        if (types[i].code == tensor->data_type && (types[i].at == NULL) == integer) {
            *type = &types[i];
            return TQ_OK;
        }
    return tq_status__fail(TQ_E_UNSUPPORTED, "initializer '%s' is of data type %d; supported here: %s",
                           tq_onnx__text(tensor->name), (int)tensor->data_type,
                           integer ? "int64 (7), int32 (6), bool (9)"
                                   : "float (1), double (11), float16 (10), bfloat16 (16)");
}

/* Checks that the data are here and as many as the dimensions say. */
static tq_status check_data(const Onnx__TensorProto *tensor, const data_type *type, size_t *count)
{
    char text[160];
    const char *name = tq_onnx__text(tensor->name);
    const tq_shape shape = tq_onnx__dims(tensor);
    const uint64_t needed = (uint64_t)tq_shape_count(&shape);
    size_t given;
    if (tensor->n_external_data > 0 ||
        (tensor->has_data_location && tensor->data_location != ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT))
        return tq_status__fail(TQ_E_UNSUPPORTED, "initializer '%s' has its data outside the file", name);
    if (tensor->segment != NULL)
        return tq_status__fail(TQ_E_UNSUPPORTED, "initializer '%s' is stored in segments", name);
    memcpy(&given, (const char *)tensor + type->count, sizeof given);
    if (is_raw(tensor))
        given = tensor->raw_data.len % type->width == 0 ? tensor->raw_data.len / type->width : SIZE_MAX;
    tq_shape_print(text, sizeof text, &shape);
    if (shape.rank < 0 || needed != given)
        return tq_status__fail(
            TQ_E_SHAPE, "initializer '%s' has shape %s, %llu numbers; its data have %zu %s", name, text,
            (unsigned long long)needed, is_raw(tensor) ? tensor->raw_data.len : given,
            is_raw(tensor) ? "bytes" : "numbers");
    *count = given;
    return TQ_OK;
}

static tq_status convert(const Onnx__TensorProto *tensor, const data_type *type, float *to, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        const double value = type->at(tensor, i);
        const bool fits = isnan(value) || isinf(value) || fabs(value) < 0x1p128;
        to[i] = fits ? (float)value : 0;
        if (!fits || (!isnan(value) && (double)to[i] != value))
            return tq_status__fail(
                TQ_E_UNSUPPORTED,
                "initializer '%s': float64 %.17g is not a float32 number; only exact ones are "
                "supported",
                tq_onnx__text(tensor->name), value);
    }
    return TQ_OK;
}

tq_status tq_onnx__floats(const tq_onnx_value *value, float **floats)
{
    const data_type *type = NULL;
    size_t count = 0;
    TQ_TRY(find_type(value->source, false, &type));
    TQ_TRY(check_data(value->source, type, &count));
    float *made = count <= SIZE_MAX / sizeof *made ? malloc(count * sizeof *made) : NULL;
    if (made == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for initializer '%s' of %zu numbers",
                               tq_onnx__text(value->source->name), count);
    const tq_status status = convert(value->source, type, made, count);
    if (status == TQ_OK)
        *floats = made;
    else
        free(made);
    return status;
}

static int64_t integer_at(const Onnx__TensorProto *tensor, const data_type *type, size_t i)
{
    if (!is_raw(tensor))
        return type->code == TYPE(INT64) ? tensor->int64_data[i] : tensor->int32_data[i];
    const uint64_t bits = raw_bits(tensor, i, type->width);
    return type->code == TYPE(INT32) ? (int64_t)(int32_t)(uint32_t)bits : (int64_t)bits;
}

tq_status tq_onnx__integers(const tq_onnx_value *value, int64_t *integers, size_t most, size_t *count)
{
    const data_type *type = NULL;
    TQ_TRY(find_type(value->source, true, &type));
    TQ_TRY(check_data(value->source, type, count));
    if (*count > most)
        return tq_status__fail(TQ_E_UNSUPPORTED, "initializer '%s' has %zu numbers, supported here: %zu",
                               tq_onnx__text(value->source->name), *count, most);
    for (size_t i = 0; i < *count; ++i)
        integers[i] = integer_at(value->source, type, i);
    return TQ_OK;
}

tq_status tq_onnx__permute(const float *from, const tq_shape *shape, const int *order, float **to,
                           tq_shape *permuted)
{
    int64_t step[TQ_MAX_RANK], stride[TQ_MAX_RANK] = {0}, at[TQ_MAX_RANK] = {0};
    const int64_t count = tq_shape_count(shape);
    float *made = malloc((size_t)count * sizeof *made);
    if (made == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld numbers", (long long)count);
    for (int64_t i = shape->rank - 1, size = 1; i >= 0; size *= shape->dim[i--])
        step[i] = size;
    *permuted = *shape;
    for (int i = 0; i < shape->rank; ++i) {
        permuted->dim[i] = shape->dim[order[i]];
        stride[i] = step[order[i]];
    }
    for (int64_t i = 0, source = 0; i < count; ++i) {
        made[i] = from[source];
        for (int d = shape->rank - 1; d >= 0; --d) { /* the odometer's next place */
            source += stride[d];
            if (++at[d] < permuted->dim[d])
                break;
            source -= stride[d] * permuted->dim[d];
            at[d] = 0;
        }
    }
    *to = made;
    return TQ_OK;
}

tq_status tq_onnx__make_constant(tq_onnx *onnx, const tq_shape *shape, const float *floats,
                                 const int64_t *integers, tq_onnx_value *value)
{
    const size_t count = (size_t)tq_shape_count(shape);
    Onnx__TensorProto *tensor = malloc(sizeof *tensor);
    TQ_TRY(tq_onnx__keep(onnx, tensor));
    int64_t *dims = malloc(sizeof shape->dim);
    TQ_TRY(tq_onnx__keep(onnx, dims));
    onnx__tensor_proto__init(tensor);
    memcpy(dims, shape->dim, sizeof shape->dim);
    tensor->n_dims = (size_t)shape->rank;
    tensor->dims = dims;
    tensor->data_type = floats != NULL ? TYPE(FLOAT) : TYPE(INT64);
    tensor->n_float_data = floats != NULL ? count : 0;
    tensor->float_data = (float *)(uintptr_t)floats; /* never written to */
    tensor->n_int64_data = integers != NULL ? count : 0;
    tensor->int64_data = (int64_t *)(uintptr_t)integers;
    *value = (tq_onnx_value){.role = TQ_ONNX_CONSTANT, .shape = *shape, .source = tensor};
    return TQ_OK;
}
