/*
 * ONNX import: models made in memory with protobuf-c. Results are compared with numbers worked out by hand or
 * by plain loops over ONNX's own layout here.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/onnx.h"
#include "layers/kind.h"
#include "support/device_test.h"
#include "support/onnx_check.h"
#include "util/fail.h"

static void every_opset(void **state)
{
    for (int64_t opset = 7; opset <= 25; ++opset)
        onnx_check_output(*state, onnx_check_model(opset), 2, onnx_check_model_input, &onnx_check_model_shape,
                          onnx_check_model_output);
    onnx_check_failure(*state, onnx_check_model(6), TQ_E_UNSUPPORTED,
                       "operator set 6 is not supported; supported: 7 to 25");
    onnx_check_failure(*state, onnx_check_model(26), TQ_E_UNSUPPORTED, "operator set 26");
    onnx_check_failure(*state, onnx_check_model(INT64_MAX), TQ_E_UNSUPPORTED,
                       "operator set 9223372036854775807");
    onnx_maker *m = onnx_check_model(13);
    m->opset.domain = "com.example";
    onnx_check_failure(*state, m, TQ_E_FORMAT, "names no operator set");
    m = onnx_check_model(13);
    m->opset.domain = "ai.onnx";
    onnx_check_output(*state, m, 2, onnx_check_model_input, &onnx_check_model_shape, onnx_check_model_output);
}

static void raw_and_typed_data(void **state)
{
    onnx_maker *m = onnx_check_model(13);
    onnx_maker_to_raw(m, m->graph.initializer[0]);
    onnx_maker_to_raw(m, m->graph.initializer[1]);
    onnx_check_output(*state, m, 2, onnx_check_model_input, &onnx_check_model_shape, onnx_check_model_output);
}

/* The same weights as float16 (raw and in int32_data), bfloat16 and float64. */
static void other_float_types(void **state)
{
    static int32_t half[] = {0x3C00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600};
    static int32_t brain[] = {0x3F80, 0x4000, 0x4040, 0x4080, 0x40A0, 0x40C0};
    static uint8_t raw_half[] = {0x00, 0x3C, 0x00, 0x40, 0x00, 0x42, 0x00, 0x44, 0x00, 0x45, 0x00, 0x46};
    static double wide[] = {1, 2, 3, 4, 5, 6}, inexact[] = {1, 2, 3, 4, 5, 0.1};
    for (int kind = 0; kind < 4; ++kind) {
        onnx_maker *m = onnx_check_model(13);
        Onnx__TensorProto *w = m->graph.initializer[0];
        w->n_float_data = 0;
        w->data_type = kind == 3   ? ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE
                       : kind == 2 ? ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16
                                   : ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16;
        w->n_int32_data = kind == 0 || kind == 2 ? 6 : 0;
        w->int32_data = kind == 0 ? half : brain;
        w->has_raw_data = kind == 1;
        w->raw_data = (ProtobufCBinaryData){sizeof raw_half, raw_half};
        w->n_double_data = kind == 3 ? 6 : 0;
        w->double_data = wide;
        onnx_check_output(*state, m, 2, onnx_check_model_input, &onnx_check_model_shape,
                          onnx_check_model_output);
    }
    onnx_maker *m = onnx_check_model(13);
    m->graph.initializer[0]->n_float_data = 0;
    m->graph.initializer[0]->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
    m->graph.initializer[0]->n_double_data = 6;
    m->graph.initializer[0]->double_data = inexact;
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "initializer 'w': float64 0.1");
    m = onnx_check_model(13);
    m->graph.initializer[0]->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__INT8;
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "initializer 'w' is of data type 3");
}

static void initializers_listed_as_inputs(void **state)
{
    onnx_maker *m = onnx_check_model(9);
    m->model.ir_version = 3;
    onnx_maker_input(m, "w", DIMS(2, 3));
    onnx_maker_input(m, "b", DIMS(3));
    onnx_check_output(*state, m, 2, onnx_check_model_input, &onnx_check_model_shape, onnx_check_model_output);
}

/* Unnamed nodes take their first output's name; names that are taken, or hold a comma, change. */
static void layer_names(void **state)
{
    static const char *const names[] = {"y1", "act", "act_2", "act_3", "x_2", "a_b"};
    static const char *const given[] = {"", "act", "act", "act", "x", "a,b"};
    onnx_maker *m = onnx_maker_new(13);
    tq_network *network;
    char from[8] = "x", to[8];
    onnx_maker_input(m, "x", DIMS(1, 3));
    for (size_t i = 0; i < TQ_COUNT(given); ++i) {
        snprintf(to, sizeof to, "y%zu", i + 1);
        onnx_maker_node(m, "Relu", given[i], from, to);
        memcpy(from, to, sizeof to);
    }
    char *longest = onnx_maker_memory(m, 1000);
    memset(longest, 'n', 999);
    onnx_maker_node(m, "Relu", longest, from, "y");
    onnx_maker_output(m, "y");
    assert_int_equal(onnx_check_load(&network, *state, m), TQ_OK);
    assert_int_equal(tq_network_layer_count(network), TQ_COUNT(names) + 1);
    for (size_t i = 0; i < TQ_COUNT(names); ++i)
        assert_string_equal(tq_layer_name(tq_network_layer(network, i)), names[i]);
    assert_int_equal(strlen(tq_layer_name(tq_network_layer(network, TQ_COUNT(names)))), 199);
    tq_network_destroy(network);
    onnx_maker_free(m);
}

/* What a convolution of ONNX is, in ONNX's layout; samples are one, groups 2, stride 2x1, one row of padding
 * on top. */
static void convolve(const float *x, const float *w, const float *b, float *y)
{
    for (int o = 0; o < 4; ++o)
        for (int r = 0; r < 3; ++r)
            for (int c = 0; c < 3; ++c) {
                float sum = b[o];
                for (int q = 0; q < 2; ++q)
                    for (int i = 0; i < 3; ++i)
                        for (int j = 0; j < 2; ++j) {
                            const int row = 2 * r + i - 1, column = c + j, channel = o / 2 * 2 + q;
                            if (row >= 0 && row < 6)
                                sum += x[(channel * 6 + row) * 4 + column] * w[((o * 2 + q) * 3 + i) * 2 + j];
                        }
                y[(o * 3 + r) * 3 + c] = sum;
            }
}

static void convolution_in_onnx_layout(void **state)
{
    float x[4 * 6 * 4], w[4 * 2 * 3 * 2], b[4], y[4 * 3 * 3];
    onnx_check_fill(x, TQ_COUNT(x), 1);
    onnx_check_fill(w, TQ_COUNT(w), 2);
    onnx_check_fill(b, TQ_COUNT(b), 3);
    convolve(x, w, b, y);
    onnx_maker *m = onnx_maker_new(11);
    onnx_maker_input(m, "x", DIMS(0, 4, 6, 4));
    onnx_maker_floats(m, "w", DIMS(4, 2, 3, 2), w);
    onnx_maker_floats(m, "b", DIMS(4), b);
    Onnx__NodeProto *conv = onnx_maker_node(m, "Conv", "conv", "x,w,b", "y");
    onnx_maker_int(m, conv, "group", 2);
    onnx_maker_ints(m, conv, "strides", DIMS(2, 1));
    onnx_maker_ints(m, conv, "pads", DIMS(1, 0, 0, 0));
    onnx_maker_ints(m, conv, "kernel_shape", DIMS(3, 2));
    onnx_maker_output(m, "y");
    onnx_check_output(*state, m, 1, x, &(tq_shape){.rank = 4, .dim = {1, 4, 3, 3}}, y);
}

/* Flatten must give NCHW's order though the tensors inside are NHWC. */
static void flatten_keeps_the_files_order(void **state)
{
    float x[2 * 3 * 2 * 2];
    for (size_t i = 0; i < TQ_COUNT(x); ++i)
        x[i] = (float)i;
    onnx_maker *m = onnx_maker_new(13);
    onnx_maker_input(m, "x", DIMS(0, 3, 2, 2));
    onnx_maker_node(m, "Relu", "", "x", "h");
    onnx_maker_node(m, "Flatten", "", "h", "y");
    onnx_maker_output(m, "y");
    onnx_check_output(*state, m, 2, x, &(tq_shape){.rank = 2, .dim = {2, 12}}, x);
}

static void reshapes(void **state)
{
    static const struct {
        int64_t wanted[4];
        size_t count;
        tq_shape shape;  /* rank 0: refused */
        int64_t samples; /* where they do not stay in front the batch is the model's */
    } rows[] = {
        {{-1, 12}, 2, {.rank = 2, .dim = {2, 12}}, 2},
        {{0, -1}, 2, {.rank = 2, .dim = {2, 12}}, 2},
        {{1, 12}, 2, {.rank = 2, .dim = {2, 12}}, 2},
        {{0, 4, 3}, 3, {.rank = 3, .dim = {2, 4, 3}}, 2},
        {{0, 2, 2, 3}, 4, {.rank = 4, .dim = {2, 2, 2, 3}}, 2},
        {{0, 0, 4, -1}, 4, {.rank = 4, .dim = {2, 3, 4, 1}}, 2},
        {{0, 5, -1}, 3, {0}, 2},
        {{-1, -1}, 2, {0}, 2},
        {{12}, 1, {.rank = 1, .dim = {12}}, 1},
        {{-1, 6}, 2, {.rank = 2, .dim = {2, 6}}, 1},
        {{0, -2}, 2, {0}, 2},
        {{3, 4}, 2, {.rank = 2, .dim = {3, 4}}, 1},
        {{3, 5}, 2, {0}, 2},
    };
    float x[24];
    for (size_t i = 0; i < TQ_COUNT(x); ++i)
        x[i] = (float)i;
    for (size_t i = 0; i < TQ_COUNT(rows); ++i) {
        onnx_maker *m = onnx_maker_new(13);
        onnx_maker_input(m, "x", DIMS(0, 3, 2, 2));
        onnx_maker_integers(m, "s", rows[i].count, rows[i].wanted);
        onnx_maker_node(m, "Relu", "", "x", "h");
        onnx_maker_node(m, "Reshape", "again", "h,s", "y");
        onnx_maker_output(m, "y");
        if (rows[i].shape.rank > 0) {
            onnx_check_output(*state, m, rows[i].samples, x, &rows[i].shape, x);
        } else {
            tq_network *network;
            const tq_status status = onnx_check_load(&network, *state, m);
            assert_true(status == TQ_E_UNSUPPORTED || status == TQ_E_SHAPE);
            assert_non_null(strstr(tq_error(), "node 'again': "));
            onnx_maker_free(m);
        }
    }
}

/* A chain on a constant (Identity, Transpose, Unsqueeze, Squeeze) ends as a MatMul's matrix; the tensor has a
 * bias. */
static void constants_through_operators(void **state)
{
    onnx_maker *m = onnx_maker_new(12);
    onnx_maker_input(m, "x", DIMS(0, 2));
    Onnx__NodeProto *node = onnx_maker_node(m, "Constant", "", "", "w0");
    Onnx__AttributeProto *a =
        onnx_maker_attribute(m, node, "value", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR);
    a->t = onnx_maker_floats(m, "", DIMS(3, 2), (const float[]){1, 2, 3, 4, 5, 6});
    --m->graph.n_initializer;
    onnx_maker_node(m, "Identity", "", "w0", "w1");
    onnx_maker_node(m, "Transpose", "", "w1", "w2");
    onnx_maker_ints(m, onnx_maker_node(m, "Unsqueeze", "", "w2", "w3"), "axes", DIMS(-1, 0));
    onnx_maker_ints(m, onnx_maker_node(m, "Squeeze", "", "w3", "w4"), "axes", DIMS(0, 3));
    onnx_maker_node(m, "MatMul", "mm", "x,w4", "h");
    node = onnx_maker_node(m, "Constant", "", "", "b");
    a = onnx_maker_attribute(m, node, "value_floats", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS);
    a->n_floats = 3;
    a->floats = (float[]){10, 20, 30};
    onnx_maker_node(m, "Add", "bias", "b,h", "y");
    onnx_maker_output(m, "y");
    /* w4 = [[1,3,5],[2,4,6]] */
    onnx_check_output(*state, m, 2, (const float[]){1, 1, 0, -1}, &(tq_shape){.rank = 2, .dim = {2, 3}},
                      (const float[]){13, 27, 41, 8, 16, 24});
}

static onnx_maker *gemm_model(float alpha, float beta, int64_t transposed)
{
    onnx_maker *m = onnx_maker_new(13);
    onnx_maker_input(m, "x", DIMS(0, 2));
    onnx_maker_floats(m, "w", DIMS(2, 2), (const float[]){1, 2, 3, 4});
    onnx_maker_floats(m, "b", DIMS(1, 2), (const float[]){24, -8});
    Onnx__NodeProto *gemm = onnx_maker_node(m, "Gemm", "fc", "x,w,b", "y");
    onnx_maker_float(m, gemm, "alpha", alpha);
    onnx_maker_float(m, gemm, "beta", beta);
    onnx_maker_int(m, gemm, "transB", transposed);
    onnx_maker_output(m, "y");
    return m;
}

static void gemm_factors(void **state)
{
    const float x[2] = {1, 10};
    const tq_shape shape = {.rank = 2, .dim = {1, 2}};
    onnx_check_output(*state, gemm_model(1, 1, 0), 1, x, &shape, (const float[]){55, 34});
    onnx_check_output(*state, gemm_model(1, 1, 1), 1, x, &shape, (const float[]){45, 35});
    onnx_check_output(*state, gemm_model(0.5f, 0.25f, 0), 1, x, &shape, (const float[]){21.5f, 19});
    onnx_check_output(*state, gemm_model(1, 0, 1), 1, x, &shape, (const float[]){21, 43});
    onnx_check_failure(*state, gemm_model(3e38f, 1, 0), TQ_E_UNSUPPORTED, "attribute 'alpha' is 3");
    onnx_check_failure(*state, gemm_model(1, 3e38f, 0), TQ_E_UNSUPPORTED, "attribute 'beta' is 3");
    onnx_maker *m = gemm_model(1, 1, 0);
    m->graph.node[0]->n_input = 2;
    onnx_check_output(*state, m, 1, x, &shape, (const float[]){31, 42});
    m = gemm_model(1, 1, 0);
    m->graph.node[0]->input[2] = "";
    onnx_check_output(*state, m, 1, x, &shape, (const float[]){31, 42});
    m = gemm_model(1, 1, 0); /* constant times tensor: the tensor is a column */
    m->graph.input[0]->type->tensor_type->shape->dim[0]->value_case =
        ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    m->graph.input[0]->type->tensor_type->shape->dim[0]->dim_value = 2;
    m->graph.input[0]->type->tensor_type->shape->dim[1]->dim_value = 1;
    m->graph.node[0]->input[0] = "w";
    m->graph.node[0]->input[1] = "x";
    m->graph.node[0]->n_input = 2;
    onnx_check_output(*state, m, 2, x, &(tq_shape){.rank = 2, .dim = {2, 1}}, (const float[]){21, 43});
}

/* Both matrices computed, transposed or not, and a third that is added, constant or computed. */
static void gemm_of_tensors(void **state)
{
    const float x[4] = {1, 2, 3, 4};
    const tq_shape shape = {.rank = 2, .dim = {2, 2}};
    for (int i = 0; i < 4; ++i) {
        static const float products[][4] = {
            {7, 10, 15, 22}, {5, 11, 11, 25}, {10, 14, 14, 20}, {7, 15, 10, 22}};
        static const float constant[2] = {100, 200};
        float wanted[4];
        onnx_maker *m = onnx_maker_new(13);
        onnx_maker_input(m, "x", DIMS(2, 2));
        onnx_maker_floats(m, "c", DIMS(2, 1), constant);
        onnx_maker_node(m, "Relu", "act", "x", "r");
        Onnx__NodeProto *gemm = onnx_maker_node(m, "Gemm", "fc", i == 0 ? "x,r,x" : "x,r,c", "y");
        onnx_maker_int(m, gemm, "transA", i / 2);
        onnx_maker_int(m, gemm, "transB", i % 2);
        onnx_maker_output(m, "y");
        for (int j = 0; j < 4; ++j)
            wanted[j] = products[i][j] + (i == 0 ? x[j] : constant[j / 2]);
        onnx_check_output(*state, m, 2, x, &shape, wanted);
        m = onnx_maker_new(13);
        onnx_maker_input(m, "x", DIMS(2, 2));
        onnx_maker_floats(m, "c", DIMS(3), x);
        onnx_maker_floats(m, "w", DIMS(2, 2), x);
        static const char *const inputs[] = {"x,x", "w,w", "x,w,c", "x,w,x"};
        static const char *const texts[] = {"two tensors is not supported with 'alpha'", "two constants",
                                            "bias 'c' has shape 3, which does not expand to 2x2",
                                            "input 'x' is computed: supported with 'beta' 1"};
        gemm = onnx_maker_node(m, "Gemm", "fc", inputs[i], "y");
        onnx_maker_float(m, gemm, i == 0 ? "alpha" : "beta", 2);
        onnx_maker_output(m, "y");
        onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, texts[i]);
    }
}

static onnx_maker *add_model(size_t rank, const int64_t *dims, const float *values)
{
    onnx_maker *m = onnx_maker_new(13);
    onnx_maker_input(m, "x", DIMS(0, 2, 1, 3));
    onnx_maker_floats(m, "c", rank, dims, values);
    onnx_maker_node(m, "Add", "sum", "x,c", "y");
    onnx_maker_output(m, "y");
    return m;
}

static void added_constants(void **state)
{
    const float x[6] = {0, 1, 2, 3, 4, 5}, c[12] = {10, 20};
    const tq_shape shape = {.rank = 4, .dim = {1, 2, 1, 3}};
    const float per_channel[6] = {10, 11, 12, 23, 24, 25}, one[6] = {10, 11, 12, 13, 14, 15};
    onnx_check_output(*state, add_model(DIMS(2, 1, 1), c), 1, x, &shape, per_channel);
    onnx_check_output(*state, add_model(DIMS(1, 2, 1, 1), c), 1, x, &shape, per_channel);
    onnx_check_output(*state, add_model(DIMS(1), c), 1, x, &shape, one);
    onnx_check_output(*state, add_model(0, NULL, c), 1, x, &shape, one);
    onnx_check_output(*state, add_model(DIMS(1, 1, 1, 1), c), 1, x, &shape, one);
    onnx_check_output(*state, add_model(DIMS(3), c), 1, x, &shape, (const float[]){10, 21, 2, 13, 24, 5});
    onnx_check_output(*state, add_model(DIMS(2, 1, 3), c), 1, x, &shape, (const float[]){10, 21, 2, 3, 4, 5});
}

static void added_tensors(void **state)
{
    const float x[6] = {-1, 2, 3, -4, 5, 6}, y[6] = {-1, 4, 6, -4, 10, 12};
    onnx_maker *m = onnx_maker_new(13);
    onnx_maker_input(m, "x", DIMS(0, 3));
    onnx_maker_node(m, "Relu", "", "x", "h");
    onnx_maker_node(m, "Add", "sum", "x,h", "y");
    onnx_maker_output(m, "y");
    onnx_check_output(*state, m, 2, x, &(tq_shape){.rank = 2, .dim = {2, 3}}, y);
}

/* The mask of a dropout may be there, but nobody may use it. */
static void second_outputs(void **state)
{
    const float x[2] = {1, -2};
    for (int used = 0; used < 2; ++used) {
        onnx_maker *m = onnx_maker_new(11);
        onnx_maker_input(m, "x", DIMS(0, 2));
        onnx_maker_float(m, onnx_maker_node(m, "Dropout", "drop", "x", "h,mask"), "ratio", 0.5f);
        onnx_maker_node(m, "Relu", "act", used ? "mask" : "h", "y");
        onnx_maker_output(m, "y");
        if (used)
            onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "node 'act': input 'mask' is a second output");
        else
            onnx_check_output(*state, m, 1, x, &(tq_shape){.rank = 2, .dim = {1, 2}}, (const float[]){1, 0});
    }
}

/* What training drops: an attribute, an input, or a half. */
static void dropout_ratios(void **state)
{
    static const struct {
        const char *inputs;
        float ratio, rate; /* of attribute and constant "r"; of the layer */
    } rows[] = {{"x", 0.25f, 0.25f}, {"x,r", 0.75f, 0.75f},      {"x,c", 0, 0},
                {"x", -1, 0},        {"x,r", 1, 1023 / 1024.0f}, {"x", 0, 0.5f}};
    for (size_t i = 0; i < TQ_COUNT(rows); ++i) {
        tq_network *network;
        onnx_maker *m = onnx_maker_new(strlen(rows[i].inputs) == 1 ? 11 : 12);
        onnx_maker_input(m, "x", DIMS(0, 1));
        onnx_maker_floats(m, "r", 0, NULL, &rows[i].ratio);
        onnx_maker_node(m, "Relu", "act", "x", "c");
        Onnx__NodeProto *const node = onnx_maker_node(m, "Dropout", "drop", rows[i].inputs, "y");
        if (strlen(rows[i].inputs) == 1 && i + 1 < TQ_COUNT(rows))
            onnx_maker_float(m, node, "ratio", rows[i].ratio);
        onnx_maker_output(m, "y");
        tq_test_ok(onnx_check_load(&network, *state, m));
        const tq_layer *const drop = tq_network_layer(network, tq_network_layer_count(network) - 1);
        assert_true((float)tq_layer__option(drop, "rate", 0) == rows[i].rate);
        tq_network_destroy(network);
        onnx_maker_free(m);
    }
}

static onnx_maker *softmax_model(int64_t opset, int64_t axis, size_t rank, const int64_t *dims)
{
    onnx_maker *m = onnx_maker_new(opset);
    onnx_maker_input(m, "x", rank, dims);
    onnx_maker_int(m, onnx_maker_node(m, "Softmax", "prob", "x", "y"), "axis", axis);
    onnx_maker_output(m, "y");
    return m;
}

/* Equal numbers give fractions exactly, -infinity gives 0. */
static void softmax_axes(void **state)
{
    static const struct {
        int64_t opset, axis;
        size_t rank;
        int64_t dims[5], fixed; /* batch */
        float y[6];
    } rows[] = {
        {13, 1, 4, {1, 2, 1, 3}, 0, {0.5f, 0, 1, 0.5f, 1, 0}},
        {13, -1, 4, {1, 2, 1, 3}, 0, {0.5f, 0, 0.5f, 0.5f, 0.5f, 0}},
        {13, 3, 4, {1, 2, 1, 3}, 0, {0.5f, 0, 0.5f, 0.5f, 0.5f, 0}},
        {13, 2, 4, {1, 1, 2, 3}, 0, {0.5f, 0, 1, 0.5f, 1, 0}},
        {13, 0, 4, {2, 1, 1, 3}, 2, {0.5f, 0, 1, 0.5f, 1, 0}},
        {13, 0, 2, {2, 3}, 2, {0.5f, 0, 1, 0.5f, 1, 0}},
        {13, -2, 2, {2, 3}, 2, {0.5f, 0, 1, 0.5f, 1, 0}},
        {13, 1, 3, {1, 2, 3}, 0, {0.5f, 0, 1, 0.5f, 1, 0}},
        {13, 1, 5, {1, 2, 1, 1, 3}, 0, {0.5f, 0, 1, 0.5f, 1, 0}},
        {11, 1, 4, {1, 2, 1, 3}, 0, {0.25f, 0, 0.25f, 0.25f, 0.25f, 0}},
        {11, 1, 4, {1, 1, 2, 3}, 0, {0.25f, 0, 0.25f, 0.25f, 0.25f, 0}},
        {11, 2, 4, {1, 2, 1, 3}, 0, {0.5f, 0, 0.5f, 0.5f, 0.5f, 0}},
        {11, -1, 4, {1, 1, 2, 3}, 0, {0.5f, 0, 0.5f, 0.5f, 0.5f, 0}},
        {11, 1, 3, {1, 2, 3}, 0, {0.25f, 0, 0.25f, 0.25f, 0.25f, 0}},
        {11, 0, 2, {2, 3}, 2, {0.25f, 0, 0.25f, 0.25f, 0.25f, 0}},
        {11, 1, 2, {2, 3}, 0, {0.5f, 0, 0.5f, 0.5f, 0.5f, 0}},
    };
    const float x[6] = {3, -INFINITY, 3, 3, 3, -INFINITY};
    for (size_t i = 0; i < TQ_COUNT(rows); ++i) {
        tq_shape shape = {.rank = (int)rows[i].rank};
        memcpy(shape.dim, rows[i].dims, rows[i].rank * sizeof *shape.dim);
        onnx_check_output(*state, softmax_model(rows[i].opset, rows[i].axis, rows[i].rank, rows[i].dims),
                          rows[i].dims[0], x, &shape, rows[i].y);
        onnx_check_fixed_batch(*state, softmax_model(rows[i].opset, rows[i].axis, rows[i].rank, rows[i].dims),
                               rows[i].fixed);
    }
    onnx_check_failure(*state, softmax_model(13, 5, DIMS(0, 2)), TQ_E_FORMAT,
                       "node 'prob': axis 5 of a tensor of 2 dimensions");
}

static void files(void **state)
{
    size_t size;
    tq_network *network = (tq_network *)&network;
    onnx_maker *m = onnx_check_model(13);
    uint8_t *data = onnx_maker_pack(m, &size);
    FILE *file = fopen("model.onnx", "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
    assert_int_equal(tq_network_load_onnx(&network, *state, "model.onnx"), TQ_OK);
    assert_int_equal(tq_network_layer_count(network), 2);
    tq_network_destroy(network);
    assert_int_equal(truncate("model.onnx", (off_t)size - 1), 0);
    assert_int_equal(tq_network_load_onnx(&network, *state, "model.onnx"), TQ_E_FORMAT);
    assert_null(network);
    assert_non_null(strstr(tq_error(), "'model.onnx': "));
    assert_int_equal(truncate("model.onnx", (off_t)1 << 31), 0); /* sparse: takes no room */
    assert_int_equal(tq_network_load_onnx(&network, *state, "model.onnx"), TQ_E_FILE);
    assert_non_null(strstr(tq_error(), "2147483648 bytes"));
    remove("model.onnx");
    assert_int_equal(tq_network_load_onnx(&network, *state, "model.onnx"), TQ_E_FILE);
    assert_int_equal(tq_network_load_onnx(&network, *state, "."), TQ_E_FILE);
    assert_int_equal(tq_network_load_onnx(&network, NULL, "."), TQ_E_ARGUMENT);
    free(data);
    onnx_maker_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_opset),
        cmocka_unit_test(raw_and_typed_data),
        cmocka_unit_test(other_float_types),
        cmocka_unit_test(initializers_listed_as_inputs),
        cmocka_unit_test(layer_names),
        cmocka_unit_test(convolution_in_onnx_layout),
        cmocka_unit_test(flatten_keeps_the_files_order),
        cmocka_unit_test(reshapes),
        cmocka_unit_test(constants_through_operators),
        cmocka_unit_test(gemm_factors),
        cmocka_unit_test(gemm_of_tensors),
        cmocka_unit_test(added_constants),
        cmocka_unit_test(added_tensors),
        cmocka_unit_test(second_outputs),
        cmocka_unit_test(dropout_ratios),
        cmocka_unit_test(softmax_axes),
        cmocka_unit_test(files),
    };
    char directory[] = "/tmp/tq_onnx_XXXXXX";
    if (mkdtemp(directory) == NULL || chdir(directory) != 0)
        return 1;
    const int failed = cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
    return rmdir(directory) == 0 ? failed : 1;
}
