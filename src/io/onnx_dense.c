/* Matrix products: Gemm and MatMul with constant weights become dense layers, MatMul of two tensors a matmul.
 */
#include <math.h>
#include <stdlib.h>

#include "io/onnx_graph.h"
#include "layers/matrices.h"

/* values *= factor, where that is exact. */
static tq_status fold(float *values, int64_t count, double factor, const char *attribute)
{
    for (int64_t i = 0; i < count; ++i) {
        const double product = (double)values[i] * factor;
        const bool fits = isnan(product) || isinf(product) || fabs(product) < 0x1p128;
        const float folded = fits ? (float)product : 0;
        if (!fits || (!isnan(product) && (double)folded != product))
            return tq_status__fail(
                TQ_E_UNSUPPORTED,
                "attribute '%s' is %.9g: supported are 1 and what can be multiplied into the "
                "constants exactly, such as powers of two",
                attribute, factor);
        values[i] = folded;
    }
    return TQ_OK;
}

/* Brings constant input 1 to [inputs][outputs], times `factor`, and sets it. */
static tq_status set_matrix(tq_onnx_node *node, const tq_onnx_value *weight, bool transposed, double factor)
{
    float *values = NULL, *permuted = NULL;
    tq_shape shape;
    TQ_TRY(tq_onnx__floats(weight, &values));
    tq_status status = fold(values, tq_shape_count(&weight->shape), factor, "alpha");
    if (status == TQ_OK)
        status = tq_onnx__permute(values, &weight->shape,
                                  transposed ? (const int[]){1, 0} : (const int[]){0, 1}, &permuted, &shape);
    free(values);
    if (status == TQ_OK)
        status = tq_onnx__set_weight(node, "weight", &shape, permuted);
    free(permuted);
    return status;
}

/* Adds the layer with its weight; gives the number of outputs. */
static tq_status add_dense(tq_onnx_node *node, bool transposed, double factor, int64_t *outputs)
{
    const tq_onnx_value *input, *weight;
    char in[160], w[160];
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    TQ_TRY(tq_onnx__constant(node, 1, &weight));
    TQ_TRY(tq_onnx__need_rank(node, 1, weight, 2));
    tq_shape shape = input->shape;
    tq_shape_print(in, sizeof in, &shape);
    tq_shape_print(w, sizeof w, &weight->shape);
    if (shape.dim[shape.rank - 1] != weight->shape.dim[transposed])
        return tq_status__fail(TQ_E_SHAPE, "input of shape %s does not fit %sweights of shape %s", in,
                               transposed ? "transposed " : "", w);
    TQ_TRY(tq_onnx__add(node, "dense", "", input->layer));
    TQ_TRY(set_matrix(node, weight, transposed, factor));
    *outputs = shape.dim[shape.rank - 1] = weight->shape.dim[!transposed];
    return tq_onnx__layer_output(node, &shape);
}

/* The bias may be one number for all outputs, [outputs] or [1, outputs]. */
static tq_status check_bias(const tq_onnx_node *node, const tq_onnx_value *bias, int64_t outputs)
{
    char text[160];
    const int64_t count = tq_shape_count(&bias->shape);
    const int rank = bias->shape.rank;
    tq_shape_print(text, sizeof text, &bias->shape);
    if (rank <= 2 && (count == 1 || (count == outputs && bias->shape.dim[rank - 1] == outputs)))
        return TQ_OK;
    return tq_status__fail(TQ_E_UNSUPPORTED, "bias '%s' has shape %s, supported: %lld, 1x%lld or one number",
                           node->proto->input[2], text, (long long)outputs, (long long)outputs);
}

static tq_status set_bias(tq_onnx_node *node, int64_t outputs, double factor)
{
    const tq_onnx_value *bias;
    float *values = NULL;
    TQ_TRY(tq_onnx__constant(node, 2, &bias));
    TQ_TRY(check_bias(node, bias, outputs));
    TQ_TRY(tq_onnx__floats(bias, &values));
    const int64_t count = tq_shape_count(&bias->shape);
    float *spread = malloc((size_t)outputs * sizeof *spread);
    tq_status status = spread != NULL
                           ? TQ_OK
                           : tq_status__fail(TQ_E_MEMORY, "no memory for %lld numbers", (long long)outputs);
    for (int64_t i = 0; status == TQ_OK && i < outputs; ++i)
        spread[i] = values[count == 1 ? 0 : i];
    if (status == TQ_OK)
        status = fold(spread, outputs, factor, "beta");
    if (status == TQ_OK)
        status = tq_onnx__set_weight(node, "bias", &(tq_shape){.rank = 1, .dim = {outputs}}, spread);
    free(spread);
    free(values);
    return status;
}

tq_status tq_onnx__import_gemm(tq_onnx_node *node)
{
    int64_t outputs;
    const tq_onnx_value *input;
    const double alpha = tq_onnx__float(node, "alpha", 1), beta = tq_onnx__float(node, "beta", 1);
    if (tq_onnx__int(node, "transA", 0) != 0)
        return tq_status__fail(TQ_E_UNSUPPORTED, "attribute 'transA' is 1, supported: 0");
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    TQ_TRY(tq_onnx__need_rank(node, 0, input, 2));
    TQ_TRY(add_dense(node, tq_onnx__int(node, "transB", 0) != 0, alpha, &outputs));
    return tq_onnx__has_input(node, 2) ? set_bias(node, outputs, beta) : TQ_OK;
}

/* Adds a constant operand of a matmul under a name of its own; of rank 4 it goes from NCHW to NHWC. */
static tq_status add_operand(tq_onnx_node *node, const tq_onnx_value *constant, const char **name)
{
    static const int as_they_are[] = {0, 1, 2, 3, 4, 5}, to_nhwc[] = {0, 2, 3, 1};
    float *values = NULL, *permuted = NULL;
    tq_shape shape;
    TQ_TRY(tq_onnx__unique_name(node->onnx, node->proto->input[1], name));
    TQ_TRY(tq_onnx__floats(constant, &values));
    tq_status status = tq_onnx__permute(values, &constant->shape,
                                        constant->shape.rank == 4 ? to_nhwc : as_they_are, &permuted, &shape);
    free(values);
    if (status == TQ_OK)
        status = tq_network_add_constant(node->onnx->network, *name, &shape, permuted);
    free(permuted);
    return status;
}

/*
 * The first dimension of what is computed is the samples, and a product is one of each sample: two tensors
 * have the same number of dimensions, three or more, and a constant does not differ between samples.
 */
static tq_status check_operands(const tq_onnx_value *a, const tq_onnx_value *b)
{
    char first[160], second[160];
    const bool constant = b->role == TQ_ONNX_CONSTANT;
    tq_shape_print(first, sizeof first, &a->shape);
    tq_shape_print(second, sizeof second, &b->shape);
    if (a->shape.rank < 3 || b->shape.rank < 3 || b->shape.rank > a->shape.rank ||
        (!constant && b->shape.rank != a->shape.rank))
        return tq_status__fail(
            TQ_E_UNSUPPORTED,
            "the product of %s and %s: supported are, of 3 or more dimensions, two tensors of equally many "
            "or a "
            "tensor and a constant of up to as many; and a constant matrix, but for tensors of 4 dimensions",
            first, second);
    if (constant && b->shape.rank == a->shape.rank && b->shape.dim[0] != 1)
        return tq_status__fail(
            TQ_E_UNSUPPORTED,
            "the product of %s and the constant %s: its first dimension, that of the samples, "
            "must be 1",
            first, second);
    return TQ_OK;
}

static tq_status add_matmul(tq_onnx_node *node, const tq_onnx_value *a, const tq_onnx_value *b)
{
    tq_text inputs = {0};
    tq_shape shape;
    const char *name = b->layer;
    TQ_TRY(check_operands(a, b));
    TQ_TRY(tq_matrices__product(&a->shape, &b->shape, &shape));
    if (b->role == TQ_ONNX_CONSTANT)
        TQ_TRY(add_operand(node, b, &name));
    tq_text__print(&inputs, "%s,%s", a->layer, name);
    tq_status status = tq_text__status(&inputs);
    if (status == TQ_OK)
        status = tq_onnx__add(node, "matmul", "order=nchw", tq_text__get(&inputs));
    tq_text__free(&inputs);
    return status == TQ_OK ? tq_onnx__layer_output(node, &shape) : status;
}

tq_status tq_onnx__import_matmul(tq_onnx_node *node)
{
    const tq_onnx_value *a, *b;
    int64_t outputs;
    TQ_TRY(tq_onnx__tensor(node, 0, &a));
    TQ_TRY(tq_onnx__input(node, 1, &b));
    if (b->role == TQ_ONNX_CONSTANT && b->shape.rank == 2 && a->shape.rank != 4)
        return add_dense(node, false, 1, &outputs);
    return add_matmul(node, a, b);
}
