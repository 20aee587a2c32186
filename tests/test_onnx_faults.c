/* ONNX import: what is wrong or not supported is refused with a text that names it; damaged files never
 * crash. */
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
#include "support/device_test.h"
#include "support/onnx_check.h"
#include "util/fail.h"

static void ir_versions(void **state)
{
    static const int64_t fine[] = {3, 13}, wrong[] = {0, 2, 14, -1};
    for (size_t i = 0; i < TQ_COUNT(fine); ++i) {
        onnx_maker *m = onnx_check_model(13);
        m->model.ir_version = fine[i];
        onnx_check_output(*state, m, 2, onnx_check_model_input, &onnx_check_model_shape,
                          onnx_check_model_output);
    }
    for (size_t i = 0; i < TQ_COUNT(wrong); ++i) {
        onnx_maker *m = onnx_check_model(13);
        m->model.ir_version = wrong[i];
        onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "ir_version");
    }
    onnx_maker *m = onnx_check_model(13);
    m->model.has_ir_version = 0;
    onnx_check_failure(*state, m, TQ_E_FORMAT, "no ir_version");
    m = onnx_check_model(13);
    m->model.graph = NULL;
    onnx_check_failure(*state, m, TQ_E_FORMAT, "no graph");
}

static void wrong_sizes(void **state)
{
    onnx_maker *m = onnx_check_model(13);
    m->graph.initializer[0]->n_float_data = 5;
    onnx_check_failure(*state, m, TQ_E_SHAPE,
                       "initializer 'w' has shape 2x3, 6 numbers; its data have 5 numbers");
    m = onnx_check_model(13);
    onnx_maker_to_raw(m, m->graph.initializer[0]);
    m->graph.initializer[0]->raw_data.len = 23;
    onnx_check_failure(*state, m, TQ_E_SHAPE,
                       "initializer 'w' has shape 2x3, 6 numbers; its data have 23 bytes");
    m = onnx_check_model(13);
    m->graph.initializer[0]->dims[0] = (int64_t)1 << 61;
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "initializer 'w' has an empty or too large shape");
    m = onnx_check_model(13);
    m->graph.initializer[0]->dims[0] = -2;
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "'w'");
    m = onnx_check_model(13);
    m->graph.initializer[0]->dims[1] = (int64_t)1 << 40; /* must not be allocated */
    onnx_check_failure(*state, m, TQ_E_SHAPE, "'w'");
    m = onnx_check_model(13);
    m->graph.initializer[0]->dims[0] = 3;
    m->graph.initializer[0]->dims[1] = 2;
    onnx_check_failure(*state, m, TQ_E_SHAPE,
                       "node 'fc': input of shape 1x2 does not fit weights of shape 3x2");
    m = onnx_check_model(13);
    m->graph.initializer[1]->dims[0] = 2;
    m->graph.initializer[1]->n_float_data = 2;
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "bias 'b' has shape 2");
}

static void data_outside_the_file(void **state)
{
    onnx_maker *m = onnx_check_model(13);
    m->graph.initializer[0]->has_data_location = 1;
    m->graph.initializer[0]->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "initializer 'w' has its data outside the file");
}

static void unsupported_operators(void **state)
{
    static const char *const list[] = {", AveragePool, ", ", Concat, Constant, ", ", Unsqueeze"};
    onnx_maker *m = onnx_check_model(13);
    m->graph.node[1]->op_type = "Foo";
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "node 'act': operator 'Foo' is not supported; ");
    for (size_t i = 0; i < sizeof list / sizeof *list; ++i)
        assert_non_null(strstr(tq_error(), list[i]));
    m = onnx_check_model(13);
    m->graph.node[1]->domain = "com.example";
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "operator 'com.example.Relu' is not supported");
    m = onnx_check_model(13);
    m->graph.node[1]->name = "";
    m->graph.node[1]->op_type = NULL;
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "node 'y': operator ''");
}

static void attributes(void **state)
{
    onnx_maker *m = onnx_check_model(13);
    onnx_maker_int(m, m->graph.node[1], "colour", 1);
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "node 'act': attribute 'colour' of operator 'Relu'");
    m = onnx_check_model(13);
    onnx_maker_int(m, m->graph.node[0], "alpha", 1);
    onnx_check_failure(*state, m, TQ_E_FORMAT, "attribute 'alpha' is of type 2, needs 1");
    m = onnx_check_model(13);
    onnx_maker_int(m, m->graph.node[0], "transB", 0);
    onnx_maker_int(m, m->graph.node[0], "transB", 0);
    onnx_check_failure(*state, m, TQ_E_FORMAT, "attribute 'transB' is given twice");
    m = onnx_check_model(13);
    onnx_maker_int(m, m->graph.node[0], "trans", 0);
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "attribute 'trans'");
    m = onnx_check_model(13);
    Onnx__AttributeProto *a =
        onnx_maker_attribute(m, m->graph.node[0], "body", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH);
    a->g = onnx_maker_memory(m, sizeof *a->g);
    onnx__graph_proto__init(a->g);
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "attribute 'body'");
}

static void graph_faults(void **state)
{
    onnx_maker *m = onnx_check_model(13);
    m->graph.node[1]->input[0] = "nothing";
    onnx_check_failure(*state, m, TQ_E_FORMAT, "node 'act': input 'nothing' is no input of the graph");
    m = onnx_check_model(13);
    m->graph.node[0]->input[0] = "y";
    onnx_check_failure(*state, m, TQ_E_FORMAT, "node 'fc': input 'y' is an output of node 'act'");
    m = onnx_check_model(13);
    m->graph.node[1]->input[0] = "y";
    onnx_check_failure(*state, m, TQ_E_FORMAT, "cycle");
    m = onnx_check_model(13);
    m->graph.node[1]->output[0] = "h";
    onnx_check_failure(*state, m, TQ_E_FORMAT, "'h' is defined twice");
    m = onnx_check_model(13);
    m->graph.node[1]->n_output = 0;
    onnx_check_failure(*state, m, TQ_E_FORMAT, "no output");
    m = onnx_check_model(13);
    m->graph.node[1]->n_input = 0;
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "operator 'Relu' has 0 inputs, supported: 1 to 1");
    m = onnx_check_model(13);
    onnx_maker_output(m, "h");
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "the graph has 2 outputs");
    m = onnx_check_model(13);
    m->graph.output[0]->name = "z";
    onnx_check_failure(*state, m, TQ_E_FORMAT, "output 'z' is no node's output");
    m = onnx_check_model(13);
    m->graph.output[0]->name = "w";
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "output 'w' is not computed");
    m = onnx_check_model(13);
    onnx_maker_input(m, "x2", DIMS(1, 2));
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "the graph has inputs 'x' and 'x2'");
    m = onnx_check_model(13);
    m->graph.n_input = 0;
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "the graph has no input");
    m = onnx_check_model(13);
    m->graph.initializer[1]->name = "w";
    onnx_check_failure(*state, m, TQ_E_FORMAT, "'w' is defined twice");
}

static onnx_maker *input_model(size_t rank, const int64_t *dims)
{
    onnx_maker *m = onnx_maker_new(13);
    onnx_maker_input(m, "x", rank, dims);
    onnx_maker_node(m, "Relu", "act", "x", "y");
    onnx_maker_output(m, "y");
    return m;
}

static void input_shapes(void **state)
{
    const float input[6] = {-1, 2, 3, -4, 5, 6}, wanted[6] = {0, 2, 3, 0, 5, 6};
    onnx_check_output(*state, input_model(DIMS(5, 3)), 2, input, &(tq_shape){.rank = 2, .dim = {2, 3}},
                      wanted);
    onnx_check_output(*state, input_model(DIMS(0, 3, 1, 2)), 1, input,
                      &(tq_shape){.rank = 4, .dim = {1, 3, 1, 2}}, wanted);
    onnx_check_failure(*state, input_model(DIMS(1, 0)), TQ_E_UNSUPPORTED, "input 'x': dimension 1");
    onnx_check_failure(*state, input_model(DIMS(1, (int64_t)1 << 40)), TQ_E_UNSUPPORTED,
                       "dimension 1 is 1099511627776");
    onnx_check_failure(*state, input_model(DIMS(1, 1, 1, 1, 1, 1, 1)), TQ_E_UNSUPPORTED, "input 'x'");
    onnx_check_failure(*state, input_model(0, NULL), TQ_E_UNSUPPORTED, "input 'x'");
    onnx_maker *m = input_model(DIMS(1, 3));
    m->graph.input[0]->type->tensor_type->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "only a tensor of float");
    m = input_model(DIMS(1, 3));
    m->graph.input[0]->type = NULL;
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "input 'x'");
}

static onnx_maker *conv_model(void)
{
    float w[2 * 3 * 2 * 2];
    onnx_maker *m = onnx_maker_new(11);
    onnx_check_fill(w, TQ_COUNT(w), 5);
    onnx_maker_input(m, "x", DIMS(1, 3, 4, 4));
    onnx_maker_floats(m, "w", DIMS(2, 3, 2, 2), w);
    onnx_maker_node(m, "Conv", "conv", "x,w", "y");
    onnx_maker_output(m, "y");
    return m;
}

static void bad_convolutions(void **state)
{
    onnx_maker *m = conv_model();
    onnx_maker_ints(m, m->graph.node[0], "kernel_shape", DIMS(3, 2));
    onnx_check_failure(*state, m, TQ_E_SHAPE, "'kernel_shape' is 3x2, the weights have 2x2");
    m = conv_model();
    onnx_maker_int(m, m->graph.node[0], "group", 3);
    onnx_check_failure(*state, m, TQ_E_SHAPE,
                       "node 'conv': input of shape 1x3x4x4 does not fit weights of shape 2x3x2x2");
    m = conv_model();
    onnx_maker_int(m, m->graph.node[0], "group", 0);
    onnx_check_failure(*state, m, TQ_E_SHAPE, "0 groups");
    m = conv_model();
    onnx_maker_int(m, m->graph.node[0], "group", -1);
    onnx_check_failure(*state, m, TQ_E_SHAPE, "-1 groups");
    m = conv_model();
    onnx_maker_ints(m, m->graph.node[0], "strides", DIMS(0, 1));
    onnx_check_failure(*state, m, TQ_E_ARGUMENT, "'stride'");
    m = conv_model();
    onnx_maker_ints(m, m->graph.node[0], "pads", DIMS(0, 0, 0, INT64_MAX));
    onnx_check_failure(*state, m, TQ_E_ARGUMENT, "'pads'");
    m = conv_model();
    onnx_maker_ints(m, m->graph.node[0], "pads", DIMS(0, 0));
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "attribute 'pads' has 2 numbers, supported: 4");
    m = conv_model();
    onnx_maker_ints(m, m->graph.node[0], "dilations", DIMS(4, 4));
    onnx_check_failure(*state, m, TQ_E_SHAPE, "window");
    m = conv_model();
    onnx_maker_string(m, m->graph.node[0], "auto_pad", "SAME");
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "attribute 'auto_pad' is 'SAME'");
    m = conv_model();
    onnx_maker_string(m, m->graph.node[0], "auto_pad", "VALID");
    onnx_maker_ints(m, m->graph.node[0], "pads", DIMS(1, 0, 0, 0));
    onnx_check_failure(*state, m, TQ_E_FORMAT, "exclude");
    m = conv_model();
    m->graph.node[0]->input[1] = "x";
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED,
                       "input 'x' is computed; operator 'Conv' is supported with a constant");
    m = conv_model();
    m->graph.node[0]->input[0] = "w";
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "input 'w' is a constant");
}

/* All the operators at once, so that the damaged files reach every part of the import. */
static onnx_maker *wide_model(void)
{
    float w[2 * 2 * 2 * 2], dense[2 * 3];
    onnx_maker *m = onnx_maker_new(11);
    onnx_check_fill(w, TQ_COUNT(w), 1);
    onnx_check_fill(dense, TQ_COUNT(dense), 2);
    onnx_maker_input(m, "x", DIMS(0, 2, 5, 5));
    onnx_maker_to_raw(m, onnx_maker_floats(m, "w", DIMS(2, 2, 2, 2), w));
    onnx_maker_floats(m, "two", DIMS(2), (const float[]){1, 2});
    onnx_maker_floats(m, "dense", DIMS(3, 2), dense);
    onnx_maker_integers(m, "shape", 2, (const int64_t[]){0, -1});
    Onnx__NodeProto *conv = onnx_maker_node(m, "Conv", "conv", "x,w,two", "a");
    onnx_maker_ints(m, conv, "pads", DIMS(1, 1, 0, 0));
    onnx_maker_node(m, "BatchNormalization", "bn", "a,two,two,two,two", "b");
    Onnx__NodeProto *pool = onnx_maker_node(m, "MaxPool", "pool", "b", "c");
    onnx_maker_ints(m, pool, "kernel_shape", DIMS(2, 2));
    pool = onnx_maker_node(m, "AveragePool", "pool", "c", "d");
    onnx_maker_ints(m, pool, "kernel_shape", DIMS(2, 2));
    onnx_maker_string(m, pool, "auto_pad", "SAME_UPPER");
    onnx_maker_node(m, "Add", "sum", "c,d", "e");
    onnx_maker_node(m, "GlobalAveragePool", "", "e", "f");
    onnx_maker_node(m, "Reshape", "", "f,shape", "g");
    onnx_maker_int(m, onnx_maker_node(m, "Gemm", "fc", "g,dense", "h"), "transB", 1);
    onnx_maker_node(m, "Dropout", "", "h", "i,mask");
    onnx_maker_node(m, "Softmax", "", "i", "y");
    onnx_maker_output(m, "y");
    return m;
}

static void every_truncation_fails(void **state)
{
    size_t size;
    tq_network *network;
    onnx_maker *m = wide_model();
    uint8_t *data = onnx_maker_pack(m, &size);
    for (size_t length = 0; length < size; ++length) {
        uint8_t *part = malloc(length + 1); /* its end is the end of memory for the sanitizer */
        assert_non_null(part);
        memcpy(part + 1, data, length);
        const tq_status status = tq_onnx__load(&network, *state, part + 1, length);
        if (status != TQ_E_FORMAT)
            fail_msg("%zu of %zu bytes: %s %s", length, size, tq_status_name(status), tq_error());
        free(part);
    }
    assert_int_equal(tq_onnx__load(&network, *state, data, size), TQ_OK);
    tq_network_destroy(network);
    free(data);
    onnx_maker_free(m);
}

static uint32_t next_random(uint32_t *random)
{
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

/* Any outcome is fine but a crash; a network that comes out can be planned or says why not. */
static void changed_bytes(void **state)
{
    size_t size, loaded = 0;
    uint32_t random = 1;
    onnx_maker *m = wide_model();
    uint8_t *data = onnx_maker_pack(m, &size), *changed = malloc(size);
    assert_non_null(changed);
    for (int i = 0; i < 1000; ++i) {
        tq_network *network;
        memcpy(changed, data, size);
        for (uint32_t flips = 1 + next_random(&random) % 4; flips > 0; --flips)
            changed[next_random(&random) % size] ^= (uint8_t)(1 + next_random(&random) % 255);
        const tq_status status = tq_onnx__load(&network, *state, changed, size);
        assert_int_equal(status == TQ_OK, network != NULL);
        loaded += status == TQ_OK;
        tq_network_destroy(network);
    }
    assert_true(loaded > 0 && loaded < 1000);
    free(changed);
    free(data);
    onnx_maker_free(m);
}

/* Puts `tag` and the length of what is there before it. */
static uint8_t *wrap(uint8_t *at, const uint8_t *end, uint8_t tag)
{
    uint8_t varint[10];
    size_t digits = 0, length = (size_t)(end - at);
    for (; length > 127; length >>= 7)
        varint[digits++] = (uint8_t)(128 | (length & 127));
    varint[digits++] = (uint8_t)length;
    at -= digits;
    memcpy(at, varint, digits);
    *--at = tag;
    return at;
}

/* Graphs within attributes within nodes within graphs: the parser itself would recurse without a bound. */
static void deep_nesting(void **state)
{
    static const uint8_t tags[3] = {0x32, 0x2A, 0x0A}; /* attribute.g, node.attribute, graph.node */
    const size_t levels = 600000, room = 6 * levels + 16;
    uint8_t *data = malloc(room), *at = data + room;
    const uint8_t *end = at;
    tq_network *network;
    assert_non_null(data);
    for (size_t level = 0; level < levels; ++level)
        at = wrap(at, end, tags[level % 3]);
    at = wrap(at, end, 0x3A); /* model.graph */
    assert_int_equal(tq_onnx__load(&network, *state, at, (size_t)(end - at)), TQ_E_FORMAT);
    assert_non_null(strstr(tq_error(), "nested"));
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ir_versions),
        cmocka_unit_test(wrong_sizes),
        cmocka_unit_test(data_outside_the_file),
        cmocka_unit_test(unsupported_operators),
        cmocka_unit_test(attributes),
        cmocka_unit_test(graph_faults),
        cmocka_unit_test(input_shapes),
        cmocka_unit_test(bad_convolutions),
        cmocka_unit_test(every_truncation_fails),
        cmocka_unit_test(changed_bytes),
        cmocka_unit_test(deep_nesting),
    };
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
