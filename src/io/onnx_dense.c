/* Operators that become dense layers: Gemm, MatMul. */
#include <math.h>
#include <stdlib.h>

#include "io/onnx_graph.h"

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
    TQ_TRY(tq_onnx__need_rank(node, 0, input, 2));
    TQ_TRY(tq_onnx__need_rank(node, 1, weight, 2));
    tq_shape_print(in, sizeof in, &input->shape);
    tq_shape_print(w, sizeof w, &weight->shape);
    if (input->shape.dim[1] != weight->shape.dim[transposed])
        return tq_status__fail(TQ_E_SHAPE, "input of shape %s does not fit %sweights of shape %s", in,
                               transposed ? "transposed " : "", w);
    TQ_TRY(tq_onnx__add(node, "dense", "", input->layer));
    TQ_TRY(set_matrix(node, weight, transposed, factor));
    *outputs = weight->shape.dim[!transposed];
    return tq_onnx__layer_output(node, &(tq_shape){.rank = 2, .dim = {input->shape.dim[0], *outputs}});
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
    const double alpha = tq_onnx__float(node, "alpha", 1), beta = tq_onnx__float(node, "beta", 1);
    if (tq_onnx__int(node, "transA", 0) != 0)
        return tq_status__fail(TQ_E_UNSUPPORTED, "attribute 'transA' is 1, supported: 0");
    TQ_TRY(add_dense(node, tq_onnx__int(node, "transB", 0) != 0, alpha, &outputs));
    return tq_onnx__has_input(node, 2) ? set_bias(node, outputs, beta) : TQ_OK;
}

tq_status tq_onnx__import_matmul(tq_onnx_node *node)
{
    int64_t outputs;
    return add_dense(node, false, 1, &outputs);
}
