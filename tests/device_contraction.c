/*
 * Convolutions with quantizers in every slot: the device, the host reference and the exact oracle give the
 * same bits, on every accumulation path that applies and with fast paths off.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layers/kind.h"
#include "oracle/oracle_cases.h"
#include "oracle/oracle_loop.h"
#include "support/device_test.h"
#include "support/test_sets.h"

/* Sizes chosen to leave partial tiles and vectors. */
typedef struct geometry {
    int samples, rows, columns, inputs, kernel_rows, kernel_columns, outputs, groups, stride, dilation;
    int pads[4];
    bool bias;
} geometry;

static const geometry geometries[] = {
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, {0, 0, 0, 0}, true},
    {2, 6, 5, 3, 3, 2, 7, 1, 1, 1, {1, 0, 1, 2}, true},
    {1, 9, 8, 4, 3, 3, 34, 1, 2, 2, {2, 1, 0, 2}, false},
    {3, 4, 4, 6, 2, 2, 9, 3, 1, 1, {0, 0, 0, 0}, true},
    {1, 7, 7, 5, 3, 3, 5, 5, 1, 1, {1, 1, 1, 1}, true},
    {13, 1, 1, 70, 1, 1, 67, 1, 1, 1, {0, 0, 0, 0}, true},
};

typedef struct trial {
    const char *product, *sum, *result;
    bool fused;
    const char *input, *weights; /* quantizers of the operands; NULL: any binary32 */
    double input_size, weight_size;
    const char *path; /* expected where the device can; NULL: any */
} trial;

static const trial trials[] = {
    {"none", "none", "none", false, NULL, NULL, 0, 0, NULL},
    {"none", "none", "none", false, NULL, NULL, 2, 1, "plain"},
    {"none", "none", "nearest,12,6", false, NULL, NULL, 2, 1, "plain"},
    {"nearest,16,8", "nearest,16,8", "nearest,16,8", false, NULL, NULL, 4, 1, "binary64"},
    {"nearest,16,8", "nearest,16,8", "nearest,16,8", false, NULL, NULL, 0, 0, "binary64"},
    {"down,8,4", "down,8,4", "down,8,4", false, NULL, NULL, 8, 1, "binary64"},
    {"zero,12,6", "zero,12,6", "zero,12,6", false, NULL, NULL, 0, 0, "binary64"},
    {"fixed,10,5,round=up", "fixed,12,5,round=up", "fixed,9,3,round=even", false, NULL, NULL, 8, 1,
     "binary64"},
    {"fixed,10,5,round=odd", "fixed,12,5,round=odd", "fixed,9,3,round=odd", false, NULL, NULL, 8, 1,
     "general"},
    {"fixed,8,4,overflow=wrap", "fixed,8,4,overflow=wrap", "fixed,8,4,overflow=wrap", false, NULL, NULL, 1e9,
     1e6, "binary64"},
    {"fixed,7,4,signed=0,overflow=wrap", "fixed,9,4,signed=0", "fixed,8,4", false, NULL, NULL, 8, 2,
     "binary64"},
    {"stochastic,16,8", "stochastic,16,8", "stochastic,16,8", false, NULL, NULL, 4, 1, "binary64"},
    {"stochastic,12,4,bits=8", "stochastic,12,2,bits=32", "stochastic,12,1,bits=4", false, NULL, NULL, 8, 1,
     NULL},
    {"fp16", "fp16", "fp16", false, NULL, NULL, 8, 1, "binary64"},
    {"bf16", "bf16", "bf16", false, NULL, NULL, 0, 0, "binary64"},
    {"e4m3", "e4m3", "e4m3", false, NULL, NULL, 8, 1, "binary64"},
    {"e5m2", "e5m2", "e5m2", false, NULL, NULL, 0, 0, "binary64"},
    {"e4m3,overflow=nan", "fp16", "fp16", false, NULL, NULL, 50, 4, "binary64"},
    {"float,4,3", "float,6,9", "float,5,5,overflow=saturate", false, NULL, NULL, 8, 1, "binary64"},
    {"e4m3", "none", "fp16", false, NULL, NULL, 8, 1, "binary64"},
    {"nearest,16,8", "none", "nearest,16,8", false, NULL, NULL, 4, 1, "binary64"},
    {"none", "bf16", "bf16", false, NULL, NULL, 0, 0, "general"},
    {"none", "bf16", "bf16", true, NULL, NULL, 0, 0, "general"},
    {"float,5,4,round=stochastic", "float,5,4,round=stochastic:8", "float,5,4", false, NULL, NULL, 8, 1,
     "general"},
    {"log", "log", "log", false, NULL, NULL, 8, 1, NULL},
    {"ternary,1,0.5", "fixed,8,2", "binary,2", false, NULL, NULL, 8, 1, "general"},
    {"binary", "fixed,8,0", "sparse,3", false, NULL, NULL, 8, 1, "general"},
    {"int,8,0.1", "int,12,0.05,7", "int,8,0.3,3,round=down", false, NULL, NULL, 8, 1, "general"},
    {"e4m3fnuz", "e5m2fnuz,round=down", "e2m1", false, NULL, NULL, 8, 1, "general"},
    {"none", "exact", "int,8,0.3,3", false, NULL, NULL, 0, 0, "wide"},
    {"none", "exact", "nearest,16,8", false, NULL, NULL, 0, 0, "wide"},
    {"none", "exact", "none", false, NULL, NULL, 0, 0, "wide"},
    {"e4m3", "exact", "bf16", false, NULL, NULL, 0, 0, "wide"},
    {"fixed,20,6,overflow=wrap", "fixed,8,6,overflow=wrap", "fixed,9,6,signed=0,overflow=wrap", false, NULL,
     NULL, 1e5, 1e3, "binary64"},
    {"fixed,12,6,round=away", "fixed,12,4,round=away", "fixed,12,3,round=away", false, NULL, NULL, 9, 1,
     "binary64"},
    /* 16-bit lanes: operands on grids. */
    {"down,16,8", "down,16,8", "down,16,8", false, "nearest,16,8", "nearest,8,8", 200, 0.5, "lanes16"},
    {"fixed,16,8,round=down,overflow=wrap", "fixed,16,8,round=down,overflow=wrap", "fixed,16,8,overflow=wrap",
     false, "nearest,16,8", "nearest,8,8", 200, 0.5, "lanes16"},
    {"nearest,16,8", "nearest,16,8", "nearest,16,8", false, "nearest,9,8", "nearest,8,8", 0.9, 0.5, NULL},
    {"nearest,8,4", "nearest,8,4", "nearest,8,4", false, "nearest,8,4", "nearest,8,7", 8, 0.49, "lanes16"},
    {"down,8,4", "down,8,4", "down,8,4", false, "nearest,8,4", "nearest,8,4", 8, 0.45, "lanes16"},
    {"nearest,12,6", "nearest,12,6", "nearest,12,6", false, "nearest,8,4", "nearest,8,4", 7, 0.9, "lanes16"},
    /* Floating formats in binary32. */
    {"fp16", "fp16", "fp16", false, "fp16", NULL, 8, 1, "float32"},
    {"fp16", "fp16", "bf16", false, "fp16", NULL, 900, 90, "float32"},
    {"e4m3", "e4m3", "e4m3", false, "e4m3", "e4m3", 8, 1, "float32"},
    {"e4m3", "e5m2", "e4m3", false, "nearest,16,8", NULL, 100, 1, "binary64"},
    {"e4m3", "float,5,6", "e4m3", false, "nearest,16,8", NULL, 100, 1, "float32"},
    {"e5m2", "e5m2", "e5m2", false, "e5m2", NULL, 9, 0.001, "float32"},
    {"e5m2,overflow=inf", "fp16", "e5m2", false, "e5m2", NULL, 900, 90, "float32"},
    /* To nearest with saturation, in binary32. */
    {"nearest,16,8", "nearest,16,8", "nearest,16,8", false, "nearest,16,8", "nearest,16,8", 100, 0.4,
     "fma16"},
    {"nearest,16,8", "nearest,16,8", "nearest,16,8", false, "nearest,16,8", "nearest,12,6", 100, 1.6,
     "fma16"},
    {"nearest,10,5", "nearest,9,5", "nearest,8,3", false, "nearest,8,4", "nearest,8,7", 8, 0.9, "nearest32"},
    {"fixed,16,8", "fixed,16,8", "fixed,16,8", false, "nearest,16,8", NULL, 100, 0.9, "fma16"},
    {"fixed,8,4", "fixed,8,4", "fixed,8,4,symmetric=1", false, "e4m3", NULL, 100, 2, "fma16"},
    {"fixed,12,6,signed=0", "fixed,12,6,signed=0", "fixed,12,6", false, "nearest,12,6", NULL, 30, 0.9,
     "nearest32"},
    {"fixed,22,12", "fixed,22,12", "nearest,16,8", false, "nearest,12,8", NULL, 7, 40, "nearest32"},
    /* To nearest with saturation, weights of any bits. */
    {"nearest,16,8", "nearest,16,8", "nearest,16,8", false, "nearest,16,8", NULL, 100, 0.9, "fma16"},
    {"nearest,24,12", "nearest,22,12", "fixed,16,8", false, "nearest,16,4", NULL, 100, 0.9, "binary64"},
    {"fixed,24,12", "fixed,23,12", "fixed,16,8", false, "nearest,16,4", NULL, 100, 0.9, "binary64"},
    /* 32-bit fixed point without saturation. */
    {"fixed,24,8,round=even", "fixed,24,8,round=even", "nearest,16,8", false, "nearest,16,8", NULL, 100, 1,
     "fixed32"},
    {"fixed,20,8,round=even", "fixed,12,8,overflow=wrap", "fixed,12,8", false, "nearest,16,8", NULL, 100, 1,
     "fixed32"},
};

typedef struct bench {
    tq_context *context;
    const geometry *g;
    const trial *t;
    tq_layer *layer;
    int64_t x_count, w_count, y_count;
    float *x, *w, *bias, *device, *general, *reference;
} bench;

/* Any bits when `size` is 0, else numbers below `size`. */
static void fill(float *to, int64_t count, double size, const char *quantizer, uint64_t *state)
{
    for (int64_t i = 0; i < count; ++i) {
        const uint32_t bits = oracle_random_input(state, NULL);
        const double unit = (double)(oracle_random(state) >> 11) * 0x1p-52 - 1.0;
        memcpy(&to[i], &bits, sizeof bits);
        if (size > 0)
            to[i] = (float)(unit * size);
    }
    if (quantizer != NULL) {
        tq_quantizer q;
        assert_int_equal(tq_quantizer_parse(&q, quantizer), TQ_OK);
        tq_quantize_array(to, to, count, &q, 0);
    }
}

static tq_layer_quantizers quantizers_of(const trial *t)
{
    char text[512];
    tq_layer_quantizers q = {.seed = 77, .id = 5};
    snprintf(text, sizeof text, "{\"product\": \"%s\", \"sum\": \"%s\", \"result\": \"%s\", \"fused\": %s}",
             t->product, t->sum, t->result, t->fused ? "true" : "false");
    if (tq_accumulation_parse(&q.intrinsic, text) != TQ_OK)
        fail_msg("%s: %s", text, tq_error());
    return q;
}

static void create(bench *b)
{
    const geometry *g = b->g;
    char options[200];
    uint64_t state = 99;
    const tq_shape w = tq_shape_of(
        4, (const int64_t[]){g->kernel_rows, g->kernel_columns, g->inputs / g->groups, g->outputs});
    const int64_t outputs = g->outputs;
    const tq_shape bias = tq_shape_of(1, &outputs);
    snprintf(options, sizeof options, "stride=%d,dilation=%d,groups=%d,pads=%dx%dx%dx%d", g->stride,
             g->dilation, g->groups, g->pads[0], g->pads[1], g->pads[2], g->pads[3]);
    assert_int_equal(tq_layer_create(&b->layer, b->context, "conv2d", "c", options), TQ_OK);
    b->x_count = (int64_t)g->samples * g->rows * g->columns * g->inputs;
    b->w_count = tq_shape_count(&w);
    b->x = tq_test_array(b->x_count);
    b->w = tq_test_array(b->w_count);
    b->bias = tq_test_array(outputs);
    fill(b->x, b->x_count, b->t->input_size, b->t->input, &state);
    fill(b->w, b->w_count, b->t->weight_size, b->t->weights, &state);
    fill(b->bias, outputs, b->t->weight_size, b->t->weights, &state);
    assert_int_equal(tq_layer_set_weight(b->layer, "weight", &w, b->w), TQ_OK);
    if (g->bias)
        assert_int_equal(tq_layer_set_weight(b->layer, "bias", &bias, b->bias), TQ_OK);
}

static void plan(bench *b, const char *paths)
{
    const geometry *g = b->g;
    const tq_shape in = tq_shape_of(4, (const int64_t[]){g->samples, g->rows, g->columns, g->inputs});
    const tq_layer_quantizers q = quantizers_of(b->t);
    tq_range range = tq_range__unknown();
    if (b->t->input != NULL) {
        tq_quantizer input;
        range.finite = true;
        assert_int_equal(tq_quantizer_parse(&input, b->t->input), TQ_OK);
        range = tq_range__quantized(range, &input);
    }
    assert_int_equal(tq_context_set(b->context, "paths", paths), TQ_OK);
    if (tq_layer__plan(b->layer, &in, &range, 1, &q) != TQ_OK)
        fail_msg("%s", tq_error());
    b->y_count = tq_shape_count(&b->layer->output);
    tq_layer__set_first_sample(b->layer, 3);
}

static float *forward(bench *b)
{
    tq_tensor *x, *y;
    float *result = tq_test_array(b->y_count);
    assert_int_equal(tq_tensor_create(&x, b->context, &b->layer->input[0]), TQ_OK);
    assert_int_equal(tq_tensor_create(&y, b->context, &b->layer->output), TQ_OK);
    assert_int_equal(tq_tensor_write(x, b->x, b->x_count), TQ_OK);
    if (tq_layer_forward(b->layer, (const tq_tensor *const[]){x}, y) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(y, result, b->y_count), TQ_OK);
    tq_tensor_destroy(x);
    tq_tensor_destroy(y);
    return result;
}

static void check_same(const bench *b, const char *what, const float *is, const float *should)
{
    for (int64_t i = 0; i < b->y_count; ++i) {
        uint32_t a, c;
        memcpy(&a, &is[i], sizeof a);
        memcpy(&c, &should[i], sizeof c);
        if (a != c)
            fail_msg("%s: %s/%s/%s, geometry %d, path %s, output %lld of %lld: %08x, should be %08x (%g, %g)",
                     what, b->t->product, b->t->sum, b->t->result, (int)(b->g - geometries), b->layer->path,
                     (long long)i, (long long)b->y_count, a, c, (double)is[i], (double)should[i]);
    }
}

static oracle_convolution convolution_of(const bench *b)
{
    const geometry *g = b->g;
    return (oracle_convolution){.samples = g->samples,
                                .rows = g->rows,
                                .columns = g->columns,
                                .inputs = g->inputs,
                                .kernel_rows = g->kernel_rows,
                                .kernel_columns = g->kernel_columns,
                                .outputs = g->outputs,
                                .groups = g->groups,
                                .stride = g->stride,
                                .dilation = g->dilation,
                                .pad_top = g->pads[0],
                                .pad_left = g->pads[1],
                                .out_rows = (int)b->layer->output.dim[1],
                                .out_columns = (int)b->layer->output.dim[2],
                                .first_sample = 3};
}

/* The reference against the oracle; every 3rd output of the larger cases. */
static void check_oracle(const bench *b)
{
    const trial *t = b->t;
    const oracle_slots slots = {t->product, t->sum, t->result, t->fused, 77, 5};
    const oracle_convolution c = convolution_of(b);
    for (int64_t i = 0; i<b->y_count; i += b->y_count> 200 ? 3 : 1) {
        const int output = (int)(i % c.outputs), column = (int)(i / c.outputs % c.out_columns);
        const int row = (int)(i / c.outputs / c.out_columns % c.out_rows);
        const int sample = (int)(i / c.outputs / c.out_columns / c.out_rows);
        uint32_t is;
        memcpy(&is, &b->reference[i], sizeof is);
        const uint32_t should = oracle_output(
            &slots, &c, (const uint32_t *)(const void *)b->x, (const uint32_t *)(const void *)b->w,
            b->g->bias ? (const uint32_t *)(const void *)b->bias : NULL, sample, row, column, output);
        if (is != should)
            fail_msg("reference: %s/%s/%s, geometry %d, output %lld: %08x, the oracle says %08x", t->product,
                     t->sum, t->result, (int)(b->g - geometries), (long long)i, is, should);
    }
}

/* Paths of integers run everywhere; the others need more than every device has. */
static bool device_can(const tq_context *context, const char *path)
{
    static const char *const integers[] = {"general", "wide", "lanes16", "madd16", "product16", "dot16"};
    const tq_device_info *d = tq_context_device(context);
    for (size_t i = 0; i < TQ_COUNT(integers); ++i)
        if (strcmp(path, integers[i]) == 0)
            return true;
    if (strcmp(path, "binary64") == 0)
        return d->fp64 && d->subnormals;
    return d->fma && (d->subnormals || strcmp(path, "fixed32") == 0);
}

static void check_path(const bench *b)
{
    const char *path = b->t->path;
    const bool depthwise = b->g->groups == b->g->inputs && b->g->groups > 1;
    if (b->g == geometries) /* one term: sums cannot saturate, and a cheaper path may do */
        return;
    if (depthwise && path != NULL && strcmp(path, "fma16") == 0) /* has no depthwise form */
        return;
    if (path != NULL && device_can(b->context, path) && strcmp(path, b->layer->path) != 0)
        fail_msg("%s/%s/%s, geometry %d: path %s, expected %s\n%s", b->t->product, b->t->sum, b->t->result,
                 (int)(b->g - geometries), b->layer->path, path, tq_layer_path_reasons(b->layer));
}

/* Compilers are slow, and programs of the general path the longest: a third of them. */
static bool wants_general(const bench *b)
{
    return (b->t - trials) % 3 == 0 || tq_test_is_full();
}

/* Paths that count on smaller inputs than the format allows, where there are any. */
static void run_checked(bench *b)
{
    plan(b, "all");
    if (!isfinite(b->layer->path_bound))
        return;
    float *checked = forward(b);
    check_same(b, "checked path", checked, b->reference);
    free(checked);
}

static void run_on_device(bench *b)
{
    b->device = forward(b);
    check_same(b, "device", b->device, b->reference);
    run_checked(b);
    if (!wants_general(b))
        return;
    plan(b, "general");
    b->general = forward(b);
    check_same(b, "general path", b->general, b->reference);
}

/* Not on the device: the reference against the oracle only. */
static void run(tq_context *context, const geometry *g, const trial *t, bool on_device)
{
    bench b = {.context = context, .g = g, .t = t};
    create(&b);
    plan(&b, "certain");
    check_path(&b);
    b.reference = tq_test_array(b.y_count);
    assert_int_equal(tq_layer_reference(b.layer, (const float *const[]){b.x}, b.reference), TQ_OK);
    if (getenv("TQ_TEST_DEVICE_ONLY") == NULL)
        check_oracle(&b);
    if (on_device)
        run_on_device(&b);
    tq_layer_destroy(b.layer);
    float *const arrays[] = {b.x, b.w, b.bias, b.device, b.general, b.reference};
    for (size_t i = 0; i < TQ_COUNT(arrays); ++i)
        free(arrays[i]);
}

static const char *path_of(size_t trial)
{
    return trials[trial].path;
}

static size_t distance_of(size_t trial, size_t geometry)
{
    return (geometry + TQ_COUNT(geometries) - trial % TQ_COUNT(geometries)) % TQ_COUNT(geometries);
}

/* Compilers are slow: some geometries for each trial, all with TQ_TEST_ALL; some trials with TQ_TEST_PART,
 * one for each path among them, and only those with TQ_TEST_SLOW_COMPILER. */
static bool is_wanted(size_t trial, size_t geometry)
{
    const size_t distance = distance_of(trial, geometry);
    if (getenv("TQ_TEST_SMALL") != NULL)
        return geometry == trial % 2;
    if (tq_test_is_part())
        return distance == 0 && ((trial % 5 == 0 && !tq_test_is_slow()) || tq_trial_is_new(trial, path_of));
    if (getenv("TQ_TEST_DEVICE_ONLY") != NULL)
        return distance == 0;
    return getenv("TQ_TEST_ALL") != NULL || distance == 0 || (distance == 2 && trial % 3 == 0);
}

static void all_slots_all_geometries(void **state)
{
    tq_context *context;
    (void)state;
    if (tq_context_open(&context, NULL) != TQ_OK)
        fail_msg("%s", tq_error());
    for (size_t i = 0; i < TQ_COUNT(trials); ++i)
        for (size_t j = 0; j < TQ_COUNT(geometries); ++j)
            if (is_wanted(i, j))
                run(context, &geometries[j], &trials[i],
                    distance_of(i, j) == 0 || getenv("TQ_TEST_SMALL") != NULL || tq_test_is_full());
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_slots_all_geometries)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
