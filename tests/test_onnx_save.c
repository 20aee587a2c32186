/*
 * ONNX export: what is written reads back as a network with the same bits, and holds what ONNX says, looked
 * at through protobuf alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "layers/kind.h"
#include "support/device_test.h"
#include "support/onnx_check.h"
#include "support/tq_program.h"
#include "tensorquant/tensorquant.h"

#define LENET     TQ_SOURCE_DIRECTORY "/examples/lenet-fashion-mnist.onnx"
#define FILE_NAME "saved.onnx"
enum { MOST = 4096, SAMPLES = 3 };

static int start(void **state)
{
    tq_program_start(TQ_BINARY_DIRECTORY, "onnx_save");
    return tq_test_open(state);
}

/* Plans with one quantizer in all maps (NULL: float) and runs the samples; the number of outputs. */
static int64_t run_all(tq_network *network, const char *quantizer, const float *input, float *output)
{
    tq_map *map = NULL;
    tq_shape in, out;
    if (quantizer != NULL)
        tq_test_ok(tq_map_parse(&map, quantizer));
    tq_test_ok(tq_network_plan(
        network,
        &(tq_plan){.batch = SAMPLES, .weights = map, .intrinsic = map, .extrinsic = map, .seed = 5}));
    tq_map_destroy(map);
    tq_test_ok(tq_network_shapes(network, &in, &out));
    assert_true(tq_shape_count(&in) <= MOST && tq_shape_count(&out) <= MOST);
    tq_test_ok(tq_network_forward(network, input, SAMPLES, 0, output));
    return tq_shape_count(&out);
}

static void compare(tq_network *one, tq_network *other, const char *quantizer)
{
    static float input[MOST], a[MOST], b[MOST];
    for (int i = 0; i < MOST; ++i)
        input[i] = (float)(i * 37 % 101 - 40) / 32;
    const int64_t count = run_all(one, quantizer, input, a);
    assert_int_equal(run_all(other, quantizer, input, b), count);
    assert_memory_equal(a, b, (size_t)count * sizeof *a);
}

/* Kinds, names, weights and options, which ONNX has as binary32. */
static void compare_layers(const tq_network *one, const tq_network *other)
{
    assert_int_equal(tq_network_layer_count(one), tq_network_layer_count(other));
    for (size_t i = 0; i < tq_network_layer_count(one); ++i) {
        const tq_layer *const a = tq_network_layer(one, i), *const b = tq_network_layer(other, i);
        assert_string_equal(a->name, b->name);
        assert_string_equal(a->kind->name, b->kind->name);
        for (size_t o = 0; o < TQ_LAYER_OPTIONS; ++o)
            if ((float)a->option[o] != (float)b->option[o])
                fail_msg("%s: number %zu of the options is %g, was %g", a->kind->name, o, b->option[o],
                         a->option[o]);
        for (size_t w = 0; w < a->kind->weight_count; ++w) {
            assert_true(tq_shape_equal(&a->weight[w].shape, &b->weight[w].shape));
            if (a->weight[w].master != NULL)
                assert_memory_equal(a->weight[w].master, b->weight[w].master,
                                    (size_t)tq_shape_count(&a->weight[w].shape) * sizeof(float));
        }
    }
}

/* Saves, loads, compares; the file written by the second network is the same, byte by byte. Running all kinds
 * would take too long. */
static void check_round_trip(tq_context *context, tq_network *network, bool runs)
{
    tq_network *loaded;
    tq_test_ok(tq_network_save_onnx(network, FILE_NAME));
    tq_test_ok(tq_network_load_onnx(&loaded, context, FILE_NAME));
    compare_layers(network, loaded);
    if (runs)
        compare(network, loaded, "stochastic,10,5");
    tq_test_ok(tq_network_save_onnx(loaded, "again.onnx"));
    tq_file_expect_same("again.onnx", FILE_NAME);
    tq_network_destroy(loaded);
}

static void lenet_comes_back(void **state)
{
    tq_network *network;
    tq_test_ok(tq_network_load_onnx(&network, *state, LENET));
    check_round_trip(*state, network, true);
    tq_network_destroy(network);
}

static void set_weight(tq_network *network, const char *weight, int rank, const int64_t *dim)
{
    float values[512];
    const tq_shape shape = tq_shape_of(rank, dim);
    assert_true(tq_shape_count(&shape) <= 512);
    for (int i = 0; i < 512; ++i)
        values[i] = (float)(i * 29 % 61 + 1) / 64;
    tq_test_ok(tq_network_set_weight(network, "it", weight, &shape, values));
}

/* One layer "it" behind an input of 3 x 6 x 5 (channels, rows, columns) or of 12 numbers. */
static tq_network *make(tq_context *context, const char *kind, const char *options, bool image)
{
    const tq_shape shape =
        image ? tq_shape_of(4, (const int64_t[]){1, 3, 6, 5}) : tq_shape_of(2, (const int64_t[]){1, 12});
    tq_network *network;
    tq_test_ok(tq_network_create(&network, context));
    tq_test_ok(tq_network_add_input(network, "x", &shape, TQ_NCHW));
    tq_test_ok(tq_network_add(network, kind, "it", options, "x"));
    return network;
}

static void kinds_of_one_input(void **state)
{
    static const char *const rows[][2] = {
        {"abs", ""},
        {"avgpool2d", "kernel=3x2,stride=2x1,pads=1x0x1x1,count_include_pad=1"},
        {"avgpool2d", "kernel=2,stride=2,ceil_mode=1"},
        {"celu", "alpha=0.7"},
        {"clip", "lowest=-0.3,highest=0.6"},
        {"clip", "highest=0.6"},
        {"dropout", ""},
        {"dropout", "rate=0.3"},
        {"elu", "alpha=0.3"},
        {"erf", ""},
        {"exp", ""},
        {"flatten", "order=nchw"},
        {"globalavgpool", ""},
        {"globalmaxpool", ""},
        {"hardsigmoid", "alpha=0.3,beta=0.4"},
        {"hardswish", ""},
        {"leakyrelu", "alpha=0.2"},
        {"lrn", "size=3,alpha=0.01,beta=0.5,bias=2"},
        {"maxpool2d", "kernel=3,stride=2,auto_pad=same_lower"},
        {"maxpool2d", "kernel=2,dilation=2x1,pads=1x0x0x1"},
        {"relu", ""},
        {"reshape", "rank=3,shape=0x18x5,order=nchw"},
        {"selu", ""},
        {"sigmoid", ""},
        {"softmax", ""},
        {"softmax", "log=1"},
        {"softplus", ""},
        {"sqrt", ""},
        {"tanh", ""},
        {"thresholdedrelu", "alpha=0.2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        tq_network *network = make(*state, rows[i][0], rows[i][1], true);
        check_round_trip(*state, network, false);
        tq_network_destroy(network);
    }
}

static void kinds_with_weights(void **state)
{
    static const char *const norm[] = {"gamma", "beta", "mean", "variance"};
    for (int bias = 0; bias < 2; ++bias) {
        tq_network *conv = make(*state, "conv2d", "stride=2x1,pads=1x0x2x1,dilation=1x2,groups=3", true);
        set_weight(conv, "weight", 4, (const int64_t[]){3, 2, 1, 6});
        tq_network *dense = make(*state, "dense", "", false);
        set_weight(dense, "weight", 2, (const int64_t[]){12, 5});
        if (bias) {
            set_weight(conv, "bias", 1, (const int64_t[]){6});
            set_weight(dense, "bias", 1, (const int64_t[]){5});
        }
        check_round_trip(*state, conv, bias);
        check_round_trip(*state, dense, false);
        tq_network *batchnorm = make(*state, "batchnorm", "epsilon=0.001", bias);
        for (int i = 0; i < 4; ++i)
            set_weight(batchnorm, norm[i], 1, (const int64_t[]){bias ? 3 : 12});
        check_round_trip(*state, batchnorm, false);
        tq_network_destroy(conv);
        tq_network_destroy(dense);
        tq_network_destroy(batchnorm);
    }
}

static void kinds_of_two_inputs(void **state)
{
    static const char *const rows[][2] = {{"add", ""},
                                          {"sub", ""},
                                          {"mul", ""},
                                          {"max", ""},
                                          {"min", ""},
                                          {"div", ""},
                                          {"concat", "axis=2,order=nchw"}};
    static const float values[] = {0.5f, -0.25f, 2.0f};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        tq_network *network = make(*state, "relu", "", true);
        tq_test_ok(tq_network_add(network, rows[i][0], "both", rows[i][1], "it,x"));
        check_round_trip(*state, network, false);
        tq_network_destroy(network);
        if (strcmp(rows[i][0], "concat") == 0)
            continue;
        network =
            make(*state, "relu", "", true); /* a number for each channel, also where it has one dimension */
        tq_test_ok(tq_network_add_constant(network, "c", &(tq_shape){.rank = 1, .dim = {3}}, values));
        tq_test_ok(tq_network_add(network, rows[i][0], "both", rows[i][1], "it,c"));
        check_round_trip(*state, network, i == 1);
        tq_network_destroy(network);
    }
}

static Onnx__ModelProto *parse(void)
{
    size_t size;
    char *const data = tq_file_text(FILE_NAME, &size);
    Onnx__ModelProto *const model = onnx__model_proto__unpack(NULL, size, (const uint8_t *)data);
    assert_non_null(model);
    free(data);
    return model;
}

/* What is no ancestor of the output is not written, and names that a weight would have may be taken. */
static void only_what_is_needed(void **state)
{
    tq_network *network = make(*state, "dense", "", false);
    set_weight(network, "weight", 2, (const int64_t[]){12, 5});
    tq_test_ok(tq_network_add(network, "relu", "it.weight", "", "it"));
    tq_test_ok(tq_network_add(network, "tanh", "unused", "", "it"));
    tq_test_ok(tq_network_set_output(network, "it.weight"));
    tq_test_ok(tq_network_save_onnx(network, FILE_NAME));
    Onnx__ModelProto *const model = parse();
    assert_int_equal(model->graph->n_node, 2);
    assert_string_equal(model->graph->node[0]->input[1], "it.weight_");
    onnx__model_proto__free_unpacked(model, NULL);
    tq_network_destroy(network);
}

/* Dimensions counted with the channels last are others in ONNX. */
static void channels_last(void **state)
{
    static const char *const rows[][2] = {{"concat", "axis=3"}, {"concat", "axis=1"}, {"concat", "axis=2"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        tq_network *network = make(*state, "relu", "", true), *loaded;
        tq_test_ok(tq_network_add(network, rows[i][0], "both", rows[i][1], "it,x"));
        tq_test_ok(tq_network_save_onnx(network, FILE_NAME));
        tq_test_ok(tq_network_load_onnx(&loaded, *state, FILE_NAME));
        compare(network, loaded, NULL);
        tq_network_destroy(network);
        tq_network_destroy(loaded);
    }
}

/* With the channels last in the row, which ONNX can say with a Transpose only. */
static void flattened_channels_last(void **state)
{
    float input[MOST], a[MOST], b[MOST];
    tq_network *network = make(*state, "flatten", "", true), *loaded;
    for (int i = 0; i < MOST; ++i)
        input[i] = (float)i;
    tq_test_ok(tq_network_save_onnx(network, FILE_NAME));
    tq_test_ok(tq_network_load_onnx(&loaded, *state, FILE_NAME));
    const int64_t count = run_all(network, NULL, input, a);
    assert_int_equal(run_all(loaded, NULL, input, b), count);
    assert_memory_equal(a, b, (size_t)count * sizeof *a);
    assert_int_equal(b[1], 6 * 5); /* channel 1 of the first pixel */
    tq_network_destroy(network);
    tq_network_destroy(loaded);
}

static const Onnx__TensorProto *initializer(const Onnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_initializer; ++i)
        if (strcmp(graph->initializer[i]->name, name) == 0)
            return graph->initializer[i];
    fail_msg("no initializer '%s'", name);
    return NULL;
}

static float number(const Onnx__TensorProto *tensor, size_t i)
{
    float value;
    memcpy(&value, tensor->raw_data.data + i * sizeof value, sizeof value);
    return value;
}

/* Against ONNX's own page of Conv and Gemm. */
static void what_is_in_the_file(void **state)
{
    tq_network *network = make(*state, "conv2d", "stride=2x1,pads=1x0x2x1", true);
    set_weight(network, "weight", 4, (const int64_t[]){2, 1, 3, 4});
    tq_test_ok(tq_network_save_onnx(network, FILE_NAME));
    tq_network_destroy(network);
    Onnx__ModelProto *const model = parse();
    assert_int_equal(model->opset_import[0]->version, 17);
    assert_int_equal(model->graph->n_node, 1);
    const Onnx__NodeProto *const node = model->graph->node[0];
    assert_string_equal(node->op_type, "Conv");
    assert_string_equal(node->name, "it");
    assert_string_equal(node->input[0], "x");
    assert_string_equal(node->input[1], "it.weight");
    const Onnx__TensorProto *const weight = initializer(model->graph, "it.weight");
    static const int64_t wanted[] = {4, 3, 2, 1}; /* outputs, inputs, rows, columns */
    assert_int_equal(weight->n_dims, 4);
    assert_memory_equal(weight->dims, wanted, sizeof wanted);
    for (int o = 0; o < 4; ++o)
        for (int c = 0; c < 3; ++c)
            for (int r = 0; r < 2; ++r)
                assert_true(number(weight, (size_t)((o * 3 + c) * 2 + r)) ==
                            (float)(((r * 3 + c) * 4 + o) * 29 % 61 + 1) / 64);
    const Onnx__TypeProto__Tensor *const type = model->graph->input[0]->type->tensor_type;
    assert_string_equal(type->shape->dim[0]->dim_param, "batch");
    assert_int_equal(type->shape->dim[1]->dim_value, 3);
    assert_int_equal(model->graph->output[0]->type->tensor_type->shape->dim[2]->dim_value, 4);
    onnx__model_proto__free_unpacked(model, NULL);
}

static void faults(void **state)
{
    tq_network *network = make(*state, "dense", "", false);
    tq_test_fails(tq_network_save_onnx(network, FILE_NAME), TQ_E_STATE,
                  "layer 'it': weight 'weight' has not been set");
    set_weight(network, "weight", 2, (const int64_t[]){12, 5});
    tq_test_fails(tq_network_save_onnx(network, "/nowhere/x.onnx"), TQ_E_FILE, "'/nowhere/x.onnx'");
    tq_test_fails(tq_network_save_onnx(network, "/dev/full"), TQ_E_FILE, "No space left");
    tq_test_fails(tq_network_save_onnx(NULL, FILE_NAME), TQ_E_ARGUMENT, "NULL");
    tq_network_destroy(network);

    network = make(*state, "spacetodepth", "block=1", true);
    tq_test_fails(
        tq_network_save_onnx(network, "kept.onnx"), TQ_E_UNSUPPORTED,
        "'kept.onnx': spacetodepth 'it': the kind cannot be written as ONNX; kinds that can: abs, add");
    assert_int_equal(access("kept.onnx", F_OK), -1);
    tq_network_destroy(network);

    network = make(*state, "hardswish", "beta=0.25", true);
    tq_test_fails(tq_network_save_onnx(network, FILE_NAME), TQ_E_UNSUPPORTED, "beta other than 0.5");
    tq_network_destroy(network);

    network = make(*state, "reshape", "rank=3,shape=0x-1x5", true);
    tq_test_fails(tq_network_save_onnx(network, FILE_NAME), TQ_E_UNSUPPORTED,
                  "channels last cannot be written");
    tq_network_destroy(network);

    network = make(*state, "dense", "", true);
    set_weight(network, "weight", 2, (const int64_t[]){3, 5});
    tq_test_fails(tq_network_save_onnx(network, FILE_NAME), TQ_E_UNSUPPORTED,
                  "an input of more than two dimensions");
    tq_network_destroy(network);

    tq_test_ok(tq_network_create(&network, *state));
    tq_test_fails(tq_network_save_onnx(network, FILE_NAME), TQ_E_STATE, "the network has no input");
    tq_network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lenet_comes_back),
        cmocka_unit_test(kinds_of_one_input),
        cmocka_unit_test(kinds_with_weights),
        cmocka_unit_test(kinds_of_two_inputs),
        cmocka_unit_test(only_what_is_needed),
        cmocka_unit_test(channels_last),
        cmocka_unit_test(flattened_channels_last),
        cmocka_unit_test(what_is_in_the_file),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, start, tq_test_close);
}
