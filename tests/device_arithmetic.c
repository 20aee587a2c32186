/*
 * The kinds that compute number by number, broadcast, reduce or normalize, with quantizers in every slot: the
 * device, the host reference and the exact oracle give the same bits; so do one batch and its samples one by
 * one.
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
#include "oracle/oracle_arithmetic.h"
#include "oracle/oracle_cases.h"
#include "oracle/oracle_functions.h"
#include "support/bits.h"
#include "support/device_test.h"
#include "support/test_sets.h"

#define FIRST_SAMPLE 7
#define MOST_GROUP   64
#define SEED         0x123456789
#define ID           9

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
    {"log", "float,5,3,round=stochastic:8", "binary,2", "sparse,1"},
};

typedef struct bench bench;

typedef struct trial {
    const char *kind, *options;
    int rank;
    int64_t dim[5];
    double size; /* of the inputs; 0: any bits */
    void (*oracle)(const bench *b, const oracle_slots *o,
                   uint32_t *to); /* all outputs, before the extrinsic quantizer */
    int second_rank;              /* -1: there is no second input */
    int64_t second[5];
    int group, step; /* reductions and normalizations: elements of a group, and their distance */
} trial;

struct bench {
    tq_context *context;
    const trial *t;
    const slots *s;
    tq_layer *layer;
    tq_shape in[2];
    size_t in_count;
    float *x[2], *device, *reference;
    float weight[2][MOST_GROUP]; /* gamma or slope, beta */
};

static const uint32_t *input_bits(const bench *b, size_t i)
{
    return (const uint32_t *)(const void *)b->x[i];
}

static uint64_t index_of(const bench *b, int64_t element)
{
    const tq_shape *s = &b->layer->output;
    return (uint64_t)(FIRST_SAMPLE * (tq_shape_count(s) / s->dim[0]) + element);
}

static float option(const bench *b, const char *name)
{
    return (float)tq_layer__option(b->layer, name, 0);
}

/* The function, rounded; RESULT comes behind it, as layer.c does it. */
static void all_functions(const bench *b, const oracle_slots *o, uint32_t *to)
{
    const bool tanh_form = strstr(b->t->options, "approximate=tanh") != NULL;
    oracle_function *f = oracle_function_of(tanh_form ? "gelu_tanh" : b->t->kind);
    mpfr_t x, y;
    (void)o;
    mpfr_inits2(200, x, y, (mpfr_ptr)0);
    for (int64_t i = 0; i < tq_shape_count(&b->layer->output); ++i) {
        oracle_set(x, input_bits(b, 0)[i]);
        f(y, x, (float)b->layer->option[0], (float)b->layer->option[1]);
        to[i] = oracle_nearest(y);
    }
    mpfr_clears(x, y, (mpfr_ptr)0);
}

/* Where element i of the output comes from, by NumPy's rule. */
static int64_t broadcast(const tq_shape *out, const tq_shape *in, int64_t i)
{
    int64_t place = 0, stride = 1;
    for (int d = 0; d < out->rank; ++d) {
        const int64_t at = i % out->dim[out->rank - 1 - d],
                      own = d < in->rank ? in->dim[in->rank - 1 - d] : 1;
        i /= out->dim[out->rank - 1 - d];
        place += own > 1 ? at * stride : 0;
        stride *= own;
    }
    return place;
}

static void all_pairs(const bench *b, const oracle_slots *o, uint32_t *to)
{
    const tq_shape *out = &b->layer->output;
    for (int64_t i = 0; i < tq_shape_count(out); ++i)
        to[i] = oracle_binary(o, b->t->kind, input_bits(b, 0)[broadcast(out, &b->layer->input[0], i)],
                              input_bits(b, 1)[broadcast(out, &b->layer->input[1], i)], index_of(b, i));
}

static void all_slopes(const bench *b, const oracle_slots *o, uint32_t *to)
{
    const bool leaky = strcmp(b->t->kind, "leakyrelu") == 0;
    for (int64_t i = 0; i < tq_shape_count(&b->layer->output); ++i)
        to[i] =
            oracle_slope(o, input_bits(b, 0)[i],
                         bits_of(leaky ? option(b, "alpha") : b->weight[0][i % b->t->group]), index_of(b, i));
}

static void all_hard(const bench *b, const oracle_slots *o, uint32_t *to)
{
    for (int64_t i = 0; i < tq_shape_count(&b->layer->output); ++i)
        to[i] = oracle_hard(o, input_bits(b, 0)[i], bits_of(option(b, "alpha")), bits_of(option(b, "beta")),
                            strcmp(b->t->kind, "hardswish") == 0, index_of(b, i));
}

/* First element of group g: t->step groups lie side by side. */
static int64_t group_start(const trial *t, int64_t g)
{
    return g / t->step * t->step * t->group + g % t->step;
}

static void all_reductions(const bench *b, const oracle_slots *o, uint32_t *to)
{
    const trial *t = b->t;
    for (int64_t g = 0; g < tq_shape_count(&b->layer->output); ++g) {
        uint32_t x[MOST_GROUP];
        for (int i = 0; i < t->group; ++i)
            x[i] = input_bits(b, 0)[group_start(t, g) + (int64_t)i * t->step];
        to[g] = oracle_reduce(o, t->kind, x, t->group, strstr(t->options, "last=1") != NULL, index_of(b, g));
    }
}

static void all_groups(const bench *b, const oracle_slots *o, uint32_t *to)
{
    const trial *t = b->t;
    const int64_t count = tq_shape_count(&b->layer->output), groups = count / t->group;
    const bool channels = strcmp(t->kind, "instancenorm") == 0;
    for (int64_t g = 0; g < groups; ++g) {
        const int64_t start = group_start(t, g), at = channels ? g % t->step : 0;
        const oracle_group group = {.count = t->group,
                                    .step = t->step,
                                    .weight_step = !channels,
                                    .gamma = b->weight[0] + at,
                                    .beta = b->weight[1] + at,
                                    .epsilon = option(b, "epsilon"),
                                    .number =
                                        (uint64_t)(FIRST_SAMPLE * (groups / b->layer->output.dim[0]) + g),
                                    .first = index_of(b, start)};
        oracle_normalize_group(o, &group, input_bits(b, 0) + start, to + start);
    }
}

static void all_responses(const bench *b, const oracle_slots *o, uint32_t *to)
{
    const int channels = (int)b->layer->output.dim[b->layer->output.rank - 1];
    const oracle_response r = {(int)option(b, "size"), channels, option(b, "alpha"), option(b, "beta"),
                               option(b, "bias")};
    for (int64_t i = 0; i < tq_shape_count(&b->layer->output); ++i)
        to[i] = oracle_lrn(o, &r, input_bits(b, 0) + i / channels * channels, (int)(i % channels),
                           index_of(b, i));
}

/* Images of rows x columns x channels; kernel 2x2, stride 1, pads 1, or the whole image. */
static void all_norms(const bench *b, const oracle_slots *o, uint32_t *to)
{
    const tq_shape *out = &b->layer->output, *in = &b->layer->input[0];
    const bool whole = strcmp(b->t->kind, "globallppool") == 0;
    const int64_t rows = in->dim[1], columns = in->dim[2], channels = in->dim[3];
    const int64_t high = whole ? rows : 2, wide = whole ? columns : 2, pad = whole ? 0 : 1;
    for (int64_t i = 0; i < tq_shape_count(out); ++i) {
        const int64_t c = i % channels, column = i / channels % out->dim[2],
                      row = i / channels / out->dim[2] % out->dim[1];
        const int64_t sample = i / channels / out->dim[2] / out->dim[1];
        uint32_t taps[MOST_GROUP];
        int number[MOST_GROUP], count = 0;
        for (int64_t tap = 0; tap < high * wide; ++tap) {
            const int64_t r = row - pad + tap / wide, k = column - pad + tap % wide;
            if (r < 0 || r >= rows || k < 0 || k >= columns)
                continue;
            taps[count] = input_bits(b, 0)[((sample * rows + r) * columns + k) * channels + c];
            number[count++] = (int)tap;
        }
        to[i] = oracle_norm(o, taps, number, count, (int)option(b, "p"), index_of(b, i));
    }
}

#define NO_SECOND                                                                                            \
    -1,                                                                                                      \
    {                                                                                                        \
        0                                                                                                    \
    }

static const trial trials[] = {
    {"abs", "", 2, {3, 19}, 0, all_functions, NO_SECOND, 0, 0},
    {"ceil", "", 2, {2, 17}, 30, all_functions, NO_SECOND, 0, 0},
    {"celu", "alpha=0.5", 2, {2, 17}, 9, all_functions, NO_SECOND, 0, 0},
    {"clip", "lowest=0,highest=6", 4, {2, 3, 2, 5}, 0, all_functions, NO_SECOND, 0, 0},
    {"clip", "lowest=-1.5,highest=2.25", 2, {3, 17}, 9, all_functions, NO_SECOND, 0, 0},
    {"elu", "", 2, {2, 17}, 9, all_functions, NO_SECOND, 0, 0},
    {"erf", "", 2, {2, 17}, 3, all_functions, NO_SECOND, 0, 0},
    {"exp", "", 2, {2, 17}, 9, all_functions, NO_SECOND, 0, 0},
    {"floor", "", 2, {2, 17}, 30, all_functions, NO_SECOND, 0, 0},
    {"gelu", "", 2, {3, 17}, 9, all_functions, NO_SECOND, 0, 0},
    {"gelu", "approximate=tanh", 2, {2, 17}, 9, all_functions, NO_SECOND, 0, 0},
    {"logarithm", "", 2, {2, 17}, 9, all_functions, NO_SECOND, 0, 0},
    {"neg", "", 2, {2, 17}, 0, all_functions, NO_SECOND, 0, 0},
    {"reciprocal", "", 2, {2, 17}, 0, all_functions, NO_SECOND, 0, 0},
    {"round", "", 2, {2, 17}, 30, all_functions, NO_SECOND, 0, 0},
    {"selu", "", 2, {2, 17}, 9, all_functions, NO_SECOND, 0, 0},
    {"sigmoid", "", 4, {2, 2, 3, 3}, 0, all_functions, NO_SECOND, 0, 0},
    {"sigmoid", "", 2, {3, 17}, 9, all_functions, NO_SECOND, 0, 0},
    {"sign", "", 2, {2, 17}, 0, all_functions, NO_SECOND, 0, 0},
    {"softplus", "", 2, {2, 17}, 9, all_functions, NO_SECOND, 0, 0},
    {"softsign", "", 2, {2, 17}, 9, all_functions, NO_SECOND, 0, 0},
    {"sqrt", "", 2, {2, 17}, 99, all_functions, NO_SECOND, 0, 0},
    {"tanh", "", 2, {2, 17}, 3, all_functions, NO_SECOND, 0, 0},
    {"thresholdedrelu", "", 2, {2, 17}, 3, all_functions, NO_SECOND, 0, 0},
    {"leakyrelu", "alpha=0.1", 2, {3, 19}, 0, all_slopes, NO_SECOND, 0, 0},
    {"leakyrelu", "alpha=0.1", 4, {2, 2, 3, 5}, 9, all_slopes, NO_SECOND, 0, 0},
    {"prelu", "", 4, {2, 3, 2, 5}, 20, all_slopes, NO_SECOND, 5, 1},
    {"prelu", "", 2, {3, 19}, 0, all_slopes, NO_SECOND, 19, 1},
    {"hardsigmoid", "", 2, {2, 9}, 5, all_hard, NO_SECOND, 0, 0},
    {"hardswish", "", 2, {2, 9}, 0, all_hard, NO_SECOND, 0, 0},
    {"hardswish", "", 4, {2, 2, 3, 3}, 5, all_hard, NO_SECOND, 0, 0},
    {"add", "", 4, {2, 3, 2, 17}, 9, all_pairs, 4, {2, 1, 1, 17}, 0, 0},
    {"sub", "", 3, {3, 2, 7}, 0, all_pairs, 2, {2, 1}, 0, 0},
    {"sub", "", 2, {3, 19}, 9, all_pairs, 2, {3, 19}, 0, 0},
    {"mul", "", 4, {2, 3, 4, 5}, 9, all_pairs, 4, {2, 1, 1, 5}, 0, 0},
    {"mul", "", 2, {3, 19}, 0, all_pairs, 2, {3, 19}, 0, 0},
    {"mul", "", 5, {2, 2, 3, 2, 3}, 20, all_pairs, 3, {3, 1, 3}, 0, 0},
    {"div", "", 2, {3, 9}, 9, all_pairs, 1, {1}, 0, 0},
    {"div", "", 4, {2, 1, 1, 3}, 0, all_pairs, 4, {2, 2, 3, 3}, 0, 0},
    {"min", "", 2, {3, 19}, 0, all_pairs, 1, {19}, 0, 0},
    {"max", "", 4, {2, 2, 3, 17}, 0, all_pairs, 4, {2, 2, 1, 17}, 0, 0},
    {"pow", "", 2, {3, 9}, 3, all_pairs, 1, {1}, 0, 0},
    {"pow", "", 2, {2, 9}, 3, all_pairs, 2, {2, 9}, 0, 0},
    {"reducemean", "axes=1x2", 4, {2, 3, 2, 5}, 9, all_reductions, NO_SECOND, 6, 5},
    {"reducemean", "axes=2x3,order=nchw,keepdims=0", 4, {2, 3, 2, 5}, 0, all_reductions, NO_SECOND, 6, 5},
    {"reducesum", "axes=2", 3, {3, 4, 7}, 9, all_reductions, NO_SECOND, 7, 1},
    {"reducesum", "axes=1,keepdims=0", 3, {2, 5, 3}, 20, all_reductions, NO_SECOND, 5, 3},
    {"reduceprod", "axes=1", 3, {2, 4, 3}, 9, all_reductions, NO_SECOND, 4, 3},
    {"reducemax", "axes=1x2x3", 4, {3, 2, 3, 4}, 0, all_reductions, NO_SECOND, 24, 1},
    {"reducemin", "axes=1", 3, {2, 4, 3}, 0, all_reductions, NO_SECOND, 4, 3},
    {"argmax", "axis=1,keepdims=0", 2, {4, 9}, 0, all_reductions, NO_SECOND, 9, 1},
    {"argmin", "axis=1,last=1", 3, {2, 6, 3}, 0, all_reductions, NO_SECOND, 6, 3},
    {"lppool2d", "kernel=2,pads=1", 4, {2, 3, 2, 3}, 5, all_norms, NO_SECOND, 0, 0},
    {"globallppool", "p=1", 4, {2, 3, 2, 3}, 0, all_norms, NO_SECOND, 0, 0},
    {"lrn", "size=3,alpha=0.5,bias=1.5", 4, {2, 2, 2, 7}, 3, all_responses, NO_SECOND, 0, 0},
    {"lrn", "size=4,alpha=1,beta=0.5", 2, {2, 6}, 0, all_responses, NO_SECOND, 0, 0},
    {"instancenorm", "epsilon=0.01", 4, {2, 3, 2, 4}, 3, all_groups, NO_SECOND, 6, 4},
    {"layernorm", "axis=2", 3, {2, 3, 7}, 3, all_groups, NO_SECOND, 7, 1},
    {"layernorm", "axis=1,epsilon=0.1,order=nchw", 4, {2, 2, 3, 4}, 0, all_groups, NO_SECOND, 24, 1},
};

static void fill(float *to, int64_t count, double size, uint64_t *state)
{
    for (int64_t i = 0; i < count; ++i) {
        const uint32_t bits = oracle_random_input(state, NULL);
        memcpy(&to[i], &bits, sizeof bits);
        if (size > 0)
            to[i] = (float)(((double)(oracle_random(state) >> 11) * 0x1p-52 - 1.0) * size);
    }
}

/* Slopes, or gamma and beta; one for each channel, or for each element of a group. */
static void set_weights(bench *b, uint64_t *state)
{
    const trial *t = b->t;
    const bool slope = strcmp(t->kind, "prelu") == 0, channels = strcmp(t->kind, "instancenorm") == 0;
    const int64_t count = channels ? t->step : t->group;
    const tq_shape shape = tq_shape_of(1, &count);
    for (size_t i = 0; i < (slope ? 1 : 2); ++i) {
        fill(b->weight[i], count, 2, state);
        assert_int_equal(tq_layer_set_weight(b->layer,
                                             slope    ? "slope"
                                             : i == 0 ? "gamma"
                                                      : "beta",
                                             &shape, b->weight[i]),
                         TQ_OK);
    }
}

static void create(bench *b)
{
    const trial *t = b->t;
    uint64_t state = 5;
    if (tq_layer_create(&b->layer, b->context, t->kind, "k", t->options) != TQ_OK)
        fail_msg("%s", tq_error());
    b->in_count = t->second_rank >= 0 ? 2 : 1;
    b->in[0] = tq_shape_of(t->rank, t->dim);
    if (b->in_count > 1)
        b->in[1] = tq_shape_of(t->second_rank, t->second);
    for (size_t i = 0; i < b->in_count; ++i) {
        b->x[i] = tq_test_array(tq_shape_count(&b->in[i]));
        fill(b->x[i], tq_shape_count(&b->in[i]), t->size, &state);
    }
    if (t->oracle == all_groups || strcmp(t->kind, "prelu") == 0)
        set_weights(b, &state);
}

/* An input whose first dimension is that of the samples. */
static bool has_samples(const bench *b, size_t i)
{
    return i == 0 || (b->t->second_rank == b->t->rank && b->t->second[0] == b->t->dim[0]);
}

static void plan(bench *b, int64_t samples)
{
    char text[300];
    tq_layer_quantizers q = {.seed = SEED, .id = ID};
    snprintf(text, sizeof text, "{\"product\": \"%s\", \"sum\": \"%s\", \"result\": \"%s\"}", b->s->product,
             b->s->sum, b->s->result);
    assert_int_equal(tq_accumulation_parse(&q.intrinsic, text), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&q.extrinsic, b->s->extrinsic), TQ_OK);
    for (size_t i = 0; i < b->in_count; ++i)
        b->in[i].dim[0] = has_samples(b, i) ? samples : b->in[i].dim[0];
    if (tq_layer_plan(b->layer, b->in, b->in_count, &q) != TQ_OK)
        fail_msg("%s", tq_error());
}

/* Runs samples first .. of the batch that `plan` said. */
static void forward(bench *b, int64_t first, float *to)
{
    tq_tensor *x[2], *y;
    tq_layer__set_first_sample(b->layer, (uint64_t)(FIRST_SAMPLE + first));
    for (size_t i = 0; i < b->in_count; ++i) {
        const int64_t count = tq_shape_count(&b->in[i]),
                      skip = has_samples(b, i) ? first * (count / b->in[i].dim[0]) : 0;
        assert_int_equal(tq_tensor_create(&x[i], b->context, &b->in[i]), TQ_OK);
        assert_int_equal(tq_tensor_write(x[i], b->x[i] + skip, count), TQ_OK);
    }
    assert_int_equal(tq_tensor_create(&y, b->context, &b->layer->output), TQ_OK);
    if (tq_layer_forward(b->layer, (const tq_tensor *const *)x, y) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(y, to, tq_shape_count(&b->layer->output)), TQ_OK);
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

/* The quantizers of whole outputs, by the independently tested host arrays, sample by sample. */
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

static void check_split(bench *b)
{
    const int64_t samples = b->layer->output.dim[0], all = tq_shape_count(&b->layer->output);
    float *split = tq_test_array(all);
    plan(b, 1);
    for (int64_t i = 0; i < samples; ++i)
        forward(b, i, split + i * (all / samples));
    check(b, "one by one", split, b->device, all);
    free(split);
}

static void run(tq_context *context, const trial *t, const slots *s)
{
    const oracle_slots o = {s->product, s->sum, s->result, false, SEED, ID};
    bench b = {.context = context, .t = t, .s = s};
    create(&b);
    plan(&b, t->dim[0]);
    const int64_t count = tq_shape_count(&b.layer->output);
    b.device = tq_test_array(count);
    b.reference = tq_test_array(count);
    float *oracle = tq_test_array(count);
    forward(&b, 0, b.device);
    assert_int_equal(tq_layer_reference(b.layer, (const float *const *)b.x, b.reference), TQ_OK);
    check(&b, "device", b.device, b.reference, count);
    if (getenv("TQ_TEST_DEVICE_ONLY") == NULL) {
        t->oracle(&b, &o, (uint32_t *)(void *)oracle);
        finish(&b, oracle);
        check(&b, "reference against the oracle", b.reference, oracle, count);
    }
    check_split(&b);
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
    return trials[a].oracle == trials[b].oracle;
}

static void run_set(void *context, size_t trial, size_t set)
{
    run(context, &trials[trial], &all_slots[set]);
}

/* Some compilers take up to a minute for a program: with TQ_TEST_DEVICE_ONLY a part of the pairs. */
static void run_some(tq_context *context)
{
    const size_t every = getenv("TQ_TEST_SMALL") != NULL ? 29 : 47;
    for (size_t i = 0; i < TQ_COUNT(trials); ++i)
        for (size_t j = 0; j < TQ_COUNT(all_slots); ++j)
            if ((3 * i + j) % every == 0 && is_allowed(i, j))
                run_set(context, i, j);
}

static void all_kinds_all_slots(void **state)
{
    static const tq_sets sets = {TQ_COUNT(trials), TQ_COUNT(all_slots), 1, is_allowed, has_same_oracle};
    tq_context *context;
    (void)state;
    if (tq_context_open(&context, NULL) != TQ_OK)
        fail_msg("%s", tq_error());
    if (getenv("TQ_TEST_DEVICE_ONLY") != NULL && getenv("TQ_TEST_ALL") == NULL)
        run_some(context);
    else
        tq_sets_run(&sets, run_set, context);
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_kinds_all_slots)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
