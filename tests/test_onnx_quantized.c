/*
 * Quantized networks, as exporters write them: one of ONNX's operators of integers, one of QuantizeLinear and
 * DequantizeLinear around float operators. Expected numbers are computed here with plain integers.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "network/graph.h"
#include "support/device_test.h"
#include "support/onnx_check.h"
#include "support/onnx_maker.h"
#include "tensorquant/tensorquant.h"

enum { SIZE = 5, IN = 3, OUT = 4, KERNEL = 3, CLASSES = 3, SAMPLES = 2, PIXELS = SIZE * SIZE };
enum { UINT8 = 2, INT8 = 3, INT32 = 6 };

static const float x_scale = 0.05f, y_scale = 0.3f, fc_scale = 0.011f, z_scale = 0.9f;
static const float w_scale[OUT] = {0.02f, 0.017f, 0.5f, 0.0031f};
static const int32_t x_zero = 118, y_zero = 131, fc_zero = -2, z_zero = -7;
static const int32_t w_zero[OUT] = {0, 1, -3, 0};

static int32_t w[OUT * IN * KERNEL * KERNEL], bias[OUT] = {100, -2000, 31, 16777216},
                                              fc[OUT * PIXELS * CLASSES];

static void fill(void)
{
    for (size_t i = 0; i < sizeof w / sizeof *w; ++i)
        w[i] = (int32_t)(i * 37 % 255) - 127;
    for (size_t i = 0; i < sizeof fc / sizeof *fc; ++i)
        fc[i] = (int32_t)(i * 91 % 251) - 125;
}

static void add_integers(onnx_maker *m, const char *name, size_t rank, const int64_t *dims, int type,
                         const int32_t *values)
{
    Onnx__TensorProto *tensor = onnx_maker_floats(m, name, rank, dims, (const float *)values);
    tensor->n_int32_data = tensor->n_float_data;
    tensor->int32_data = onnx_maker_memory(m, tensor->n_float_data * sizeof *values);
    memcpy(tensor->int32_data, values, tensor->n_float_data * sizeof *values);
    tensor->n_float_data = 0;
    tensor->data_type = type;
}

static void add_scale(onnx_maker *m, const char *name, float scale, int type, int32_t zero)
{
    char zero_name[32];
    snprintf(zero_name, sizeof zero_name, "%s_zero", name);
    onnx_maker_floats(m, name, 0, NULL, &scale);
    add_integers(m, zero_name, 0, NULL, type, &zero);
}

static onnx_maker *integer_model(void)
{
    const int64_t shape[] = {0, IN, SIZE, SIZE}, filter[] = {OUT, IN, KERNEL, KERNEL}, out[] = {OUT};
    const int64_t matrix[] = {OUT * PIXELS, CLASSES}, pads[] = {1, 1, 1, 1};
    onnx_maker *m = onnx_maker_new(13);
    onnx_maker_input(m, "x", 4, shape);
    add_scale(m, "xs", x_scale, UINT8, x_zero);
    add_scale(m, "ys", y_scale, UINT8, y_zero);
    add_scale(m, "fs", fc_scale, INT8, fc_zero);
    add_scale(m, "zs", z_scale, INT8, z_zero);
    onnx_maker_floats(m, "ws", 1, out, w_scale);
    add_integers(m, "ws_zero", 1, out, INT8, w_zero);
    add_integers(m, "w", 4, filter, INT8, w);
    add_integers(m, "b", 1, out, INT32, bias);
    add_integers(m, "f", 2, matrix, INT8, fc);
    onnx_maker_node(m, "QuantizeLinear", "q", "x,xs,xs_zero", "xq");
    Onnx__NodeProto *conv =
        onnx_maker_node(m, "QLinearConv", "conv", "xq,xs,xs_zero,w,ws,ws_zero,ys,ys_zero,b", "yq");
    onnx_maker_ints(m, conv, "pads", 4, pads);
    onnx_maker_node(m, "Flatten", "flat", "yq", "flat_q");
    onnx_maker_node(m, "QLinearMatMul", "fc", "flat_q,ys,ys_zero,f,fs,fs_zero,zs,zs_zero", "zq");
    onnx_maker_node(m, "DequantizeLinear", "d", "zq,zs,zs_zero", "z");
    onnx_maker_output(m, "z");
    return m;
}

/* x becomes a code: the steps of the standard, by the host's floats. */
static int32_t code_of(float y, int32_t zero, int32_t lowest, int32_t highest)
{
    const double code = rint((double)y) + zero;
    return (int32_t)fmin(fmax(code, lowest), highest);
}

static int32_t convolve(const int32_t *x, int o, int row, int column)
{
    int64_t sum = bias[o];
    for (int i = 0; i < IN; ++i)
        for (int r = 0; r < KERNEL; ++r)
            for (int c = 0; c < KERNEL; ++c) {
                const int y = row + r - 1, z = column + c - 1;
                const bool inside = y >= 0 && y < SIZE && z >= 0 && z < SIZE;
                sum += inside ? (int64_t)(x[(i * SIZE + y) * SIZE + z] - x_zero) *
                                    (w[((o * IN + i) * KERNEL + r) * KERNEL + c] - w_zero[o])
                              : 0;
            }
    return code_of((float)sum * (x_scale * w_scale[o] / y_scale), y_zero, 0, 255);
}

static void expect(const float *x, float *z)
{
    int32_t codes[IN * PIXELS], y[OUT * PIXELS];
    for (int i = 0; i < IN * PIXELS; ++i)
        codes[i] = code_of(x[i] / x_scale, x_zero, 0, 255);
    for (int i = 0; i < OUT * PIXELS; ++i)
        y[i] = convolve(codes, i / PIXELS, i % PIXELS / SIZE, i % SIZE);
    for (int n = 0; n < CLASSES; ++n) {
        int64_t sum = 0;
        for (int k = 0; k < OUT * PIXELS; ++k)
            sum += (int64_t)(y[k] - y_zero) * (fc[k * CLASSES + n] - fc_zero);
        const int32_t code = code_of((float)sum * (y_scale * fc_scale / z_scale), z_zero, -128, 127);
        z[n] = (float)(code - z_zero) * z_scale;
    }
}

static const char *path_of(const tq_network *network, const char *name)
{
    for (size_t i = 0; i < tq_network_layer_count(network); ++i)
        if (strcmp(tq_layer_name(tq_network_layer(network, i)), name) == 0)
            return tq_layer_path(tq_network_layer(network, i));
    return "no layer";
}

static void integers(void **state)
{
    static float x[SAMPLES * IN * PIXELS], z[SAMPLES * CLASSES], should[SAMPLES * CLASSES];
    tq_network *network;
    fill();
    for (int i = 0; i < SAMPLES * IN * PIXELS; ++i)
        x[i] = (float)(i * 7919 % 2003 - 1000) / 150.0f;
    for (int i = 0; i < SAMPLES; ++i)
        expect(x + i * IN * PIXELS, should + i * CLASSES);
    if (onnx_check_load(&network, *state, integer_model()) != TQ_OK ||
        tq_network_plan(network, &(tq_plan){.batch = SAMPLES}) != TQ_OK ||
        tq_network_forward(network, x, SAMPLES, 0, z) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_memory_equal(z, should, sizeof z);
    assert_string_equal(path_of(network, "conv"), "dot16");
    assert_string_equal(path_of(network, "fc"), "dot16");
    tq_network_destroy(network);
}

/* Scales are powers of two, so that floats are exact and integers say what must come out. */
static onnx_maker *float_model(void)
{
    const int64_t shape[] = {0, IN, SIZE, SIZE}, filter[] = {OUT, IN, KERNEL, KERNEL}, out[] = {OUT},
                  pads[] = {1, 1, 1, 1};
    const float per_channel[OUT] = {0.25f, 0.5f, 1, 0.125f};
    static const int32_t zeros[OUT] = {0};
    onnx_maker *m = onnx_maker_new(13);
    onnx_maker_input(m, "x", 4, shape);
    add_scale(m, "xs", 0.5f, UINT8, x_zero);
    add_scale(m, "ys", 4, INT8, 3);
    onnx_maker_floats(m, "ws", 1, out, per_channel);
    add_integers(m, "ws_zero", 1, out, INT8, zeros);
    add_integers(m, "w", 4, filter, INT8, w);
    onnx_maker_node(m, "QuantizeLinear", "q", "x,xs,xs_zero", "xq");
    onnx_maker_node(m, "DequantizeLinear", "d", "xq,xs,xs_zero", "xd");
    onnx_maker_int(m, onnx_maker_node(m, "DequantizeLinear", "wd", "w,ws,ws_zero", "w_d"), "axis", 0);
    onnx_maker_ints(m, onnx_maker_node(m, "Conv", "conv", "xd,w_d", "y"), "pads", 4, pads);
    onnx_maker_node(m, "Relu", "act", "y", "a");
    onnx_maker_node(m, "QuantizeLinear", "yq", "a,ys,ys_zero", "aq");
    onnx_maker_node(m, "DequantizeLinear", "yd", "aq,ys,ys_zero", "z");
    onnx_maker_output(m, "z");
    return m;
}

static float convolve_floats(const float *x, int o, int row, int column)
{
    static const double per_channel[OUT] = {0.25, 0.5, 1, 0.125};
    double sum = 0;
    for (int i = 0; i < IN; ++i)
        for (int r = 0; r < KERNEL; ++r)
            for (int c = 0; c < KERNEL; ++c) {
                const int y = row + r - 1, z = column + c - 1;
                if (y < 0 || y >= SIZE || z < 0 || z >= SIZE)
                    continue;
                const int32_t code = code_of(x[(i * SIZE + y) * SIZE + z] / 0.5f, x_zero, 0, 255) - x_zero;
                sum += code * 0.5 * w[((o * IN + i) * KERNEL + r) * KERNEL + c] * per_channel[o];
            }
    return (float)((code_of((float)fmax(sum, 0) / 4, 3, -128, 127) - 3) * 4.0);
}

static void pairs(void **state)
{
    static float x[IN * PIXELS], z[OUT * PIXELS];
    tq_network *network;
    fill();
    for (int i = 0; i < IN * PIXELS; ++i)
        x[i] = (float)(i * 7919 % 2003 - 1000) / 9.0f;
    if (onnx_check_load(&network, *state, float_model()) != TQ_OK ||
        tq_network_plan(network, NULL) != TQ_OK || tq_network_forward(network, x, 1, 0, z) != TQ_OK)
        fail_msg("%s", tq_error());
    for (int i = 0; i < OUT * PIXELS; ++i)
        if (z[i] != convolve_floats(x, i / PIXELS, i % PIXELS / SIZE, i % SIZE))
            fail_msg("output %d is %g, should be %g", i, (double)z[i],
                     (double)convolve_floats(x, i / PIXELS, i % PIXELS / SIZE, i % SIZE));
    tq_network_destroy(network);
}

/* Sums of int32 that binary32 does not hold: refused, unless a Cast to float reads them. */
static onnx_maker *long_sums(bool cast)
{
    enum { TERMS = 2000 };
    const int64_t shape[] = {0, TERMS}, matrix[] = {TERMS, 1};
    static int32_t weights[TERMS];
    onnx_maker *m = onnx_maker_new(13);
    for (int i = 0; i < TERMS; ++i)
        weights[i] = 127;
    onnx_maker_input(m, "x", 2, shape);
    m->graph.input[0]->type->tensor_type->elem_type = UINT8;
    add_integers(m, "w", 2, matrix, INT8, weights);
    onnx_maker_node(m, "MatMulInteger", "sum", "x,w", "y");
    if (cast)
        onnx_maker_int(m, onnx_maker_node(m, "Cast", "cast", "y", "z"), "to", 1);
    onnx_maker_output(m, cast ? "z" : "y");
    return m;
}

static void int32_sums(void **state)
{
    static float x[2000];
    float y;
    tq_network *network;
    onnx_check_failure(
        *state, long_sums(false), TQ_E_UNSUPPORTED,
        "the int32 sums may reach 65024000; supported: up to 2^24, or with a Cast to float behind");
    for (int i = 0; i < 2000; ++i)
        x[i] = i == 0 ? 254 : 255;
    if (onnx_check_load(&network, *state, long_sums(true)) != TQ_OK ||
        tq_network_plan(network, NULL) != TQ_OK || tq_network_forward(network, x, 1, 0, &y) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_true(y == (float)((2000 * 255 - 1) * 127));
    tq_network_destroy(network);
}

static onnx_maker *square(void)
{
    onnx_maker *m = onnx_maker_new(13);
    onnx_maker_input(m, "x", DIMS(2, 2));
    m->graph.input[0]->type->tensor_type->elem_type = UINT8;
    onnx_maker_node(m, "MatMulInteger", "square", "x,x", "y");
    onnx_maker_output(m, "y");
    return m;
}

/* Every row of the product is made of all samples. */
static void product_of_samples(void **state)
{
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){2, 2});
    onnx_check_fixed_batch(*state, square(), 2);
    onnx_check_output(*state, square(), 2, (const float[]){1, 2, 3, 4}, &shape,
                      (const float[]){7, 10, 15, 22});
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(integers), cmocka_unit_test(pairs),
                                       cmocka_unit_test(int32_sums), cmocka_unit_test(product_of_samples)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
