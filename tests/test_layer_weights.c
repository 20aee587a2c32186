/*
 * Layers with weights on examples worked out by hand, by the device and by the host reference: what the maps
 * do to the weights, planning again, what is refused; and the geometry of windows by counting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "layers/kind.h"
#include "layers/window.h"
#include "support/device_test.h"

#define MOST 16

typedef struct example {
    const char *kind, *options, *weights, *intrinsic, *extrinsic;
    int rank;
    int64_t in[4], weight[4], out[4];
    float x[MOST], w[MOST], bias[4], y[MOST];
    bool has_bias;
} example;

static const example examples[] = {
    /* 1*1 + 10*2 + 100*3 + 1000*4 + 5 */
    {"conv2d",
     "",
     "none",
     "none",
     "none",
     4,
     {1, 2, 2, 1},
     {2, 2, 1, 1},
     {1, 1, 1, 1},
     {1, 2, 3, 4},
     {1, 10, 100, 1000},
     {5},
     {4326},
     true},
    /* Columns 0 0 1 2 3 0 in pairs: 0, 1 + 20, 3. */
    {"conv2d",
     "stride=1x2,pads=0x2x0x1",
     "none",
     "none",
     "none",
     4,
     {1, 1, 3, 1},
     {1, 2, 1, 1},
     {1, 1, 3, 1},
     {1, 2, 3},
     {1, 10},
     {0},
     {0, 21, 3},
     false},
    /* 1 + 30, 2 + 40 */
    {"conv2d",
     "dilation=1x2",
     "none",
     "none",
     "none",
     4,
     {1, 1, 4, 1},
     {1, 2, 1, 1},
     {1, 1, 2, 1},
     {1, 2, 3, 4},
     {1, 10},
     {0},
     {31, 42},
     false},
    /* The odd pad comes last with same_upper (1 + 20, 2 + 30, 3), first with same_lower (10, 1 + 20, 2 + 30).
     */
    {"conv2d",
     "auto_pad=same_upper",
     "none",
     "none",
     "none",
     4,
     {1, 1, 3, 1},
     {1, 2, 1, 1},
     {1, 1, 3, 1},
     {1, 2, 3},
     {1, 10},
     {0},
     {21, 32, 3},
     false},
    {"conv2d",
     "auto_pad=same_lower",
     "none",
     "none",
     "none",
     4,
     {1, 1, 3, 1},
     {1, 2, 1, 1},
     {1, 1, 3, 1},
     {1, 2, 3},
     {1, 10},
     {0},
     {10, 21, 32},
     false},
    /* Channels 1 2 for output 0: 1*1 + 2*100; channels 3 4 for output 1: 3*10 + 4*1000. */
    {"conv2d",
     "groups=2",
     "none",
     "none",
     "none",
     4,
     {1, 1, 1, 4},
     {1, 1, 2, 2},
     {1, 1, 1, 2},
     {1, 2, 3, 4},
     {1, 10, 100, 1000},
     {0},
     {201, 4030},
     false},
    /* 1*1 + 2*3 + 10, 1*2 + 2*4 + 20 */
    {"conv2d",
     "",
     "none",
     "none",
     "none",
     4,
     {1, 1, 1, 2},
     {1, 1, 2, 2},
     {1, 1, 1, 2},
     {1, 2},
     {1, 2, 3, 4},
     {10, 20},
     {17, 30},
     true},
    /* 1*1 + 2*3, 1*2 + 2*4; 3*1 + 4*3, 3*2 + 4*4 */
    {"dense",
     "",
     "none",
     "none",
     "none",
     2,
     {2, 2},
     {2, 2},
     {2, 2},
     {1, 2, 3, 4},
     {1, 2, 3, 4},
     {0},
     {7, 10, 15, 22},
     false},
    /* The same numbers as two rows of one sample. */
    {"dense",
     "",
     "none",
     "none",
     "none",
     3,
     {1, 2, 2},
     {2, 2},
     {1, 2, 2},
     {1, 2, 3, 4},
     {1, 2, 3, 4},
     {0},
     {7, 10, 15, 22},
     false},
    /* Sums saturate at 7 in the order of the inputs: 7, 7, 0. In any other order 7 would come out. */
    {"dense",
     "",
     "none",
     "{\"sum\": \"nearest,4,0\"}",
     "none",
     2,
     {1, 3},
     {3, 1},
     {1, 1},
     {7, 7, -7},
     {1, 1, 1},
     {0},
     {0},
     false},
    /* Each product, 0.375 and 0.375, goes to 0.5; the bias is not a product; the end, 1.25, goes down. */
    {"dense",
     "",
     "none",
     "{\"product\": \"nearest,8,1\", \"result\": \"down,8,0\"}",
     "none",
     2,
     {1, 2},
     {2, 1},
     {1, 1},
     {0.375f, 0.375f},
     {1, 1},
     {0.25f},
     {1},
     true},
    /* Weight 0.375 and bias 0.25 both go to 0.5: 2 * 0.5 + 0.5. */
    {"dense",
     "",
     "nearest,8,1",
     "none",
     "none",
     2,
     {1, 1},
     {1, 1},
     {1, 1},
     {2},
     {0.375f},
     {0.25f},
     {1.5f},
     true},
    /* A threshold of the weights, 0.7 * (4 + 1) / 2 = 1.75, and another of the bias, 0.07. */
    {"dense", "", "ternary", "none", "none", 2, {1, 2}, {2, 1}, {1, 1}, {3, 5}, {4, -1}, {0.1f}, {4}, true},
    /* The output, 0.75, is rounded to 1, and only that. */
    {"dense", "", "none", "none", "nearest,8,0", 2, {1, 1}, {1, 1}, {1, 1}, {2}, {0.375f}, {0}, {1}, false},
};

static void expect(tq_status is, tq_status should, const char *text)
{
    if (is != should || strcmp(tq_error(), text) != 0)
        fail_msg("%s: %s\nshould be %s: %s", tq_status_name(is), tq_error(), tq_status_name(should), text);
}

static tq_layer *create(tq_context *context, const example *e)
{
    const int rank = strcmp(e->kind, "dense") == 0 ? 2 : e->rank;
    const tq_shape weight = tq_shape_of(rank, e->weight), bias = tq_shape_of(1, &e->weight[rank - 1]);
    tq_layer *layer;
    if (tq_layer_create(&layer, context, e->kind, "L", e->options) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_layer_set_weight(layer, "weight", &weight, e->w), TQ_OK);
    if (e->has_bias)
        assert_int_equal(tq_layer_set_weight(layer, "bias", &bias, e->bias), TQ_OK);
    return layer;
}

static void plan(tq_layer *layer, const example *e)
{
    tq_layer_quantizers q = {0};
    const tq_shape in = tq_shape_of(e->rank, e->in), should = tq_shape_of(e->rank, e->out);
    tq_shape is;
    assert_int_equal(tq_quantizer_parse(&q.weights, e->weights), TQ_OK);
    assert_int_equal(tq_accumulation_parse(&q.intrinsic, e->intrinsic), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&q.extrinsic, e->extrinsic), TQ_OK);
    if (tq_layer_plan(layer, &in, 1, &q) != TQ_OK)
        fail_msg("%s '%s': %s", e->kind, e->options, tq_error());
    assert_int_equal(tq_layer_output_shape(layer, &is), TQ_OK);
    if (!tq_shape_equal(&is, &should))
        fail_msg("%s '%s' has another shape", e->kind, e->options);
}

static void check(const char *who, const example *e, const float *is)
{
    const tq_shape shape = tq_shape_of(e->rank, e->out);
    for (int64_t i = 0; i < tq_shape_count(&shape); ++i)
        if (memcmp(&is[i], &e->y[i], sizeof *is) != 0)
            fail_msg("%s: %s '%s' with %s, %s, %s, output %lld: %g, should be %g", who, e->kind, e->options,
                     e->weights, e->intrinsic, e->extrinsic, (long long)i, (double)is[i], (double)e->y[i]);
}

static void run(tq_context *context, tq_layer *layer, const example *e)
{
    const tq_shape in = tq_shape_of(e->rank, e->in), out = tq_shape_of(e->rank, e->out);
    tq_tensor *x, *y;
    float is[MOST];
    assert_int_equal(tq_tensor_create(&x, context, &in), TQ_OK);
    assert_int_equal(tq_tensor_create(&y, context, &out), TQ_OK);
    assert_int_equal(tq_tensor_write(x, e->x, tq_shape_count(&in)), TQ_OK);
    if (tq_layer_forward(layer, (const tq_tensor *const[]){x}, y) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(y, is, tq_shape_count(&out)), TQ_OK);
    check("device", e, is);
    memset(is, 0xA5, sizeof is);
    assert_int_equal(tq_layer_reference(layer, (const float *const[]){e->x}, is), TQ_OK);
    check("reference", e, is);
    tq_tensor_destroy(x);
    tq_tensor_destroy(y);
}

static void examples_by_hand(void **state)
{
    for (size_t i = 0; i < TQ_COUNT(examples); ++i) {
        tq_layer *layer = create(*state, &examples[i]);
        plan(layer, &examples[i]);
        run(*state, layer, &examples[i]);
        tq_layer_destroy(layer);
    }
}

/* Other shapes and quantizers, one after another on one layer. */
static const example again[] = {
    {"dense",
     "",
     "nearest,8,1",
     "none",
     "none",
     2,
     {1, 1},
     {1, 1},
     {1, 1},
     {2},
     {0.375f},
     {0.25f},
     {1.5f},
     true},
    {"dense",
     "",
     "none",
     "none",
     "none",
     2,
     {2, 1},
     {1, 1},
     {2, 1},
     {2, 4},
     {0.375f},
     {0.25f},
     {1, 1.75f},
     true},
    {"dense",
     "",
     "down,8,0",
     "none",
     "none",
     2,
     {3, 1},
     {1, 1},
     {3, 1},
     {2, 4, 8},
     {0.375f},
     {0.25f},
     {0, 0, 0},
     true},
    {"dense",
     "",
     "none",
     "nearest,8,0",
     "none",
     2,
     {1, 1},
     {1, 1},
     {1, 1},
     {8},
     {0.375f},
     {0.25f},
     {3},
     true},
};

/* Each plan starts from the weights that were set. */
static void planned_again(void **state)
{
    float weight = 0.375f;
    const tq_shape one = tq_shape_of(2, (const int64_t[]){1, 1});
    tq_layer *layer = create(*state, &again[0]);
    assert_int_equal(tq_layer_set_weight(layer, "weight", &one, &weight), TQ_OK);
    weight = 100; /* the layer has its own copy */
    for (size_t i = 0; i < 3 * TQ_COUNT(again); ++i) {
        plan(layer, &again[i % TQ_COUNT(again)]);
        run(*state, layer, &again[i % TQ_COUNT(again)]);
    }
    tq_layer_destroy(layer);
}

static void refused(void **state)
{
    static const float values[8] = {0};
    const tq_shape square = tq_shape_of(2, (const int64_t[]){2, 2}),
                   three = tq_shape_of(1, (const int64_t[]){3});
    const tq_shape wide = tq_shape_of(2, (const int64_t[]){1, 3});
    const tq_shape kernel = tq_shape_of(4, (const int64_t[]){1, 1, 2, 2});
    const tq_shape image = tq_shape_of(4, (const int64_t[]){1, 1, 1, 3});
    tq_layer *dense, *conv, *transposed;
    assert_int_equal(tq_layer_create(&dense, *state, "dense", "L", ""), TQ_OK);
    assert_int_equal(tq_layer_create(&conv, *state, "conv2d", "L", "groups=2"), TQ_OK);
    expect(tq_layer_plan(dense, &wide, 1, NULL), TQ_E_STATE, "dense 'L': weight 'weight' is not set");
    expect(tq_layer_set_weight(conv, "weight", &square, values), TQ_E_SHAPE,
           "conv2d 'L': weight 'weight' has shape 2x2, needs rank 4 (kernel rows, kernel columns, input "
           "channels / groups, output channels)");
    assert_int_equal(tq_layer_set_weight(dense, "weight", &square, values), TQ_OK);
    assert_int_equal(tq_layer_set_weight(conv, "weight", &kernel, values), TQ_OK);
    expect(tq_layer_plan(dense, &wide, 1, NULL), TQ_E_SHAPE,
           "dense 'L': input 1x3 does not fit weight 2x2: needs samples x ... x 2");
    expect(
        tq_layer_plan(conv, &image, 1, NULL), TQ_E_SHAPE,
        "conv2d 'L': input 1x1x1x3 (NHWC) does not fit weight 1x1x2x2 with 2 groups: needs 4 input channels "
        "and output channels that are a multiple of the groups");
    assert_int_equal(tq_layer_create(&transposed, *state, "convtranspose2d", "L", "groups=2"), TQ_OK);
    assert_int_equal(tq_layer_set_weight(transposed, "weight", &kernel, values), TQ_OK);
    expect(tq_layer_plan(transposed, &image, 1, NULL), TQ_E_SHAPE,
           "convtranspose2d 'L': input 1x1x1x3 (NHWC) does not fit weight 1x1x2x2 with 2 groups: needs 4 "
           "input channels and output channels that are a multiple of the groups");
    expect(tq_layer_plan(transposed, &square, 1, NULL), TQ_E_SHAPE,
           "convtranspose2d 'L': input has rank 2, needs 4 (samples, rows, columns, channels)");
    tq_layer_destroy(transposed);
    assert_int_equal(tq_layer_set_weight(dense, "bias", &three, values), TQ_OK);
    expect(tq_layer_plan(dense, &square, 1, NULL), TQ_E_SHAPE,
           "dense 'L': bias has 3 elements, weight 2x2 has 2 outputs");
    tq_layer_destroy(dense);
    tq_layer_destroy(conv);
}

/* Scales that are taken from tensors, where there is none, and channels' scales of outputs. */
static void scales_refused(void **state)
{
    static const float values[4] = {1, 2, 3, 4};
    const tq_shape square = tq_shape_of(2, (const int64_t[]){2, 2});
    tq_quantizer whole, channels;
    tq_layer *dense;
    assert_int_equal(tq_quantizer_parse(&whole, "int,8"), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&channels, "int,8,per=channel"), TQ_OK);
    assert_int_equal(tq_layer_create(&dense, *state, "dense", "L", ""), TQ_OK);
    assert_int_equal(tq_layer_set_weight(dense, "weight", &square, values), TQ_OK);
    tq_layer_quantizers q = {.intrinsic.sum = whole};
    expect(
        tq_layer_plan(dense, &square, 1, &q), TQ_E_UNSUPPORTED,
        "dense 'L': quantizer 'int,8' as sum: numbers come singly there, and it takes its scale from a whole "
        "tensor; give the scale");
    q = (tq_layer_quantizers){.extrinsic = channels};
    expect(tq_layer_plan(dense, &square, 1, &q), TQ_E_UNSUPPORTED,
           "dense 'L': quantizer 'int,8,per=channel' as extrinsic quantizer: channels have scales of their "
           "own in "
           "weights only");
    q = (tq_layer_quantizers){.weights = channels, .extrinsic = whole};
    assert_int_equal(tq_layer_plan(dense, &square, 1, &q), TQ_OK);
    tq_layer_destroy(dense);
}

/* Windows counted one by one, in an image of `size` with `before` and `after` around it. */
static int64_t count_windows(const tq_axis *a, int64_t before, int64_t after, bool ceil_mode)
{
    const int64_t extent = (a->kernel - 1) * a->dilation + 1, padded = before + a->size + after;
    int64_t count = 0;
    for (int64_t start = 0; start + extent <= padded; start += a->stride)
        ++count;
    /* A last partial one, unless the one before ends where the image does or it starts behind the image. */
    const int64_t next = count * a->stride;
    const bool rest = (count - 1) * a->stride + extent < padded;
    return count + (ceil_mode && rest && next < before + a->size);
}

/* ONNX: as many outputs as strides begin in the image, by the least padding, its odd one at the side named.
 */
static void check_same(tq_axis a, bool upper)
{
    int64_t total = 0, wanted = 0, outputs;
    for (int64_t start = 0; start < a.size; start += a.stride)
        ++wanted;
    while (count_windows(&a, 0, total, false) < wanted)
        ++total;
    assert_int_equal(tq_axis__resolve(&a, upper ? TQ_PAD_SAME_UPPER : TQ_PAD_SAME_LOWER, false, &outputs),
                     TQ_OK);
    assert_int_equal(outputs, wanted);
    assert_int_equal(a.pad_before + a.pad_after, total);
    assert_int_equal(upper ? a.pad_after - a.pad_before : a.pad_before - a.pad_after, total % 2);
}

static void check_counts(tq_axis a)
{
    const int64_t extent = (a.kernel - 1) * a.dilation + 1;
    for (int pads = 0; pads < 9; ++pads)
        for (int ceil_mode = 0; ceil_mode < 2; ++ceil_mode) {
            const int64_t before = pads / 3, after = pads % 3;
            int64_t outputs;
            a.pad_before = before;
            a.pad_after = after;
            const tq_status status = tq_axis__resolve(&a, TQ_PAD_EXPLICIT, ceil_mode != 0, &outputs);
            assert_int_equal(status, before + a.size + after < extent ? TQ_E_SHAPE : TQ_OK);
            /* Pads as wide as the window: ceil_mode drops one window of nothing but padding, as ONNX does. */
            if (status == TQ_OK && (ceil_mode == 0 || after < extent))
                assert_int_equal(outputs, count_windows(&a, before, after, ceil_mode != 0));
        }
}

static void windows_by_counting(void **state)
{
    (void)state;
    for (int i = 0; i < 9 * 5 * 4 * 3; ++i) {
        const tq_axis axis = {
            .size = i % 9 + 1, .kernel = i / 9 % 5 + 1, .stride = i / 45 % 4 + 1, .dilation = i / 180 + 1};
        check_same(axis, true);
        check_same(axis, false);
        check_counts(axis);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_by_hand), cmocka_unit_test(planned_again),       cmocka_unit_test(refused),
        cmocka_unit_test(scales_refused),   cmocka_unit_test(windows_by_counting),
    };
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
