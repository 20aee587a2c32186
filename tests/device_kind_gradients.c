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

#define FIRST_SAMPLE 8
#define SEED         0x123456789u
#define ID           9

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

/* `smooth`: finite differences agree everywhere but where a gradient jumps, which inputs avoid. */
typedef struct trial {
    const char *kind, *options;
    int rank;
    int64_t dim[4];
    int other_rank;
    int64_t other[4]; /* of the second input */
} trial;

static const trial trials[] = {
    {"relu", "", 4, {2, 3, 3, 5}, 0, {0}},
    {"flatten", "order=nchw", 4, {2, 3, 4, 5}, 0, {0}},
    {"flatten", "", 4, {2, 3, 4, 5}, 0, {0}},
    {"reshape", "rank=3,shape=0x6x-1,order=nchw", 4, {2, 3, 4, 5}, 0, {0}},
    {"add", "", 4, {2, 3, 2, 5}, 4, {2, 3, 2, 5}},
    {"add", "", 4, {2, 3, 2, 5}, 4, {2, 1, 1, 5}},
    {"add", "", 4, {2, 3, 2, 5}, 1, {5}},
    {"add", "", 4, {2, 1, 2, 1}, 4, {2, 3, 1, 5}},
    {"sub", "", 4, {2, 3, 2, 5}, 4, {2, 3, 2, 5}},
    {"sub", "", 4, {2, 3, 2, 1}, 4, {2, 1, 2, 5}},
    {"mul", "", 4, {2, 3, 2, 5}, 4, {2, 3, 2, 5}},
    {"mul", "", 4, {2, 3, 2, 5}, 4, {2, 3, 2, 1}},
    {"mul", "", 4, {2, 3, 2, 5}, 2, {2, 1}},
};

typedef struct bench {
    tq_context *context;
    const trial *t;
    const slots *s;
    tq_layer *layer;
    tq_shape in[2];
    size_t in_count;
    float *x[2], *y, *dy, *device[2], *reference[2];
} bench;

static float *make(int64_t count)
{
    float *numbers = calloc((size_t)count, sizeof *numbers);
    assert_non_null(numbers);
    return numbers;
}

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

static void create(bench *b)
{
    uint64_t state = 5;
    if (tq_layer_create(&b->layer, b->context, b->t->kind, "k", b->t->options) != TQ_OK)
        fail_msg("%s", tq_error());
    b->in_count = b->t->other_rank > 0 ? 2 : 1;
    b->in[0] = tq_shape_of(b->t->rank, b->t->dim);
    b->in[1] = tq_shape_of(b->t->other_rank, b->t->other);
    for (size_t i = 0; i < b->in_count; ++i) {
        b->x[i] = make(tq_shape_count(&b->in[i]));
        b->device[i] = make(tq_shape_count(&b->in[i]));
        b->reference[i] = make(tq_shape_count(&b->in[i]));
        fill(b->x[i], tq_shape_count(&b->in[i]), &state);
    }
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
    b->layer->training = true;
    if (tq_layer__plan(b->layer, b->in, ranges, b->in_count, &q) != TQ_OK)
        fail_msg("%s", tq_error());
    if (b->layer->kind->plan_backward != NULL && b->layer->kind->plan_backward(b->layer) != TQ_OK)
        fail_msg("%s", tq_error());
    b->y = make(tq_shape_count(&b->layer->output));
    b->dy = make(tq_shape_count(&b->layer->output));
    fill(b->dy, tq_shape_count(&b->layer->output), &state);
    tq_layer__set_first_sample(b->layer, FIRST_SAMPLE);
}

static tq_tensor *upload(const bench *b, const tq_shape *shape, const float *values)
{
    tq_tensor *tensor;
    assert_int_equal(tq_tensor_create(&tensor, b->context, shape), TQ_OK);
    assert_int_equal(tq_tensor_write(tensor, values, tq_shape_count(shape)), TQ_OK);
    return tensor;
}

static void run_device(bench *b)
{
    tq_tensor *x[2] = {NULL, NULL};
    tq_gradients g = {0};
    for (size_t i = 0; i < b->in_count; ++i) {
        x[i] = upload(b, &b->in[i], b->x[i]);
        g.input_gradient[i] = upload(b, &b->in[i], b->x[i]);
    }
    tq_tensor *y = upload(b, &b->layer->output, b->y), *dy = upload(b, &b->layer->output, b->dy);
    g.input = (const tq_tensor *const *)x;
    g.output = y;
    g.output_gradient = dy;
    if (tq_layer_forward(b->layer, g.input, y) != TQ_OK || b->layer->kind->backward(b->layer, &g) != TQ_OK)
        fail_msg("%s", tq_error());
    for (size_t i = 0; i < b->in_count; ++i) {
        assert_int_equal(tq_tensor_read(g.input_gradient[i], b->device[i], tq_shape_count(&b->in[i])), TQ_OK);
        tq_tensor_destroy(g.input_gradient[i]);
        tq_tensor_destroy(x[i]);
    }
    tq_tensor_destroy(y);
    tq_tensor_destroy(dy);
}

static void run_host(bench *b)
{
    tq_host_gradients g = {.input = (const float *const *)b->x, .output = b->y, .output_gradient = b->dy};
    for (size_t i = 0; i < b->in_count; ++i)
        g.input_gradient[i] = b->reference[i];
    assert_int_equal(tq_layer_reference(b->layer, g.input, b->y), TQ_OK);
    assert_int_equal(b->layer->kind->backward_reference(b->layer, &g), TQ_OK);
}

static void check(const bench *b, size_t input)
{
    for (int64_t i = 0; i < tq_shape_count(&b->in[input]); ++i)
        if (memcmp(&b->device[input][i], &b->reference[input][i], sizeof(float)) != 0)
            fail_msg("%s '%s' with %s/%s/%s, gradient by input %zu, element %lld: device %a, reference %a",
                     b->t->kind, b->t->options, b->s->product, b->s->sum, b->s->result, input, (long long)i,
                     (double)b->device[input][i], (double)b->reference[input][i]);
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

static void check_differences(bench *b, size_t input)
{
    const float step = 0x1p-8f;
    float *y = make(tq_shape_count(&b->layer->output));
    for (int64_t i = 0; i < tq_shape_count(&b->in[input]); ++i) {
        const float kept = b->x[input][i];
        b->x[input][i] = kept + step;
        const double above = loss(b, y);
        b->x[input][i] = kept - step;
        const double quotient = (above - loss(b, y)) / (2 * (double)step),
                     is = (double)b->reference[input][i];
        b->x[input][i] = kept;
        if (fabs(quotient - is) > 2e-3 * (1 + fabs(quotient)))
            fail_msg("%s '%s', gradient by input %zu, element %lld: %g, by differences %g", b->t->kind,
                     b->t->options, input, (long long)i, is, quotient);
    }
    free(y);
}

static void run(tq_context *context, const trial *t, const slots *s)
{
    bench b = {.context = context, .t = t, .s = s};
    create(&b);
    plan(&b);
    run_device(&b);
    run_host(&b);
    for (size_t i = 0; i < b.in_count; ++i) {
        check(&b, i);
        if (s == all_slots && getenv("TQ_TEST_DEVICE_ONLY") == NULL)
            check_differences(&b, i);
    }
    tq_layer_destroy(b.layer);
    float *const arrays[] = {b.x[0],         b.x[1],         b.device[0], b.device[1],
                             b.reference[0], b.reference[1], b.y,         b.dy};
    for (size_t i = 0; i < TQ_COUNT(arrays); ++i)
        free(arrays[i]);
}

static void all_kinds_all_slots(void **state)
{
    tq_context *context;
    const bool part = getenv("TQ_TEST_SMALL") != NULL || getenv("TQ_TEST_PART") != NULL;
    const size_t every = part ? 7 : 2; /* compilers are slow */
    (void)state;
    if (tq_context_open(&context, NULL) != TQ_OK)
        fail_msg("%s", tq_error());
    for (size_t i = 0; i < TQ_COUNT(trials); ++i)
        for (size_t j = 0; j < TQ_COUNT(all_slots); ++j)
            if (j == 0 || (i + j) % every == 0)
                run(context, &trials[i], &all_slots[j]);
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_kinds_all_slots)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
