/* What a network refuses, what the errors say, and that it can be used afterwards. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/small_network.h"
#include "util/fail.h"

static float data[SMALL_SAMPLES * SMALL_INPUT];

/* The error text must hold each of the parts that follow the status, up to NULL. */
static void expect(tq_status is, tq_status should, ...)
{
    va_list parts;
    if (is != should)
        fail_msg("%s, not %s: %s", tq_status_name(is), tq_status_name(should), tq_error());
    va_start(parts, should);
    for (const char *part; (part = va_arg(parts, const char *)) != NULL;)
        if (strstr(tq_error(), part) == NULL)
            fail_msg("'%s' is not in '%s'", part, tq_error());
    va_end(parts);
}

static void expect_unplanned(tq_network *network)
{
    float output[SMALL_OUTPUT];
    expect(tq_network_forward(network, data, 1, 0, output), TQ_E_STATE, "not planned", NULL);
    expect(tq_network_reference(network, data, 1, 0, output), TQ_E_STATE, "not planned", NULL);
    expect(tq_network_shapes(network, NULL, NULL), TQ_E_STATE, "not planned", NULL);
}

/* Plans without maps and gives the right numbers. */
static void expect_usable(tq_network *network)
{
    const tq_small_plan plan = {0};
    float is[SMALL_OUTPUT], should[SMALL_OUTPUT];
    tq_small_set(network, &plan);
    expect(tq_network_forward(network, data, 1, 0, is), TQ_OK, NULL);
    tq_small_by_hand(&plan, data, should);
    assert_memory_equal(is, should, sizeof is);
}

static void test_map_keys(void **state)
{
    static const char layers[] = "layers: conv, relu, pool, flat, dense";
    tq_network *const network = tq_small_make(*state, TQ_NHWC);
    expect(tq_small_try(network, &(tq_small_plan){.weights = "{\"cnov\": \"bf16\"}"}), TQ_E_NAME,
           "weights map", "'cnov'", layers, NULL);
    expect_unplanned(network);
    expect_usable(network);
    expect(tq_small_try(network, &(tq_small_plan){.intrinsic = "{\"\": \"bf16\", \"c*w\": \"bf16\"}"}),
           TQ_E_NAME, "intrinsic map", "'c*w'", layers, NULL);
    expect(tq_small_try(network, &(tq_small_plan){.extrinsic = "{\"x\": \"bf16\"}"}), TQ_E_NAME,
           "extrinsic map", "'x'", layers, NULL); /* the input is no layer */
    expect_unplanned(network);
    expect_usable(network);
    tq_network_destroy(network);
}

static void test_accumulations_out_of_place(void **state)
{
    static const char map[] = "{\"relu\": \"bf16\", \"conv\": {\"sum\": \"bf16\"}}";
    tq_network *const network = tq_small_make(*state, TQ_NHWC);
    expect(tq_small_try(network, &(tq_small_plan){.weights = map}), TQ_E_ARGUMENT, "weights map", "'conv'",
           "quantizer", NULL);
    expect(tq_small_try(network, &(tq_small_plan){.extrinsic = map}), TQ_E_ARGUMENT, "extrinsic map",
           "'conv'", NULL);
    expect_unplanned(network);
    tq_small_set(network, &(tq_small_plan){.intrinsic = map});
    expect_usable(network);
    tq_network_destroy(network);
}

static void test_plan_arguments(void **state)
{
    tq_network *const network = tq_small_make(*state, TQ_NHWC);
    expect(tq_small_try(network, &(tq_small_plan){.batch = -1}), TQ_E_ARGUMENT, "-1", "1 to 65536", NULL);
    expect(tq_small_try(network, &(tq_small_plan){.batch = 65537}), TQ_E_ARGUMENT, "65537", NULL);
    expect(tq_small_try(network, &(tq_small_plan){.input_largest = NAN}), TQ_E_ARGUMENT, "input_largest",
           NULL);
    expect(tq_small_try(network, &(tq_small_plan){.input_largest = -1}), TQ_E_ARGUMENT, "-1", NULL);
    expect_unplanned(network);
    expect_usable(network);
    expect(tq_network_plan(network, NULL), TQ_OK, NULL);
    tq_network_destroy(network);
}

static void test_forward_arguments(void **state)
{
    tq_network *const network = tq_small_make(*state, TQ_NHWC);
    float output[4 * SMALL_OUTPUT];
    expect_unplanned(network);
    tq_small_set(network, &(tq_small_plan){.batch = 4});
    expect(tq_network_forward(network, data, 0, 0, output), TQ_E_ARGUMENT, "samples is 0", "batch of 4",
           NULL);
    expect(tq_network_forward(network, data, 5, 0, output), TQ_E_ARGUMENT, "samples is 5", NULL);
    expect(tq_network_reference(network, data, -1, 0, output), TQ_E_ARGUMENT, "samples is -1", NULL);
    expect(tq_network_forward(network, data, 4, 0, output), TQ_OK, NULL);
    tq_network_destroy(network);
}

static void test_inputs(void **state)
{
    const tq_shape shape = tq_shape_of(4, (const int64_t[]){1, 2, 2, 2}), scalar = tq_shape_of(0, NULL);
    const tq_shape bad = tq_shape_of(2, (const int64_t[]){1, 0});
    tq_network *network = (tq_network *)&network;
    expect(tq_network_create(&network, NULL), TQ_E_ARGUMENT, NULL);
    assert_null(network);
    expect(tq_network_create(&network, *state), TQ_OK, NULL);
    expect(tq_network_plan(network, NULL), TQ_E_UNSUPPORTED, "0 inputs", NULL);
    expect(tq_network_add_input(network, "x", &scalar, TQ_NHWC), TQ_E_SHAPE, "'x'", "scalar", NULL);
    expect(tq_network_add_input(network, "x", &bad, TQ_NHWC), TQ_E_SHAPE, "1x0", NULL);
    expect(tq_network_add_input(network, "x", NULL, TQ_NHWC), TQ_E_ARGUMENT, "'x'", NULL);
    expect(tq_network_add_constant(network, "c", &shape, NULL), TQ_E_ARGUMENT, "'c'", NULL);
    expect(tq_network_add_input(network, "x", &shape, TQ_NHWC), TQ_OK, NULL);
    expect(tq_network_plan(network, NULL), TQ_E_STATE, "no layers", NULL);
    expect(tq_network_add_input(network, "x", &shape, TQ_NHWC), TQ_E_NAME, "'x' is taken", NULL);
    expect(tq_network_add(network, "relu", "r", NULL, "x"), TQ_OK, NULL);
    expect(tq_network_plan(network, NULL), TQ_OK, NULL);
    expect(tq_network_add_input(network, "y", &shape, TQ_NHWC), TQ_OK, NULL);
    expect(tq_network_plan(network, NULL), TQ_E_UNSUPPORTED, "2 inputs; 1 is supported", NULL);
    tq_network_destroy(network);
}

static void test_names(void **state)
{
    static const char *const inputs[] = {"x", "conv", "dense"};
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){4});
    char long_name[300];
    tq_network *const network = tq_small_make(*state, TQ_NHWC);
    tq_small_set(network, &(tq_small_plan){0});
    for (size_t i = 0; i < TQ_COUNT(inputs); ++i) {
        expect(tq_network_add(network, "relu", inputs[i], NULL, "x"), TQ_E_NAME, inputs[i], "taken", NULL);
        expect(tq_network_add_input(network, inputs[i], &shape, TQ_NHWC), TQ_E_NAME, "taken", NULL);
        expect(tq_network_add_constant(network, inputs[i], &shape, data), TQ_E_NAME, "taken", NULL);
    }
    expect(tq_network_add(network, "relu", "", NULL, "x"), TQ_E_ARGUMENT, "0 bytes", "1 to 255", NULL);
    expect(tq_network_add(network, "relu", NULL, NULL, "x"), TQ_E_ARGUMENT, "1 to 255", NULL);
    expect(tq_network_add(network, "relu", "a,b", NULL, "x"), TQ_E_ARGUMENT, "comma", NULL);
    memset(long_name, 'n', sizeof long_name);
    long_name[256] = '\0';
    expect(tq_network_add(network, "relu", long_name, NULL, "x"), TQ_E_ARGUMENT, "256 bytes", NULL);
    assert_int_equal(tq_network_layer_count(network), 5);
    float output[SMALL_OUTPUT];
    expect(tq_network_forward(network, data, 1, 0, output), TQ_OK, NULL); /* still planned */
    long_name[255] = '\0';
    expect(tq_network_add(network, "relu", long_name, NULL, "x"), TQ_OK, NULL);
    expect_unplanned(network);
    tq_network_destroy(network);
}

static void test_layers_inputs(void **state)
{
    char many[130];
    tq_network *const network = tq_small_make(*state, TQ_NHWC);
    expect(tq_network_add(network, "relu", "r", NULL, "later"), TQ_E_NAME, "'r'", "'later'", NULL);
    expect(tq_network_add(network, "relu", "r", NULL, "r"), TQ_E_NAME, "'r'", NULL);
    expect(tq_network_add(network, "add", "r", NULL, "x,"), TQ_E_NAME, "''", NULL);
    expect(tq_network_add(network, "add", "r", NULL, "x,,x"), TQ_E_NAME, "''", NULL);
    expect(tq_network_add(network, "add", "r", NULL, ",x"), TQ_E_NAME, "''", NULL);
    expect(tq_network_add(network, "add", "r", NULL, "x, x"), TQ_E_NAME, "' x'", NULL);
    memset(many, 'x', sizeof many);
    for (size_t i = 1; i < sizeof many; i += 2)
        many[i] = ',';
    many[sizeof many - 1] = '\0'; /* 65 names */
    expect(tq_network_add(network, "add", "r", NULL, many), TQ_E_ARGUMENT, "64 inputs", NULL);
    expect(tq_network_add(network, "rleu", "r", NULL, "x"), TQ_E_NAME, "'rleu'", "relu", "conv2d", NULL);
    expect(tq_network_add(network, "conv2d", "r", "strides=2", "x"), TQ_E_NAME, "'r'", "'strides'",
           "dilation", NULL);
    expect(tq_network_add(network, "conv2d", "r", "stride=0", "x"), TQ_E_ARGUMENT, "'stride'", "1 to 4096",
           NULL);
    assert_int_equal(tq_network_layer_count(network), 5);
    expect_usable(network);
    tq_network_destroy(network);
}

static void test_weights(void **state)
{
    const tq_shape vector = tq_shape_of(1, (const int64_t[]){SMALL_OUTPUT});
    tq_network *const network = tq_small_make(*state, TQ_NHWC);
    float output[SMALL_OUTPUT];
    tq_small_set(network, &(tq_small_plan){0});
    expect(tq_network_set_weight(network, "cnov", "weight", &vector, data), TQ_E_NAME, "'cnov'", NULL);
    expect(tq_network_set_weight(network, "x", "weight", &vector, data), TQ_E_NAME, "'x'", NULL);
    expect(tq_network_set_weight(network, "dense", "wieght", &vector, data), TQ_E_NAME, "'dense'",
           "weight, bias", NULL);
    expect(tq_network_set_weight(network, "dense", "weight", &vector, data), TQ_E_SHAPE, "'dense'", "rank 2",
           NULL);
    expect(tq_network_set_weight(network, "relu", "weight", &vector, data), TQ_E_NAME, "none", NULL);
    expect(tq_network_forward(network, data, 1, 0, output), TQ_OK, NULL); /* nothing has changed */
    expect(tq_network_set_weight(network, "dense", "bias", &vector, data), TQ_OK, NULL);
    expect_unplanned(network);
    tq_network_destroy(network);
}

/* A layer without weights, then one of a wrong size; each says which it is, and can be mended. */
static void test_plan_failures(void **state)
{
    const tq_shape input = tq_shape_of(2, (const int64_t[]){1, 4});
    const tq_shape wrong = tq_shape_of(2, (const int64_t[]){5, 2}),
                   right = tq_shape_of(2, (const int64_t[]){4, 2});
    tq_network *network;
    float output[2];
    expect(tq_network_create(&network, *state), TQ_OK, NULL);
    expect(tq_network_add_input(network, "x", &input, TQ_NHWC), TQ_OK, NULL);
    expect(tq_network_add(network, "relu", "before", NULL, "x"), TQ_OK, NULL);
    expect(tq_network_add(network, "dense", "last", NULL, "before"), TQ_OK, NULL);
    expect(tq_network_plan(network, NULL), TQ_E_STATE, "dense 'last'", "weight", NULL);
    expect_unplanned(network);
    expect(tq_network_set_weight(network, "last", "weight", &wrong, data), TQ_OK, NULL);
    expect(tq_network_plan(network, NULL), TQ_E_SHAPE, "dense 'last'", "1x4", "5x2", NULL);
    expect_unplanned(network);
    expect(tq_network_set_weight(network, "last", "weight", &right, (const float[]){1, 2, 3, 4, 5, 6, 7, 8}),
           TQ_OK, NULL);
    expect(tq_network_plan(network, NULL), TQ_OK, NULL);
    expect(tq_network_forward(network, (const float[]){1, -9, 0.5f, 2}, 1, 0, output), TQ_OK, NULL);
    assert_true(output[0] == 1 + 2.5f + 14 && output[1] == 2 + 3 + 16);
    tq_network_destroy(network);
}

/* Batches that no device holds. */
static void test_too_large(void **state)
{
    static const int64_t sizes[] = {(int64_t)1 << 40, (int64_t)1 << 50, (int64_t)1 << 62};
    for (size_t i = 0; i < TQ_COUNT(sizes); ++i) {
        const tq_shape input = tq_shape_of(2, (const int64_t[]){1, sizes[i]});
        tq_network *network;
        expect(tq_network_create(&network, *state), TQ_OK, NULL);
        expect(tq_network_add_input(network, "x", &input, TQ_NHWC), TQ_OK, NULL);
        expect(tq_network_add(network, "relu", "r", NULL, "x"), TQ_OK, NULL);
        expect(tq_network_plan(network, &(tq_plan){.batch = 65536}), TQ_E_MEMORY, NULL);
        expect_unplanned(network);
        tq_network_destroy(network);
    }
}

static void test_outputs(void **state)
{
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){1, 3});
    tq_network *network;
    float output[3];
    tq_shape found;
    expect(tq_network_create(&network, *state), TQ_OK, NULL);
    expect(tq_network_add_input(network, "x", &shape, TQ_NHWC), TQ_OK, NULL);
    expect(tq_network_add(network, "relu", "r", NULL, "x"), TQ_OK, NULL);
    expect(tq_network_add(network, "add", "twice", NULL, "r,r"), TQ_OK, NULL);
    /* A constant behind the last layer is not the output. */
    expect(tq_network_add_constant(network, "c", &shape, (const float[]){7, 7, 7}), TQ_OK, NULL);
    expect(tq_network_plan(network, NULL), TQ_OK, NULL);
    expect(tq_network_forward(network, (const float[]){-1, 2, 3}, 1, 0, output), TQ_OK, NULL);
    assert_memory_equal(output, ((const float[]){0, 4, 6}), sizeof output);
    expect(tq_network_set_output(network, "x"), TQ_E_NAME, "'x'", NULL);
    expect(tq_network_set_output(network, "nothing"), TQ_E_NAME, "'nothing'", NULL);
    expect(tq_network_set_output(network, NULL), TQ_E_NAME, NULL);
    expect(tq_network_shapes(network, &found, NULL), TQ_OK, NULL);
    expect(tq_network_set_output(network, "r"), TQ_OK, NULL);
    expect_unplanned(network);
    expect(tq_network_plan(network, NULL), TQ_OK, NULL);
    expect(tq_network_shapes(network, NULL, &found), TQ_OK, NULL);
    assert_true(tq_shape_equal(&found, &shape));
    expect(tq_network_forward(network, (const float[]){-1, 2, 3}, 1, 0, output), TQ_OK, NULL);
    assert_memory_equal(output, ((const float[]){0, 2, 3}), sizeof output);
    tq_network_destroy(network);
    tq_network_destroy(NULL);
}

static int set_up(void **state)
{
    tq_context *context = NULL;
    if (tq_context_open(&context, NULL) != TQ_OK)
        print_error("%s\n", tq_error());
    tq_small_data(data);
    *state = context;
    return context != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    tq_context_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map_keys),       cmocka_unit_test(test_accumulations_out_of_place),
        cmocka_unit_test(test_plan_arguments), cmocka_unit_test(test_forward_arguments),
        cmocka_unit_test(test_inputs),         cmocka_unit_test(test_names),
        cmocka_unit_test(test_layers_inputs),  cmocka_unit_test(test_weights),
        cmocka_unit_test(test_plan_failures),  cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_outputs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
