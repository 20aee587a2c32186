#include <string.h>

#include "io/onnx_fold.h"
#include "layers/kind.h"

#define WINDOW "auto_pad:s kernel_shape:I pads:I strides:I"

/* Ordered by name: errors list them so. Attributes of later versions of the operators are left out on
 * purpose. */
static const tq_onnx_operator operators[] = {
    {"Abs", tq_onnx__import_unary, 1, 1, 1, ""},
    {"Add", tq_onnx__import_binary, 2, 2, 1, ""},
    {"ArgMax", tq_onnx__import_place, 1, 1, 1, "axis:i keepdims:i select_last_index:i"},
    {"ArgMin", tq_onnx__import_place, 1, 1, 1, "axis:i keepdims:i select_last_index:i"},
    {"AveragePool", tq_onnx__import_average_pool, 1, 1, 1, WINDOW " ceil_mode:i count_include_pad:i"},
    {"BatchNormalization", tq_onnx__import_batch_normalization, 5, 5, 5,
     "epsilon:f momentum:f spatial:i training_mode:i"},
    {"Cast", tq_onnx__import_cast, 1, 1, 1, "saturate:i to:i"},
    {"Ceil", tq_onnx__import_unary, 1, 1, 1, ""},
    {"Celu", tq_onnx__import_unary, 1, 1, 1, "alpha:f"},
    {"Clip", tq_onnx__import_clip, 1, 3, 1, "max:f min:f"},
    {"Concat", tq_onnx__import_concat, 1, TQ_LAYER_INPUTS, 1, "axis:i"},
    {"Constant", tq_onnx__import_constant, 0, 0, 1,
     "value:t value_float:f value_floats:F value_int:i value_ints:I"},
    {"Conv", tq_onnx__import_conv, 2, 3, 1, WINDOW " dilations:I group:i"},
    {"ConvInteger", tq_onnx__import_conv_integer, 2, 4, 1, WINDOW " dilations:I group:i"},
    {"ConvTranspose", tq_onnx__import_conv_transpose, 2, 3, 1,
     WINDOW " dilations:I group:i output_padding:I output_shape:I"},
    {"DepthToSpace", tq_onnx__import_depth_to_space, 1, 1, 1, "blocksize:i mode:s"},
    {"DequantizeLinear", tq_onnx__import_dequantize_linear, 2, 3, 1, "axis:i output_dtype:i"},
    {"Div", tq_onnx__import_binary, 2, 2, 1, ""},
    {"Dropout", tq_onnx__import_dropout, 1, 3, 2, "ratio:f seed:i"},
    {"DynamicQuantizeLinear", tq_onnx__import_dynamic_quantize_linear, 1, 1, 3, ""},
    {"Elu", tq_onnx__import_unary, 1, 1, 1, "alpha:f"},
    {"Erf", tq_onnx__import_unary, 1, 1, 1, ""},
    {"Exp", tq_onnx__import_unary, 1, 1, 1, ""},
    {"Expand", tq_onnx__import_expand, 2, 2, 1, ""},
    {"Flatten", tq_onnx__import_flatten, 1, 1, 1, "axis:i"},
    {"Floor", tq_onnx__import_unary, 1, 1, 1, ""},
    {"Gather", tq_onnx__import_gather, 2, 2, 1, "axis:i"},
    {"Gelu", tq_onnx__import_gelu, 1, 1, 1, "approximate:s"},
    {"Gemm", tq_onnx__import_gemm, 2, 3, 1, "alpha:f beta:f transA:i transB:i"},
    {"GlobalAveragePool", tq_onnx__import_global_average_pool, 1, 1, 1, ""},
    {"GlobalLpPool", tq_onnx__import_global_lp_pool, 1, 1, 1, "p:i"},
    {"GlobalMaxPool", tq_onnx__import_global_max_pool, 1, 1, 1, ""},
    {"HardSigmoid", tq_onnx__import_unary, 1, 1, 1, "alpha:f beta:f"},
    {"HardSwish", tq_onnx__import_unary, 1, 1, 1, ""},
    {"Identity", tq_onnx__import_identity, 1, 1, 1, ""},
    {"InstanceNormalization", tq_onnx__import_instance_normalization, 3, 3, 1, "epsilon:f"},
    {"LRN", tq_onnx__import_lrn, 1, 1, 1, "alpha:f beta:f bias:f size:i"},
    {"LayerNormalization", tq_onnx__import_layer_normalization, 2, 3, 3, "axis:i epsilon:f stash_type:i"},
    {"LeakyRelu", tq_onnx__import_unary, 1, 1, 1, "alpha:f"},
    {"Log", tq_onnx__import_unary, 1, 1, 1, ""},
    {"LogSoftmax", tq_onnx__import_softmax, 1, 1, 1, "axis:i"},
    {"LpPool", tq_onnx__import_lp_pool, 1, 1, 1, WINDOW " ceil_mode:i p:i"},
    {"MatMul", tq_onnx__import_matmul, 2, 2, 1, ""},
    {"MatMulInteger", tq_onnx__import_matmul_integer, 2, 4, 1, ""},
    {"Max", tq_onnx__import_chain, 1, TQ_ONNX_MOST_TERMS, 1, ""},
    {"MaxPool", tq_onnx__import_max_pool, 1, 1, 2, WINDOW " ceil_mode:i dilations:I storage_order:i"},
    {"Mean", tq_onnx__import_chain, 1, TQ_ONNX_MOST_TERMS, 1, ""},
    {"Min", tq_onnx__import_chain, 1, TQ_ONNX_MOST_TERMS, 1, ""},
    {"Mul", tq_onnx__import_binary, 2, 2, 1, ""},
    {"Neg", tq_onnx__import_unary, 1, 1, 1, ""},
    {"PRelu", tq_onnx__import_prelu, 2, 2, 1, ""},
    {"Pad", tq_onnx__import_pad, 1, 4, 1, "mode:s pads:I value:f"},
    {"Pow", tq_onnx__import_binary, 2, 2, 1, ""},
    {"QLinearConv", tq_onnx__import_qlinear_conv, 8, 9, 1, WINDOW " dilations:I group:i"},
    {"QLinearMatMul", tq_onnx__import_qlinear_matmul, 8, 8, 1, ""},
    {"QuantizeLinear", tq_onnx__import_quantize_linear, 2, 3, 1,
     "axis:i output_dtype:i precision:i saturate:i"},
    {"Reciprocal", tq_onnx__import_unary, 1, 1, 1, ""},
    {"ReduceL1", tq_onnx__import_reduce, 1, 2, 1, "axes:I keepdims:i noop_with_empty_axes:i"},
    {"ReduceL2", tq_onnx__import_reduce, 1, 2, 1, "axes:I keepdims:i noop_with_empty_axes:i"},
    {"ReduceLogSum", tq_onnx__import_reduce, 1, 2, 1, "axes:I keepdims:i noop_with_empty_axes:i"},
    {"ReduceLogSumExp", tq_onnx__import_log_sum_exp, 1, 2, 1, "axes:I keepdims:i noop_with_empty_axes:i"},
    {"ReduceMax", tq_onnx__import_reduce, 1, 2, 1, "axes:I keepdims:i noop_with_empty_axes:i"},
    {"ReduceMean", tq_onnx__import_reduce, 1, 2, 1, "axes:I keepdims:i noop_with_empty_axes:i"},
    {"ReduceMin", tq_onnx__import_reduce, 1, 2, 1, "axes:I keepdims:i noop_with_empty_axes:i"},
    {"ReduceProd", tq_onnx__import_reduce, 1, 2, 1, "axes:I keepdims:i noop_with_empty_axes:i"},
    {"ReduceSum", tq_onnx__import_reduce, 1, 2, 1, "axes:I keepdims:i noop_with_empty_axes:i"},
    {"ReduceSumSquare", tq_onnx__import_reduce, 1, 2, 1, "axes:I keepdims:i noop_with_empty_axes:i"},
    {"Relu", tq_onnx__import_relu, 1, 1, 1, ""},
    {"Reshape", tq_onnx__import_reshape, 2, 2, 1, "allowzero:i"},
    {"Resize", tq_onnx__import_resize, 2, 4, 1,
     "coordinate_transformation_mode:s cubic_coeff_a:f exclude_outside:i extrapolation_value:f mode:s "
     "nearest_mode:s"},
    {"Round", tq_onnx__import_unary, 1, 1, 1, ""},
    {"Selu", tq_onnx__import_unary, 1, 1, 1, "alpha:f gamma:f"},
    {"Sigmoid", tq_onnx__import_unary, 1, 1, 1, ""},
    {"Sign", tq_onnx__import_unary, 1, 1, 1, ""},
    {"Slice", tq_onnx__import_slice, 1, 5, 1, "axes:I ends:I starts:I"},
    {"Softmax", tq_onnx__import_softmax, 1, 1, 1, "axis:i"},
    {"Softplus", tq_onnx__import_unary, 1, 1, 1, ""},
    {"Softsign", tq_onnx__import_unary, 1, 1, 1, ""},
    {"SpaceToDepth", tq_onnx__import_space_to_depth, 1, 1, 1, "blocksize:i"},
    {"Split", tq_onnx__import_split, 1, 2, TQ_ONNX_MOST_OUTPUTS, "axis:i num_outputs:i split:I"},
    {"Sqrt", tq_onnx__import_unary, 1, 1, 1, ""},
    {"Squeeze", tq_onnx__import_squeeze, 1, 2, 1, "axes:I"},
    {"Sub", tq_onnx__import_binary, 2, 2, 1, ""},
    {"Sum", tq_onnx__import_chain, 1, TQ_ONNX_MOST_TERMS, 1, ""},
    {"Tanh", tq_onnx__import_unary, 1, 1, 1, ""},
    {"ThresholdedRelu", tq_onnx__import_unary, 1, 1, 1, "alpha:f"},
    {"Tile", tq_onnx__import_tile, 2, 2, 1, ""},
    {"Transpose", tq_onnx__import_transpose, 1, 1, 1, "perm:I"},
    {"Unsqueeze", tq_onnx__import_unsqueeze, 1, 2, 1, "axes:I"},
    {"Upsample", tq_onnx__import_upsample, 1, 2, 1, "mode:s scales:F"},
};

const tq_onnx_operator *tq_onnx__operator(const char *name)
{
    for (size_t i = 0; i < TQ_COUNT(operators); ++i)
        if (strcmp(operators[i].name, name) == 0)
            return &operators[i];
    return NULL;
}

tq_status tq_onnx__fail_operator(const tq_onnx_node *node)
{
    tq_text names = {0};
    const char *domain = tq_onnx__text(node->proto->domain);
    for (size_t i = 0; i < TQ_COUNT(operators); ++i)
        tq_text__print(&names, "%s%s", i > 0 ? ", " : "", operators[i].name);
    tq_text__print(&names, "; of constants: ");
    tq_onnx__print_folds(&names);
    const tq_status status = tq_status__fail(
        TQ_E_UNSUPPORTED, "operator '%s%s%s' is not supported; supported: %s", domain,
        *domain != '\0' ? "." : "", tq_onnx__text(node->proto->op_type), tq_text__get(&names));
    tq_text__free(&names);
    return status;
}
