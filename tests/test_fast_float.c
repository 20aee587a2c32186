/*
 * The context option `float`: exact bits unless it is set, and near the exact numbers with CLBlast. The
 * numbers to compare with are sums in binary64 by plain loops.
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
#include "runtime/gemm.h"

#define TOLERANCE 1e-5 /* of the sum of magnitudes */

/* An image of samples x side x side x channels; a dense layer has side 1 and kernel 1. */
typedef struct subject {
    const char *kind, *options;
    int samples, side, channels, kernel, outputs;
    int stride, dilation, top, left; /* what the options say; as much padding in all on both axes */
    bool bias;
} subject;

static const subject dense = {"dense", "", 5, 1, 37, 1, 19, 1, 1, 0, 0, true};
static const subject dense_alone = {"dense", "", 1, 1, 1, 1, 1, 1, 1, 0, 0, false};
static const subject point = {"conv2d", "", 3, 5, 6, 1, 9, 1, 1, 0, 0, true};
static const subject strided = {"conv2d", "stride=2", 2, 7, 4, 1, 3, 2, 1, 0, 0, false};
static const subject window = {"conv2d", "stride=2,dilation=2,pads=1x3x3x1", 2, 9, 3, 3, 5, 2, 2, 1, 3, true};
/* 3600 terms and 5041 rows: more than the unfolded rows of one product. */
static const subject slabs = {"conv2d", "pads=7", 1, 71, 16, 15, 2, 1, 1, 7, 7, true};
static const subject *const subjects[] = {&dense, &dense_alone, &point, &strided, &window, &slabs};

typedef struct numbers {
    tq_shape in;
    float *x, *w, *b, *y;
    int64_t count;
} numbers;

static float *random_numbers(int64_t count, uint32_t seed)
{
    float *to = malloc((size_t)count * sizeof *to);
    assert_non_null(to);
    for (int64_t i = 0; i < count; ++i) {
        seed = seed * 1664525u + 1013904223u;
        to[i] = (float)((int32_t)seed / 0x1p31);
    }
    return to;
}

static int out_side(const subject *s)
{
    return (s->side + s->top + s->left - s->dilation * (s->kernel - 1) - 1) / s->stride + 1;
}

static numbers make(const subject *s)
{
    const bool flat = strcmp(s->kind, "dense") == 0;
    numbers n = {.in = flat ? tq_shape_of(2, (const int64_t[]){s->samples, s->channels})
                            : tq_shape_of(4, (const int64_t[]){s->samples, s->side, s->side, s->channels})};
    n.x = random_numbers(tq_shape_count(&n.in), 1);
    n.w = random_numbers((int64_t)s->kernel * s->kernel * s->channels * s->outputs, 2);
    n.b = random_numbers(s->outputs, 3);
    n.count = (int64_t)s->samples * out_side(s) * out_side(s) * s->outputs;
    n.y = malloc((size_t)n.count * sizeof *n.y);
    assert_non_null(n.y);
    return n;
}

static void free_numbers(numbers *n)
{
    free(n->x);
    free(n->w);
    free(n->b);
    free(n->y);
}

static tq_layer *create(tq_context *context, const subject *s, const numbers *n)
{
    const bool flat = strcmp(s->kind, "dense") == 0;
    const tq_shape outputs = tq_shape_of(1, (const int64_t[]){s->outputs});
    const tq_shape weight =
        flat ? tq_shape_of(2, (const int64_t[]){s->channels, s->outputs})
             : tq_shape_of(4, (const int64_t[]){s->kernel, s->kernel, s->channels, s->outputs});
    tq_layer *layer;
    if (tq_layer_create(&layer, context, s->kind, "L", s->options) != TQ_OK ||
        tq_layer_set_weight(layer, "weight", &weight, n->w) != TQ_OK)
        fail_msg("%s", tq_error());
    if (s->bias)
        assert_int_equal(tq_layer_set_weight(layer, "bias", &outputs, n->b), TQ_OK);
    return layer;
}

static void plan(tq_layer *layer, const numbers *n, const char *intrinsic)
{
    tq_layer_quantizers q = {.seed = 3, .id = 1};
    if (tq_accumulation_parse(&q.intrinsic, intrinsic) != TQ_OK ||
        tq_layer_plan(layer, &n->in, 1, &q) != TQ_OK)
        fail_msg("%s", tq_error());
}

/* In tensors that do not start where their memory does. */
static void forward(tq_context *context, tq_layer *layer, numbers *n)
{
    tq_memory *memory;
    tq_tensor *x, *y;
    const int64_t in = tq_shape_count(&n->in);
    assert_int_equal(tq_memory__create(&memory, context, (uint64_t)(in + n->count + 8) * 4), TQ_OK);
    assert_int_equal(tq_tensor__view(&x, memory, 3, &n->in), TQ_OK);
    assert_int_equal(tq_tensor__view(&y, memory, (uint64_t)in + 5, &layer->output), TQ_OK);
    assert_int_equal(tq_tensor_write(x, n->x, in), TQ_OK);
    if (tq_layer_forward(layer, (const tq_tensor *const[]){x}, y) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(y, n->y, n->count), TQ_OK);
    tq_tensor_destroy(x);
    tq_tensor_destroy(y);
    tq_memory__release(memory);
}

/* One output in binary64; `size`: the sum of magnitudes. */
static double exact(const subject *s, const numbers *n, int64_t output, double *size)
{
    const int64_t side = out_side(s), channel = output % s->outputs, column = output / s->outputs % side;
    const int64_t row = output / s->outputs / side % side, sample = output / s->outputs / side / side;
    double sum = s->bias ? n->b[channel] : 0;
    *size = fabs(sum);
    for (int64_t k = 0; k < (int64_t)s->kernel * s->kernel * s->channels; ++k) {
        const int64_t tap = k / s->channels;
        const int64_t r = row * s->stride - s->top + tap / s->kernel * s->dilation;
        const int64_t c = column * s->stride - s->left + tap % s->kernel * s->dilation;
        if (r < 0 || r >= s->side || c < 0 || c >= s->side)
            continue;
        const double term =
            (double)n->x[((sample * s->side + r) * s->side + c) * s->channels + k % s->channels] *
            (double)n->w[k * s->outputs + channel];
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

static void check_near(const subject *s, const numbers *n)
{
    for (int64_t i = 0; i < n->count; ++i) {
        double size;
        const double should = exact(s, n, i, &size);
        if (!(fabs(n->y[i] - should) <= TOLERANCE * size))
            fail_msg("%s '%s', output %lld: %a, should be near %a", s->kind, s->options, (long long)i,
                     (double)n->y[i], should);
    }
}

/* The bits of the host reference. */
static void check_exact(const tq_layer *layer, const numbers *n)
{
    float *reference = malloc((size_t)n->count * sizeof *reference);
    assert_non_null(reference);
    assert_int_equal(tq_layer_reference(layer, (const float *const[]){n->x}, reference), TQ_OK);
    assert_memory_equal(n->y, reference, (size_t)n->count * sizeof *reference);
    free(reference);
}

static tq_context *open_with(const char *value)
{
    tq_context *context;
    if (tq_context_open(&context, NULL) != TQ_OK)
        fail_msg("%s", tq_error());
    if (value != NULL && tq_context_set(context, "float", value) != TQ_OK)
        fail_msg("%s", tq_error());
    return context;
}

static void test_values(void **state)
{
    tq_context *context = open_with(NULL);
    (void)state;
    assert_int_equal(tq_context_set(context, "float", "Fast"), TQ_E_ARGUMENT);
    assert_string_equal(tq_error(), "option 'float' is 'Fast', allowed: exact, fast, clblast");
    assert_int_equal(tq_context_set(context, "float", "fast"), TQ_OK);
    assert_int_equal(tq_context_set(context, "float", "exact"), TQ_OK);
    if (!tq_gemm__built()) {
        assert_int_equal(tq_context_set(context, "float", "clblast"), TQ_E_UNSUPPORTED);
        assert_non_null(strstr(tq_error(), "built without CLBlast; allowed: exact, fast"));
    }
    tq_context_close(context);
}

static void test_table(void **state)
{
    const tq_device_info gpu = {.type = "gpu", .platform = "any"}, cpu = {.type = "cpu", .platform = "any"};
    const tq_device_info board = {.type = "accelerator"}, other = {.type = "other"};
    (void)state;
    assert_true(tq_gemm__row(&gpu)->clblast);
    assert_false(tq_gemm__row(&cpu)->clblast);
    assert_false(tq_gemm__row(&board)->clblast);
    assert_false(tq_gemm__row(&other)->clblast);
}

/* The own loop, unless more is asked for; on this device `fast` is the own loop too, and says so. */
static void test_exact_bits(void **state)
{
    static const char *const values[] = {NULL, "exact", "fast"};
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(values); ++i) {
        tq_context *context = open_with(values[i]);
        numbers n = make(&window);
        tq_layer *layer = create(context, &window, &n);
        plan(layer, &n, "none");
        assert_string_not_equal(tq_layer_path(layer), "clblast");
        const char *line = strstr(tq_layer_path_reasons(layer), "clblast: ");
        assert_int_equal(line != NULL, i == 2);
        if (i == 2)
            assert_non_null(strstr(line, tq_gemm__built() ? "of type cpu" : "built without CLBlast"));
        forward(context, layer, &n);
        check_exact(layer, &n);
        tq_layer_destroy(layer);
        free_numbers(&n);
        tq_context_close(context);
    }
}

/* What is quantized, or in groups, stays with the own loop and its bits. */
static void test_not_taken(void **state)
{
    static const char *const intrinsics[] = {"nearest,16,8", "{\"sum\": \"exact\"}",
                                             "{\"result\": \"bf16\"}"};
    static const subject grouped = {"conv2d", "groups=2", 1, 4, 2, 1, 4, 1, 1, 0, 0, false};
    (void)state;
    tq_context *context = open_with("clblast");
    numbers n = make(&dense);
    tq_layer *layer = create(context, &dense, &n);
    for (size_t i = 0; i < TQ_COUNT(intrinsics); ++i) {
        plan(layer, &n, intrinsics[i]);
        assert_string_not_equal(tq_layer_path(layer), "clblast");
        forward(context, layer, &n);
        check_exact(layer, &n);
    }
    tq_layer_destroy(layer);
    numbers m = make(&grouped);
    m.in.dim[3] = 4; /* two groups of two channels */
    layer = create(context, &grouped, &m);
    plan(layer, &m, "none");
    assert_string_not_equal(tq_layer_path(layer), "clblast");
    assert_non_null(strstr(tq_layer_path_reasons(layer), "clblast: a convolution of 2 groups"));
    tq_layer_destroy(layer);
    free_numbers(&n);
    free_numbers(&m);
    tq_context_close(context);
}

static void test_near(void **state)
{
    (void)state;
    tq_context *context = open_with("clblast");
    for (size_t i = 0; i < TQ_COUNT(subjects); ++i) {
        numbers n = make(subjects[i]);
        tq_layer *layer = create(context, subjects[i], &n);
        plan(layer, &n, "none");
        if (strcmp(tq_layer_path(layer), "clblast") != 0)
            fail_msg("not CLBlast: %s", tq_layer_path_reasons(layer));
        assert_string_equal(tq_layer_path_reasons(layer), "");
        forward(context, layer, &n);
        check_near(subjects[i], &n);
        tq_layer_destroy(layer);
        free_numbers(&n);
    }
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values), cmocka_unit_test(test_table),
                                       cmocka_unit_test(test_exact_bits)};
    const struct CMUnitTest with_clblast[] = {cmocka_unit_test(test_not_taken), cmocka_unit_test(test_near)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return tq_gemm__built() ? failed + cmocka_run_group_tests(with_clblast, NULL, NULL) : failed;
}
