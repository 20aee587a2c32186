/*
 * Products of integers: ConvInteger, MatMulInteger, QLinearConv, QLinearMatMul. Zero points are subtracted
 * first, from tensors by a layer, from constants here; then it is a contraction with exact sums. Its int32
 * results are binary32 numbers, rounded to nearest where they pass 2^24, which is what a conversion to float
 * does: QLinear's own, or a Cast's that must follow.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/onnx_scales.h"
#include "layers/kind.h"
#include "layers/matrices.h"

#define MOST_EXACT 0x1p24

/* Where a node's inputs are; 0: there is none. */
typedef struct inputs {
    size_t a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero, bias;
} inputs;

static const inputs of_integer = {.a = 0, .b = 1, .a_zero = 2, .b_zero = 3};
static const inputs of_linear = {0, 1, 2, 3, 4, 5, 6, 7, 8};

static tq_status check_integer(const tq_onnx_node *node, size_t i, const tq_onnx_value *value)
{
    const tq_onnx_type *type = tq_onnx__type(tq_onnx__type_of(value));
    if (type != NULL && type->bits > 0 && type->bits <= 16)
        return TQ_OK;
    return tq_status__fail(TQ_E_UNSUPPORTED, "input '%s' is of data type %d, supported: int8, uint8",
                           node->proto->input[i], (int)tq_onnx__type_of(value));
}

static bool has_computed(const tq_onnx_node *node, size_t i)
{
    const tq_onnx_value *value =
        tq_onnx__has_input(node, i) ? tq_onnx__find(node->onnx, node->proto->input[i]) : NULL;
    return value != NULL && value->role == TQ_ONNX_TENSOR;
}

/* A tensor without a zero point that is computed: one number. */
static tq_status subtract(tq_onnx_node *node, const tq_onnx_value *value, const tq_onnx_value *zero,
                          tq_onnx_value *to)
{
    tq_text inputs = {0};
    tq_onnx_value joined = *value;
    tq_text__print(&inputs, "%s,%s", value->layer, zero->layer);
    joined.layer = tq_text__get(&inputs);
    tq_status status = tq_text__status(&inputs);
    if (status == TQ_OK && tq_shape_count(&zero->shape) != 1)
        status = tq_status__fail(TQ_E_UNSUPPORTED, "a computed zero point of several numbers");
    if (status == TQ_OK)
        status = tq_onnx__add_helper(node, "sub", "", &joined, &value->shape, to);
    tq_text__free(&inputs);
    return status;
}

/* A tensor without its zero point. */
static tq_status centered(tq_onnx_node *node, const tq_onnx_value *value, size_t zero, tq_onnx_value *to)
{
    tq_onnx_scales s;
    if (has_computed(node, zero))
        return subtract(node, value, tq_onnx__found(node->onnx, node->proto->input[zero]), to);
    TQ_TRY(tq_onnx__zero_point(node, zero, &s));
    tq_status status = TQ_OK;
    *to = *value;
    if (s.count != 1)
        status = tq_status__fail(TQ_E_UNSUPPORTED, "'%s' has %lld zero points, supported: 1",
                                 node->proto->input[zero], (long long)s.count);
    else if (s.zero[0] != 0.0f)
        status = tq_onnx__add_scaled(node, "dequantizelinear", "", value, &s, to);
    tq_onnx__free_scales(&s);
    return status;
}

/* The same of a constant, whose zero points may be one for each index of `axis`. */
static tq_status centered_constant(tq_onnx_node *node, const tq_onnx_value *value, size_t zero, int axis,
                                   tq_onnx_value *to)
{
    tq_onnx_scales s;
    float *values = NULL;
    const int64_t inner = tq_onnx__row_of(&value->shape, axis + 1);
    TQ_TRY(tq_onnx__any_floats(value, &values));
    TQ_TRY(tq_onnx__keep(node->onnx, values));
    TQ_TRY(tq_onnx__zero_point(node, zero, &s));
    tq_status status = TQ_OK;
    if (s.count != 1 && s.count != value->shape.dim[axis])
        status =
            tq_status__fail(TQ_E_SHAPE, "'%s' has %lld zero points for %lld outputs",
                            node->proto->input[zero], (long long)s.count, (long long)value->shape.dim[axis]);
    for (int64_t i = 0; status == TQ_OK && i < tq_shape_count(&value->shape); ++i)
        values[i] -= s.zero[i / inner % s.count];
    tq_onnx__free_scales(&s);
    if (status == TQ_OK)
        status = tq_onnx__make_constant(node->onnx, &value->shape, values, NULL, to);
    return status;
}

/* Largest magnitude of a value of an integer type without its zero point. */
static double largest(const tq_onnx_value *value)
{
    const tq_onnx_type *type = tq_onnx__type(tq_onnx__type_of(value));
    return ldexp(1.0, type->bits); /* whatever the zero point is: one of the type */
}

/* Largest sum of magnitudes of the numbers that make output `i` of a constant. */
static tq_status weight_sum(const tq_onnx_value *constant, int axis, double *most)
{
    float *values = NULL;
    const int64_t count = tq_shape_count(&constant->shape), outputs = constant->shape.dim[axis];
    const int64_t inner = tq_onnx__row_of(&constant->shape, axis + 1);
    double *sums = calloc((size_t)outputs, sizeof *sums);
    if (sums == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld sums", (long long)outputs);
    const tq_status status = tq_onnx__floats(constant, &values);
    *most = 0.0;
    for (int64_t i = 0; status == TQ_OK && i < count; ++i) {
        double *sum = &sums[i / inner % outputs];
        *sum += fabs((double)values[i]);
        *most = fmax(*most, *sum);
    }
    free(values);
    free(sums);
    return status;
}

/* Whether a node makes its input floats. */
static bool converts(const Onnx__NodeProto *proto)
{
    const tq_onnx_node node = {.proto = proto};
    const char *op = tq_onnx__text(proto->op_type);
    return strcmp(op, "DequantizeLinear") == 0 ||
           (strcmp(op, "Cast") == 0 && tq_onnx__int(&node, "to", 0) == TQ_ONNX_FLOAT);
}

/* Whether all that reads the node's output converts it to float. */
static bool is_converted(const tq_onnx_node *node)
{
    const Onnx__GraphProto *graph = node->onnx->graph;
    const char *name = node->proto->output[0];
    for (size_t i = 0; i < graph->n_output; ++i)
        if (strcmp(tq_onnx__text(graph->output[i]->name), name) == 0)
            return false;
    for (size_t i = 0; i < graph->n_node; ++i)
        for (size_t j = 0; j < graph->node[i]->n_input; ++j)
            if (strcmp(tq_onnx__text(graph->node[i]->input[j]), name) == 0 && !converts(graph->node[i]))
                return false;
    return true;
}

/* int32 results are exact, or rounded where a conversion would round them. */
static tq_status check_exact(const tq_onnx_node *node, double most)
{
    if (most <= MOST_EXACT || is_converted(node))
        return TQ_OK;
    return tq_status__fail(
        TQ_E_UNSUPPORTED,
        "the int32 sums may reach %.0f; supported: up to 2^24, or with a Cast to float behind, as "
        "tensors hold binary32",
        most);
}

static tq_status add_convolution(tq_onnx_node *node, const inputs *in, double *most)
{
    const tq_onnx_value *x, *w;
    tq_onnx_value a, b;
    TQ_TRY(tq_onnx__tensor(node, in->a, &x));
    TQ_TRY(tq_onnx__constant(node, in->b, &w));
    TQ_TRY(check_integer(node, in->a, x));
    TQ_TRY(check_integer(node, in->b, w));
    TQ_TRY(centered(node, x, in->a_zero, &a));
    TQ_TRY(centered_constant(node, w, in->b_zero, 0, &b));
    TQ_TRY(weight_sum(&b, 0, most));
    *most *= largest(x);
    return tq_onnx__convolution(node, &a, &b, in->b);
}

static tq_status add_dense(tq_onnx_node *node, const tq_onnx_value *a, const tq_onnx_value *b)
{
    tq_shape shape = a->shape;
    float *values = NULL;
    if (shape.dim[shape.rank - 1] != b->shape.dim[0])
        return tq_status__fail(TQ_E_SHAPE, "rows of %lld do not fit columns of %lld",
                               (long long)shape.dim[shape.rank - 1], (long long)b->shape.dim[0]);
    shape.dim[shape.rank - 1] = b->shape.dim[1];
    TQ_TRY(tq_onnx__add(node, "dense", "exact=1", a->layer));
    TQ_TRY(tq_onnx__floats(b, &values));
    const tq_status status = tq_onnx__set_weight(node, "weight", &b->shape, values);
    free(values);
    return status == TQ_OK ? tq_onnx__layer_output(node, &shape) : status;
}

static tq_status add_matmul(tq_onnx_node *node, const inputs *in, const tq_onnx_value *a, tq_onnx_value *b)
{
    const tq_onnx_value *const operands[] = {a, b};
    tq_shape shape;
    TQ_TRY(tq_matrices__product(&a->shape, &b->shape, &shape));
    if (tq_onnx__product_mixes_samples(a, b))
        TQ_TRY(tq_onnx__fix_batch(node));
    TQ_TRY(tq_onnx__place(node->onnx, node->proto->input[in->b], b));
    TQ_TRY(tq_onnx__add_of(node, "matmul", "order=nchw,exact=1", operands, 2));
    return tq_onnx__layer_output(node, &shape);
}

static tq_status add_product(tq_onnx_node *node, const inputs *in, double *most)
{
    const tq_onnx_value *x, *w;
    tq_onnx_value a, b;
    TQ_TRY(tq_onnx__tensor(node, in->a, &x));
    TQ_TRY(tq_onnx__input(node, in->b, &w));
    TQ_TRY(check_integer(node, in->a, x));
    TQ_TRY(check_integer(node, in->b, w));
    TQ_TRY(centered(node, x, in->a_zero, &a));
    *most = largest(x) * largest(w) * (double)x->shape.dim[x->shape.rank - 1];
    if (w->role != TQ_ONNX_CONSTANT) {
        TQ_TRY(centered(node, w, in->b_zero, &b));
        return add_matmul(node, in, &a, &b);
    }
    TQ_TRY(centered_constant(node, w, in->b_zero, w->shape.rank - 1, &b));
    if (b.shape.rank != 2 || a.shape.rank == 4)
        return add_matmul(node, in, &a, &b);
    TQ_TRY(weight_sum(&b, 1, most));
    *most *= largest(x);
    return add_dense(node, &a, &b);
}

static tq_status finish_integer(const tq_onnx_node *node, double most)
{
    TQ_TRY(check_exact(node, most));
    tq_onnx__found(node->onnx, node->proto->output[0])->type = TQ_ONNX_INT32;
    return TQ_OK;
}

tq_status tq_onnx__import_conv_integer(tq_onnx_node *node)
{
    double most;
    TQ_TRY(add_convolution(node, &of_integer, &most));
    return finish_integer(node, most);
}

tq_status tq_onnx__import_matmul_integer(tq_onnx_node *node)
{
    double most;
    TQ_TRY(add_product(node, &of_integer, &most));
    return finish_integer(node, most);
}

/* y's scales become what sums are multiplied by: (a's scale * b's scale) / y's scale, as floats. */
static tq_status multipliers(const tq_onnx_scales *a, const tq_onnx_scales *b, tq_onnx_scales *y)
{
    if (a->count != 1 || y->count != 1)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "%lld and %lld scales of the first operand and the output, supported: 1",
                               (long long)a->count, (long long)y->count);
    const float scale = y->scale[0], zero = y->zero[0];
    float *scales = malloc((size_t)b->count * sizeof *scales),
          *zeros = malloc((size_t)b->count * sizeof *zeros);
    for (int64_t i = 0; scales != NULL && zeros != NULL && i < b->count; ++i) {
        const float product = a->scale[0] * b->scale[i];
        scales[i] = product / scale;
        zeros[i] = zero;
    }
    free(y->scale);
    free(y->zero);
    y->scale = scales;
    y->zero = zeros;
    y->count = b->count;
    return scales != NULL && zeros != NULL ? TQ_OK : tq_status__fail(TQ_E_MEMORY, "no memory for scales");
}

/* Puts the requantizing layer behind the node's. */
static tq_status requantize(const tq_onnx_node *node, const tq_onnx_scales *y, int64_t axis)
{
    tq_onnx_value *output = tq_onnx__found(node->onnx, node->proto->output[0]), made;
    const tq_onnx_type *type = tq_onnx__type(y->type == 0 ? TQ_ONNX_UINT8 : y->type);
    tq_text options = {0};
    if (type == NULL || type->bits == 0 || type->bits > 16)
        return tq_status__fail(TQ_E_UNSUPPORTED, "output zero point of data type %d, supported: int8, uint8",
                               (int)y->type);
    if (y->count > 1 && y->count != output->shape.dim[axis])
        return tq_status__fail(TQ_E_SHAPE, "%lld scales for %lld outputs", (long long)y->count,
                               (long long)output->shape.dim[axis]);
    tq_text__print(&options, "%s,by=multiply,inner=%lld", type->options,
                   (long long)(y->count > 1 ? tq_onnx__inner(&output->shape, axis) : 1));
    tq_status status = tq_text__status(&options);
    if (status == TQ_OK)
        status = tq_onnx__add_scaled(node, "quantizelinear", tq_text__get(&options), output, y, &made);
    tq_text__free(&options);
    TQ_TRY(status);
    made.type = type->code;
    *output = made;
    return TQ_OK;
}

static tq_status finish_linear(const tq_onnx_node *node, int64_t axis)
{
    const inputs *in = &of_linear;
    tq_onnx_scales a = {0}, b = {0}, y = {0};
    tq_status status = tq_onnx__scales(node, in->a_scale, in->a_zero, &a);
    if (status == TQ_OK)
        status = tq_onnx__scales(node, in->b_scale, in->b_zero, &b);
    if (status == TQ_OK)
        status = tq_onnx__scales(node, in->y_scale, in->y_zero, &y);
    if (status == TQ_OK)
        status = multipliers(&a, &b, &y);
    if (status == TQ_OK)
        status = requantize(node, &y, axis);
    tq_onnx__free_scales(&a);
    tq_onnx__free_scales(&b);
    tq_onnx__free_scales(&y);
    return status;
}

/* int32, which must be binary32 numbers: of at most 2^24, or with zeros at the end. */
static tq_status set_bias(tq_onnx_node *node, int64_t outputs)
{
    const tq_onnx_value *bias;
    float *values = NULL;
    int64_t *integers;
    size_t count;
    const tq_shape shape = {.rank = 1, .dim = {outputs}};
    TQ_TRY(tq_onnx__constant(node, of_linear.bias, &bias));
    if (!tq_shape_equal(&bias->shape, &shape))
        return tq_status__fail(TQ_E_SHAPE, "bias '%s' needs shape %lld", node->proto->input[of_linear.bias],
                               (long long)outputs);
    integers = malloc((size_t)outputs * sizeof *integers);
    values = malloc((size_t)outputs * sizeof *values);
    tq_status status = integers != NULL && values != NULL
                           ? tq_onnx__integers(bias, integers, (size_t)outputs, &count)
                           : tq_status__fail(TQ_E_MEMORY, "no memory for a bias");
    for (int64_t i = 0; status == TQ_OK && i < outputs; ++i) {
        values[i] = (float)integers[i];
        if ((int64_t)values[i] != integers[i])
            status =
                tq_status__fail(TQ_E_UNSUPPORTED, "bias %lld is no binary32 number; integers up to 2^24 are",
                                (long long)integers[i]);
    }
    if (status == TQ_OK)
        status = tq_onnx__set_weight(node, "bias", &shape, values);
    free(integers);
    free(values);
    return status;
}

tq_status tq_onnx__import_qlinear_conv(tq_onnx_node *node)
{
    double most;
    TQ_TRY(add_convolution(node, &of_linear, &most));
    if (tq_onnx__has_input(node, of_linear.bias))
        TQ_TRY(set_bias(node, tq_onnx__found(node->onnx, node->proto->output[0])->shape.dim[1]));
    return finish_linear(node, 1);
}

tq_status tq_onnx__import_qlinear_matmul(tq_onnx_node *node)
{
    double most;
    TQ_TRY(add_product(node, &of_linear, &most));
    return finish_linear(node, tq_onnx__found(node->onnx, node->proto->output[0])->shape.rank - 1);
}
