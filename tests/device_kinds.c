/*
 * The kinds of layers other than contractions, with quantizers in every slot: the device, the host reference
 * and the exact oracle give the same bits; so do one batch and its samples one by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layers/kind.h"
#include "layers/pool.h"
#include "oracle/oracle_cases.h"
#include "oracle/oracle_kinds.h"
#include "support/bits.h"
#include "support/device_test.h"
#include "support/test_sets.h"

#define FIRST_SAMPLE  7
#define MOST_TAPS     64
#define MOST_CHANNELS 40

typedef struct slots {
    const char *product, *sum, *result, *extrinsic;
} slots;

static const slots all_slots[] = {
    {"none", "none", "none", "none"},
    {"nearest,16,8", "nearest,16,8", "nearest,16,8", "none"},
    {"fixed,10,4,round=down", "fixed,9,4,overflow=wrap", "fixed,8,3,round=up", "fixed,6,2"},
    {"stochastic,16,8", "stochastic,12,6,bits=8", "stochastic,10,4,bits=32", "stochastic,8,2,bits=4"},
    {"bf16", "fp16", "e4m3", "e5m2"},
    {"none", "exact", "bf16", "ternary"},
    {"int,8,0.1", "int,12,0.05,7", "int,8,0.3,3,round=down", "int,8,signed=0"},
    {"log", "float,5,3,round=stochastic:8", "binary,2", "sparse,1"},
};

typedef struct trial {
    const char *kind, *options;
    int rank;
    int64_t dim[4];
    double size; /* of the inputs; 0: any bits */
} trial;

static const trial trials[] = {
    {"avgpool2d", "kernel=2,stride=2", 4, {3, 6, 6, 3}, 8},
    {"avgpool2d", "kernel=3x2,stride=2x1,pads=1x0x1x1,ceil_mode=1", 4, {2, 7, 5, 2}, 0},
    {"avgpool2d", "kernel=3,stride=2,pads=1,count_include_pad=1", 4, {2, 6, 7, 5}, 20},
    {"avgpool2d", "kernel=3,stride=2,auto_pad=same_upper", 4, {2, 6, 6, 2}, 3},
    {"avgpool2d", "kernel=2,stride=2", 4, {2, 4, 4, 1}, 5},
    {"avgpool2d", "kernel=2,stride=1,pads=1", 4, {2, 3, 3, 33}, 8},
    {"globalavgpool", "", 4, {3, 5, 3, 7}, 0},
    {"globalavgpool", "", 4, {2, 3, 3, 66}, 9},
    {"maxpool2d", "kernel=2,stride=2", 4, {2, 6, 5, 19}, 0},
    {"maxpool2d", "kernel=3x2,stride=1x2,pads=1x1x1x0,dilation=2x1", 4, {2, 7, 6, 4}, 0},
    {"maxpool2d", "kernel=3,stride=2,pads=1,ceil_mode=1", 4, {2, 6, 6, 1}, 0},
    {"batchnorm", "epsilon=0.001", 4, {3, 2, 3, 5}, 9},
    {"batchnorm", "", 2, {4, 6, 0, 0}, 0},
    {"batchnorm", "", 4, {2, 2, 3, 33}, 20},
    {"batchnorm", "", 3, {2, 5, 17, 0}, 0},
    {"add", "", 4, {2, 3, 2, 5}, 0},
    {"add", "", 2, {3, 7, 0, 0}, 30},
    {"add", "", 4, {2, 5, 3, 17}, 5},
    {"relu", "", 4, {2, 3, 3, 5}, 0},
    {"softmax", "", 2, {3, 11, 0, 0}, 9},
    {"softmax", "", 2, {2, 5, 0, 0}, 100},
    {"softmax", "log=1", 2, {3, 11, 0, 0}, 9},
    {"dropout", "", 2, {3, 5, 0, 0}, 0},
};

typedef struct bench {
    tq_context *context;
    const trial *t;
    const slots *s;
    tq_layer *layer;
    tq_shape in[2];
    size_t in_count;
    float *x[2], *device, *reference;
    uint32_t weight[4][MOST_CHANNELS]; /* gamma, beta, mean, variance */
} bench;

static void fill(float *to, int64_t count, double size, uint64_t *state)
{
    for (int64_t i = 0; i < count; ++i) {
        const uint32_t bits = oracle_random_input(state, NULL);
        memcpy(&to[i], &bits, sizeof bits);
        if (size > 0)
            to[i] = (float)(((double)(oracle_random(state) >> 11) * 0x1p-52 - 1.0) * size);
    }
}

static void set_weights(bench *b, uint64_t *state)
{
    static const char *const names[] = {"gamma", "beta", "mean", "variance"};
    const tq_shape shape = tq_shape_of(1, &b->t->dim[b->t->rank - 1]);
    for (size_t i = 0; i < TQ_COUNT(names); ++i) {
        float values[MOST_CHANNELS];
        fill(values, shape.dim[0], 3, state);
        for (int64_t c = 0; i == 3 && c < shape.dim[0]; ++c)
            values[c] = values[c] < 0 ? -values[c] : values[c];
        memcpy(b->weight[i], values, sizeof values);
        assert_int_equal(tq_layer_set_weight(b->layer, names[i], &shape, values), TQ_OK);
    }
}

static void create(bench *b)
{
    uint64_t state = 5;
    if (tq_layer_create(&b->layer, b->context, b->t->kind, "k", b->t->options) != TQ_OK)
        fail_msg("%s", tq_error());
    b->in_count = strcmp(b->t->kind, "add") == 0 ? 2 : 1;
    for (size_t i = 0; i < b->in_count; ++i) {
        b->in[i] = tq_shape_of(b->t->rank, b->t->dim);
        b->x[i] = tq_test_array(tq_shape_count(&b->in[i]));
        fill(b->x[i], tq_shape_count(&b->in[i]), b->t->size, &state);
    }
    if (strcmp(b->t->kind, "batchnorm") == 0)
        set_weights(b, &state);
}

static void plan(bench *b, int64_t samples)
{
    char text[300];
    tq_layer_quantizers q = {.seed = 0x123456789, .id = 9};
    snprintf(text, sizeof text, "{\"product\": \"%s\", \"sum\": \"%s\", \"result\": \"%s\"}", b->s->product,
             b->s->sum, b->s->result);
    assert_int_equal(tq_accumulation_parse(&q.intrinsic, text), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&q.extrinsic, b->s->extrinsic), TQ_OK);
    for (size_t i = 0; i < b->in_count; ++i)
        b->in[i].dim[0] = samples;
    if (tq_layer_plan(b->layer, b->in, b->in_count, &q) != TQ_OK)
        fail_msg("%s", tq_error());
}

/* Runs samples first .. of the batch that `plan` said. */
static void forward(bench *b, int64_t first, float *to)
{
    tq_tensor *x[2], *y;
    const int64_t out = tq_shape_count(&b->layer->output);
    tq_layer__set_first_sample(b->layer, (uint64_t)(FIRST_SAMPLE + first));
    for (size_t i = 0; i < b->in_count; ++i) {
        const int64_t count = tq_shape_count(&b->in[i]);
        assert_int_equal(tq_tensor_create(&x[i], b->context, &b->in[i]), TQ_OK);
        assert_int_equal(tq_tensor_write(x[i], b->x[i] + first * (count / b->in[i].dim[0]), count), TQ_OK);
    }
    assert_int_equal(tq_tensor_create(&y, b->context, &b->layer->output), TQ_OK);
    if (tq_layer_forward(b->layer, (const tq_tensor *const *)x, y) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(y, to, out), TQ_OK);
    for (size_t i = 0; i < b->in_count; ++i)
        tq_tensor_destroy(x[i]);
    tq_tensor_destroy(y);
}

static void check(const bench *b, const char *what, const float *is, const float *should, int64_t count)
{
    for (int64_t i = 0; i < count; ++i)
        if (memcmp(&is[i], &should[i], sizeof *is) != 0)
            fail_msg("%s: %s '%s' with %s/%s/%s/%s, output %lld: %a, should be %a", what, b->t->kind,
                     b->t->options, b->s->product, b->s->sum, b->s->result, b->s->extrinsic, (long long)i,
                     (double)is[i], (double)should[i]);
}

/* The taps of an output, from the layer's options by the definition; returns the divisor when padding counts.
 */
static int gather(const bench *b, int64_t output, oracle_tap *taps, int *count)
{
    const tq_pool *pool = b->layer->state;
    const tq_pool_geometry *g = &pool->geometry;
    const int64_t channel = output % g->channels, column = output / g->channels % g->out_columns;
    const int64_t row = output / g->channels / g->out_columns % g->out_rows;
    const int64_t sample = output / g->channels / g->out_columns / g->out_rows;
    int divisor = 0;
    *count = 0;
    for (int i = 0; i < g->kernel_rows; ++i)
        for (int j = 0; j < g->kernel_columns; ++j) {
            const int64_t r = row * g->stride_rows - g->pad_top + i * g->dilation_rows;
            const int64_t c = column * g->stride_columns - g->pad_left + j * g->dilation_columns;
            oracle_tap *tap = &taps[(*count)++];
            tap->inside = r >= 0 && r < g->rows && c >= 0 && c < g->columns;
            divisor += r < g->rows + g->pad_bottom && c < g->columns + g->pad_right;
            if (tap->inside)
                tap->bits =
                    bits_of(b->x[0][((sample * g->rows + r) * g->columns + c) * g->channels + channel]);
        }
    return g->count_pads ? divisor : 0;
}

static uint32_t oracle_of(const bench *b, const oracle_slots *o, int64_t i, uint64_t index)
{
    const char *kind = b->t->kind;
    oracle_tap taps[MOST_TAPS];
    int count;
    if (strcmp(kind, "add") == 0)
        return oracle_add(o, bits_of(b->x[0][i]), bits_of(b->x[1][i]), index);
    if (strcmp(kind, "batchnorm") == 0) {
        const int c = (int)(i % b->t->dim[b->t->rank - 1]);
        const float epsilon = (float)tq_layer__option(b->layer, "epsilon", 0);
        const oracle_channel channel = {b->weight[0][c], b->weight[1][c],  b->weight[2][c],
                                        b->weight[3][c], bits_of(epsilon), c};
        return oracle_normalize(o, &channel, bits_of(b->x[0][i]), index);
    }
    const int divisor = gather(b, i, taps, &count);
    return strcmp(kind, "maxpool2d") == 0 ? oracle_maximum(taps, count)
                                          : oracle_average(o, taps, count, divisor, index);
}

/* The outputs before the extrinsic quantizer, for kinds whose arithmetic the oracle has. */
static bool oracle_all(const bench *b, float *to)
{
    const oracle_slots o = {b->s->product, b->s->sum, b->s->result, false, 0x123456789, 9};
    const int64_t count = tq_shape_count(&b->layer->output), each = count / b->layer->output.dim[0];
    const int64_t classes = b->layer->output.dim[b->layer->output.rank - 1];
    const char *kind = b->t->kind;
    if (strcmp(kind, "relu") == 0 || strcmp(kind, "dropout") == 0)
        return false;
    for (int64_t i = 0; i < count; ++i) {
        const uint64_t index = (uint64_t)(FIRST_SAMPLE * each + i);
        uint32_t bits[16];
        if (strcmp(kind, "softmax") == 0 && i % classes == 0)
            oracle_softmax(&o, strcmp(b->t->options, "log=1") == 0,
                           (const uint32_t *)(const void *)(b->x[0] + i), bits, (int)classes, index);
        const uint32_t one = strcmp(kind, "softmax") == 0 ? bits[i % classes] : oracle_of(b, &o, i, index);
        memcpy(&to[i], &one, sizeof one);
    }
    return true;
}

/* The quantizers that layer.c applies to the whole output, by the independently tested host arrays, sample by
 * sample. */
static void finish(const bench *b, float *y)
{
    const int64_t samples = b->layer->output.dim[0], each = tq_shape_count(&b->layer->output) / samples;
    const tq_layer_quantizers *q = &b->layer->quantizers;
    for (int64_t i = 0; i < samples; ++i) {
        const uint64_t first = (uint64_t)((FIRST_SAMPLE + i) * each);
        tq_quantizer fitted;
        float *sample = y + i * each;
        if (!b->layer->kind->inner)
            tq_quantizer__array(sample, sample, each, &q->intrinsic.result, q->seed, q->id, TQ_STREAM_RESULT,
                                first);
        tq_quantizer__fit_host(&fitted, &q->extrinsic, sample, each);
        tq_quantizer__array(sample, sample, each, &fitted, q->seed, q->id, TQ_STREAM_ELEMENT, first);
    }
}

static void check_split(bench *b, int64_t samples)
{
    const int64_t all = tq_shape_count(&b->layer->output), each = all / samples;
    float *split = tq_test_array(all);
    plan(b, 1);
    for (int64_t i = 0; i < samples; ++i)
        forward(b, i, split + i * each);
    check(b, "one by one", split, b->device, all);
    free(split);
}

static void check_device(bench *b, int64_t count)
{
    forward(b, 0, b->device);
    check(b, "device", b->device, b->reference, count);
    check_split(b, b->t->dim[0]);
}

static void run(tq_context *context, const trial *t, const slots *s, bool on_device)
{
    bench b = {.context = context, .t = t, .s = s};
    create(&b);
    plan(&b, t->dim[0]);
    const int64_t count = tq_shape_count(&b.layer->output);
    b.device = tq_test_array(count);
    b.reference = tq_test_array(count);
    float *oracle = tq_test_array(count);
    tq_layer__set_first_sample(b.layer, FIRST_SAMPLE);
    assert_int_equal(tq_layer_reference(b.layer, (const float *const *)b.x, b.reference), TQ_OK);
    if (getenv("TQ_TEST_DEVICE_ONLY") == NULL && oracle_all(&b, oracle)) {
        finish(&b, oracle);
        check(&b, "reference against the oracle", b.reference, oracle, count);
    }
    if (on_device)
        check_device(&b, count);
    tq_layer_destroy(b.layer);
    float *const arrays[] = {b.x[0], b.x[1], b.device, b.reference, oracle};
    for (size_t i = 0; i < TQ_COUNT(arrays); ++i)
        free(arrays[i]);
}

/* Wrapped sums of numbers more than 2^60 apart are not promised (docs/quantizers.md). */
static bool is_allowed(size_t trial, size_t set)
{
    return trials[trial].size > 0 || strstr(all_slots[set].sum, "wrap") == NULL;
}

static bool has_same_oracle(size_t a, size_t b)
{
    static const char average[] = "avgpool"; /* of windows and of whole images */
    return strcmp(trials[a].kind, trials[b].kind) == 0 ||
           (strstr(trials[a].kind, average) != NULL && strstr(trials[b].kind, average) != NULL);
}

/* Every set is for the oracle; compilers are slow, so the device takes two of each trial. */
static void run_set(void *context, size_t trial, size_t set)
{
    static const tq_sets device = {TQ_COUNT(trials), TQ_COUNT(all_slots), 2, is_allowed, NULL};
    run(context, &trials[trial], &all_slots[set],
        getenv("TQ_TEST_DEVICE_ONLY") != NULL || tq_test_is_full() || tq_sets_has(&device, trial, set));
}

static void all_kinds_all_slots(void **state)
{
    const bool device_only = getenv("TQ_TEST_DEVICE_ONLY") != NULL;
    const tq_sets sets = {TQ_COUNT(trials), TQ_COUNT(all_slots), device_only ? 1 : 5, is_allowed,
                          device_only ? NULL : has_same_oracle};
    tq_context *context;
    (void)state;
    if (tq_context_open(&context, NULL) != TQ_OK)
        fail_msg("%s", tq_error());
    tq_sets_run(&sets, run_set, context);
    tq_context_close(context);
}

/* Two taps for each of 17 channels, by their bits: NaNs of both signs, zeros of both signs, negative numbers,
 * infinities. */
static void maximum_of_special_numbers(void **state)
{
    static const uint32_t taps[][3] = {
        {0xFF800001, 0x3F800000, 0x7FC00000}, {0xBF800000, 0xFFFFFFFF, 0x7FC00000},
        {0x7F800001, 0x7F800000, 0x7FC00000}, {0xFF800000, 0x7FFFFFFF, 0x7FC00000},
        {0x80000000, 0x00000000, 0x00000000}, {0x80000000, 0x80000000, 0x80000000},
        {0x80000000, 0xFF800000, 0x80000000}, {0x80000001, 0x80000002, 0x80000001},
        {0xC0000000, 0xC0400000, 0xC0000000}, {0xC0400000, 0xFF800000, 0xC0400000},
        {0x00000001, 0xFF7FFFFF, 0x00000001}, {0x00000001, 0x00000002, 0x00000002},
        {0x7F800000, 0x7F7FFFFF, 0x7F800000}, {0xFF800000, 0xFF800000, 0xFF800000},
        {0xFF800000, 0x00000000, 0x00000000}, {0x3F800000, 0xBF800000, 0x3F800000},
        {0xFFC00000, 0xFF800000, 0x7FC00000}};
    enum { CHANNELS = sizeof taps / sizeof *taps };
    const tq_shape shape = tq_shape_of(4, (const int64_t[]){1, 1, 2, CHANNELS});
    const tq_layer_quantizers quantizers = {.seed = 1};
    tq_context *context;
    tq_layer *layer;
    tq_tensor *x, *y;
    uint32_t from[2 * CHANNELS], to[CHANNELS];
    (void)state;
    for (size_t i = 0; i < 2 * CHANNELS; ++i)
        from[i] = taps[i % CHANNELS][i / CHANNELS];
    assert_int_equal(tq_context_open(&context, NULL), TQ_OK);
    assert_int_equal(tq_layer_create(&layer, context, "maxpool2d", "k", "kernel=1x2"), TQ_OK);
    assert_int_equal(tq_layer_plan(layer, &shape, 1, &quantizers), TQ_OK);
    assert_int_equal(tq_tensor_create(&x, context, &shape), TQ_OK);
    assert_int_equal(tq_tensor_create(&y, context, &layer->output), TQ_OK);
    assert_int_equal(tq_tensor_write(x, (const float *)from, 2 * CHANNELS), TQ_OK);
    assert_int_equal(tq_layer_forward(layer, (const tq_tensor *const[]){x}, y), TQ_OK);
    assert_int_equal(tq_tensor_read(y, (float *)to, CHANNELS), TQ_OK);
    for (size_t i = 0; i < CHANNELS; ++i)
        if (to[i] != taps[i][2])
            fail_msg("the larger of %08x and %08x is %08x", taps[i][0], taps[i][1], to[i]);
    tq_tensor_destroy(x);
    tq_tensor_destroy(y);
    tq_layer_destroy(layer);
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(maximum_of_special_numbers),
                                       cmocka_unit_test(all_kinds_all_slots)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
