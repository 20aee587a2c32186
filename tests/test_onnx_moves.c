/* ONNX operators that move numbers: on tensors of four dimensions, with constants, where samples are mixed.
 */
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

#define SHAPE(r, ...) (&(tq_shape){.rank = (r), .dim = {__VA_ARGS__}})

static const float counting[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                   16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                   32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                   48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};

/* ShuffleNet's: channel g * 3 + c becomes channel c * 2 + g. */
static void channel_shuffle(void **state)
{
    float wanted[48];
    onnx_maker *m = onnx_maker_new(13);
    for (int i = 0; i < 48; ++i) {
        const int pixel = i % 4, channel = i / 4 % 6, sample = i / 24;
        wanted[i] = (float)(sample * 24 + (channel % 2 * 3 + channel / 2) * 4 + pixel);
    }
    onnx_maker_input(m, "x", DIMS(0, 6, 2, 2));
    onnx_maker_integers(m, "five", DIMS(1, 2, 3, 2, 2));
    onnx_maker_integers(m, "four", DIMS(1, 6, 2, 2));
    onnx_maker_node(m, "Reshape", "", "x,five", "a");
    onnx_maker_ints(m, onnx_maker_node(m, "Transpose", "", "a", "b"), "perm", DIMS(0, 2, 1, 3, 4));
    onnx_maker_node(m, "Reshape", "", "b,four", "y");
    onnx_maker_output(m, "y");
    onnx_check_output(*state, m, 2, counting, SHAPE(4, 2, 6, 2, 2), wanted);
}

/* A constant of one sample stands beside every sample; one that has two fixes the batch. */
static void concat_with_constants(void **state)
{
    const float wanted[] = {-1, -2, 0, 1, 2, 3, -1, -2, 4, 5, 6, 7}, c[] = {-1, -2, -3, -4};
    for (int64_t samples = 1; samples <= 2; ++samples) {
        onnx_maker *m = onnx_maker_new(13);
        onnx_maker_input(m, "x", DIMS(samples, 2, 1, 2));
        onnx_maker_floats(m, "c", DIMS(samples, 1, 1, 2), c);
        onnx_maker_int(m, onnx_maker_node(m, "Concat", "", "c,x", "y"), "axis", -3);
        onnx_maker_output(m, "y");
        if (samples == 1)
            onnx_check_output(*state, m, 2, counting, SHAPE(4, 2, 3, 1, 2), wanted);
        else
            onnx_check_output(*state, m, 2, counting, SHAPE(4, 2, 3, 1, 2),
                              (const float[]){-1, -2, 0, 1, 2, 3, -3, -4, 4, 5, 6, 7});
    }
    onnx_maker *m = onnx_maker_new(13);
    onnx_maker_input(m, "x", DIMS(0, 3));
    onnx_maker_floats(m, "c", DIMS(2, 2), c);
    onnx_maker_int(m, onnx_maker_node(m, "Concat", "join", "x,c", "y"), "axis", 1);
    onnx_maker_output(m, "y");
    onnx_check_failure(*state, m, TQ_E_SHAPE, "node 'join': inputs 'x' and 'c' of shapes 1x3 and 2x2");
}

/* Where samples are mixed the batch is the model's, and no other. */
static void fixed_batch(void **state)
{
    tq_network *network;
    tq_shape in, out;
    float y[6];
    onnx_maker *m = onnx_maker_new(13);
    onnx_maker_input(m, "x", DIMS(2, 3));
    onnx_maker_node(m, "Transpose", "", "x", "y");
    onnx_maker_output(m, "y");
    assert_int_equal(onnx_check_load(&network, *state, m), TQ_OK);
    assert_int_equal(tq_network_fixed_batch(network), 2);
    assert_int_equal(tq_network_plan(network, &(tq_plan){.batch = 3}), TQ_E_ARGUMENT);
    assert_non_null(strstr(tq_error(), "batch is 3, allowed 2: the network's layers mix the samples"));
    assert_int_equal(tq_network_plan(network, NULL), TQ_OK);
    assert_int_equal(tq_network_shapes(network, &in, &out), TQ_OK);
    assert_true(tq_shape_equal(&in, SHAPE(2, 2, 3)) && tq_shape_equal(&out, SHAPE(2, 3, 2)));
    assert_int_equal(tq_network_forward(network, counting, 1, 0, y), TQ_E_ARGUMENT);
    assert_non_null(strstr(tq_error(), "samples is 1, allowed 2"));
    assert_int_equal(tq_network_forward(network, counting, 2, 0, y), TQ_OK);
    assert_memory_equal(y, ((const float[]){0, 3, 1, 4, 2, 5}), sizeof y);
    assert_int_equal(tq_network_reference(network, counting, 2, 0, y), TQ_OK);
    assert_memory_equal(y, ((const float[]){0, 3, 1, 4, 2, 5}), sizeof y);
    assert_int_equal(tq_network_fix_batch(network, 0), TQ_E_ARGUMENT);
    assert_non_null(strstr(tq_error(), "a fixed batch of 0, allowed 1 to 65536"));
    tq_network_destroy(network);
    onnx_maker_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channel_shuffle),
        cmocka_unit_test(concat_with_constants),
        cmocka_unit_test(fixed_batch),
    };
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
