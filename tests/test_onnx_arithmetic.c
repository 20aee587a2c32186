/*
 * Import of operators that compute: broadcasting between channels-last tensors and ONNX's order, subgraphs of
 * several layers, on numbers worked out by hand; and what is refused, by the import and by the layers.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "layers/kind.h"
#include "support/device_test.h"
#include "support/onnx_check.h"

/* One image of two channels, two rows, two columns. */
static const float image[8] = {1, 2, 3, 6, 0, 0, 4, 4};
static const tq_shape image_shape = {.rank = 4, .dim = {1, 2, 2, 2}};

static onnx_maker *image_model(void)
{
    onnx_maker *m = onnx_maker_new(17);
    onnx_maker_input(m, "x", DIMS(1, 2, 2, 2));
    onnx_maker_output(m, "y");
    return m;
}

typedef struct constant_case {
    const char *operator, * inputs;
    size_t rank;
    int64_t dims[4];
    float values[8], wanted[8];
} constant_case;

static const constant_case constants[] = {
    {"Sub", "x,c", 3, {2, 1, 1}, {10, 20}, {-9, -8, -7, -4, -20, -20, -16, -16}},
    {"Sub", "c,x", 4, {1, 2, 1, 1}, {10, 20}, {9, 8, 7, 4, 20, 20, 16, 16}},
    {"Add", "x,c", 1, {2}, {10, 20}, {11, 22, 13, 26, 10, 20, 14, 24}},
    {"Mul", "x,c", 2, {2, 1}, {1, 10}, {1, 2, 30, 60, 0, 0, 40, 40}},
    {"Mul", "c,x", 3, {2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}, {1, 4, 9, 24, 0, 0, 28, 32}},
    {"Div", "x,c", 0, {0}, {4}, {0.25f, 0.5f, 0.75f, 1.5f, 0, 0, 1, 1}},
    {"Max", "x,c", 4, {1, 1, 2, 2}, {2, 2, 2, 5}, {2, 2, 3, 6, 2, 2, 4, 5}},
    {"Pow", "x,c", 1, {1}, {2}, {1, 4, 9, 36, 0, 0, 16, 16}},
    {"PRelu", "x,c", 3, {2, 1, 1}, {5, 7}, {1, 2, 3, 6, 0, 0, 4, 4}},
    {"Mean", "x,c", 3, {2, 1, 1}, {1, 2}, {1, 1.5f, 2, 3.5f, 1, 1, 3, 3}},
};

static void constants_are_broadcast(void **state)
{
    for (size_t i = 0; i < TQ_COUNT(constants); ++i) {
        const constant_case *c = &constants[i];
        onnx_maker *m = image_model();
        onnx_maker_floats(m, "c", c->rank, c->dims, c->values);
        onnx_maker_node(m, c->operator, "op", c->inputs, "y");
        onnx_check_output(*state, m, 1, image, &image_shape, c->wanted);
    }
}

/* Squeeze and excite: each channel times its mean. */
static void tensors_are_broadcast(void **state)
{
    const float wanted[] = {3, 6, 9, 18, 0, 0, 8, 8},
                two[16] = {1, 2, 3, 6, 0, 0, 4, 4, 1, 1, 1, 1, 0, 2, 4, 2};
    const float wanted_two[16] = {3, 6, 9, 18, 0, 0, 8, 8, 1, 1, 1, 1, 0, 4, 8, 4};
    onnx_maker *m = image_model();
    onnx_maker_node(m, "GlobalAveragePool", "squeeze", "x", "s");
    onnx_maker_node(m, "Mul", "excite", "x,s", "y");
    onnx_check_output(*state, m, 1, image, &image_shape, wanted);
    m = image_model();
    Onnx__NodeProto *mean = onnx_maker_node(m, "ReduceMean", "squeeze", "x", "s");
    onnx_maker_ints(m, mean, "axes", DIMS(2, -1));
    onnx_maker_node(m, "Mul", "excite", "s,x", "y");
    onnx_check_output(*state, m, 2, two, &(tq_shape){.rank = 4, .dim = {2, 2, 2, 2}}, wanted_two);
}

/* One constant of integers is an exponent, the axes of a sum and an exponent again. */
static void integers_that_are_shared(void **state)
{
    const float wanted[] = {100, 1600, 256, 256};
    onnx_maker *m = image_model();
    onnx_maker_integers(m, "two", DIMS(2));
    onnx_maker_node(m, "Pow", "square", "x,two", "a");
    onnx_maker_node(m, "ReduceSum", "sum", "a,two", "b");
    onnx_maker_node(m, "Pow", "again", "b,two", "y");
    onnx_check_output(*state, m, 1, image, &(tq_shape){.rank = 4, .dim = {1, 2, 1, 2}}, wanted);
}

/* Gelu as exporters write it: 0.5 * x * (1 + erf(x / root of 2)). */
static void gelu_of_its_parts(void **state)
{
    const float in[] = {0, 9, -9, 16, 0, 0, -16, 9}, wanted[] = {0, 9, -0.0f, 16, 0, 0, -0.0f, 9};
    onnx_maker *m = image_model();
    onnx_maker_floats(m, "root", 0, NULL, (const float[]){1.41421354f});
    onnx_maker_floats(m, "one", 0, NULL, (const float[]){1});
    onnx_maker_floats(m, "half", 0, NULL, (const float[]){0.5f});
    onnx_maker_node(m, "Div", "div", "x,root", "a");
    onnx_maker_node(m, "Erf", "erf", "a", "b");
    onnx_maker_node(m, "Add", "add", "b,one", "c");
    onnx_maker_node(m, "Mul", "mul", "x,c", "d");
    onnx_maker_node(m, "Mul", "halve", "d,half", "y");
    onnx_check_output(*state, m, 1, in, &image_shape, wanted);
}

/* Across channels, which lie side by side in memory; and what becomes an image, whose channels then must. */
static void reductions_in_order(void **state)
{
    const float means[] = {0.5f, 1, 3.5f, 5}, places[] = {0, 0, 1, 0};
    const tq_shape rest = {.rank = 3, .dim = {1, 2, 2}};
    onnx_maker *m = image_model();
    Onnx__NodeProto *node = onnx_maker_node(m, "ReduceMean", "mean", "x", "y");
    onnx_maker_ints(m, node, "axes", DIMS(1));
    onnx_maker_int(m, node, "keepdims", 0);
    onnx_check_output(*state, m, 1, image, &rest, means);
    m = image_model();
    node = onnx_maker_node(m, "ArgMax", "place", "x", "y");
    onnx_maker_int(m, node, "axis", -3);
    onnx_maker_int(m, node, "keepdims", 0);
    onnx_check_output(*state, m, 1, image, &rest, places);
    m = onnx_maker_new(17);
    onnx_maker_input(m, "x", DIMS(1, 2, 2, 1, 2));
    node = onnx_maker_node(m, "ReduceMax", "max", "x", "y");
    onnx_maker_ints(m, node, "axes", DIMS(3));
    onnx_maker_int(m, node, "keepdims", 0);
    onnx_maker_output(m, "y");
    onnx_check_output(*state, m, 1, image, &image_shape, image);
}

/* Over the channels of the image; and of numbers whose exponentials overflow. */
static void reductions_of_layers(void **state)
{
    static const float large[8] = {1000, -1000, 500, 0, 1000, -1000, 500, -INFINITY};
    const float log2 = 0.693147182f;
    const struct {
        const char *operator;
        const float *x, wanted[4];
    } rows[] = {
        {"ReduceL1", image, {1, 2, 7, 10}},
        {"ReduceL2", image, {1, 2, 5, sqrtf(52)}},
        {"ReduceSumSquare", image, {1, 4, 25, 52}},
        {"ReduceProd", image, {0, 0, 12, 24}},
        {"ReduceLogSum", image, {0, log2, 1.94591010f, 2.30258512f}},
        {"ReduceLogSumExp", large, {1000 + log2, -1000 + log2, 500 + log2, 0}},
    };
    for (size_t i = 0; i < 2 * TQ_COUNT(rows); ++i) {
        const int64_t keepdims = i % 2;
        const tq_shape kept = {.rank = 4, .dim = {1, 1, 2, 2}}, rest = {.rank = 3, .dim = {1, 2, 2}};
        onnx_maker *m = image_model();
        Onnx__NodeProto *node = onnx_maker_node(m, rows[i / 2].operator, "op", "x", "y");
        onnx_maker_ints(m, node, "axes", DIMS(1));
        onnx_maker_int(m, node, "keepdims", keepdims);
        onnx_check_output(*state, m, 1, rows[i / 2].x, keepdims ? &kept : &rest, rows[i / 2].wanted);
    }
}

/* Slopes of every shape that broadcasts; those of samples fix the batch. */
static void slopes(void **state)
{
    static const struct {
        size_t rank;
        int64_t dims[4], fixed;
        float slope[8], wanted[8];
    } rows[] = {
        {3, {2, 1, 1}, 0, {5, 7}, {-5, 2, -15, -20, 3, -42, 4, -56}},
        {1, {2}, 0, {5, 7}, {-5, 2, -15, -28, 3, -42, 4, -56}},
        {2, {2, 1}, 0, {5, 7}, {-5, 2, -21, -28, 3, -30, 4, -56}},
        {4, {1, 2, 2, 1}, 0, {1, 2, 3, 4}, {-1, 2, -6, -8, 3, -18, 4, -32}},
        {4, {2, 1, 1, 1}, 2, {5, 7}, {-5, 2, -15, -20, 3, -42, 4, -56}},
    };
    const float x[8] = {-1, 2, -3, -4, 3, -6, 4, -8};
    for (size_t i = 0; i < 2 * TQ_COUNT(rows); ++i) {
        onnx_maker *m = onnx_maker_new(17);
        const int64_t fixed = rows[i / 2].fixed, samples = fixed > 0 ? fixed : 1;
        const tq_shape shape = tq_shape_of(4, (const int64_t[]){samples, 2 / samples, 2, 2});
        onnx_maker_input(m, "x", 4, shape.dim);
        onnx_maker_floats(m, "c", rows[i / 2].rank, rows[i / 2].dims, rows[i / 2].slope);
        onnx_maker_node(m, "PRelu", "op", "x,c", "y");
        onnx_maker_output(m, "y");
        if (i % 2 == 1)
            onnx_check_fixed_batch(*state, m, fixed);
        else
            onnx_check_output(*state, m, samples, x, &shape, rows[i / 2].wanted);
    }
}

/* The first two operands are constants, of which the second has numbers for each sample. */
static onnx_maker *two_constants(void)
{
    onnx_maker *m = onnx_maker_new(13);
    onnx_maker_input(m, "x", DIMS(4, 3));
    onnx_maker_floats(m, "a", DIMS(1, 3), (const float[]){1, 5, 0});
    onnx_maker_floats(m, "b", DIMS(4, 3), (const float[]){0, 0, 0, 2, 2, 2, 4, 4, 4, 6, 6, 6});
    onnx_maker_node(m, "Max", "op", "a,b,x", "y");
    onnx_maker_output(m, "y");
    return m;
}

static void constants_of_samples(void **state)
{
    static const float x[12] = {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3};
    static const float wanted[12] = {3, 5, 3, 3, 5, 3, 4, 5, 4, 6, 6, 6};
    onnx_check_fixed_batch(*state, two_constants(), 4);
    onnx_check_output(*state, two_constants(), 4, x, &(tq_shape){.rank = 2, .dim = {4, 3}}, wanted);
}

static onnx_maker *with_constant(const char *operator, size_t rank, const int64_t *dims)
{
    static const float ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    onnx_maker *m = image_model();
    onnx_maker_floats(m, "c", rank, dims, ones);
    onnx_maker_node(m, operator, "op", "x,c", "y");
    return m;
}

static void refused_by_import(void **state)
{
    onnx_check_failure(*state, with_constant("Add", DIMS(3)), TQ_E_SHAPE,
                       "node 'op': shapes 1x2x2x2 and 1x1x1x3: dimensions must be the same or 1");
    onnx_check_failure(*state, with_constant("PRelu", DIMS(3)), TQ_E_SHAPE,
                       "slopes of shape 3 for a tensor of shape 1x2x2x2");
    onnx_check_failure(*state, with_constant("PRelu", DIMS(1, 1, 1, 1, 1)), TQ_E_SHAPE,
                       "slopes of shape 1x1x1x1x1 for a tensor");
    onnx_check_failure(*state, with_constant("Clip", DIMS(2)), TQ_E_SHAPE,
                       "input 'c' has 2 numbers, needs 1");
    onnx_maker *m = image_model();
    onnx_maker_int(m, onnx_maker_node(m, "ReduceSum", "op", "x", "y"), "keepdims", 0);
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "the result is a scalar");
    m = image_model();
    onnx_maker_node(m, "LRN", "op", "x", "y");
    onnx_check_failure(*state, m, TQ_E_FORMAT, "attribute 'size' is missing");
    m = image_model();
    onnx_maker_int(m, onnx_maker_node(m, "GlobalLpPool", "op", "x", "y"), "p", 3);
    onnx_check_failure(*state, m, TQ_E_ARGUMENT, "'p' at position 3 is 3, allowed 1 to 2");
    m = with_constant("LayerNormalization", DIMS(2));
    onnx_maker_int(m, m->graph.node[0], "axis", 2);
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "gamma 'c' has shape 2, supported: 2x2");
}

static const struct {
    const char *kind, *options, *weight, *text; /* weight: of two elements; NULL */
} layers[] = {
    {"prelu", "", "slope",
     "prelu 'L': weight 'slope' has 2 elements, needs 1 or the input's last dimension, 3"},
    {"reducesum", "axes=4", NULL, "reducesum 'L': an axis is not below the input's rank, 3"},
    {"layernorm", "axis=3", "gamma", "layernorm 'L': axis is 3, the input has rank 3"},
    {"layernorm", "axis=2", "gamma", "layernorm 'L': weight 'gamma' has 2 elements, 3 are normalized"},
    {"instancenorm", "", "gamma", "instancenorm 'L': weight 'gamma' has 2 elements, the input 3 channels"},
    {"globallppool", "", NULL,
     "globallppool 'L': input needs rank 4 (samples, rows, columns, channels), at most 4096 rows and "
     "columns"},
};

static void refused_by_layers(void **state)
{
    const tq_shape in = tq_shape_of(3, (const int64_t[]){2, 5, 3}),
                   two = tq_shape_of(1, (const int64_t[]){2});
    for (size_t i = 0; i < TQ_COUNT(layers); ++i) {
        tq_layer *layer;
        assert_int_equal(tq_layer_create(&layer, *state, layers[i].kind, "L", layers[i].options), TQ_OK);
        if (layers[i].weight != NULL)
            assert_int_equal(tq_layer_set_weight(layer, layers[i].weight, &two, (const float[]){1, 1}),
                             TQ_OK);
        assert_int_equal(tq_layer_plan(layer, &in, 1, NULL), TQ_E_SHAPE);
        assert_string_equal(tq_error(), layers[i].text);
        tq_layer_destroy(layer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(constants_are_broadcast),
                                       cmocka_unit_test(tensors_are_broadcast),
                                       cmocka_unit_test(integers_that_are_shared),
                                       cmocka_unit_test(gelu_of_its_parts),
                                       cmocka_unit_test(reductions_in_order),
                                       cmocka_unit_test(reductions_of_layers),
                                       cmocka_unit_test(slopes),
                                       cmocka_unit_test(constants_of_samples),
                                       cmocka_unit_test(refused_by_import),
                                       cmocka_unit_test(refused_by_layers)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
