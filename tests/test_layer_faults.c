/* What layers refuse, and what the errors say; the layers stay usable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "layers/kind.h"
#include "support/device_test.h"

static tq_layer *create(tq_context *context, const char *kind, const char *options)
{
    tq_layer *layer;
    if (tq_layer_create(&layer, context, kind, "L", options) != TQ_OK)
        fail_msg("%s", tq_error());
    return layer;
}

static tq_shape shape_of(int64_t rows, int64_t columns)
{
    return tq_shape_of(2, (const int64_t[]){rows, columns});
}

static tq_tensor *upload(tq_context *context, int64_t rows, int64_t columns)
{
    static const float values[6] = {-1, 2, -3, 4, -5, 6};
    const tq_shape shape = shape_of(rows, columns);
    tq_tensor *tensor;
    assert_int_equal(tq_tensor_create(&tensor, context, &shape), TQ_OK);
    assert_int_equal(tq_tensor_write(tensor, values, rows * columns), TQ_OK);
    return tensor;
}

/* The call failed with this status, and the text is this. */
static void expect(tq_status is, tq_status should, const char *text)
{
    if (is != should || strcmp(tq_error(), text) != 0)
        fail_msg("%s: %s\nshould be %s: %s", tq_status_name(is), tq_error(), tq_status_name(should), text);
}

#define MATMUL(first, second)                                                                                \
    "matmul 'L': inputs " first " and " second ": needs ... x rows x terms and ... x terms x columns, the "  \
    "second with no more dimensions, and those in front equal or 1 (the first dimension only in the second)"

typedef struct refusal {
    const char *kind, *options;
    tq_status status;
    const char *text;
    int rank[2]; /* of the inputs; 0: there is none */
    int64_t dim[2][4];
} refusal;

static const refusal creations[] = {
    {"relu",
     "axis=1",
     TQ_E_NAME,
     "relu 'L': options: 'axis' at position 1 is not a parameter; parameters: none",
     {0},
     {{0}}},
    {"flatten",
     "axis=1,axes=2",
     TQ_E_NAME,
     "flatten 'L': options: 'axes' at position 8 is not a parameter; parameters: axis, order",
     {0},
     {{0}}},
    {"flatten",
     "order=chwn",
     TQ_E_ARGUMENT,
     "flatten 'L': options: 'order' at position 7 is 'chwn', allowed: nhwc, nchw",
     {0},
     {{0}}},
    {"flatten",
     "2",
     TQ_E_SYNTAX,
     "flatten 'L': options: '2' at position 1 needs the form key=value",
     {0},
     {{0}}},
    {"maxpool2d",
     "stride=2",
     TQ_E_SYNTAX,
     "maxpool2d 'L': options: 'kernel' is missing at position 9, needs a number from 1 to 4096",
     {0},
     {{0}}},
    {"maxpool2d",
     "kernel=3x0",
     TQ_E_ARGUMENT,
     "maxpool2d 'L': options: 'kernel' at position 10 is 0, allowed 1 to 4096",
     {0},
     {{0}}},
    {"avgpool2d",
     "kernel=3,pads=1x1x1x1x1",
     TQ_E_ARGUMENT,
     "avgpool2d 'L': options: 'pads' at position 23 has more than 4 numbers",
     {0},
     {{0}}},
};

static const refusal plans[] = {
    {"maxpool2d",
     "kernel=2",
     TQ_E_SHAPE,
     "maxpool2d 'L': input has rank 2, needs 4 (samples, rows, columns, channels)",
     {2},
     {{3, 4}}},
    {"avgpool2d",
     "kernel=3,pads=0x0x0x1",
     TQ_E_SHAPE,
     "avgpool2d 'L': a window of 3 is larger than the padded image of 2",
     {4},
     {{1, 2, 2, 1}}},
    {"globalavgpool",
     "",
     TQ_E_SHAPE,
     "globalavgpool 'L': input needs rank 4 (samples, rows, columns, channels), at most 4096 rows and "
     "columns",
     {3},
     {{1, 2, 2}}},
    {"relu", "", TQ_E_SHAPE, "relu 'L': 0 inputs, allowed 1 to 1", {0}, {{0}}},
    {"relu", "", TQ_E_SHAPE, "relu 'L': 2 inputs, allowed 1 to 1", {2, 2}, {{3, 4}, {3, 4}}},
    {"relu", "", TQ_E_SHAPE, "relu 'L': input 0 has an invalid shape", {2}, {{3, 0}}},
    {"add", "", TQ_E_SHAPE, "add 'L': 1 inputs, allowed 2 to 2", {1}, {{3}}},
    {"add",
     "",
     TQ_E_SHAPE,
     "add 'L': inputs 3x4 and 3x2: counted from the last, dimensions must be the same or 1",
     {2, 2},
     {{3, 4}, {3, 2}}},
    {"prelu", "", TQ_E_STATE, "prelu 'L': weight 'slope' is not set", {2}, {{3, 4}}},
    {"matmul", "", TQ_E_SHAPE, "matmul 'L': 1 inputs, allowed 2 to 2", {2}, {{3, 4}}},
    {"matmul", "", TQ_E_SHAPE, MATMUL("3x4", "3x4"), {2, 2}, {{3, 4}, {3, 4}}},
    {"matmul", "", TQ_E_SHAPE, MATMUL("1x2x2", "3x2x2"), {3, 3}, {{1, 2, 2}, {3, 2, 2}}},
    {"matmul", "", TQ_E_SHAPE, MATMUL("2x2", "1x2x2"), {2, 3}, {{2, 2}, {1, 2, 2}}},
    {"matmul", "", TQ_E_SHAPE, MATMUL("1x2x2x2", "1x3x2x2"), {4, 4}, {{1, 2, 2, 2}, {1, 3, 2, 2}}},
    {"matmul", "", TQ_E_SHAPE, MATMUL("3", "3"), {1, 1}, {{3}, {3}}},
    {"matmul", "order=nchw", TQ_E_SHAPE, MATMUL("1x3x2x2", "1x2x2x3"), {4, 4}, {{1, 2, 2, 3}, {1, 2, 3, 2}}},
    {"flatten", "axis=3", TQ_E_SHAPE, "flatten 'L': axis is 3, the input has rank 2", {2}, {{3, 4}}},
    {"reshape", "shape=5x-1", TQ_E_SHAPE, "reshape 'L': input 3x4 does not fit option shape", {2}, {{3, 4}}},
    {"reshape", "shape=-1", TQ_E_ARGUMENT, "reshape 'L': option shape has more than one -1", {2}, {{3, 4}}},
    {"reshape",
     "rank=4,shape=2147483647x2147483647x2147483647x-1",
     TQ_E_SHAPE,
     "reshape 'L': input 3x4 does not fit option shape",
     {2},
     {{3, 4}}},
    {"batchnorm", "", TQ_E_STATE, "batchnorm 'L': weight 'gamma' is not set", {2}, {{3, 4}}},
};

static void refused_when_created(void **state)
{
    tq_layer *layer;
    char name[257];
    for (size_t i = 0; i < TQ_COUNT(creations); ++i) {
        const refusal *r = &creations[i];
        layer = (tq_layer *)(void *)name;
        expect(tq_layer_create(&layer, *state, r->kind, "L", r->options), r->status, r->text);
        assert_null(layer);
    }
    assert_int_equal(tq_layer_create(&layer, *state, "conv3d", "L", NULL), TQ_E_NAME);
    assert_non_null(strstr(tq_error(), "there is no layer kind 'conv3d'; kinds: "));
    for (size_t i = 0; i < tq_layer_kind_count(); ++i)
        assert_non_null(strstr(tq_error(), tq_layer_kind_name(i)));
    memset(name, 'n', 256);
    name[256] = '\0';
    expect(tq_layer_create(&layer, *state, "relu", name, NULL), TQ_E_ARGUMENT,
           "a layer's name has 256 bytes, allowed 1 to 255");
    expect(tq_layer_create(&layer, *state, "relu", "", NULL), TQ_E_ARGUMENT,
           "a layer's name has 0 bytes, allowed 1 to 255");
}

static void refused_when_planned(void **state)
{
    for (size_t i = 0; i < TQ_COUNT(plans); ++i) {
        const refusal *r = &plans[i];
        tq_layer *layer = create(*state, r->kind, r->options);
        const size_t count = (size_t)(r->rank[0] > 0) + (r->rank[1] > 0);
        const tq_shape in[2] = {tq_shape_of(r->rank[0], r->dim[0]), tq_shape_of(r->rank[1], r->dim[1])};
        tq_shape shape;
        expect(tq_layer_plan(layer, in, count, NULL), r->status, r->text);
        assert_int_equal(tq_layer_output_shape(layer, &shape), TQ_E_STATE);
        tq_layer_destroy(layer);
    }
}

/* Inputs that no rank in the table above describes. */
static void refused_inputs(void **state)
{
    tq_layer *layer = create(*state, "relu", "");
    tq_shape in[65];
    for (size_t i = 0; i < TQ_COUNT(in); ++i)
        in[i] = tq_shape_of(1, (const int64_t[]){2});
    expect(tq_layer_plan(layer, in, TQ_COUNT(in), NULL), TQ_E_SHAPE, "relu 'L': 65 inputs, allowed up to 64");
    in[0] = tq_shape_of(0, NULL);
    expect(tq_layer_plan(layer, in, 1, NULL), TQ_E_SHAPE,
           "relu 'L': input 0 has rank 0, needs a dimension for the samples");
    tq_layer_destroy(layer);
}

static void refused_weights(void **state)
{
    static const char *const names[] = {"gamma", "beta", "mean", "variance"};
    const tq_shape two = tq_shape_of(1, (const int64_t[]){2}), three = tq_shape_of(1, (const int64_t[]){3});
    const tq_shape wide = shape_of(2, 3);
    const float values[6] = {1, 2, 3, 4, 5, 6};
    tq_layer *layer = create(*state, "batchnorm", "");
    expect(tq_layer_set_weight(layer, "bias", &two, values), TQ_E_NAME,
           "batchnorm 'L': there is no weight 'bias'; weights: gamma, beta, mean, variance");
    expect(tq_layer_set_weight(layer, "mean", &wide, values), TQ_E_SHAPE,
           "batchnorm 'L': weight 'mean' has shape 2x3, needs rank 1 (channels)");
    for (size_t i = 0; i < TQ_COUNT(names); ++i)
        assert_int_equal(tq_layer_set_weight(layer, names[i], &two, values), TQ_OK);
    expect(tq_layer_plan(layer, &two, 1, NULL), TQ_E_SHAPE,
           "batchnorm 'L': input has rank 1, needs at least 2, the last the channels");
    expect(tq_layer_plan(layer, &wide, 1, NULL), TQ_E_SHAPE,
           "batchnorm 'L': weight 'gamma' has 2 elements, the input's last dimension is 3");
    assert_int_equal(tq_layer_set_weight(layer, "gamma", &three, values), TQ_OK);
    expect(tq_layer_plan(layer, &wide, 1, NULL), TQ_E_SHAPE,
           "batchnorm 'L': weight 'beta' has 2 elements, the input's last dimension is 3");
    tq_layer_destroy(layer);
    layer = create(*state, "relu", "");
    expect(tq_layer_set_weight(layer, "weight", &two, values), TQ_E_NAME,
           "relu 'L': there is no weight 'weight'; weights: none");
    tq_layer_destroy(layer);
}

static void expect_refused_runs(tq_layer *layer, const tq_tensor *wide, tq_tensor *to, tq_tensor *high)
{
    expect(tq_layer_forward(layer, (const tq_tensor *const[]){high}, to), TQ_E_SHAPE,
           "relu 'L': an input has shape 3x2, planned was 2x3");
    expect(tq_layer_forward(layer, (const tq_tensor *const[]){wide}, high), TQ_E_SHAPE,
           "relu 'L': the output has shape 3x2, planned was 2x3");
    expect(tq_layer_forward(layer, (const tq_tensor *const[]){to}, to), TQ_E_ARGUMENT,
           "relu 'L': the output is one of the inputs");
    expect(tq_layer_forward(layer, (const tq_tensor *const[]){NULL}, to), TQ_E_ARGUMENT,
           "relu 'L': an input is NULL");
}

static void expect_unplanned(tq_layer *layer, const tq_tensor *x, tq_tensor *y)
{
    static const char text[] = "relu 'L': the layer is not planned";
    const float values[6] = {0};
    float out[6];
    tq_shape shape;
    expect(tq_layer_forward(layer, (const tq_tensor *const[]){x}, y), TQ_E_STATE, text);
    expect(tq_layer_reference(layer, (const float *const[]){values}, out), TQ_E_STATE, text);
    expect(tq_layer_output_shape(layer, &shape), TQ_E_STATE, text);
}

static void refused_when_run(void **state)
{
    const float should[6] = {0, 2, 0, 4, 0, 6};
    tq_tensor *const x = upload(*state, 2, 3), *const y = upload(*state, 2, 3),
                     *const z = upload(*state, 3, 2);
    tq_layer *layer = create(*state, "relu", "");
    const tq_shape shape = shape_of(2, 3), invalid = shape_of(0, 1);
    float is[6];
    expect_unplanned(layer, x, y);
    assert_int_equal(tq_layer_plan(layer, &shape, 1, NULL), TQ_OK);
    expect_refused_runs(layer, x, y, z);
    assert_int_equal(tq_layer_forward(layer, (const tq_tensor *const[]){x}, y), TQ_OK);
    assert_int_equal(tq_tensor_read(y, is, 6), TQ_OK);
    assert_memory_equal(is, should, sizeof is);
    assert_int_equal(tq_layer_plan(layer, &invalid, 1, NULL), TQ_E_SHAPE);
    expect_unplanned(layer, x, y);
    tq_tensor_destroy(x);
    tq_tensor_destroy(y);
    tq_tensor_destroy(z);
    tq_layer_destroy(layer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_when_created), cmocka_unit_test(refused_when_planned),
        cmocka_unit_test(refused_inputs),       cmocka_unit_test(refused_weights),
        cmocka_unit_test(refused_when_run),
    };
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
