/* Graphs as exporters leave them: thousands of nodes, parts that nothing reads, initializers among the
 * inputs. */
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

enum { NODES = 6000 };

/* y = x + 1 + 1 + ..., each sum of a constant and, for every third, a relu behind. */
static void thousands_of_nodes(void **state)
{
    onnx_maker *m = onnx_maker_new(13);
    char from[16] = "x", to[16], inputs[32];
    float sum = 0;
    onnx_maker_input(m, "x", DIMS(0, 2));
    onnx_maker_floats(m, "one", DIMS(1), (const float[]){1});
    for (int i = 1; i <= NODES; ++i) {
        snprintf(to, sizeof to, i == NODES ? "y" : "v%d", i);
        snprintf(inputs, sizeof inputs, "%s,one", from);
        if (i % 3 == 0)
            onnx_maker_node(m, "Relu", "", from, to);
        else
            onnx_maker_node(m, "Add", "", inputs, to);
        sum += i % 3 != 0;
        memcpy(from, to, sizeof from);
    }
    onnx_maker_output(m, "y");
    onnx_check_output(*state, m, 1, (const float[]){0, 5}, &(tq_shape){.rank = 2, .dim = {1, 2}},
                      (const float[]){sum, sum + 5});
}

/* A second head, constants that nobody reads and a part of a split are not computed. */
static void parts_that_nothing_reads(void **state)
{
    onnx_maker *m = onnx_maker_new(13);
    tq_network *network;
    float y[2];
    onnx_maker_input(m, "x", DIMS(0, 4));
    onnx_maker_floats(m, "w", DIMS(4, 3), (const float[12]){1});
    onnx_maker_floats(m, "unused", DIMS(4), (const float[4]){1});
    onnx_maker_node(m, "Relu", "dead", "x", "d");
    onnx_maker_node(m, "Gemm", "aux", "d,w", "head");
    onnx_maker_int(m, onnx_maker_node(m, "Split", "split", "x", "front,back"), "axis", 1);
    onnx_maker_node(m, "Relu", "act", "back", "y");
    onnx_maker_output(m, "y");
    assert_int_equal(onnx_check_load(&network, *state, m), TQ_OK);
    assert_int_equal(tq_network_layer_count(network), 2);
    assert_string_equal(tq_layer_name(tq_network_layer(network, 0)), "split_2");
    assert_string_equal(tq_layer_name(tq_network_layer(network, 1)), "act");
    assert_int_equal(tq_network_plan(network, NULL), TQ_OK);
    assert_int_equal(tq_network_forward(network, (const float[]){1, 2, 3, -4}, 1, 0, y), TQ_OK);
    assert_memory_equal(y, ((const float[]){3, 0}), sizeof y);
    tq_network_destroy(network);
    onnx_maker_free(m);
}

/* Files before IR 4 list initializers as inputs, in any sequence. */
static void initializers_in_front(void **state)
{
    onnx_maker *m = onnx_maker_new(7);
    m->model.ir_version = 3;
    onnx_maker_input(m, "b", DIMS(2));
    onnx_maker_input(m, "x", DIMS(1, 2));
    onnx_maker_input(m, "shape", DIMS(2));
    onnx_maker_input(m, "w", DIMS(2, 2));
    onnx_maker_floats(m, "w", DIMS(2, 2), (const float[]){1, 2, 3, 4});
    onnx_maker_floats(m, "b", DIMS(2), (const float[]){10, 20});
    onnx_maker_integers(m, "shape", DIMS(0, -1));
    m->graph.input[2]->type->tensor_type->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
    onnx_maker_node(m, "Reshape", "", "x,shape", "r");
    onnx_maker_node(m, "Gemm", "fc", "r,w,b", "y");
    onnx_maker_output(m, "y");
    onnx_check_output(*state, m, 1, (const float[]){1, 1}, &(tq_shape){.rank = 2, .dim = {1, 2}},
                      (const float[]){14, 26});
}

/* Indices of a pool, and statistics of a batch norm, may be there but nobody may use them. */
static void further_outputs(void **state)
{
    static const float x[4] = {1, 2, 3, 4};
    for (int used = 0; used < 2; ++used) {
        onnx_maker *m = onnx_maker_new(8);
        onnx_maker_input(m, "x", DIMS(0, 1, 2, 2));
        onnx_maker_floats(m, "one", DIMS(1), (const float[]){1});
        onnx_maker_floats(m, "zero", DIMS(1), (const float[]){0});
        onnx_maker_ints(m, onnx_maker_node(m, "MaxPool", "pool", "x", "p,indices"), "kernel_shape",
                        DIMS(2, 2));
        onnx_maker_float(
            m, onnx_maker_node(m, "BatchNormalization", "norm", "p,one,zero,zero,one", "n,m,v,sm,sv"),
            "epsilon", 0);
        onnx_maker_node(m, "Relu", "act", used ? "sv" : "n", "y");
        onnx_maker_output(m, "y");
        if (used)
            onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "node 'act': input 'sv' is a second output");
        else
            onnx_check_output(*state, m, 1, x, &(tq_shape){.rank = 4, .dim = {1, 1, 1, 1}},
                              (const float[]){4});
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_of_nodes),
        cmocka_unit_test(parts_that_nothing_reads),
        cmocka_unit_test(initializers_in_front),
        cmocka_unit_test(further_outputs),
    };
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
