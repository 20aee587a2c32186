/*
 * ONNX's own test vectors (Debian: libonnx-testdata) through the importer and the layers, on the default
 * device. The vectors give weights as further inputs: they become initializers. Expected outputs are the
 * files'.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "io/onnx_graph.h"
#include "util/file.h"

#ifndef TQ_ONNX_TESTDATA
#define TQ_ONNX_TESTDATA "/usr/share/libonnx-testdata/data"
#endif

#define MOST_INPUTS   8
#define MOST_INTEGERS 256
#define MOST_BYTES    ((size_t)1 << 28)

typedef struct vector {
    const char *name;
    bool exact;          /* no arithmetic: the same bits */
    const char *refusal; /* part of the text with which the import must refuse it; NULL: it must pass */
} vector;

static const vector vectors[] = {
    {"node/test_basic_conv_with_padding", false, NULL},
    {"node/test_basic_conv_without_padding", false, NULL},
    {"node/test_conv_with_autopad_same", false, NULL},
    {"node/test_conv_with_strides_and_asymmetric_padding", false, NULL},
    {"node/test_conv_with_strides_no_padding", false, NULL},
    {"node/test_conv_with_strides_padding", false, NULL},
    {"pytorch-converted/test_Conv2d", false, NULL},
    {"pytorch-converted/test_Conv2d_depthwise", false, NULL},
    {"pytorch-converted/test_Conv2d_depthwise_padded", false, NULL},
    {"pytorch-converted/test_Conv2d_depthwise_strided", false, NULL},
    {"pytorch-converted/test_Conv2d_depthwise_with_multiplier", false, NULL},
    {"pytorch-converted/test_Conv2d_dilated", false, NULL},
    {"pytorch-converted/test_Conv2d_groups", false, NULL},
    {"pytorch-converted/test_Conv2d_groups_thnn", false, NULL},
    {"pytorch-converted/test_Conv2d_no_bias", false, NULL},
    {"pytorch-converted/test_Conv2d_padding", false, NULL},
    {"pytorch-converted/test_Conv2d_strided", false, NULL},
    {"pytorch-operator/test_operator_conv", false, NULL},
    {"node/test_convtranspose", false, "operator 'ConvTranspose' is not supported"},
    {"node/test_basic_convinteger", false, "only a tensor of float"},
    {"pytorch-converted/test_Conv1d", false, "supported: 4 dimensions"},
    {"pytorch-converted/test_Conv3d", false, "supported: 4 dimensions"},

    {"node/test_gemm_alpha", false, NULL},
    {"node/test_gemm_beta", false, NULL},
    {"node/test_gemm_default_no_bias", false, NULL},
    {"node/test_gemm_default_scalar_bias", false, NULL},
    {"node/test_gemm_default_single_elem_vector_bias", false, NULL},
    {"node/test_gemm_default_vector_bias", false, NULL},
    {"node/test_gemm_default_zero_bias", false, NULL},
    {"node/test_gemm_transposeB", false, NULL},
    {"node/test_gemm_all_attributes", false, "attribute 'transA'"},
    {"node/test_gemm_default_matrix_bias", false, "has shape 3x4, supported: 4, 1x4 or one number"},
    {"node/test_gemm_transposeA", false, "attribute 'transA'"},
    {"node/test_matmul_2d", false, NULL},
    {"node/test_matmul_4d", false, NULL},
    {"node/test_matmul_3d", false, "the constant 2x4x3: its first dimension, that of the samples, must be 1"},
    {"pytorch-converted/test_Linear", false, NULL},
    {"pytorch-converted/test_Linear_no_bias", false, NULL},

    {"node/test_averagepool_2d_ceil", false, NULL},
    {"node/test_averagepool_2d_default", false, NULL},
    {"node/test_averagepool_2d_pads", false, NULL},
    {"node/test_averagepool_2d_pads_count_include_pad", false, NULL},
    {"node/test_averagepool_2d_precomputed_pads", false, NULL},
    {"node/test_averagepool_2d_precomputed_pads_count_include_pad", false, NULL},
    {"node/test_averagepool_2d_precomputed_same_upper", false, NULL},
    {"node/test_averagepool_2d_precomputed_strides", false, NULL},
    {"node/test_averagepool_2d_same_lower", false, NULL},
    {"node/test_averagepool_2d_same_upper", false, NULL},
    {"node/test_averagepool_2d_strides", false, NULL},
    {"pytorch-converted/test_AvgPool2d", false, NULL},
    {"pytorch-converted/test_AvgPool2d_stride", false, NULL},
    {"node/test_globalaveragepool", false, NULL},
    {"node/test_globalaveragepool_precomputed", false, NULL},

    {"node/test_maxpool_2d_ceil", true, NULL},
    {"node/test_maxpool_2d_default", true, NULL},
    {"node/test_maxpool_2d_dilations", true, NULL},
    {"node/test_maxpool_2d_pads", true, NULL},
    {"node/test_maxpool_2d_precomputed_pads", true, NULL},
    {"node/test_maxpool_2d_precomputed_same_upper", true, NULL},
    {"node/test_maxpool_2d_precomputed_strides", true, NULL},
    {"node/test_maxpool_2d_same_lower", true, NULL},
    {"node/test_maxpool_2d_same_upper", true, NULL},
    {"node/test_maxpool_2d_strides", true, NULL},
    {"pytorch-converted/test_MaxPool2d", true, NULL},
    {"pytorch-converted/test_MaxPool2d_stride_padding_dilation", true, NULL},
    {"node/test_maxpool_2d_uint8", true, "only a tensor of float"},
    {"node/test_maxpool_with_argmax_2d_precomputed_pads", true, "has 2 outputs, supported: 1"},
    {"node/test_maxpool_with_argmax_2d_precomputed_strides", true, "has 2 outputs, supported: 1"},

    {"node/test_batchnorm_example", false, NULL},
    {"node/test_batchnorm_epsilon", false, NULL},
    {"pytorch-converted/test_BatchNorm2d_eval", false, NULL},
    {"node/test_batchnorm_example_training_mode", false, "has 3 outputs, supported: 1"},

    {"node/test_relu", true, NULL},
    {"pytorch-converted/test_ReLU", true, NULL},
    {"node/test_softmax_axis_2", false, NULL},
    {"node/test_softmax_default_axis", false, NULL},
    {"node/test_softmax_example", false, NULL},
    {"node/test_softmax_large_number", false, NULL},
    {"node/test_softmax_negative_axis", false, NULL},
    {"pytorch-converted/test_Softmax", false, NULL},
    {"pytorch-converted/test_softmax_lastdim", false, NULL},
    {"node/test_softmax_axis_0", false, "attribute 'axis' is 0"},
    {"node/test_softmax_axis_1", false, "attribute 'axis' is 1"},
    {"pytorch-converted/test_softmax_functional_dim3", false, "attribute 'axis' is 3"},

    {"node/test_add_bcast", true, NULL},
    {"node/test_add", true, NULL},
    {"node/test_add_uint8", true, "only a tensor of float"},
    {"node/test_dropout_default", true, NULL},
    {"node/test_dropout_default_old", true, NULL},
    {"node/test_dropout_default_ratio", true, NULL},
    {"node/test_dropout_default_mask", true, "the graph has 2 outputs"},

    {"node/test_flatten_axis1", true, NULL},
    {"node/test_flatten_default_axis", true, NULL},
    {"node/test_flatten_negative_axis3", true, NULL},
    {"pytorch-operator/test_operator_flatten", true, NULL},
    {"node/test_flatten_axis0", true, NULL},
    {"node/test_flatten_axis2", true, NULL},
    {"node/test_flatten_axis3", true, NULL},
    {"node/test_flatten_negative_axis1", true, NULL},
    {"node/test_flatten_negative_axis2", true, NULL},
    {"node/test_flatten_negative_axis4", true, NULL},

    {"node/test_reshape_extended_dims", true, NULL},
    {"node/test_reshape_negative_dim", true, NULL},
    {"node/test_reshape_reduced_dims", true, NULL},
    {"node/test_reshape_reordered_last_dims", true, NULL},
    {"node/test_reshape_zero_and_negative_dim", true, NULL},
    {"node/test_reshape_zero_dim", true, NULL},
    {"node/test_reshape_one_dim", true, NULL},
    {"node/test_reshape_reordered_all_dims", true, NULL},
    {"node/test_reshape_negative_extended_dims", true, NULL},
    {"node/test_reshape_allowzero_reordered", true, "supported: one -1"},
    {"node/test_squeeze", true, NULL},
    {"node/test_unsqueeze_axis_2", true, NULL},
    {"node/test_unsqueeze_axis_3", true, NULL},
    {"node/test_identity", true, NULL},
    {"node/test_transpose_default", true, NULL},

    {"node/test_concat_1d_axis_0", true, NULL},
    {"node/test_concat_1d_axis_negative_1", true, NULL},
    {"node/test_concat_2d_axis_0", true, NULL},
    {"node/test_concat_2d_axis_1", true, NULL},
    {"node/test_concat_2d_axis_negative_1", true, NULL},
    {"node/test_concat_2d_axis_negative_2", true, NULL},
    {"node/test_concat_3d_axis_0", true, NULL},
    {"node/test_concat_3d_axis_1", true, NULL},
    {"node/test_concat_3d_axis_2", true, NULL},
    {"node/test_concat_3d_axis_negative_1", true, NULL},
    {"node/test_concat_3d_axis_negative_2", true, NULL},
    {"node/test_concat_3d_axis_negative_3", true, NULL},
    {"node/test_transpose_all_permutations_0", true, NULL},
    {"node/test_transpose_all_permutations_1", true, NULL},
    {"node/test_transpose_all_permutations_2", true, NULL},
    {"node/test_transpose_all_permutations_3", true, NULL},
    {"node/test_transpose_all_permutations_4", true, NULL},
    {"node/test_transpose_all_permutations_5", true, NULL},
    {"node/test_unsqueeze_axis_0", true, NULL},
    {"node/test_unsqueeze_axis_1", true, NULL},
    {"node/test_unsqueeze_negative_axes", true, NULL},
    {"node/test_unsqueeze_three_axes", true, NULL},
    {"node/test_unsqueeze_two_axes", true, NULL},
    {"node/test_unsqueeze_unsorted_axes", true, NULL},
    {"node/test_squeeze_negative_axes", true, NULL},
    {"pytorch-operator/test_operator_concat2", true, NULL},
    {"pytorch-operator/test_operator_permute2", true, NULL},
    {"pytorch-operator/test_operator_view", true, NULL},

    {"node/test_slice", true, NULL},
    {"node/test_slice_default_axes", true, NULL},
    {"node/test_slice_default_steps", true, NULL},
    {"node/test_slice_end_out_of_bounds", true, NULL},
    {"node/test_slice_neg", true, NULL},
    {"node/test_slice_neg_steps", true, NULL},
    {"node/test_slice_negative_axes", true, NULL},
    {"node/test_split_equal_parts_1d", true, NULL},
    {"node/test_split_equal_parts_2d", true, NULL},
    {"node/test_split_equal_parts_default_axis", true, NULL},
    {"node/test_split_variable_parts_1d", true, NULL},
    {"node/test_split_variable_parts_2d", true, NULL},
    {"node/test_split_variable_parts_default_axis", true, NULL},
    {"node/test_constant_pad", true, NULL},
    {"node/test_edge_pad", true, "only a tensor of float"},
    {"node/test_reflect_pad", true, "only a tensor of float"},
    {"node/test_expand_dim_changed", true, NULL},
    {"node/test_expand_dim_unchanged", true, NULL},
    {"node/test_tile", true, NULL},
    {"node/test_tile_precomputed", true, NULL},
    {"node/test_gather_0", true, NULL},
    {"node/test_gather_1", true, NULL},
    {"node/test_gather_2d_indices", true, NULL},
    {"node/test_gather_negative_indices", true, NULL},
    {"node/test_depthtospace_crd_mode", true, NULL},
    {"node/test_depthtospace_crd_mode_example", true, NULL},
    {"node/test_depthtospace_dcr_mode", true, NULL},
    {"node/test_depthtospace_example", true, NULL},
    {"node/test_spacetodepth", true, NULL},
    {"node/test_spacetodepth_example", true, NULL},
    {"node/test_upsample_nearest", true, NULL},
    {"node/test_resize_downsample_scales_nearest", true, NULL},
    {"node/test_resize_downsample_sizes_nearest", true, NULL},
    {"node/test_resize_downsample_sizes_nearest_tf_half_pixel_for_nn", true, NULL},
    {"node/test_resize_upsample_scales_nearest", true, NULL},
    {"node/test_resize_upsample_sizes_nearest", true, NULL},
    {"node/test_resize_upsample_sizes_nearest_ceil_half_pixel", true, NULL},
    {"node/test_resize_upsample_sizes_nearest_floor_align_corners", true, NULL},
    {"node/test_resize_upsample_sizes_nearest_round_prefer_ceil_asymmetric", true, NULL},
    {"pytorch-converted/test_ConstantPad2d", true, NULL},
    {"pytorch-converted/test_ReflectionPad2d", true, NULL},
    {"pytorch-converted/test_ReplicationPad2d", true, NULL},
    {"pytorch-converted/test_ZeroPad2d", true, NULL},
    {"pytorch-converted/test_PixelShuffle", true, NULL},
    {"pytorch-operator/test_operator_pad", true, NULL},
    {"pytorch-operator/test_operator_index", true, NULL},
    {"pytorch-operator/test_operator_repeat", true, NULL},
    {"pytorch-operator/test_operator_repeat_dim_overflow", true, NULL},
    {"node/test_slice_start_out_of_bounds", true, "nothing is left of dimension"},
    {"node/test_split_zero_size_splits", true, "cannot be cut into the 3 parts"},
    {"node/test_resize_upsample_scales_cubic", true, "attribute 'mode' is 'cubic'"},
    {"node/test_resize_tf_crop_and_resize", true, "'tf_crop_and_resize'"},
    {"pytorch-operator/test_operator_chunk", true, NULL},
    {"pytorch-converted/test_Embedding", true, "only a tensor of float"},

    {"node/test_abs", true, NULL},
    {"node/test_ceil", true, NULL},
    {"node/test_ceil_example", true, NULL},
    {"node/test_celu", false, NULL},
    {"node/test_clip", true, NULL},
    {"node/test_clip_default_inbounds", true, NULL},
    {"node/test_clip_default_max", true, NULL},
    {"node/test_clip_default_min", true, NULL},
    {"node/test_clip_example", true, NULL},
    {"node/test_clip_inbounds", true, NULL},
    {"node/test_clip_outbounds", true, NULL},
    {"node/test_clip_splitbounds", true, NULL},
    {"node/test_div", false, NULL},
    {"node/test_div_bcast", false, NULL},
    {"node/test_div_example", false, NULL},
    {"node/test_elu", false, NULL},
    {"node/test_elu_default", false, NULL},
    {"node/test_elu_example", false, NULL},
    {"node/test_erf", false, NULL},
    {"node/test_exp", false, NULL},
    {"node/test_exp_example", false, NULL},
    {"node/test_floor", true, NULL},
    {"node/test_floor_example", true, NULL},
    {"node/test_hardsigmoid", false, NULL},
    {"node/test_hardsigmoid_default", false, NULL},
    {"node/test_hardsigmoid_example", false, NULL},
    {"node/test_hardswish", false, NULL},
    {"node/test_leakyrelu", false, NULL},
    {"node/test_leakyrelu_default", false, NULL},
    {"node/test_leakyrelu_example", false, NULL},
    {"node/test_log", false, NULL},
    {"node/test_log_example", false, NULL},
    {"node/test_max_example", true, NULL},
    {"node/test_max_float32", true, NULL},
    {"node/test_max_one_input", true, NULL},
    {"node/test_max_two_inputs", true, NULL},
    {"node/test_mean_example", false, NULL},
    {"node/test_mean_one_input", true, NULL},
    {"node/test_mean_two_inputs", false, NULL},
    {"node/test_min_example", true, NULL},
    {"node/test_min_float32", true, NULL},
    {"node/test_min_one_input", true, NULL},
    {"node/test_min_two_inputs", true, NULL},
    {"node/test_mul", true, NULL},
    {"node/test_mul_bcast", true, NULL},
    {"node/test_mul_example", true, NULL},
    {"node/test_neg", true, NULL},
    {"node/test_neg_example", true, NULL},
    {"node/test_pow", false, NULL},
    {"node/test_pow_bcast_array", false, NULL},
    {"node/test_pow_bcast_scalar", false, NULL},
    {"node/test_pow_example", false, NULL},
    {"node/test_pow_types_float", false, "only a tensor of float"},
    {"node/test_prelu_broadcast", false, NULL},
    {"node/test_reciprocal", false, NULL},
    {"node/test_reciprocal_example", false, NULL},
    {"node/test_round", true, NULL},
    {"node/test_selu", false, NULL},
    {"node/test_selu_default", false, NULL},
    {"node/test_selu_example", false, NULL},
    {"node/test_sigmoid", false, NULL},
    {"node/test_sigmoid_example", false, NULL},
    {"node/test_sign", true, NULL},
    {"node/test_softplus", false, NULL},
    {"node/test_softplus_example", false, NULL},
    {"node/test_softsign", false, NULL},
    {"node/test_softsign_example", false, NULL},
    {"node/test_sqrt", false, NULL},
    {"node/test_sqrt_example", false, NULL},
    {"node/test_sub", true, NULL},
    {"node/test_sub_bcast", true, NULL},
    {"node/test_sub_example", true, NULL},
    {"node/test_sum_example", true, NULL},
    {"node/test_sum_one_input", true, NULL},
    {"node/test_sum_two_inputs", true, NULL},
    {"node/test_tanh", false, NULL},
    {"node/test_tanh_example", false, NULL},
    {"node/test_thresholdedrelu", true, NULL},
    {"node/test_thresholdedrelu_default", true, NULL},
    {"node/test_thresholdedrelu_example", true, NULL},
    {"node/test_celu_expanded", false, NULL},
    {"node/test_hardswish_expanded", false, NULL},
    {"node/test_prelu_example", false, "slopes of shape 3x4x5"},
    {"node/test_clip_default_int8_max", false, "only a tensor of float"},
    {"node/test_pow_types_int", false, NULL},
    {"node/test_pow_types_float32_int32", false, NULL},
    {"pytorch-converted/test_ELU", false, NULL},
    {"pytorch-converted/test_LeakyReLU", false, NULL},
    {"pytorch-converted/test_LeakyReLU_with_negval", false, NULL},
    {"pytorch-converted/test_PReLU_1d", false, NULL},
    {"pytorch-converted/test_PReLU_1d_multiparam", false, "slopes of shape 3 for"},
    {"pytorch-converted/test_PReLU_2d", false, NULL},
    {"pytorch-converted/test_PReLU_2d_multiparam", false, "slopes of shape 3 for"},
    {"pytorch-converted/test_PReLU_3d", false, NULL},
    {"pytorch-converted/test_PReLU_3d_multiparam", false, "slopes of shape 3 for"},
    {"pytorch-converted/test_PoissonNLLLLoss_no_reduce", false, NULL},
    {"pytorch-converted/test_SELU", false, NULL},
    {"pytorch-converted/test_Sigmoid", false, NULL},
    {"pytorch-converted/test_Softplus", false, NULL},
    {"pytorch-converted/test_Softsign", false, NULL},
    {"pytorch-converted/test_Tanh", false, NULL},
    {"pytorch-converted/test_GLU", false, NULL},
    {"pytorch-converted/test_GLU_dim", false, NULL},
    {"pytorch-converted/test_Softmin", false, NULL},
    {"pytorch-operator/test_operator_add_broadcast", false, "only a tensor of float"},
    {"pytorch-operator/test_operator_add_size1_broadcast", false, "only a tensor of float"},
    {"pytorch-operator/test_operator_add_size1_right_broadcast", false, "only a tensor of float"},
    {"pytorch-operator/test_operator_add_size1_singleton_broadcast", false, "only a tensor of float"},
    {"pytorch-operator/test_operator_addconstant", false, "only a tensor of float"},
    {"pytorch-operator/test_operator_addmm", false, "is supported with a constant there"},
    {"pytorch-operator/test_operator_basic", false, NULL},
    {"pytorch-operator/test_operator_clip", false, NULL},
    {"pytorch-operator/test_operator_exp", false, NULL},
    {"pytorch-operator/test_operator_max", false, NULL},
    {"pytorch-operator/test_operator_min", false, NULL},
    {"pytorch-operator/test_operator_params", false, NULL},
    {"pytorch-operator/test_operator_pow", false, NULL},
    {"pytorch-operator/test_operator_selu", false, NULL},
    {"pytorch-operator/test_operator_sqrt", false, NULL},
    {"pytorch-operator/test_operator_non_float_params", false, "only a tensor of float"},
    {"simple/test_sign_model", false, NULL},

    {"node/test_reduce_max_do_not_keepdims_example", true, NULL},
    {"node/test_reduce_max_do_not_keepdims_random", true, NULL},
    {"node/test_reduce_max_keepdims_example", true, NULL},
    {"node/test_reduce_max_keepdims_random", true, NULL},
    {"node/test_reduce_max_negative_axes_keepdims_example", true, NULL},
    {"node/test_reduce_max_negative_axes_keepdims_random", true, NULL},
    {"node/test_reduce_mean_do_not_keepdims_example", false, NULL},
    {"node/test_reduce_mean_do_not_keepdims_random", false, NULL},
    {"node/test_reduce_mean_keepdims_example", false, NULL},
    {"node/test_reduce_mean_keepdims_random", false, NULL},
    {"node/test_reduce_mean_negative_axes_keepdims_example", false, NULL},
    {"node/test_reduce_mean_negative_axes_keepdims_random", false, NULL},
    {"node/test_reduce_min_do_not_keepdims_example", true, NULL},
    {"node/test_reduce_min_do_not_keepdims_random", true, NULL},
    {"node/test_reduce_min_keepdims_example", true, NULL},
    {"node/test_reduce_min_keepdims_random", true, NULL},
    {"node/test_reduce_min_negative_axes_keepdims_example", true, NULL},
    {"node/test_reduce_min_negative_axes_keepdims_random", true, NULL},
    {"node/test_reduce_max_default_axes_keepdim_example", true, NULL},
    {"node/test_reduce_mean_default_axes_keepdims_example", false, NULL},
    {"node/test_reduce_min_default_axes_keepdims_example", true, NULL},
    {"node/test_reduce_sum_default_axes_keepdims_example", false, NULL},
    {"node/test_reduce_sum_do_not_keepdims_example", false, NULL},
    {"node/test_reduce_sum_empty_axes_input_noop_example", false, NULL},
    {"node/test_reduce_sum_keepdims_example", false, NULL},
    {"node/test_reduce_sum_negative_axes_keepdims_example", false, NULL},
    {"node/test_reduce_max_default_axes_keepdims_random", true, NULL},
    {"node/test_reduce_mean_default_axes_keepdims_random", false, NULL},
    {"node/test_reduce_min_default_axes_keepdims_random", true, NULL},
    {"node/test_reduce_sum_default_axes_keepdims_random", false, NULL},
    {"node/test_reduce_sum_do_not_keepdims_random", false, NULL},
    {"node/test_reduce_sum_empty_axes_input_noop_random", false, NULL},
    {"node/test_reduce_sum_keepdims_random", false, NULL},
    {"node/test_reduce_sum_negative_axes_keepdims_random", false, NULL},
    {"node/test_argmax_default_axis_example", true, NULL},
    {"node/test_argmax_default_axis_example_select_last_index", true, NULL},
    {"node/test_argmax_default_axis_random", true, NULL},
    {"node/test_argmax_default_axis_random_select_last_index", true, NULL},
    {"node/test_argmax_keepdims_example", true, NULL},
    {"node/test_argmax_keepdims_example_select_last_index", true, NULL},
    {"node/test_argmax_keepdims_random", true, NULL},
    {"node/test_argmax_keepdims_random_select_last_index", true, NULL},
    {"node/test_argmax_negative_axis_keepdims_example", true, NULL},
    {"node/test_argmax_negative_axis_keepdims_example_select_last_index", true, NULL},
    {"node/test_argmax_negative_axis_keepdims_random", true, NULL},
    {"node/test_argmax_negative_axis_keepdims_random_select_last_index", true, NULL},
    {"node/test_argmax_no_keepdims_example", true, NULL},
    {"node/test_argmax_no_keepdims_example_select_last_index", true, NULL},
    {"node/test_argmax_no_keepdims_random", true, NULL},
    {"node/test_argmax_no_keepdims_random_select_last_index", true, NULL},
    {"node/test_argmin_default_axis_example", true, NULL},
    {"node/test_argmin_default_axis_example_select_last_index", true, NULL},
    {"node/test_argmin_default_axis_random", true, NULL},
    {"node/test_argmin_default_axis_random_select_last_index", true, NULL},
    {"node/test_argmin_keepdims_example", true, NULL},
    {"node/test_argmin_keepdims_example_select_last_index", true, NULL},
    {"node/test_argmin_keepdims_random", true, NULL},
    {"node/test_argmin_keepdims_random_select_last_index", true, NULL},
    {"node/test_argmin_negative_axis_keepdims_example", true, NULL},
    {"node/test_argmin_negative_axis_keepdims_example_select_last_index", true, NULL},
    {"node/test_argmin_negative_axis_keepdims_random", true, NULL},
    {"node/test_argmin_negative_axis_keepdims_random_select_last_index", true, NULL},
    {"node/test_argmin_no_keepdims_example", true, NULL},
    {"node/test_argmin_no_keepdims_example_select_last_index", true, NULL},
    {"node/test_argmin_no_keepdims_random", true, NULL},
    {"node/test_argmin_no_keepdims_random_select_last_index", true, NULL},
    {"node/test_globalmaxpool", true, NULL},
    {"node/test_globalmaxpool_precomputed", true, NULL},
    {"node/test_lrn", false, NULL},
    {"node/test_lrn_default", false, NULL},
    {"node/test_instancenorm_epsilon", false, NULL},
    {"node/test_instancenorm_example", false, NULL},
    {"node/test_layer_normalization_2d_axis1", false, NULL},
    {"node/test_layer_normalization_2d_axis_negative_1", false, NULL},
    {"node/test_layer_normalization_3d_axis1_epsilon", false, NULL},
    {"node/test_layer_normalization_3d_axis2_epsilon", false, NULL},
    {"node/test_layer_normalization_3d_axis_negative_1_epsilon", false, NULL},
    {"node/test_layer_normalization_3d_axis_negative_2_epsilon", false, NULL},
    {"node/test_layer_normalization_4d_axis1", false, NULL},
    {"node/test_layer_normalization_4d_axis2", false, NULL},
    {"node/test_layer_normalization_4d_axis3", false, NULL},
    {"node/test_layer_normalization_4d_axis_negative_1", false, NULL},
    {"node/test_layer_normalization_4d_axis_negative_2", false, NULL},
    {"node/test_layer_normalization_4d_axis_negative_3", false, NULL},
    {"node/test_layer_normalization_default_axis", false, NULL},
    {"node/test_layer_normalization_2d_axis0", false, "'axis' other than 0"},
    {"pytorch-operator/test_operator_reduced_mean", false, NULL},
    {"pytorch-operator/test_operator_reduced_mean_keepdim", false, NULL},
    {"pytorch-operator/test_operator_reduced_sum", false, NULL},
    {"pytorch-operator/test_operator_reduced_sum_keepdim", false, NULL},
};

/* One vector's files. */
typedef struct files {
    Onnx__ModelProto *model;
    Onnx__TensorProto *input[MOST_INPUTS], *output; /* of the output that is tested */
    size_t input_count, outputs;                    /* the model has */
} files;

static void *unpack(const ProtobufCMessageDescriptor *type, const char *name, const char *file)
{
    char path[512];
    unsigned char *data;
    size_t size;
    snprintf(path, sizeof path, TQ_ONNX_TESTDATA "/%s/%s", name, file);
    if (tq_file__read(path, MOST_BYTES, &data, &size) != TQ_OK)
        return NULL;
    void *message = protobuf_c_message_unpack(type, NULL, size, data);
    free(data);
    return message;
}

static void keep_output(Onnx__GraphProto *graph, size_t output)
{
    for (size_t i = 0; i < graph->n_output; ++i)
        if (i != output)
            onnx__value_info_proto__free_unpacked(graph->output[i], NULL);
    graph->output[0] = graph->output[output];
    graph->n_output = 1;
}

/* A model has one output here: number `output` of those that it has, or all of them for -1. */
static bool read_files(files *f, const char *name, int output)
{
    char file[64];
    snprintf(file, sizeof file, "test_data_set_0/output_%d.pb", output < 0 ? 0 : output);
    *f = (files){.model = unpack(&onnx__model_proto__descriptor, name, "model.onnx"),
                 .output = unpack(&onnx__tensor_proto__descriptor, name, file)};
    f->outputs = f->model != NULL ? f->model->graph->n_output : 0;
    if (output >= 0 && (size_t)output < f->outputs)
        keep_output(f->model->graph, (size_t)output);
    for (; f->input_count < MOST_INPUTS; ++f->input_count) {
        snprintf(file, sizeof file, "test_data_set_0/input_%zu.pb", f->input_count);
        f->input[f->input_count] = unpack(&onnx__tensor_proto__descriptor, name, file);
        if (f->input[f->input_count] == NULL)
            break;
    }
    return f->model != NULL && f->output != NULL;
}

static void free_files(files *f)
{
    onnx__model_proto__free_unpacked(f->model, NULL);
    onnx__tensor_proto__free_unpacked(f->output, NULL);
    for (size_t i = 0; i < f->input_count; ++i)
        onnx__tensor_proto__free_unpacked(f->input[i], NULL);
}

/* Old vectors use operator sets below 7, whose operators differ only by attributes that say the same. */
static void raise_opset(Onnx__ModelProto *model)
{
    if (model->opset_import[0]->version >= 7)
        return;
    model->opset_import[0]->version = 7;
    for (size_t i = 0; i < model->graph->n_node; ++i) {
        Onnx__NodeProto *node = model->graph->node[i];
        size_t kept = 0;
        for (size_t j = 0; j < node->n_attribute; ++j) {
            Onnx__AttributeProto *attribute = node->attribute[j];
            if (strcmp(attribute->name, "is_test") == 0 || strcmp(attribute->name, "broadcast") == 0)
                onnx__attribute_proto__free_unpacked(attribute, NULL);
            else
                node->attribute[kept++] = attribute;
        }
        node->n_attribute = kept;
    }
}

/* Inputs after the first take the names of the graph's inputs, unless the model has these as initializers. */
static size_t name_inputs(files *f, const Onnx__TensorProto **extra)
{
    for (size_t i = 1; i < f->input_count; ++i) {
        assert_true(i < f->model->graph->n_input);
        free(f->input[i]->name);
        f->input[i]->name = strdup(f->model->graph->input[i]->name);
        extra[i - 1] = f->input[i];
    }
    return f->input_count > 0 ? f->input_count - 1 : 0;
}

/* Places are integers there, and numbers here. */
static float *floats_of_integers(const tq_onnx_value *value)
{
    int64_t integers[MOST_INTEGERS];
    size_t count;
    if (tq_onnx__integers(value, integers, MOST_INTEGERS, &count) != TQ_OK)
        fail_msg("%s", tq_error());
    float *values = malloc(count * sizeof *values);
    for (size_t i = 0; i < count; ++i)
        values[i] = (float)integers[i];
    return values;
}

static float *floats_of(const Onnx__TensorProto *tensor)
{
    float *values = NULL;
    const tq_onnx_value value = {.role = TQ_ONNX_CONSTANT, .shape = tq_onnx__dims(tensor), .source = tensor};
    if (tensor->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64)
        return floats_of_integers(&value);
    if (tq_onnx__floats(&value, &values) != TQ_OK)
        fail_msg("%s", tq_error());
    return values;
}

static bool close_enough(float got, float wanted, float largest, bool exact)
{
    if (isnan(got) || isnan(wanted))
        return isnan(got) && isnan(wanted);
    if (exact)
        return memcmp(&got, &wanted, sizeof got) == 0 || (got == 0 && wanted == 0);
    return fabsf(got - wanted) <= 1e-5f * fabsf(wanted) + 1e-6f * largest;
}

static bool same(const float *got, const float *wanted, int64_t count, const vector *v)
{
    float largest = 0;
    for (int64_t i = 0; i < count; ++i)
        largest = fmaxf(largest, fabsf(wanted[i]));
    for (int64_t i = 0; i < count; ++i)
        if (!close_enough(got[i], wanted[i], largest, v->exact)) {
            printf("FAILED  %s: element %lld is %.9g, expected %.9g\n", v->name, (long long)i, (double)got[i],
                   (double)wanted[i]);
            return false;
        }
    return true;
}

/* Runs the network on input 0 and compares. */
static bool run(tq_network *network, const files *f, const vector *v)
{
    const tq_shape wanted_shape = tq_onnx__dims(f->output), input_shape = tq_onnx__dims(f->input[0]);
    const int64_t samples = input_shape.dim[0], count = tq_shape_count(&wanted_shape);
    tq_shape in, out;
    if (tq_network_plan(network, &(tq_plan){.batch = samples}) != TQ_OK ||
        tq_network_shapes(network, &in, &out) != TQ_OK) {
        printf("FAILED  %s: %s\n", v->name, tq_error());
        return false;
    }
    assert_true(tq_shape_equal(&in, &input_shape));
    assert_true(tq_shape_equal(&out, &wanted_shape));
    float *input = floats_of(f->input[0]), *wanted = floats_of(f->output);
    float *got = malloc((size_t)count * sizeof *got);
    bool passed = tq_network_forward(network, input, samples, 0, got) == TQ_OK;
    if (!passed)
        printf("FAILED  %s: %s\n", v->name, tq_error());
    passed = passed && same(got, wanted, count, v);
    free(got);
    free(wanted);
    free(input);
    return passed;
}

/* One of the outputs, which is the only one then; *outputs is how many there are. */
static bool check_output(tq_context *context, const vector *v, int output, size_t *outputs)
{
    files f;
    const Onnx__TensorProto *extra[MOST_INPUTS];
    tq_network *network = NULL;
    bool passed;
    const bool there = read_files(&f, v->name, output);
    *outputs = f.outputs;
    if (!there) {
        printf("FAILED  %s: cannot be read\n", v->name);
        free_files(&f);
        return false;
    }
    raise_opset(f.model);
    const tq_status status = tq_onnx__import(&network, context, f.model, extra, name_inputs(&f, extra));
    if (v->refusal != NULL) {
        passed = status != TQ_OK && strstr(tq_error(), v->refusal) != NULL;
        printf("%s %s: %s\n", passed ? "refused" : "FAILED ", v->name,
               status != TQ_OK ? tq_error() : "imported");
    } else if (status != TQ_OK) {
        passed = false;
        printf("FAILED  %s: %s\n", v->name, tq_error());
    } else {
        passed = run(network, &f, v);
        if (passed)
            printf("passed  %s\n", v->name);
    }
    tq_network_destroy(network);
    free_files(&f);
    return passed;
}

static bool check_vector(tq_context *context, const vector *v)
{
    size_t outputs;
    const bool training = strstr(v->name, "layer_normalization") != NULL; /* means and deviations are for it */
    bool passed = check_output(context, v, v->refusal != NULL && !training ? -1 : 0, &outputs);
    for (size_t i = 1; passed && v->refusal == NULL && !training && i < outputs; ++i)
        passed = check_output(context, v, (int)i, &outputs);
    return passed;
}

static void all_vectors(void **state)
{
    size_t failed = 0;
    for (size_t i = 0; i < TQ_COUNT(vectors); ++i)
        failed += !check_vector(*state, &vectors[i]);
    printf("%zu vectors, %zu failed\n", TQ_COUNT(vectors), failed);
    assert_int_equal(failed, 0);
}

static int open_context(void **state)
{
    return tq_context_open((tq_context **)state, NULL) == TQ_OK ? 0 : -1;
}

static int close_context(void **state)
{
    tq_context_close(*state);
    return 0;
}

int main(void)
{
    struct stat info;
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_vectors)};
    if (stat(TQ_ONNX_TESTDATA "/node", &info) != 0) {
        printf("skipped: %s is missing (Debian: libonnx-testdata)\n", TQ_ONNX_TESTDATA);
        return 77;
    }
    return cmocka_run_group_tests(tests, open_context, close_context);
}
