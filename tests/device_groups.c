/*
 * The GPU shape of the contraction core, forced on whatever device there is: the bits of the host reference
 * and of the CPU shape, on every accumulation path, with tiles and work-groups that the problem fills in
 * part.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "accumulate/path.h"
#include "layers/kind.h"
#include "oracle/oracle_cases.h"
#include "support/device_test.h"
#include "support/test_sets.h"

typedef struct geometry {
    int samples, rows, columns, inputs, kernel_rows, kernel_columns, outputs, groups, stride, dilation;
    int pads[4];
} geometry;

static const geometry geometries[] = {
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, {0, 0, 0, 0}},
    {2, 6, 5, 3, 3, 2, 7, 1, 1, 1, {1, 0, 1, 2}},
    {2, 7, 6, 1, 3, 3, 10, 1, 1, 1, {1, 1, 1, 1}},
    {1, 9, 8, 4, 3, 3, 34, 1, 2, 2, {2, 1, 0, 2}},
    {3, 4, 4, 6, 2, 2, 9, 3, 1, 1, {0, 0, 0, 0}},
    {13, 1, 1, 70, 1, 1, 150, 1, 1, 1, {0, 0, 0, 0}},
    {2, 5, 5, 20, 3, 3, 70, 1, 1, 1, {1, 1, 1, 1}},
    {1, 7, 7, 12, 3, 3, 12, 12, 1, 1, {1, 1, 1, 1}}, /* depthwise */
    {1, 9, 8, 5, 3, 2, 5, 5, 2, 1, {0, 1, 1, 0}},
};

typedef struct slots {
    const char *product, *sum, *result;
    const char *input, *weights; /* quantizers of the operands; NULL: any binary32 */
    double input_size, weight_size;
    const char *path; /* for more than one term, where the device can; NULL: not said */
} slots;

static const slots all_slots[] = {
    {"none", "none", "none", NULL, NULL, 2, 1, "plain"},
    {"nearest,16,8", "nearest,16,8", "nearest,16,8", NULL, NULL, 4, 1, NULL},
    {"zero,12,6", "zero,12,6", "zero,12,6", NULL, NULL, 8, 1, "binary64"},
    {"zero,12,4", "zero,12,4", "zero,12,4", "nearest,12,4", "nearest,10,6", 30, 4, "residual32"},
    {"stochastic,12,4,bits=8", "stochastic,12,2,bits=32", "stochastic,12,1,bits=4", NULL, NULL, 8, 1, NULL},
    {"log", "float,5,4,round=stochastic:8", "log", NULL, NULL, 8, 1, "general"},
    {"none", "exact", "nearest,16,8", NULL, NULL, 0, 0, "wide"},
    {"down,16,8", "down,16,8", "down,16,8", "nearest,16,8", "nearest,8,8", 200, 0.5, "lanes16"},
    {"nearest,12,6", "nearest,12,6", "nearest,12,6", "nearest,8,4", "nearest,8,4", 7, 0.9, "lanes16"},
    {"nearest,17,6", "nearest,17,6", "nearest,16,8", "nearest,16,8", "nearest,12,6", 100, 1.6, "nearest32"},
    {"nearest,16,8", "nearest,16,8", "nearest,16,8", "nearest,12,4", "nearest,10,6", 100, 4, "fma16"},
    {"e4m3", "e4m3", "e4m3", "e4m3", "e4m3", 8, 1, "float32"},
    {"fixed,24,8,round=even", "fixed,24,8,round=even", "nearest,16,8", "nearest,16,8", NULL, 100, 1,
     "fixed32"},
    {"stochastic,16,8", "stochastic,16,8", "stochastic,16,8", "nearest,8,4", "nearest,8,7", 8, 1,
     "product16"},
    {"stochastic,16,8", "stochastic,16,8", "nearest,16,8", "nearest,12,8", "nearest,10,8", 8, 2, "madd16"},
    {"none", "exact", "nearest,16,8", "nearest,9,4", "nearest,9,6", 8, 2, "dot16"},
};

typedef struct bench {
    tq_context *context;
    const geometry *g;
    const slots *s;
    tq_layer *layer;
    int64_t x_count, y_count;
    float *x, *w, *bias;
} bench;

/* Any bits when `size` is 0, else numbers below `size`. */
static float *random_numbers(int64_t count, double size, const char *quantizer, uint64_t *state)
{
    float *to = tq_test_array(count);
    for (int64_t i = 0; i < count; ++i) {
        const uint32_t bits = oracle_random_input(state, NULL);
        memcpy(&to[i], &bits, sizeof bits);
        if (size > 0)
            to[i] = (float)(((double)(oracle_random(state) >> 11) * 0x1p-52 - 1.0) * size);
    }
    if (quantizer != NULL) {
        tq_quantizer q;
        assert_int_equal(tq_quantizer_parse(&q, quantizer), TQ_OK);
        tq_quantize_array(to, to, count, &q, 0);
    }
    return to;
}

static void create(bench *b)
{
    const geometry *g = b->g;
    const int64_t outputs = g->outputs;
    uint64_t state = 41;
    char options[200];
    const tq_shape w = tq_shape_of(
        4, (const int64_t[]){g->kernel_rows, g->kernel_columns, g->inputs / g->groups, g->outputs});
    const tq_shape bias = tq_shape_of(1, &outputs);
    snprintf(options, sizeof options, "stride=%d,dilation=%d,groups=%d,pads=%dx%dx%dx%d", g->stride,
             g->dilation, g->groups, g->pads[0], g->pads[1], g->pads[2], g->pads[3]);
    assert_int_equal(tq_layer_create(&b->layer, b->context, "conv2d", "c", options), TQ_OK);
    b->x_count = (int64_t)g->samples * g->rows * g->columns * g->inputs;
    b->x = random_numbers(b->x_count, b->s->input_size, b->s->input, &state);
    b->w = random_numbers(tq_shape_count(&w), b->s->weight_size, b->s->weights, &state);
    b->bias = random_numbers(outputs, b->s->weight_size, b->s->weights, &state);
    assert_int_equal(tq_layer_set_weight(b->layer, "weight", &w, b->w), TQ_OK);
    assert_int_equal(tq_layer_set_weight(b->layer, "bias", &bias, b->bias), TQ_OK);
}

static tq_range range_of(const char *quantizer)
{
    tq_range range = tq_range__unknown();
    tq_quantizer q;
    if (quantizer == NULL)
        return range;
    range.finite = true;
    assert_int_equal(tq_quantizer_parse(&q, quantizer), TQ_OK);
    return tq_range__quantized(range, &q);
}

static tq_layer_quantizers quantizers_of(const slots *s)
{
    char text[400];
    tq_layer_quantizers q = {.seed = 77, .id = 5};
    snprintf(text, sizeof text, "{\"product\": \"%s\", \"sum\": \"%s\", \"result\": \"%s\"}", s->product,
             s->sum, s->result);
    assert_int_equal(tq_accumulation_parse(&q.intrinsic, text), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&q.extrinsic, s->path == NULL ? "stochastic,10,2" : "none"), TQ_OK);
    return q;
}

/* Runs the planned layer on its inputs. */
static float *forward(tq_context *context, tq_layer *layer, float *const *in, size_t inputs)
{
    tq_tensor *x[2] = {NULL, NULL}, *y;
    const int64_t count = tq_shape_count(&layer->output);
    float *result = tq_test_array(count);
    for (size_t i = 0; i < inputs; ++i) {
        assert_int_equal(tq_tensor_create(&x[i], context, &layer->input[i]), TQ_OK);
        assert_int_equal(tq_tensor_write(x[i], in[i], tq_shape_count(&layer->input[i])), TQ_OK);
    }
    assert_int_equal(tq_tensor_create(&y, context, &layer->output), TQ_OK);
    if (tq_layer_forward(layer, (const tq_tensor *const *)x, y) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(y, result, count), TQ_OK);
    for (size_t i = 0; i < inputs; ++i)
        tq_tensor_destroy(x[i]);
    tq_tensor_destroy(y);
    return result;
}

static float *run_in_shape(bench *b, const char *shape)
{
    const geometry *g = b->g;
    const tq_shape in = tq_shape_of(4, (const int64_t[]){g->samples, g->rows, g->columns, g->inputs});
    const tq_layer_quantizers q = quantizers_of(b->s);
    const tq_range range = range_of(b->s->input);
    assert_int_equal(tq_context_set(b->context, "shape", shape), TQ_OK);
    /* A slot without a path checks its inputs at every run: two loops, one of which is idle. */
    assert_int_equal(tq_context_set(b->context, "paths", b->s->path != NULL ? "certain" : "all"), TQ_OK);
    if (tq_layer__plan(b->layer, &in, &range, 1, &q) != TQ_OK)
        fail_msg("%s", tq_error());
    tq_layer__set_first_sample(b->layer, 3);
    b->y_count = tq_shape_count(&b->layer->output);
    return forward(b->context, b->layer, &b->x, 1);
}

static void check_same(const bench *b, const char *what, const float *is, const float *should)
{
    for (int64_t i = 0; i < b->y_count; ++i)
        if (memcmp(&is[i], &should[i], sizeof *is) != 0)
            fail_msg("%s: %s/%s/%s, geometry %d, path %s, output %lld of %lld: %a, should be %a", what,
                     b->s->product, b->s->sum, b->s->result, (int)(b->g - geometries), b->layer->path,
                     (long long)i, (long long)b->y_count, (double)is[i], (double)should[i]);
}

static bool has_everything(const tq_device_info *d)
{
    return d->fma && d->subnormals && d->fp64;
}

static void check_path(const bench *b)
{
    const bool one_term = b->g == geometries, depthwise = b->g->groups == b->g->outputs;
    if (b->s->path != NULL && !one_term && !depthwise && has_everything(tq_context_device(b->context)))
        assert_string_equal(b->layer->path, b->s->path);
}

static void run(tq_context *context, const geometry *g, const slots *s, bool both)
{
    bench b = {.context = context, .g = g, .s = s};
    create(&b);
    float *gpu = run_in_shape(&b, "gpu"), *reference = tq_test_array(b.y_count);
    check_path(&b);
    assert_int_equal(tq_layer_reference(b.layer, (const float *const[]){b.x}, reference), TQ_OK);
    check_same(&b, "GPU shape against the reference", gpu, reference);
    float *cpu = both ? run_in_shape(&b, "cpu") : NULL;
    if (both)
        check_same(&b, "GPU shape against the CPU shape", gpu, cpu);
    tq_layer_destroy(b.layer);
    float *const arrays[] = {b.x, b.w, b.bias, gpu, reference, cpu};
    for (size_t i = 0; i < TQ_COUNT(arrays); ++i)
        free(arrays[i]);
}

static void every_path_has_a_slot(void **state)
{
    (void)state;
    for (const tq_path *const *path = tq_path_kinds; *path != NULL; ++path) {
        size_t i = 0;
        while (i < TQ_COUNT(all_slots) &&
               (all_slots[i].path == NULL || strcmp(all_slots[i].path, (*path)->name) != 0))
            ++i;
        if (i == TQ_COUNT(all_slots))
            fail_msg("no slot is for path %s", (*path)->name);
    }
}

/* Every slot with one of the geometries; every other one in both shapes. With TQ_TEST_FULL all in both, with
 * TQ_TEST_ALL with a third of the geometries, too; with TQ_TEST_PART a third of the slots. */
static void all_paths(void **state)
{
    const bool first = getenv("TQ_TEST_ALL") != NULL;
    const size_t step = tq_test_is_part() || (getenv("TQ_TEST_SMALL") != NULL && !first) ? 3 : 1;
    for (size_t i = 0; i < TQ_COUNT(all_slots); i += step)
        for (size_t j = i % 3; j < TQ_COUNT(geometries); j += 3) {
            const bool chosen = j / 3 == i / 3 % 3;
            if (first || chosen)
                run(*state, &geometries[j], &all_slots[i], chosen && (i % 2 == 0 || tq_test_is_full()));
        }
}

/* Batches of matrices whose rows end inside a tile, both computed. */
static void matrices(void **state)
{
    static const int numbers[] = {0, 7, 13, 15};
    const tq_shape in[2] = {tq_shape_of(3, (const int64_t[]){3, 37, 21}),
                            tq_shape_of(3, (const int64_t[]){3, 21, 18})};
    assert_int_equal(tq_context_set(*state, "shape", "gpu"), TQ_OK);
    for (size_t i = 0; i < TQ_COUNT(numbers); i += tq_test_is_part() ? 2 : 1) {
        const slots *s = &all_slots[numbers[i]];
        uint64_t seed = 3;
        const tq_range ranges[2] = {range_of(s->input), range_of(s->weights)};
        const tq_layer_quantizers q = quantizers_of(s);
        float *x[2] = {random_numbers(tq_shape_count(&in[0]), s->input_size, s->input, &seed),
                       random_numbers(tq_shape_count(&in[1]), s->weight_size, s->weights, &seed)};
        bench b = {.context = *state, .g = geometries, .s = s};
        assert_int_equal(tq_layer_create(&b.layer, *state, "matmul", "m", ""), TQ_OK);
        if (tq_layer__plan(b.layer, in, ranges, 2, &q) != TQ_OK)
            fail_msg("%s", tq_error());
        b.y_count = tq_shape_count(&b.layer->output);
        float *gpu = forward(*state, b.layer, x, 2), *reference = tq_test_array(b.y_count);
        assert_int_equal(tq_layer_reference(b.layer, (const float *const *)x, reference), TQ_OK);
        check_same(&b, "matrices in the GPU shape", gpu, reference);
        tq_layer_destroy(b.layer);
        float *const arrays[] = {x[0], x[1], gpu, reference};
        for (size_t k = 0; k < TQ_COUNT(arrays); ++k)
            free(arrays[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_path_has_a_slot), cmocka_unit_test(all_paths),
                                       cmocka_unit_test(matrices)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
