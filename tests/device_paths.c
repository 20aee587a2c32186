/*
 * Every pair of operands of small formats through every fast path: the bits of the exact host reference. A
 * dense layer of all inputs as samples and all weights as outputs has one product for each pair; a second
 * term pushes half of the sums into saturation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layers/kind.h"
#include "support/device_test.h"
#include "support/test_sets.h"

/* A format of operands: all integers of `bits` bits, times 2^grid. */
typedef struct operands {
    int bits, grid;
} operands;

typedef struct trial {
    const char *product, *sum;
    operands input, weight;
    const char *path; /* expected where the device can */
    bool any_grid;    /* the planner is not told the input's grid */
} trial;

static const trial trials[] = {
    {"down,16,8", "down,16,8", {8, -8}, {8, -6}, "lanes16", false},
    {"down,8,4", "down,8,4", {8, -5}, {4, -4}, "lanes16", false},
    {"fixed,8,4,round=down,overflow=wrap",
     "fixed,8,4,round=down,overflow=wrap",
     {8, -5},
     {4, -4},
     "lanes16",
     false},
    {"nearest,16,8", "nearest,16,8", {8, -8}, {7, -5}, "lanes16", false},
    {"nearest,16,8", "nearest,16,8", {7, -4}, {8, -7}, "lanes16", false},
    {"nearest,12,6", "nearest,12,6", {8, -5}, {6, -4}, "lanes16", false},
    {"nearest,8,4", "nearest,8,4", {8, -5}, {3, -3}, "lanes16", false},
    /* Products that saturate, at the ends of the lane and inside it. */
    {"nearest,16,8", "nearest,16,8", {12, -4}, {10, -6}, "fma16", false},
    {"fixed,16,8", "fixed,16,8", {12, -4}, {10, -6}, "fma16", false},
    {"nearest,8,4", "nearest,8,4", {8, -4}, {8, -7}, "fma16", false},
    /* Ties of operands with too many bits to move every weight. */
    {"nearest,16,2", "nearest,16,2", {11, -8}, {12, -15}, "fma16", false},
    {"nearest,13,2", "nearest,13,2", {11, -8}, {11, -13}, "fma16", false},
    {"nearest,16,2", "nearest,16,2", {11, -8}, {12, -15}, "fma16", true},
    {"nearest,16,6", "nearest,16,6", {9, -4}, {11, -8}, "fma16", true},
    {"down,16,6", "down,16,6", {9, -4}, {11, -8}, "residual32", true},
    {"zero,16,6", "zero,16,6", {11, -8}, {11, -20}, "residual32", true},
    {"nearest,12,2", "nearest,12,2", {12, -6}, {9, -6}, "fma16", false},
    {"fixed,8,4", "fixed,8,4", {8, -4}, {8, -6}, "fma16", false},
    {"fixed,6,3", "fixed,6,3", {8, -4}, {8, -6}, "fma16", false},
    {"nearest,9,0", "nearest,9,0", {10, -4}, {9, -4}, "fma16", false},
    {"fixed,16,6", "fixed,16,6", {12, -4}, {9, -5}, "fma16", false},
    {"fixed,16,4,overflow=wrap", "fixed,16,4,overflow=wrap", {10, -5}, {9, -6}, "fixed32", false},
    {"fixed,16,4,round=away,overflow=wrap",
     "fixed,16,4,round=away,overflow=wrap",
     {10, -5},
     {9, -6},
     NULL,
     false},
    {"down,16,8", "down,16,8", {12, -4}, {10, -6}, "madd16", false},
    {"down,8,4", "down,8,4", {9, -5}, {8, -6}, "madd16", false},
    {"down,7,1", "down,7,1", {9, -3}, {9, -5}, "madd16", false},
    {"down,6,5", "down,6,5", {8, -3}, {7, -3}, "residual32", false},
    {"stochastic,16,8", "stochastic,16,8", {12, -8}, {10, -8}, "madd16", false},
    {"stochastic,16,8", "stochastic,16,8", {12, -5}, {10, -6}, "madd16", false},
    {"stochastic,9,4", "stochastic,9,4", {9, -5}, {9, -6}, "madd16", false},
    {"fixed,16,6,round=stochastic:4", "fixed,16,6,round=stochastic:4", {10, -8}, {8, -8}, "madd16", false},
    {"fixed,16,6,round=stochastic:32", "fixed,16,6,round=stochastic:32", {9, -8}, {9, -8}, "madd16", false},
    {"stochastic,16,8", "stochastic,16,8", {8, -4}, {8, -7}, "product16", false},
    {"fixed,16,8,round=stochastic:8", "fixed,16,8,round=stochastic:8", {7, -8}, {8, -8}, "product16", false},
    {"stochastic,12,4", "stochastic,12,4", {7, -4}, {6, -4}, "product16", false},
    {"stochastic,9,2", "stochastic,9,2", {6, -3}, {5, -1}, "product16", false},
    {"fixed,16,4", "fixed,15,4", {12, -3}, {8, -4}, "nearest32", false},
    {"nearest,17,4", "nearest,17,4", {12, -2}, {8, -4}, "nearest32", false},
    {"nearest,22,2", "nearest,22,2", {12, -6}, {9, -6}, "nearest32", false},
    {"fixed,16,6", "fixed,15,6", {12, -5}, {9, -5}, "nearest32", false},
    {"fixed,24,6", "fixed,24,6", {12, -6}, {9, -5}, "fixed32", false},
    {"fixed,16,4,signed=0", "fixed,14,4,signed=0", {9, -5}, {9, -4}, "nearest32", false},
    {"zero,8,4", "zero,8,4", {8, -4}, {8, -6}, "residual32", false},
    {"fixed,8,4,round=up", "fixed,8,4,round=up", {8, -4}, {8, -6}, "residual32", false},
    {"down,20,4", "down,20,4", {12, -2}, {9, -5}, "residual32", false},
    {"down,8,4", "fixed,9,4,round=down", {8, -4}, {8, -6}, "residual32", false},
    {"nearest,20,4", "fixed,20,4,round=down,overflow=wrap", {12, -2}, {9, -5}, "residual32", false},
    {"nearest,12,4", "fixed,10,4,overflow=wrap", {9, -4}, {9, -6}, "residual32", false},
    {"fixed,8,4,round=zero,signed=0", "fixed,12,4", {9, -4}, {9, -6}, "residual32", false},
    {"fixed,8,4,round=down", "fixed,8,3,round=away", {8, -4}, {8, -6}, "binary64", false},
    {"fixed,8,4,overflow=wrap", "fixed,8,4,overflow=wrap", {8, -4}, {8, -6}, NULL, false},
    {"fixed,7,4,overflow=wrap,signed=0",
     "fixed,6,4,overflow=wrap,signed=0",
     {8, -4},
     {8, -6},
     "binary64",
     false},
    {"nearest,24,4", "nearest,24,4", {12, -6}, {9, -5}, NULL, false},
    {"e4m3", "e4m3", {8, -6}, {8, -6}, "float32", false},
    {"e4m3", "e4m3", {10, -9}, {9, -9}, "float32", false},
    {"e5m2", "e5m2", {8, -6}, {8, -6}, "float32", false},
    {"e5m2,overflow=inf", "e5m2,overflow=inf", {8, 9}, {8, -6}, "float32", false},
    {"e4m3,overflow=nan", "e4m3,overflow=nan", {8, 0}, {8, -4}, "float32", false},
    {"bf16", "bf16", {9, -6}, {9, -6}, "float32", false},
    {"bf16", "bf16", {11, -75}, {9, -64}, "float32", false},
    {"fp16", "fp16", {12, -20}, {9, -9}, "float32", false},
    {"fp16", "fp16", {12, 0}, {9, -2}, "float32", false},
    {"e5m2", "fp16", {10, -14}, {9, -12}, "float32", false},
    {"float,6,9", "float,6,10", {12, -30}, {9, -4}, "float32", false},
    {"float,6,11", "float,6,11", {12, -4}, {9, -4}, "binary64", false},
    {"float,2,1,specials=none", "float,2,1,specials=none", {8, -5}, {8, -5}, "float32", false},
    {"float,4,3", "float,5,4,overflow=saturate", {8, -6}, {8, -6}, "float32", false},
    {"none", "exact", {9, -4}, {9, -6}, "dot16", false},
    {"none", "exact", {14, -4}, {9, -6}, "dot16", false},
};

typedef struct run {
    tq_context *context;
    const trial *t;
    tq_layer *layer;
    int64_t inputs, weights;
    float *x, *w;
} run;

static bool small(void)
{
    return getenv("TQ_TEST_SMALL") != NULL;
}

/* On slow devices every 37th operand. */
static int64_t count_of(operands o)
{
    return small() ? (((int64_t)1 << o.bits) + 36) / 37 : (int64_t)1 << o.bits;
}

static float number(operands o, int64_t i)
{
    const int64_t integer = (small() ? 37 * i : i) - ((int64_t)1 << (o.bits - 1));
    return (float)integer * (o.grid < 0 ? 1.0f / (float)(1 << -o.grid) : (float)(1 << o.grid));
}

/* Terms: the pair, then the largest input times a weight of alternating sign. */
static void fill(run *r)
{
    const trial *t = r->t;
    const float largest = number(t->input, r->inputs - 1);
    r->x = tq_test_array(2 * r->inputs);
    r->w = tq_test_array(2 * r->weights);
    for (int64_t i = 0; i < r->inputs; ++i) {
        r->x[2 * i] = number(t->input, i);
        r->x[2 * i + 1] = largest;
    }
    for (int64_t j = 0; j < r->weights; ++j) {
        r->w[j] = number(t->weight, j);
        r->w[r->weights + j] = j % 3 == 0 ? 0.0f : number(t->weight, j % 3 == 1 ? r->weights - 1 : 0);
    }
}

static void plan(run *r, const char *paths)
{
    char text[300];
    tq_layer_quantizers q = {.seed = 3, .id = 1};
    const tq_shape in = tq_shape_of(2, (const int64_t[]){r->inputs, 2});
    tq_range range = tq_range__measure(r->x, 2 * r->inputs);
    if (r->t->any_grid)
        range.grid = TQ_GRID_UNKNOWN;
    snprintf(text, sizeof text, "{\"product\": \"%s\", \"sum\": \"%s\", \"result\": \"%s\"}", r->t->product,
             r->t->sum, strcmp(r->t->sum, "exact") == 0 ? "nearest,16,4" : r->t->sum);
    assert_int_equal(tq_accumulation_parse(&q.intrinsic, text), TQ_OK);
    assert_int_equal(tq_context_set(r->context, "paths", paths), TQ_OK);
    if (tq_layer__plan(r->layer, &in, &range, 1, &q) != TQ_OK)
        fail_msg("%s", tq_error());
}

static float *forward(run *r)
{
    const int64_t count = r->inputs * r->weights;
    float *result = tq_test_array(count);
    tq_tensor *x, *y;
    assert_int_equal(tq_tensor_create(&x, r->context, &r->layer->input[0]), TQ_OK);
    assert_int_equal(tq_tensor_create(&y, r->context, &r->layer->output), TQ_OK);
    assert_int_equal(tq_tensor_write(x, r->x, 2 * r->inputs), TQ_OK);
    if (tq_layer_forward(r->layer, (const tq_tensor *const[]){x}, y) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(y, result, count), TQ_OK);
    tq_tensor_destroy(x);
    tq_tensor_destroy(y);
    return result;
}

static bool device_can(const tq_context *context, const char *path)
{
    const tq_device_info *d = tq_context_device(context);
    if (strcmp(path, "lanes16") == 0)
        return true;
    if (strcmp(path, "fixed32") == 0)
        return d->fma;
    return d->fma && d->subnormals && (d->fp64 || strcmp(path, "binary64") != 0);
}

static void check(const run *r, const float *is, const float *should)
{
    for (int64_t i = 0; i < r->inputs * r->weights; ++i)
        if (memcmp(&is[i], &should[i], sizeof *is) != 0)
            fail_msg("%s/%s on %s: %g * %g and %g * %g: is %.9g, should be %.9g", r->t->product, r->t->sum,
                     r->layer->path, (double)r->x[i / r->weights * 2], (double)r->w[i % r->weights],
                     (double)r->x[i / r->weights * 2 + 1], (double)r->w[r->weights + i % r->weights],
                     (double)is[i], (double)should[i]);
}

static void run_trial(tq_context *context, const trial *t)
{
    run r = {.context = context, .t = t, .inputs = count_of(t->input), .weights = count_of(t->weight)};
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){2, r.weights});
    assert_int_equal(tq_layer_create(&r.layer, context, "dense", "pairs", NULL), TQ_OK);
    fill(&r);
    assert_int_equal(tq_layer_set_weight(r.layer, "weight", &shape, r.w), TQ_OK);
    plan(&r, "certain");
    if (t->path != NULL && !small() && strcmp(t->path, r.layer->path) != 0)
        fail_msg("%s/%s: path %s, expected %s\n%s", t->product, t->sum, r.layer->path, t->path,
                 tq_layer_path_reasons(r.layer));
    float *device = forward(&r), *reference = tq_test_array(r.inputs * r.weights);
    assert_int_equal(tq_layer_reference(r.layer, (const float *const[]){r.x}, reference), TQ_OK);
    check(&r, device, reference);
    tq_layer_destroy(r.layer);
    free(r.x);
    free(r.w);
    free(device);
    free(reference);
}

static const char *path_of(size_t trial)
{
    return trials[trial].path;
}

/* With TQ_TEST_PART every fifth, and one for each path; with TQ_TEST_SLOW_COMPILER only those. */
static bool is_wanted(size_t trial)
{
    return !tq_test_is_part() || (trial % 5 == 0 && !tq_test_is_slow()) || tq_trial_is_new(trial, path_of);
}

static void every_pair_of_operands(void **state)
{
    tq_context *context;
    (void)state;
    if (tq_context_open(&context, NULL) != TQ_OK)
        fail_msg("%s", tq_error());
    tq_test_small_tiles(context);
    /* Where a device cannot take the path, the general one runs, which other tests try. */
    for (size_t i = 0; i < TQ_COUNT(trials); ++i)
        if (is_wanted(i) && (trials[i].path == NULL || device_can(context, trials[i].path)))
            run_trial(context, &trials[i]);
    tq_context_close(context);
}

enum { CHECKED_INPUTS = 40, CHECKED_OUTPUTS = 37 };

/* One run with inputs of at most `size`, but for one of `largest`. */
static void run_checked(tq_context *context, tq_layer *layer, float size, float largest)
{
    float x[CHECKED_INPUTS], y[CHECKED_OUTPUTS], should[CHECKED_OUTPUTS];
    tq_tensor *in, *out;
    for (int i = 0; i < CHECKED_INPUTS; ++i)
        x[i] = size * (float)(i % 9 - 4) / 4.0f;
    x[CHECKED_INPUTS / 2] = largest;
    assert_int_equal(tq_tensor_create(&in, context, &layer->input[0]), TQ_OK);
    assert_int_equal(tq_tensor_create(&out, context, &layer->output), TQ_OK);
    assert_int_equal(tq_tensor_write(in, x, CHECKED_INPUTS), TQ_OK);
    if (tq_layer_forward(layer, (const tq_tensor *const[]){in}, out) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(out, y, CHECKED_OUTPUTS), TQ_OK);
    assert_int_equal(tq_layer_reference(layer, (const float *const[]){x}, should), TQ_OK);
    assert_memory_equal(y, should, sizeof y);
    tq_tensor_destroy(in);
    tq_tensor_destroy(out);
}

/* A path that counts on small inputs gives way, and comes back, as the inputs of each run ask. */
static void inputs_beyond_the_bound(void **state)
{
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){CHECKED_INPUTS, CHECKED_OUTPUTS});
    const tq_shape in = tq_shape_of(2, (const int64_t[]){1, CHECKED_INPUTS});
    float w[CHECKED_INPUTS * CHECKED_OUTPUTS];
    tq_layer_quantizers q = {0};
    tq_range range = tq_range__unknown();
    tq_context *context;
    tq_layer *layer;
    (void)state;
    range.finite = true;
    assert_int_equal(tq_context_open(&context, NULL), TQ_OK);
    assert_int_equal(tq_accumulation_parse(&q.intrinsic, "down,16,8"), TQ_OK);
    range = tq_range__quantized(range, &q.intrinsic.result);
    for (int i = 0; i < CHECKED_INPUTS * CHECKED_OUTPUTS; ++i)
        w[i] = (float)(i * 7 % 255 - 127) / 64.0f;
    assert_int_equal(tq_layer_create(&layer, context, "dense", "checked", NULL), TQ_OK);
    assert_int_equal(tq_layer_set_weight(layer, "weight", &shape, w), TQ_OK);
    if (tq_layer__plan(layer, &in, &range, 1, &q) != TQ_OK)
        fail_msg("%s", tq_error());
    if (tq_layer_path_details(layer).bound >= 127.0)
        fail_msg("no bound: path %s", layer->path);
    run_checked(context, layer, 0.5f, 0.25f);
    run_checked(context, layer, 0.5f, 127.5f);
    run_checked(context, layer, 1.0f, -0.5f);
    run_checked(context, layer, 64.0f, -128.0f);
    tq_layer_destroy(layer);
    tq_context_close(context);
}

/* More terms than one device's loops have rounds: refused there, right elsewhere. */
static void very_long_sums(void **state)
{
    enum { TERMS = 70000 };
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){TERMS, 1});
    const tq_shape in = tq_shape_of(2, (const int64_t[]){1, TERMS});
    float *x = tq_test_array(TERMS), *w = tq_test_array(TERMS), y, should;
    tq_context *context;
    tq_layer *layer;
    tq_tensor *from, *to;
    (void)state;
    if (small())
        skip();
    for (int i = 0; i < TERMS; ++i) {
        x[i] = (float)(i % 7 - 3);
        w[i] = (float)(i % 5 - 2) / 64.0f;
    }
    assert_int_equal(tq_context_open(&context, NULL), TQ_OK);
    assert_int_equal(tq_layer_create(&layer, context, "dense", "long", NULL), TQ_OK);
    assert_int_equal(tq_layer_set_weight(layer, "weight", &shape, w), TQ_OK);
    const tq_status status = tq_layer_plan(layer, &in, 1, NULL);
    if (strstr(tq_context_device(context)->name, "llvmpipe") != NULL) {
        assert_int_equal(status, TQ_E_UNSUPPORTED);
        assert_string_equal(tq_error(),
                            "dense 'long': sums of 70000 steps; this device's loops end after 65000");
    } else {
        assert_int_equal(status, TQ_OK);
        assert_int_equal(tq_tensor_create(&from, context, &in), TQ_OK);
        assert_int_equal(tq_tensor_create(&to, context, &layer->output), TQ_OK);
        assert_int_equal(tq_tensor_write(from, x, TERMS), TQ_OK);
        assert_int_equal(tq_layer_forward(layer, (const tq_tensor *const[]){from}, to), TQ_OK);
        assert_int_equal(tq_tensor_read(to, &y, 1), TQ_OK);
        assert_int_equal(tq_layer_reference(layer, (const float *const[]){x}, &should), TQ_OK);
        assert_memory_equal(&y, &should, sizeof y);
        tq_tensor_destroy(from);
        tq_tensor_destroy(to);
    }
    tq_layer_destroy(layer);
    tq_context_close(context);
    free(x);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(inputs_beyond_the_bound),
                                       cmocka_unit_test(very_long_sums),
                                       cmocka_unit_test(every_pair_of_operands)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
