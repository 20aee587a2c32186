/*
 * The layer matmul with quantizers in every slot: the device with all paths and with the general ones only,
 * the host reference and the exact oracle give the same bits; so do one batch and its samples one by one.
 * Where numbers lie in the tensors is worked out here again.
 */
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

#define FIRST_SAMPLE 7
#define SEED         0x123456789
#define ID           9

typedef struct slots {
    const char *product, *sum, *result, *extrinsic;
    bool fused;
    const char *input; /* the quantizer that the inputs come from; NULL: any numbers */
} slots;

static const slots all_slots[] = {
    {"none", "none", "none", "none", false, NULL},
    {"none", "none", "bf16", "none", false, NULL},
    {"nearest,16,8", "nearest,16,8", "nearest,16,8", "none", false, NULL},
    {"nearest,16,8", "nearest,16,8", "nearest,16,8", "none", false, "nearest,12,6"},
    {"down,16,8", "down,16,8", "down,16,8", "none", false, "nearest,8,4"},
    {"fixed,10,4,round=down", "fixed,9,4,overflow=wrap", "fixed,8,3,round=up", "fixed,6,2", false, NULL},
    {"stochastic,16,8", "stochastic,12,6,bits=8", "stochastic,10,4,bits=32", "stochastic,8,2,bits=4", false,
     NULL},
    {"none", "stochastic,16,8,bits=16", "none", "none", true, NULL},
    {"bf16", "fp16", "e4m3", "e5m2", false, NULL},
    {"fp16", "fp16", "fp16", "none", false, "fp16"},
    {"none", "exact", "bf16", "none", false, NULL},
    {"e4m3", "exact", "none", "none", false, NULL},
    {"log", "float,5,3,round=stochastic:8", "binary,2", "sparse,1", false, NULL},
    {"none", "nearest,16,8", "none", "none", false, NULL},
    /* Operands on grids: every form of a packed second operand. */
    {"stochastic,16,8", "stochastic,16,8", "stochastic,16,8", "none", false, "nearest,12,6"},
    {"stochastic,16,8", "stochastic,16,8", "nearest,16,8", "none", false, "nearest,8,6"},
    {"nearest,16,8", "nearest,16,8", "nearest,16,8", "none", false, "nearest,16,8"},
    {"nearest,12,4", "nearest,12,4", "nearest,12,4", "none", false, "nearest,8,4"},
    {"none", "exact", "nearest,16,8", "none", false, "nearest,8,4"},
    {"fixed,16,8,round=even", "fixed,16,8,round=even", "nearest,16,8", "none", false, "nearest,8,4"},
    {"e4m3", "e4m3", "e4m3", "none", false, "e4m3"},
};

/* Shapes as `order` counts them; b's dimensions are counted from the right. */
typedef struct trial {
    int a_rank;
    int64_t a[TQ_MAX_RANK];
    int b_rank;
    int64_t b[TQ_MAX_RANK];
    bool nchw;
    double size; /* of the inputs; 0: any bits */
} trial;

static const trial trials[] = {
    {3, {1, 1, 1}, 3, {1, 1, 1}, false, 4},
    {3, {3, 5, 7}, 3, {3, 7, 19}, false, 6},
    {2, {5, 9}, 2, {9, 3}, false, 0},            /* the rows are samples */
    {3, {3, 2, 3}, 2, {3, 5}, false, 0},         /* one matrix for all */
    {4, {2, 3, 4, 5}, 4, {2, 3, 5, 6}, true, 2}, /* heads are channels */
    {4, {3, 1, 3, 4}, 4, {1, 2, 4, 17}, true, 5},
    {4, {2, 2, 3, 4}, 3, {2, 4, 3}, true, 0}, /* a stays NHWC, b has no fourth dimension */
    {4, {2, 2, 3, 4}, 4, {2, 1, 4, 3}, false, 3},
    {5, {1, 2, 1, 2, 3}, 5, {1, 1, 3, 3, 2}, false, 3},
};

typedef struct bench {
    tq_context *context;
    const trial *t;
    const slots *s;
    tq_layer *layer;
    tq_shape a, b, y; /* as `order` counts */
    float *in[2], *device, *reference;
    int64_t count;
} bench;

static tq_shape stored(const trial *t, const tq_shape *s)
{
    if (!t->nchw || s->rank != 4)
        return *s;
    return tq_shape_of(4, (const int64_t[]){s->dim[0], s->dim[2], s->dim[3], s->dim[1]});
}

/* Where the element of these indices lies. */
static int64_t place(const trial *t, const tq_shape *s, const int64_t *index)
{
    int64_t at = 0;
    if (t->nchw && s->rank == 4)
        return ((index[0] * s->dim[2] + index[2]) * s->dim[3] + index[3]) * s->dim[1] + index[1];
    for (int i = 0; i < s->rank; ++i)
        at = at * s->dim[i] + index[i];
    return at;
}

static tq_shape product_of(const tq_shape *a, const tq_shape *b)
{
    tq_shape y = *a;
    for (int i = 1; i <= b->rank; ++i)
        if (i == 1 || (i > 2 && a->dim[a->rank - i] == 1))
            y.dim[a->rank - i] = b->dim[b->rank - i];
    return y;
}

static float *random_numbers(const bench *b, int64_t count, uint64_t *state)
{
    float *to = tq_test_array(count);
    for (int64_t i = 0; i < count; ++i) {
        const uint32_t bits = oracle_random_input(state, NULL);
        memcpy(&to[i], &bits, sizeof bits);
        if (b->t->size > 0)
            to[i] = (float)(((double)(oracle_random(state) >> 11) * 0x1p-52 - 1.0) * b->t->size);
    }
    if (b->s->input != NULL) {
        tq_quantizer q;
        assert_int_equal(tq_quantizer_parse(&q, b->s->input), TQ_OK);
        tq_quantize_array(to, to, count, &q, 0);
    }
    return to;
}

static void create(bench *b)
{
    uint64_t state = 5;
    b->a = tq_shape_of(b->t->a_rank, b->t->a);
    b->b = tq_shape_of(b->t->b_rank, b->t->b);
    b->y = product_of(&b->a, &b->b);
    b->count = tq_shape_count(&b->y);
    b->in[0] = random_numbers(b, tq_shape_count(&b->a), &state);
    b->in[1] = random_numbers(b, tq_shape_count(&b->b), &state);
    if (tq_layer_create(&b->layer, b->context, "matmul", "m", b->t->nchw ? "order=nchw" : "") != TQ_OK)
        fail_msg("%s", tq_error());
}

static bool has_samples(const bench *b)
{
    return b->t->b_rank == b->t->a_rank && b->t->b_rank > 2 && b->t->b[0] > 1;
}

static void plan(bench *b, int64_t samples, const char *paths)
{
    char text[300];
    tq_shape in[2] = {stored(b->t, &b->a), stored(b->t, &b->b)};
    tq_range ranges[2] = {tq_range__unknown(), tq_range__unknown()};
    tq_layer_quantizers q = {.seed = SEED, .id = ID};
    snprintf(text, sizeof text, "{\"product\": \"%s\", \"sum\": \"%s\", \"result\": \"%s\", \"fused\": %s}",
             b->s->product, b->s->sum, b->s->result, b->s->fused ? "true" : "false");
    assert_int_equal(tq_accumulation_parse(&q.intrinsic, text), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&q.extrinsic, b->s->extrinsic), TQ_OK);
    if (b->s->input != NULL) {
        tq_quantizer input;
        assert_int_equal(tq_quantizer_parse(&input, b->s->input), TQ_OK);
        ranges[0].finite = true;
        ranges[0] = ranges[1] = tq_range__quantized(ranges[0], &input);
    }
    in[0].dim[0] = samples;
    if (has_samples(b))
        in[1].dim[0] = samples;
    assert_int_equal(tq_context_set(b->context, "paths", paths), TQ_OK);
    if (tq_layer__plan(b->layer, in, ranges, 2, &q) != TQ_OK)
        fail_msg("%s", tq_error());
}

static tq_tensor *upload(bench *b, size_t i, int64_t first)
{
    const tq_shape *shape = &b->layer->input[i];
    const int64_t count = tq_shape_count(shape);
    tq_tensor *tensor;
    const int64_t skip = i == 0 || has_samples(b) ? first * (count / shape->dim[0]) : 0;
    assert_int_equal(tq_tensor_create(&tensor, b->context, shape), TQ_OK);
    assert_int_equal(tq_tensor_write(tensor, b->in[i] + skip, count), TQ_OK);
    return tensor;
}

/* Runs samples first .. of the batch that `plan` said. */
static void forward(bench *b, int64_t first, float *to)
{
    tq_tensor *x[2], *y;
    const int64_t out = tq_shape_count(&b->layer->output);
    tq_layer__set_first_sample(b->layer, (uint64_t)(FIRST_SAMPLE + first));
    for (size_t i = 0; i < 2; ++i)
        x[i] = upload(b, i, first);
    assert_int_equal(tq_tensor_create(&y, b->context, &b->layer->output), TQ_OK);
    if (tq_layer_forward(b->layer, (const tq_tensor *const *)x, y) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(y, to, out), TQ_OK);
    for (size_t i = 0; i < 2; ++i)
        tq_tensor_destroy(x[i]);
    tq_tensor_destroy(y);
}

static void check(const bench *b, const char *what, const float *is, const float *should)
{
    for (int64_t i = 0; i < b->count; ++i)
        if (memcmp(&is[i], &should[i], sizeof *is) != 0)
            fail_msg("%s: shapes %d with %s/%s/%s/%s, path %s, output %lld: %a, should be %a", what,
                     (int)(b->t - trials), b->s->product, b->s->sum, b->s->result, b->s->extrinsic,
                     tq_layer_path(b->layer), (long long)i, (double)is[i], (double)should[i]);
}

/* Indices of output number i, as `order` counts. */
static void indices(const tq_shape *s, int64_t i, int64_t *index)
{
    for (int d = s->rank - 1; d >= 0; --d) {
        index[d] = i % s->dim[d];
        i /= s->dim[d];
    }
}

/* Bits of the element of an operand that output `index` takes for term k. */
static uint32_t operand(const bench *b, size_t which, const int64_t *index, int64_t k)
{
    const tq_shape *s = which == 0 ? &b->a : &b->b;
    int64_t own[TQ_MAX_RANK];
    uint32_t bits;
    for (int d = 0; d < s->rank; ++d) {
        const int64_t wanted = index[b->y.rank - s->rank + d];
        own[d] = s->dim[d] == 1 ? 0 : wanted;
    }
    own[s->rank - (which == 0 ? 1 : 2)] = k;
    memcpy(&bits, &b->in[which][place(b->t, s, own)], sizeof bits);
    return bits;
}

/* The outputs before the extrinsic quantizer: each is a 1x1 convolution of one pixel. */
static void oracle_all(const bench *b, float *to)
{
    const oracle_slots o = {b->s->product, b->s->sum, b->s->result, b->s->fused, SEED, ID};
    const int terms = (int)b->a.dim[b->a.rank - 1], columns = (int)b->y.dim[b->y.rank - 1];
    uint32_t x[32], *w = calloc((size_t)(terms * columns), sizeof *w);
    assert_non_null(w);
    for (int64_t i = 0; i < b->count; ++i) {
        int64_t index[TQ_MAX_RANK];
        indices(&b->y, i, index);
        const int n = (int)index[b->y.rank - 1];
        const oracle_convolution c = {
            .samples = 1,
            .rows = 1,
            .columns = 1,
            .inputs = terms,
            .kernel_rows = 1,
            .kernel_columns = 1,
            .outputs = columns,
            .groups = 1,
            .stride = 1,
            .dilation = 1,
            .out_rows = 1,
            .out_columns = 1,
            .first_sample = (long)(FIRST_SAMPLE * (b->count / b->y.dim[0] / columns) + i / columns)};
        for (int k = 0; k < terms; ++k) {
            x[k] = operand(b, 0, index, k);
            w[k * columns + n] = operand(b, 1, index, k);
        }
        const uint32_t bits = oracle_output(&o, &c, x, w, NULL, 0, 0, 0, n);
        memcpy(&to[place(b->t, &b->y, index)], &bits, sizeof bits);
    }
    free(w);
}

/* The quantizer that layer.c applies to the output, by the independently tested host arrays. */
static void finish(const bench *b, float *y)
{
    const tq_layer_quantizers *q = &b->layer->quantizers;
    const int64_t each = b->count / b->y.dim[0];
    tq_quantizer__array(y, y, b->count, &q->extrinsic, q->seed, q->id, TQ_STREAM_ELEMENT,
                        (uint64_t)(FIRST_SAMPLE * each));
}

static void check_split(bench *b)
{
    const int64_t samples = b->a.dim[0], each = b->count / samples;
    float *split = tq_test_array(b->count);
    plan(b, 1, "all");
    for (int64_t i = 0; i < samples; ++i)
        forward(b, i, split + i * each);
    check(b, "one by one", split, b->device);
    free(split);
}

static void check_device(bench *b, float *other)
{
    plan(b, b->t->a[0], "all");
    forward(b, 0, b->device);
    check(b, "device", b->device, b->reference);
    check_split(b);
    if (tq_test_is_slow() && b->t != trials)
        return;
    plan(b, b->t->a[0], "general");
    forward(b, 0, other);
    check(b, "general path", other, b->reference);
}

static void run(tq_context *context, const trial *t, const slots *s, bool on_device)
{
    bench b = {.context = context, .t = t, .s = s};
    create(&b);
    plan(&b, t->a[0], "general");
    assert_int_equal(tq_shape_count(&b.layer->output), b.count);
    b.device = tq_test_array(b.count);
    b.reference = tq_test_array(b.count);
    float *other = tq_test_array(b.count);
    tq_layer__set_first_sample(b.layer, FIRST_SAMPLE);
    assert_int_equal(tq_layer_reference(b.layer, (const float *const *)b.in, b.reference), TQ_OK);
    if (getenv("TQ_TEST_DEVICE_ONLY") == NULL) {
        oracle_all(&b, other);
        finish(&b, other);
        check(&b, "reference against the oracle", b.reference, other);
    }
    if (on_device)
        check_device(&b, other);
    tq_layer_destroy(b.layer);
    float *const arrays[] = {b.in[0], b.in[1], b.device, b.reference, other};
    for (size_t i = 0; i < TQ_COUNT(arrays); ++i)
        free(arrays[i]);
}

/* Wrapped sums of numbers more than 2^60 apart are not promised (docs/quantizers.md). */
static bool is_allowed(size_t trial, size_t set)
{
    return trials[trial].size > 0 || strstr(all_slots[set].sum, "wrap") == NULL;
}

/* Every set is for the oracle; compilers are slow, so the device takes fewer. */
static void run_set(void *context, size_t trial, size_t set)
{
    static const tq_sets device = {TQ_COUNT(trials), TQ_COUNT(all_slots), 3, is_allowed, NULL};
    run(context, &trials[trial], &all_slots[set],
        getenv("TQ_TEST_DEVICE_ONLY") != NULL || tq_test_is_full() || tq_sets_has(&device, trial, set));
}

static void all_shapes_all_slots(void **state)
{
    const size_t share = getenv("TQ_TEST_DEVICE_ONLY") != NULL ? 2 : 5;
    const tq_sets sets = {TQ_COUNT(trials), TQ_COUNT(all_slots), share, .allowed = is_allowed};
    tq_context *context;
    (void)state;
    if (tq_context_open(&context, NULL) != TQ_OK)
        fail_msg("%s", tq_error());
    tq_sets_run(&sets, run_set, context);
    tq_context_close(context);
}

/* Draws of rows for more matrices than one launch takes. */
static void many_rows_that_draw(void **state)
{
    static const trial large = {3, {3, 300, 20000}, 3, {3, 20000, 1}, false, 4};
    static const slots draws = {"none", "stochastic,16,8", "none", "none", false, NULL};
    tq_context *context;
    (void)state;
    if (getenv("TQ_TEST_SMALL") != NULL || tq_test_is_slow()) /* llvmpipe takes four minutes */
        skip();
    if (tq_context_open(&context, NULL) != TQ_OK)
        fail_msg("%s", tq_error());
    bench b = {.context = context, .t = &large, .s = &draws};
    create(&b);
    b.device = tq_test_array(b.count);
    plan(&b, large.a[0], "all");
    forward(&b, 0, b.device);
    check_split(&b);
    tq_layer_destroy(b.layer);
    float *const arrays[] = {b.in[0], b.in[1], b.device};
    for (size_t i = 0; i < TQ_COUNT(arrays); ++i)
        free(arrays[i]);
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_shapes_all_slots),
                                       cmocka_unit_test(many_rows_that_draw)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
