/*
 * Layers that move numbers, with quantizers on their output: the device and the host reference give, bit by
 * bit, what the definition of each kind says, written down here by indices; so do a batch and its samples one
 * by one. Images are counted as ONNX does (nchw) and lie with channels last.
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
#include "support/device_test.h"
#include "support/move_sources.h"

#define FIRST_SAMPLE 5
#define MOST_INPUTS  3

typedef struct slots {
    const char *result, *extrinsic;
} slots;

static const slots all_slots[] = {
    {"none", "none"},
    {"nearest,8,3", "none"},
    {"stochastic,10,4,bits=32", "fixed,6,2,round=up"},
    {"e4m3", "ternary"},
};

typedef struct trial {
    const char *kind, *options;
    bool nchw;
    size_t count;             /* of the inputs */
    tq_shape in[MOST_INPUTS]; /* as counted */
    tq_shape out;
    source *from;
    float constant;
    bool mixes; /* the samples: no split */
} trial;

#define SHAPE(r, ...)                                                                                        \
    {                                                                                                        \
        .rank = (r), .dim = { __VA_ARGS__ }                                                                  \
    }

static const trial trials[] = {
    {"concat",
     "axis=1,order=nchw",
     true,
     3,
     {SHAPE(4, 2, 2, 3, 2), SHAPE(4, 2, 17, 3, 2), SHAPE(4, 2, 1, 3, 2)},
     SHAPE(4, 2, 20, 3, 2),
     from_concat_channels,
     0,
     false},
    {"concat",
     "axis=2,order=nchw",
     true,
     2,
     {SHAPE(4, 2, 5, 3, 2), SHAPE(4, 2, 5, 4, 2)},
     SHAPE(4, 2, 5, 7, 2),
     from_concat_rows,
     0,
     false},
    {"concat",
     "axis=1",
     false,
     2,
     {SHAPE(3, 3, 2, 70), SHAPE(3, 1, 3, 70)},
     SHAPE(3, 3, 5, 70),
     from_concat_constant,
     0,
     false},
    {"concat",
     "axis=0",
     false,
     2,
     {SHAPE(2, 2, 7), SHAPE(2, 1, 7)},
     SHAPE(2, 3, 7),
     from_concat_samples,
     0,
     true},
    {"transpose",
     "axes=0x2x3x1,order=nchw",
     true,
     1,
     {SHAPE(4, 2, 3, 4, 5)},
     SHAPE(4, 2, 4, 5, 3),
     from_transpose_0231,
     0,
     false},
    {"transpose",
     "axes=0x2x1x3x4",
     false,
     1,
     {SHAPE(5, 2, 3, 2, 61, 68)},
     SHAPE(5, 2, 2, 3, 61, 68),
     from_transpose_02134,
     0,
     false},
    {"transpose",
     "axes=2x1x0",
     false,
     1,
     {SHAPE(3, 4, 70, 70)},
     SHAPE(3, 70, 70, 4),
     from_transpose_210,
     0,
     true},
    {"slice",
     "first=0x4x0x1,step=1x-2x1x3,count=0x2x0x0,order=nchw",
     true,
     1,
     {SHAPE(4, 2, 6, 3, 7)},
     SHAPE(4, 2, 2, 3, 2),
     from_slice,
     0,
     false},
    {"pad",
     "before=0x1x2x0,after=0x0x1x-1,value=2.53,order=nchw",
     true,
     1,
     {SHAPE(4, 2, 3, 2, 4)},
     SHAPE(4, 2, 4, 5, 3),
     from_pad_constant,
     2.53f,
     false},
    {"pad",
     "before=0x2x1,after=0x1x3,mode=reflect",
     false,
     1,
     {SHAPE(3, 2, 3, 4)},
     SHAPE(3, 2, 6, 8),
     from_pad_reflect,
     0,
     false},
    {"pad",
     "before=0x2x-1,after=0x1x0,mode=edge",
     false,
     1,
     {SHAPE(3, 2, 3, 4)},
     SHAPE(3, 2, 6, 3),
     from_pad_edge,
     0,
     false},
    {"replicate", "repeats=1x2x3", false, 1, {SHAPE(3, 2, 2, 17)}, SHAPE(3, 2, 4, 51), from_tile, 0, false},
    {"expand",
     "rank=4,shape=0x3x2x5,order=nchw",
     true,
     1,
     {SHAPE(4, 2, 3, 1, 1)},
     SHAPE(4, 2, 3, 2, 5),
     from_expand,
     0,
     false},
    {"gather",
     "axis=1,order=nchw",
     true,
     1,
     {SHAPE(4, 2, 5, 2, 3)},
     SHAPE(4, 2, 5, 2, 3),
     from_gather,
     0,
     false},
    {"depthtospace",
     "block=2,order=nchw",
     true,
     1,
     {SHAPE(4, 2, 12, 2, 3)},
     SHAPE(4, 2, 3, 4, 6),
     from_depth_first,
     0,
     false},
    {"depthtospace",
     "block=2,mode=crd,order=nchw",
     true,
     1,
     {SHAPE(4, 2, 12, 2, 3)},
     SHAPE(4, 2, 3, 4, 6),
     from_depth_last,
     0,
     false},
    {"spacetodepth",
     "block=2,order=nchw",
     true,
     1,
     {SHAPE(4, 2, 3, 4, 6)},
     SHAPE(4, 2, 12, 2, 3),
     from_to_depth,
     0,
     false},
    {"resizenearest",
     "size=0x0x5x3,coordinates=asymmetric,nearest=floor,order=nchw",
     true,
     1,
     {SHAPE(4, 2, 3, 3, 2)},
     SHAPE(4, 2, 3, 5, 3),
     from_resize_floor,
     0,
     false},
    {"resizenearest",
     "size=0x5x3",
     false,
     1,
     {SHAPE(3, 2, 3, 2)},
     SHAPE(3, 2, 5, 3),
     from_resize_half,
     0,
     false},
};

/* Elements from the first one to this index. */
static int64_t place(const trial *t, const tq_shape *counted, const int64_t *index)
{
    const int64_t *d = counted->dim;
    int64_t at = 0;
    if (t->nchw && counted->rank == 4)
        return ((index[0] * d[2] + index[2]) * d[3] + index[3]) * d[1] + index[1];
    for (int i = 0; i < counted->rank; ++i)
        at = at * d[i] + index[i];
    return at;
}

static tq_shape stored(const trial *t, const tq_shape *counted)
{
    const int64_t *d = counted->dim;
    if (!t->nchw || counted->rank != 4)
        return *counted;
    return tq_shape_of(4, (const int64_t[]){d[0], d[2], d[3], d[1]});
}

typedef struct bench {
    tq_context *context;
    const trial *t;
    const slots *s;
    tq_layer *layer;
    float *x[MOST_INPUTS], *device, *wanted;
} bench;

static void fill(float *to, int64_t count, uint64_t *state)
{
    for (int64_t i = 0; i < count; ++i) {
        const uint32_t bits = oracle_random_input(state, NULL);
        memcpy(&to[i], &bits, sizeof bits);
    }
}

/* What the definition says, then both quantizers by the independently tested host arrays. */
static void define(const bench *b)
{
    const trial *t = b->t;
    const tq_layer_quantizers *q = &b->layer->quantizers;
    const int64_t count = tq_shape_count(&t->out), samples = t->out.dim[0], each = count / samples;
    for (int64_t i = 0; i < count; ++i) {
        int64_t out[TQ_MAX_RANK], in[TQ_MAX_RANK], rest = i;
        size_t input = 0;
        for (int d = t->out.rank - 1; d >= 0; rest /= t->out.dim[d--])
            out[d] = rest % t->out.dim[d];
        float *to = &b->wanted[place(t, &t->out, out)];
        *to = t->from(out, &input, in) ? b->x[input][place(t, &t->in[input], in)] : t->constant;
    }
    for (int64_t i = 0; i < samples; ++i) {
        tq_quantizer fitted;
        float *sample = b->wanted + i * each;
        const uint64_t first = (uint64_t)((FIRST_SAMPLE + i) * each);
        tq_quantizer__array(sample, sample, each, &q->intrinsic.result, q->seed, q->id, TQ_STREAM_RESULT,
                            first);
        tq_quantizer__fit_host(&fitted, &q->extrinsic, sample, each);
        tq_quantizer__array(sample, sample, each, &fitted, q->seed, q->id, TQ_STREAM_ELEMENT, first);
    }
}

/* Shapes for so many samples; a constant keeps its one. */
static void plan(bench *b, int64_t samples)
{
    tq_shape in[MOST_INPUTS], wanted = stored(b->t, &b->t->out), out;
    tq_layer_quantizers q = {.seed = 0x123456789, .id = 9};
    assert_int_equal(tq_accumulation_parse(&q.intrinsic, b->s->result), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&q.extrinsic, b->s->extrinsic), TQ_OK);
    for (size_t i = 0; i < b->t->count; ++i) {
        in[i] = stored(b->t, &b->t->in[i]);
        in[i].dim[0] = samples == 0 || in[i].dim[0] == 1 ? in[i].dim[0] : samples;
    }
    wanted.dim[0] = samples == 0 ? wanted.dim[0] : samples;
    if (tq_layer_plan(b->layer, in, b->t->count, &q) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_layer_output_shape(b->layer, &out), TQ_OK);
    assert_true(tq_shape_equal(&out, &wanted));
}

static void forward(bench *b, int64_t first, float *to)
{
    tq_tensor *x[MOST_INPUTS], *y;
    tq_layer__set_first_sample(b->layer, (uint64_t)(FIRST_SAMPLE + first));
    for (size_t i = 0; i < b->t->count; ++i) {
        const tq_shape *shape = &b->layer->input[i];
        const int64_t skip = b->t->in[i].dim[0] == 1 ? 0 : first * (tq_shape_count(shape) / shape->dim[0]);
        assert_int_equal(tq_tensor_create(&x[i], b->context, shape), TQ_OK);
        assert_int_equal(tq_tensor_write(x[i], b->x[i] + skip, tq_shape_count(shape)), TQ_OK);
    }
    assert_int_equal(tq_tensor_create(&y, b->context, &b->layer->output), TQ_OK);
    if (tq_layer_forward(b->layer, (const tq_tensor *const *)x, y) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(y, to, tq_shape_count(&b->layer->output)), TQ_OK);
    for (size_t i = 0; i < b->t->count; ++i)
        tq_tensor_destroy(x[i]);
    tq_tensor_destroy(y);
}

static void check(const bench *b, const char *what, const float *is)
{
    for (int64_t i = 0; i < tq_shape_count(&b->t->out); ++i)
        if (memcmp(&is[i], &b->wanted[i], sizeof *is) != 0)
            fail_msg("%s: %s '%s' with %s/%s, output %lld: %a, should be %a", what, b->t->kind, b->t->options,
                     b->s->result, b->s->extrinsic, (long long)i, (double)is[i], (double)b->wanted[i]);
}

static void run(tq_context *context, const trial *t, const slots *s)
{
    bench b = {.context = context, .t = t, .s = s};
    uint64_t state = 3;
    const int64_t count = tq_shape_count(&t->out), samples = t->mixes ? 0 : t->out.dim[0];
    if (tq_layer_create(&b.layer, context, t->kind, "k", t->options) != TQ_OK)
        fail_msg("%s", tq_error());
    for (size_t i = 0; i < t->count; ++i) {
        b.x[i] = tq_test_array(tq_shape_count(&t->in[i]));
        fill(b.x[i], tq_shape_count(&t->in[i]), &state);
    }
    if (strcmp(t->kind, "gather") == 0)
        assert_int_equal(
            tq_layer_set_weight(b.layer, "indices", &(tq_shape){.rank = 1, .dim = {5}}, from_gather_list),
            TQ_OK);
    b.device = tq_test_array(count);
    b.wanted = tq_test_array(count);
    plan(&b, 0);
    define(&b);
    forward(&b, 0, b.device);
    check(&b, "device", b.device);
    assert_int_equal(tq_layer_reference(b.layer, (const float *const *)b.x, b.device), TQ_OK);
    check(&b, "reference", b.device);
    if (samples > 0)
        plan(&b, 1);
    for (int64_t i = 0; i < samples; ++i)
        forward(&b, i, b.device + i * (count / samples));
    check(&b, "one by one", b.device);
    tq_layer_destroy(b.layer);
    for (size_t i = 0; i < t->count; ++i)
        free(b.x[i]);
    free(b.device);
    free(b.wanted);
}

static void all_moves(void **state)
{
    tq_context *context;
    const bool small = getenv("TQ_TEST_SMALL") != NULL;
    (void)state;
    if (tq_context_open(&context, NULL) != TQ_OK)
        fail_msg("%s", tq_error());
    for (size_t i = 0; i < TQ_COUNT(trials); ++i)
        for (size_t j = 0; j < TQ_COUNT(all_slots); ++j)
            if (!small || (i + j) % 4 == 0)
                run(context, &trials[i], &all_slots[j]);
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_moves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
