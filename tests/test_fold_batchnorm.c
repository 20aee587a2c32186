/* Batch norms folded into the layer in front: weights worked out by hand, and networks in which nothing may
 * fold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/device_test.h"
#include "support/onnx_check.h"
#include "util/fail.h"

static const float gamma_of[2] = {4, 3}, beta[2] = {0.5f, 0}, mean[2] = {1, 2}, variance[2] = {3, 8};

static void expect_ok(tq_status status)
{
    if (status != TQ_OK)
        fail_msg("%s", tq_error());
}

/* Factors 2 and 1: sqrt(3 + 1) is 2, sqrt(8 + 1) is 3. */
static void add_norm(tq_network *network, const char *name, const char *input, const float *of_variance)
{
    const tq_shape two = tq_shape_of(1, (const int64_t[]){2});
    expect_ok(tq_network_add(network, "batchnorm", name, "epsilon=1", input));
    expect_ok(tq_network_set_weight(network, name, "gamma", &two, gamma_of));
    expect_ok(tq_network_set_weight(network, name, "beta", &two, beta));
    expect_ok(tq_network_set_weight(network, name, "mean", &two, mean));
    expect_ok(tq_network_set_weight(network, name, "variance", &two, of_variance));
}

/* x [1, 2] -> dense -> norm -> relu. */
static tq_network *make(tq_context *context, bool bias, const float *of_variance)
{
    tq_network *network;
    const tq_shape square = tq_shape_of(2, (const int64_t[]){2, 2}),
                   two = tq_shape_of(1, (const int64_t[]){2});
    expect_ok(tq_network_create(&network, context));
    expect_ok(tq_network_add_input(network, "x", &(tq_shape){.rank = 2, .dim = {1, 2}}, TQ_NHWC));
    expect_ok(tq_network_add(network, "dense", "fc", NULL, "x"));
    expect_ok(tq_network_set_weight(network, "fc", "weight", &square, (const float[]){1, 2, 3, 4}));
    if (bias)
        expect_ok(tq_network_set_weight(network, "fc", "bias", &two, (const float[]){1, -1}));
    add_norm(network, "norm", "fc", of_variance);
    return network;
}

static void check(tq_network *network, size_t folds, size_t layers, const float *wanted)
{
    size_t folded = 99;
    float y[2];
    expect_ok(tq_network_fold_batchnorm(network, &folded));
    assert_int_equal(folded, folds);
    assert_int_equal(tq_network_layer_count(network), layers);
    expect_ok(tq_network_plan(network, NULL));
    expect_ok(tq_network_forward(network, (const float[]){1, 10}, 1, 0, y));
    assert_memory_equal(y, wanted, sizeof y);
    tq_network_destroy(network);
}

static void folded(void **state)
{
    /* weights 2 2, 6 4; bias (1 - 1) * 2 + 0.5 and -1 - 2, or without one -1.5 and -2 */
    check(make(*state, true, variance), 1, 1, (const float[]){62.5f, 39});
    check(make(*state, false, variance), 1, 1, (const float[]){60.5f, 40});
    tq_network *network = make(*state, true, variance);
    expect_ok(tq_network_add(network, "relu", "act", NULL, "norm"));
    check(network, 1, 2, (const float[]){62.5f, 39});
    network = make(*state, true, variance);
    add_norm(network, "norm2", "norm", variance); /* 2 * (y - 1) + 0.5 and y - 2 */
    check(network, 2, 1, (const float[]){123.5f, 37});
    network = make(*state, true, variance);
    expect_ok(tq_network_set_output(network, "norm"));
    check(network, 1, 1, (const float[]){62.5f, 39});
}

/* The last layer, which is the output if none is named, is folded; the last one left is another's. */
static void folded_output(void **state)
{
    const tq_shape square = tq_shape_of(2, (const int64_t[]){2, 2});
    tq_network *network;
    expect_ok(tq_network_create(&network, *state));
    expect_ok(tq_network_add_input(network, "x", &(tq_shape){.rank = 2, .dim = {1, 2}}, TQ_NHWC));
    expect_ok(tq_network_add(network, "dense", "fc", NULL, "x"));
    expect_ok(tq_network_set_weight(network, "fc", "weight", &square, (const float[]){1, 2, 3, 4}));
    expect_ok(tq_network_add(network, "relu", "unused", NULL, "x"));
    add_norm(network, "norm", "fc", variance);
    check(network, 1, 2, (const float[]){60.5f, 40});
}

static void not_folded(void **state)
{
    tq_network *network = make(*state, true, variance); /* fc is read twice */
    expect_ok(tq_network_add(network, "add", "sum", NULL, "norm,fc"));
    check(network, 0, 3, (const float[]){62.5f + 32, 39 + 41});
    network = make(*state, true, variance); /* fc is the output */
    expect_ok(tq_network_set_output(network, "fc"));
    check(network, 0, 2, (const float[]){32, 41});
    network = make(*state, true, variance); /* behind a layer without weights */
    expect_ok(tq_network_add(network, "relu", "act", NULL, "norm"));
    add_norm(network, "norm2", "act", variance);
    check(network, 1, 3, (const float[]){123.5f, 37});
    assert_int_equal(tq_network_fold_batchnorm(NULL, NULL), TQ_E_ARGUMENT);
    assert_non_null(strstr(tq_error(), "tq_network_fold_batchnorm: NULL"));
    network = make(*state, true, (const float[]){-1, 8}); /* a root of zero */
    size_t count = 99;
    expect_ok(tq_network_fold_batchnorm(network, &count));
    assert_int_equal(count, 0);
    tq_network_destroy(network);
}

/* A convolution of ONNX: output channels are the last dimension of the weights, also of a transposed one. */
static void convolutions(void **state)
{
    for (int transposed = 0; transposed < 2; ++transposed) {
        static const float x[1] = {2}, w[2] = {3, 5}; /* two output channels of one pixel */
        onnx_maker *m = onnx_maker_new(13);
        tq_network *network;
        size_t count;
        float y[2];
        onnx_maker_input(m, "x", DIMS(0, 1, 1, 1));
        onnx_maker_floats(m, "w", 4,
                          transposed ? (const int64_t[]){1, 2, 1, 1} : (const int64_t[]){2, 1, 1, 1}, w);
        onnx_maker_floats(m, "g", DIMS(2), gamma_of);
        onnx_maker_floats(m, "b", DIMS(2), beta);
        onnx_maker_floats(m, "m", DIMS(2), mean);
        onnx_maker_floats(m, "v", DIMS(2), variance);
        onnx_maker_node(m, transposed ? "ConvTranspose" : "Conv", "conv", "x,w", "c");
        onnx_maker_float(m, onnx_maker_node(m, "BatchNormalization", "norm", "c,g,b,m,v", "y"), "epsilon", 1);
        onnx_maker_output(m, "y");
        expect_ok(onnx_check_load(&network, *state, m));
        expect_ok(tq_network_fold_batchnorm(network, &count));
        assert_int_equal(count, 1);
        expect_ok(tq_network_plan(network, NULL));
        expect_ok(tq_network_forward(network, x, 1, 0, y));
        assert_memory_equal(y, ((const float[]){2 * (6 - 1) + 0.5f, 10 - 2}), sizeof y);
        tq_network_destroy(network);
        onnx_maker_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(folded), cmocka_unit_test(folded_output),
                                       cmocka_unit_test(not_folded), cmocka_unit_test(convolutions)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
