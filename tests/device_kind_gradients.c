/*
 * Backward of the kinds of layers that are not contractions, by the hooks of layers/kind.h: device and host
 * reference give the same bits with quantizers in every slot of `backward`; without quantizers the gradients
 * are the quotients of finite differences.
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
#include "support/device_test.h"
#include "support/test_sets.h"

#define FIRST_SAMPLE 8
#define SEED         0x123456789u
#define ID           9
#define CHANNELS     8

typedef struct slots {
    const char *product, *sum, *result;
} slots;

static const slots all_slots[] = {
    {"none", "none", "none"},
    {"nearest,16,8", "nearest,12,4", "nearest,8,3"},
    {"stochastic,16,8", "stochastic,12,6,bits=8", "stochastic,10,4,bits=32"},
    {"bf16", "fp16", "e4m3"},
    {"none", "exact", "bf16"},
    {"fixed,10,4,round=down", "none", "ternary"},
};

typedef struct trial {
    const char *kind, *options;
    int rank;
    int64_t dim[4];
    int other_rank;
    int64_t other[4]; /* of the second input */
} trial;

static const trial trials[] = {
    {"relu", "", 4, {2, 3, 3, 5}, 0, {0}},
    {"elu", "alpha=0.7", 2, {3, 35}, 0, {0}},
    {"clip", "lowest=-1.1,highest=2.005", 2, {3, 35}, 0, {0}},
    {"hardswish", "alpha=0.3", 2, {3, 35}, 0, {0}},
    {"flatten", "order=nchw", 4, {2, 3, 4, 5}, 0, {0}},
    {"reshape", "rank=3,shape=0x6x-1,order=nchw", 4, {2, 3, 4, 5}, 0, {0}},
    {"add", "", 4, {2, 3, 2, 5}, 4, {2, 3, 2, 5}},
    {"add", "", 4, {2, 3, 2, 5}, 4, {2, 1, 1, 5}},
    {"add", "", 4, {2, 3, 2, 5}, 1, {5}},
    {"add", "", 4, {2, 1, 2, 1}, 4, {2, 3, 1, 5}},
    {"sub", "", 4, {2, 3, 2, 1}, 4, {2, 1, 2, 5}},
    {"mul", "", 4, {2, 3, 2, 5}, 4, {2, 3, 2, 5}},
    {"mul", "", 4, {2, 3, 2, 5}, 4, {2, 3, 2, 1}},
    {"mul", "", 4, {2, 3, 2, 5}, 2, {2, 1}},
    {"concat", "axis=3", 4, {2, 3, 2, 5}, 4, {2, 3, 2, 3}},
    {"concat", "axis=1,order=nchw", 4, {2, 3, 2, 5}, 4, {2, 3, 2, 70}},
    {"maxpool2d", "kernel=2,stride=2", 4, {2, 6, 5, 3}, 0, {0}},
    {"maxpool2d", "kernel=2x3,stride=2x3,ceil_mode=1", 4, {2, 5, 8, 2}, 0, {0}},
    {"maxpool2d", "kernel=3x2,stride=1x2,pads=1x1x1x0,dilation=2x1", 4, {2, 7, 6, 4}, 0, {0}},
    {"maxpool2d", "kernel=3,stride=2,pads=1,ceil_mode=1", 4, {2, 6, 6, 1}, 0, {0}},
    {"globalmaxpool", "", 4, {2, 4, 3, 3}, 0, {0}},
    {"avgpool2d", "kernel=2,stride=2", 4, {2, 5, 6, 3}, 0, {0}},
    {"avgpool2d", "kernel=3x2,stride=2x1,pads=1x0x1x1,ceil_mode=1", 4, {2, 7, 5, 2}, 0, {0}},
    {"avgpool2d", "kernel=3,stride=2,pads=1,count_include_pad=1", 4, {2, 6, 7, 3}, 0, {0}},
    {"globalavgpool", "", 4, {2, 4, 3, 3}, 0, {0}},
    {"dropout", "", 2, {3, 5}, 0, {0}},
    {"dropout", "rate=0.25", 4, {2, 5, 3, 7}, 0, {0}},
    {"batchnorm", "epsilon=0.001", 4, {3, 2, 3, 5}, 0, {0}},
    {"batchnorm", "momentum=0.75", 2, {6, 3}, 0, {0}},
};

/* On the first device only: the integer functions that these are made of run on the others in forward. */
static const trial more_trials[] = {
    {"leakyrelu", "alpha=0.3", 2, {3, 35}, 0, {0}},
    {"sigmoid", "", 2, {3, 35}, 0, {0}},
    {"tanh", "", 2, {3, 35}, 0, {0}},
    {"softplus", "", 2, {3, 35}, 0, {0}},
    {"softsign", "", 2, {3, 35}, 0, {0}},
    {"celu", "alpha=0.7", 2, {3, 35}, 0, {0}},
    {"selu", "", 2, {3, 35}, 0, {0}},
    {"gelu", "", 2, {3, 35}, 0, {0}},
    {"gelu", "approximate=tanh", 2, {3, 35}, 0, {0}},
    {"thresholdedrelu", "alpha=0.505", 2, {3, 35}, 0, {0}},
    {"hardsigmoid", "alpha=0.3", 2, {3, 35}, 0, {0}},
    {"abs", "", 2, {3, 35}, 0, {0}},
    {"neg", "", 2, {3, 35}, 0, {0}},
    {"exp", "", 2, {3, 35}, 0, {0}},
    {"logarithm", "", 2, {3, 35}, 0, {0}},
    {"reciprocal", "", 2, {3, 35}, 0, {0}},
    {"sqrt", "", 2, {3, 35}, 0, {0}},
};

typedef struct bench {
    tq_context *context;
    const trial *t;
    const slots *s;
    tq_layer *layer;
    tq_shape in[2];
    size_t in_count;
    float *x[2], *y, *dy, *device[2], *reference[2], *forward;
    bool weighs; /* batchnorm: gamma and beta, mean and variance */
    float average[2][CHANNELS], weight_device[2][CHANNELS], weight_reference[2][CHANNELS];
} bench;

/* Multiples of 1/64, 0 left out and no two of a window the same: a step of 1/256 leaves their order alone. */
static void fill(float *to, int64_t count, uint64_t *state)
{
    const int64_t period = 509; /* prime */
    const int64_t start = (int64_t)(oracle_random(state) % 500);
    for (int64_t i = 0; i < count; ++i) {
        const int64_t n = (start + 167 * i) % period - 254;
        to[i] = (float)(n >= 0 ? n + 1 : n) / 64.0f;
    }
}

/* Away from 0 where the kind has a pole or a branch there. */
static void fill_input(bench *b, size_t input, uint64_t *state)
{
    static const char *const kinds[] = {"logarithm", "reciprocal", "sqrt"};
    const int64_t count = tq_shape_count(&b->in[input]);
    bool moves = false;
    fill(b->x[input], count, state);
    for (size_t i = 0; i < TQ_COUNT(kinds); ++i)
        moves = moves || strcmp(b->t->kind, kinds[i]) == 0;
    for (int64_t i = 0; moves && i < count; ++i)
        b->x[input][i] = fabsf(b->x[input][i]) + 2;
}

static void set_weights(bench *b, uint64_t *state)
{
    static const char *const names[] = {"gamma", "beta", "mean", "variance"};
    const tq_shape shape = tq_shape_of(1, &b->t->dim[b->t->rank - 1]);
    float values[CHANNELS];
    b->weighs = strcmp(b->t->kind, "batchnorm") == 0;
    for (size_t i = 0; b->weighs && i < TQ_COUNT(names); ++i) {
        fill(values, shape.dim[0], state);
        if (i >= 2)
            memcpy(b->average[i - 2], values, sizeof values);
        assert_int_equal(tq_layer_set_weight(b->layer, names[i], &shape, values), TQ_OK);
    }
}

static void create(bench *b)
{
    uint64_t state = 5;
    if (tq_layer_create(&b->layer, b->context, b->t->kind, "k", b->t->options) != TQ_OK)
        fail_msg("%s", tq_error());
    b->in_count = b->t->other_rank > 0 ? 2 : 1;
    b->in[0] = tq_shape_of(b->t->rank, b->t->dim);
    b->in[1] = tq_shape_of(b->t->other_rank, b->t->other);
    for (size_t i = 0; i < b->in_count; ++i) {
        b->x[i] = tq_test_array(tq_shape_count(&b->in[i]));
        b->device[i] = tq_test_array(tq_shape_count(&b->in[i]));
        b->reference[i] = tq_test_array(tq_shape_count(&b->in[i]));
        fill_input(b, i, &state);
    }
    set_weights(b, &state);
}

static void plan(bench *b)
{
    char text[300];
    tq_layer_quantizers q = {.seed = SEED, .id = ID};
    tq_range ranges[2] = {tq_range__unknown(), tq_range__unknown()};
    uint64_t state = 77;
    snprintf(text, sizeof text, "{\"product\": \"%s\", \"sum\": \"%s\", \"result\": \"%s\"}", b->s->product,
             b->s->sum, b->s->result);
    assert_int_equal(tq_accumulation_parse(&q.backward, text), TQ_OK);
    q.update = q.backward;
    if (b->weighs && !tq_quantizer__needs_fit(&q.backward.result))
        q.intrinsic = q.backward;
    b->layer->training = true;
    if (tq_layer__plan(b->layer, b->in, ranges, b->in_count, &q) != TQ_OK)
        fail_msg("%s", tq_error());
    if (b->layer->kind->plan_backward != NULL && b->layer->kind->plan_backward(b->layer) != TQ_OK)
        fail_msg("%s", tq_error());
    b->y = tq_test_array(tq_shape_count(&b->layer->output));
    b->forward = tq_test_array(tq_shape_count(&b->layer->output));
    b->dy = tq_test_array(tq_shape_count(&b->layer->output));
    fill(b->dy, tq_shape_count(&b->layer->output), &state);
    tq_layer__set_first_sample(b->layer, FIRST_SAMPLE);
}

/* What the trainer does: tensors of weights, averages and gradients by weights; and takes them back. */
static void lend_weights(bench *b, tq_tensor *lent[4], tq_gradients *g)
{
    for (size_t i = 0; b->weighs && i < 4; ++i) {
        tq_weight *weight = &b->layer->weight[i];
        lent[i] = tq_test_tensor(b->context, &weight->shape, i < 2 ? weight->values : b->average[i - 2]);
        weight->trained = i < 2 ? lent[i] : NULL;
        weight->average = i < 2 ? NULL : lent[i];
        if (i < 2)
            g->weight_gradient[i] = tq_test_tensor(b->context, &weight->shape, weight->values);
    }
}

static void take_back(bench *b, tq_tensor *lent[4], tq_gradients *g)
{
    for (size_t i = 0; b->weighs && i < 4; ++i) {
        tq_weight *weight = &b->layer->weight[i];
        const int64_t count = tq_shape_count(&weight->shape);
        if (i < 2)
            assert_int_equal(tq_tensor_read(g->weight_gradient[i], b->weight_device[i], count), TQ_OK);
        else
            assert_int_equal(tq_tensor_read(lent[i], b->average[i - 2], count), TQ_OK);
        tq_tensor_destroy(g->weight_gradient[i]);
        tq_tensor_destroy(lent[i]);
    }
}

static void run_device(bench *b)
{
    tq_tensor *x[2] = {NULL, NULL}, *lent[4];
    tq_gradients g = {0};
    lend_weights(b, lent, &g);
    for (size_t i = 0; i < b->in_count; ++i) {
        x[i] = tq_test_tensor(b->context, &b->in[i], b->x[i]);
        g.input_gradient[i] = tq_test_tensor(b->context, &b->in[i], b->x[i]);
    }
    tq_tensor *y = tq_test_tensor(b->context, &b->layer->output, b->y),
              *dy = tq_test_tensor(b->context, &b->layer->output, b->dy);
    g.input = (const tq_tensor *const *)x;
    g.output_gradient = dy;
    if (tq_layer_forward(b->layer, g.input, y) != TQ_OK || b->layer->kind->backward(b->layer, &g) != TQ_OK)
        fail_msg("%s", tq_error());
    for (size_t i = 0; i < b->in_count; ++i) {
        assert_int_equal(tq_tensor_read(g.input_gradient[i], b->device[i], tq_shape_count(&b->in[i])), TQ_OK);
        tq_tensor_destroy(g.input_gradient[i]);
        tq_tensor_destroy(x[i]);
    }
    assert_int_equal(tq_tensor_read(y, b->forward, tq_shape_count(&b->layer->output)), TQ_OK);
    take_back(b, lent, &g);
    tq_tensor_destroy(y);
    tq_tensor_destroy(dy);
}

static void run_host(bench *b)
{
    tq_host_gradients g = {.input = (const float *const *)b->x, .output_gradient = b->dy};
    for (size_t i = 0; i < b->in_count; ++i)
        g.input_gradient[i] = b->reference[i];
    for (size_t i = 0; b->weighs && i < 2; ++i)
        g.weight_gradient[i] = b->weight_reference[i];
    assert_int_equal(tq_layer_reference(b->layer, g.input, b->y), TQ_OK);
    assert_int_equal(b->layer->kind->backward_reference(b->layer, &g), TQ_OK);
}

static void check(const bench *b, const char *what, const float *device, const float *reference,
                  int64_t count)
{
    for (int64_t i = 0; i < count; ++i)
        if (memcmp(&device[i], &reference[i], sizeof(float)) != 0)
            fail_msg("%s '%s' with %s/%s/%s, %s, element %lld: device %a, reference %a", b->t->kind,
                     b->t->options, b->s->product, b->s->sum, b->s->result, what, (long long)i,
                     (double)device[i], (double)reference[i]);
}

static const char *const by_input[] = {"gradient by input 0", "gradient by input 1"};
static const char *const by_weight[] = {"gradient by gamma", "gradient by beta"};

static void check_all(const bench *b)
{
    check(b, "output", b->forward, b->y, tq_shape_count(&b->layer->output));
    for (size_t i = 0; i < b->in_count; ++i)
        check(b, by_input[i], b->device[i], b->reference[i], tq_shape_count(&b->in[i]));
    for (size_t i = 0; b->weighs && i < 2; ++i)
        check(b, by_weight[i], b->weight_device[i], b->weight_reference[i],
              tq_shape_count(&b->layer->weight[i].shape));
}

/* Sum of output * dy, in binary64. */
static double loss(const bench *b, float *y)
{
    double sum = 0;
    assert_int_equal(tq_layer_reference(b->layer, (const float *const *)b->x, y), TQ_OK);
    for (int64_t i = 0; i < tq_shape_count(&b->layer->output); ++i)
        sum += (double)y[i] * (double)b->dy[i];
    return sum;
}

/* `is` against the quotients of differences by the numbers `of`. */
static void check_differences(bench *b, const char *what, float *of, const float *is, int64_t count)
{
    const float step = 0x1p-8f;
    const double most = b->weighs ? 1e-2 : 2e-3; /* binary32 rounds the statistics, too */
    float *y = tq_test_array(tq_shape_count(&b->layer->output));
    for (int64_t i = 0; i < count; ++i) {
        const float kept = of[i];
        of[i] = kept + step;
        const double above = loss(b, y);
        of[i] = kept - step;
        const double quotient = (above - loss(b, y)) / (2 * (double)step);
        of[i] = kept;
        if (fabs(quotient - (double)is[i]) > most * (1 + fabs(quotient)))
            fail_msg("%s '%s', %s, element %lld: %g, by differences %g", b->t->kind, b->t->options, what,
                     (long long)i, (double)is[i], quotient);
    }
    free(y);
}

static void check_all_differences(bench *b)
{
    for (size_t i = 0; i < b->in_count; ++i)
        check_differences(b, by_input[i], b->x[i], b->reference[i], tq_shape_count(&b->in[i]));
    for (size_t i = 0; b->weighs && i < 2; ++i)
        check_differences(b, by_weight[i], b->layer->weight[i].values, b->weight_reference[i],
                          tq_shape_count(&b->layer->weight[i].shape));
}

static void destroy(bench *b)
{
    tq_layer_destroy(b->layer);
    float *const arrays[] = {b->x[0],         b->x[1], b->device[0], b->device[1], b->reference[0],
                             b->reference[1], b->y,    b->dy,        b->forward};
    for (size_t i = 0; i < TQ_COUNT(arrays); ++i)
        free(arrays[i]);
}

static void run(tq_context *context, const trial *t, const slots *s)
{
    bench b = {.context = context, .t = t, .s = s};
    create(&b);
    plan(&b);
    run_device(&b);
    run_host(&b);
    check_all(&b);
    if (s == all_slots && getenv("TQ_TEST_DEVICE_ONLY") == NULL)
        check_all_differences(&b);
    destroy(&b);
}

/* With TQ_TEST_PART every second, and the first of each kind; trials of a kind stand together. With
 * TQ_TEST_SLOW_COMPILER only those. */
static bool is_wanted(const trial *list, size_t i)
{
    return !tq_test_is_part() || (i % 2 == 0 && !tq_test_is_slow()) || i == 0 ||
           strcmp(list[i].kind, list[i - 1].kind) != 0;
}

/* Each without quantizers, and one in `every` pair with them. */
static void run_each(tq_context *context, const trial *list, size_t count, size_t every)
{
    for (size_t i = 0; i < count; ++i)
        for (size_t j = 0; is_wanted(list, i) && j < TQ_COUNT(all_slots); ++j)
            if (j == 0 || (i + j) % every == 0)
                run(context, &list[i], &all_slots[j]);
}

static void all_kinds_all_slots(void **state)
{
    const bool part = getenv("TQ_TEST_DEVICE_ONLY") != NULL;
    const size_t every = (part || !tq_test_is_full() ? 2 : 1) * TQ_COUNT(all_slots); /* compilers are slow */
    run_each(*state, trials, TQ_COUNT(trials), every);
    if (!part)
        run_each(*state, more_trials, TQ_COUNT(more_trials), every);
}

/* Numbers that are not tame, in vectors and lane by lane. */
static void special_numbers(void **state)
{
    static const float special[] = {NAN,        INFINITY,   -INFINITY, 0x1p-149f,
                                    -0x1p-130f, 0x1.8p127f, -0.0f,     0x1p-80f};
    static const trial pools[] = {
        {"maxpool2d", "kernel=3,stride=2", 4, {1, 7, 7, 18}, 0, {0}},
        {"avgpool2d", "kernel=3,stride=2", 4, {1, 7, 7, 18}, 0, {0}},
        {"maxpool2d", "kernel=2,stride=2", 4, {1, 7, 7, 18}, 0, {0}},
        {"avgpool2d", "kernel=2,stride=2", 4, {1, 7, 7, 18}, 0, {0}},
    };
    const size_t count = getenv("TQ_TEST_DEVICE_ONLY") != NULL ? 4 : 2 * TQ_COUNT(all_slots);
    for (size_t i = 0; i < count; ++i) {
        bench b = {.context = *state, .t = &pools[i % 4], .s = &all_slots[i / 2]};
        create(&b);
        plan(&b);
        for (size_t k = 0; k < 2 * TQ_COUNT(special); ++k) {
            b.x[0][37 * k + 5] = special[k % TQ_COUNT(special)];
            b.dy[9 * k + 1] = special[k / 2];
        }
        run_device(&b);
        run_host(&b);
        check_all(&b);
        destroy(&b);
    }
}

/* Of equal numbers the first of the window, rows then columns, by hand: windows of 2 x 2 with steps of 1. */
static void first_of_equals(void **state)
{
    static const trial t = {"maxpool2d", "kernel=2,stride=1", 4, {1, 3, 3, 1}, 0, {0}};
    static const float x[] = {0, 0, 0, 5, 0, 5, 0, 5, 0}, dy[] = {1, 2, 4, 8},
                       dx[] = {0, 0, 0, 5, 0, 10, 0, 0, 0};
    bench b = {.context = *state, .t = &t, .s = all_slots};
    create(&b);
    plan(&b);
    memcpy(b.x[0], x, sizeof x);
    memcpy(b.dy, dy, sizeof dy);
    run_device(&b);
    run_host(&b);
    check_all(&b);
    for (size_t i = 0; i < TQ_COUNT(dx); ++i)
        assert_true(b.device[0][i] >= dx[i] && b.device[0][i] <= dx[i]);
    destroy(&b);
}

/* Each step rounded, by hand: sums saturate, ties go away from zero, `down` and `zero` cut. */
static void sums_by_hand(void **state)
{
    static const struct {
        const char *kind, *product, *sum, *result;
        int64_t side;
        int inputs;
        float x[9], dy[4];
        size_t element; /* of the gradient by the last input */
        float is;
    } rows[] = {
        {"add", "none", "nearest,8,2", "none", 0, 2, {0}, {0.125f, 0.25f, 31.9f, 5}, 0, 31.75f},
        {"sub", "none", "nearest,8,2", "none", 0, 2, {0}, {0.125f, 0.25f, 31.9f, 5}, 0, -32},
        {"mul", "nearest,8,1", "zero,8,0", "none", 0, 2, {1, 2, 3, 4}, {0.3f, 0.2f, -0.2f, 1}, 0, 4},
        {"relu", "none", "none", "nearest,4,1", 0, 1, {-1, 1, 1, 1}, {9, 9, 0.3f, 1}, 1, 3.5f},
        {"maxpool2d", "none", "down,8,0", "none", 3, 1, {0, 0, 0, 0, 1}, {0.5f, 0.75f, 1.5f, -1.5f}, 4, -1},
        {"avgpool2d", "none", "nearest,8,2", "none", 3, 1, {0}, {0.5f, 0.5f, -3, 0.25f}, 4, -0.25f},
    };
    for (size_t i = 0; i < TQ_COUNT(rows); i += tq_test_is_slow() ? 2 : 1) {
        const int64_t side = rows[i].side;
        const trial image = {rows[i].kind, "kernel=2,stride=1", 4, {1, side, side, 1}, 0, {0}};
        const trial row = {rows[i].kind, "", 2, {1, 4}, rows[i].inputs - 1, {1}};
        const slots s = {rows[i].product, rows[i].sum, rows[i].result};
        bench b = {.context = *state, .t = side > 0 ? &image : &row, .s = &s};
        create(&b);
        plan(&b);
        memcpy(b.x[0], rows[i].x, (size_t)tq_shape_count(&b.in[0]) * sizeof(float));
        memcpy(b.dy, rows[i].dy, sizeof rows[i].dy);
        run_device(&b);
        const float is = b.device[rows[i].inputs - 1][rows[i].element];
        if (!(is >= rows[i].is && is <= rows[i].is))
            fail_msg("row %zu, %s: %g, not %g", i, rows[i].kind, (double)is, (double)rows[i].is);
        destroy(&b);
    }
}

/* Moving averages by hand: 2 samples of 1, 3; mean 2, variance 1; momentum 0.75. */
static void moving_averages(void **state)
{
    static const trial t = {"batchnorm", "momentum=0.75", 2, {2, 1}, 0, {0}};
    bench b = {.context = *state, .t = &t, .s = all_slots};
    create(&b);
    plan(&b);
    b.x[0][0] = 1;
    b.x[0][1] = 3;
    b.average[0][0] = 10;
    b.average[1][0] = 5;
    run_device(&b);
    assert_true(b.average[0][0] == 8.0f);
    assert_true(b.average[1][0] == 4.0f);
    destroy(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_kinds_all_slots),
                                       cmocka_unit_test(special_numbers), cmocka_unit_test(first_of_equals),
                                       cmocka_unit_test(sums_by_hand), cmocka_unit_test(moving_averages)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
