/*
 * Transposed convolutions with quantizers in every slot: the device and the host reference give the bits of
 * the exact oracle's convolution over the image with zeros put in by hand; and so do samples one by one.
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

#define FIRST_SAMPLE 3
#define SAMPLES      2

typedef struct slots {
    const char *product, *sum, *result;
} slots;

static const slots all_slots[] = {
    {"none", "none", "none"},
    {"nearest,16,8", "nearest,16,8", "nearest,16,8"},
    {"bf16", "fp16", "e4m3"},
    {"stochastic,12,6", "stochastic,12,6,bits=8", "stochastic,10,4"},
    {"none", "exact", "fixed,10,4,round=down"},
    {"binary,0.5", "fixed,9,3,overflow=wrap", "none"}, /* a product with zero is not zero */
};

typedef struct trial {
    const char *options;
    int rows, columns, inputs, outputs, groups, kernel, stride, dilation, pad, more;
} trial;

static const trial trials[] = {
    {"stride=2", 3, 2, 2, 3, 1, 3, 2, 1, 0, 0},
    {"stride=2,pads=1,output_padding=1", 3, 3, 4, 4, 2, 3, 2, 1, 1, 1},
    {"stride=3,dilation=2,pads=2", 2, 3, 3, 17, 1, 2, 3, 2, 2, 0},
    {"pads=2", 4, 4, 2, 2, 2, 3, 1, 1, 2, 0},
    {"stride=2,pads=-1", 2, 2, 1, 2, 1, 2, 2, 1, -1, 0},
};

typedef struct bench {
    const trial *t;
    const slots *s;
    tq_context *context;
    tq_layer *layer;
    int out_rows, out_columns;
    float *x, *w, *b, *z, *y;
    oracle_convolution c;
} bench;

static float *numbers(int64_t count, uint64_t *state)
{
    float *made = calloc((size_t)count, sizeof *made);
    assert_non_null(made);
    for (int64_t i = 0; i < count && state != NULL; ++i)
        made[i] = (float)((int)(oracle_random(state) % 257) - 128) / 32.0f;
    return made;
}

static int outputs_of(const trial *t, int size)
{
    return (size - 1) * t->stride + (t->kernel - 1) * t->dilation + 1 + t->more - 2 * t->pad;
}

/* The image with zeros: pixel (r, c) stands where its product with the kernel's first row and column falls.
 */
static void insert_zeros(bench *b)
{
    const trial *t = b->t;
    const int reach = (t->kernel - 1) * t->dilation, front = reach - t->pad;
    b->c = (oracle_convolution){.samples = SAMPLES,
                                .rows = b->out_rows + reach,
                                .columns = b->out_columns + reach,
                                .inputs = t->inputs,
                                .kernel_rows = t->kernel,
                                .kernel_columns = t->kernel,
                                .outputs = t->outputs,
                                .groups = t->groups,
                                .stride = 1,
                                .dilation = t->dilation,
                                .out_rows = b->out_rows,
                                .out_columns = b->out_columns,
                                .first_sample = FIRST_SAMPLE};
    b->z = numbers((int64_t)SAMPLES * b->c.rows * b->c.columns * t->inputs, NULL);
    for (int s = 0; s < SAMPLES; ++s)
        for (int r = 0; r < t->rows; ++r)
            for (int c = 0; c < t->columns; ++c)
                for (int q = 0; q < t->inputs; ++q) {
                    const int row = front + r * t->stride, column = front + c * t->stride;
                    if (row >= 0 && row < b->c.rows && column >= 0 && column < b->c.columns)
                        b->z[((s * b->c.rows + row) * b->c.columns + column) * t->inputs + q] =
                            b->x[((s * t->rows + r) * t->columns + c) * t->inputs + q];
                }
}

static void create(bench *b)
{
    const trial *t = b->t;
    uint64_t state = 11;
    const tq_shape w =
        tq_shape_of(4, (const int64_t[]){t->kernel, t->kernel, t->inputs / t->groups, t->outputs});
    const tq_shape bias = tq_shape_of(1, (const int64_t[]){t->outputs});
    char options[160];
    snprintf(options, sizeof options, "%s,groups=%d", t->options, t->groups);
    if (tq_layer_create(&b->layer, b->context, "convtranspose2d", "t", options) != TQ_OK)
        fail_msg("%s", tq_error());
    b->x = numbers((int64_t)SAMPLES * t->rows * t->columns * t->inputs, &state);
    b->w = numbers(tq_shape_count(&w), &state);
    b->b = numbers(t->outputs, &state);
    assert_int_equal(tq_layer_set_weight(b->layer, "weight", &w, b->w), TQ_OK);
    assert_int_equal(tq_layer_set_weight(b->layer, "bias", &bias, b->b), TQ_OK);
    b->out_rows = outputs_of(t, t->rows);
    b->out_columns = outputs_of(t, t->columns);
    insert_zeros(b);
    b->y = numbers((int64_t)SAMPLES * b->out_rows * b->out_columns * t->outputs, NULL);
}

static void forward(bench *b, int first, int samples)
{
    const trial *t = b->t;
    const tq_shape in = tq_shape_of(4, (const int64_t[]){samples, t->rows, t->columns, t->inputs});
    const tq_shape out = tq_shape_of(4, (const int64_t[]){samples, b->out_rows, b->out_columns, t->outputs});
    const int64_t skip = tq_shape_count(&in) / samples * first, to = tq_shape_count(&out) / samples * first;
    char text[300];
    tq_layer_quantizers q = {.seed = 0x123456789, .id = 6};
    tq_tensor *x, *y;
    snprintf(text, sizeof text, "{\"product\": \"%s\", \"sum\": \"%s\", \"result\": \"%s\"}", b->s->product,
             b->s->sum, b->s->result);
    assert_int_equal(tq_accumulation_parse(&q.intrinsic, text), TQ_OK);
    if (tq_layer_plan(b->layer, &in, 1, &q) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_true(tq_shape_equal(&b->layer->output, &out));
    tq_layer__set_first_sample(b->layer, (uint64_t)(FIRST_SAMPLE + first));
    assert_int_equal(tq_tensor_create(&x, b->context, &in), TQ_OK);
    assert_int_equal(tq_tensor_create(&y, b->context, &out), TQ_OK);
    assert_int_equal(tq_tensor_write(x, b->x + skip, tq_shape_count(&in)), TQ_OK);
    if (tq_layer_forward(b->layer, (const tq_tensor *const[]){x}, y) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(y, b->y + to, tq_shape_count(&out)), TQ_OK);
    tq_tensor_destroy(x);
    tq_tensor_destroy(y);
}

static void check(const bench *b, const char *what, const uint32_t *wanted)
{
    const int64_t count = (int64_t)SAMPLES * b->out_rows * b->out_columns * b->t->outputs;
    for (int64_t i = 0; i < count; ++i)
        if (memcmp(&b->y[i], &wanted[i], sizeof *wanted) != 0)
            fail_msg("%s: '%s' with %s/%s/%s, output %lld is %a", what, b->t->options, b->s->product,
                     b->s->sum, b->s->result, (long long)i, (double)b->y[i]);
}

static uint32_t *oracle(const bench *b)
{
    const oracle_slots o = {b->s->product, b->s->sum, b->s->result, false, 0x123456789, 6};
    const int outputs = b->t->outputs, count = SAMPLES * b->out_rows * b->out_columns * outputs;
    uint32_t *wanted = calloc((size_t)count, sizeof *wanted);
    assert_non_null(wanted);
    for (int i = 0; i < count; ++i)
        wanted[i] = oracle_output(
            &o, &b->c, (const uint32_t *)(const void *)b->z, (const uint32_t *)(const void *)b->w,
            (const uint32_t *)(const void *)b->b, i / outputs / b->out_columns / b->out_rows,
            i / outputs / b->out_columns % b->out_rows, i / outputs % b->out_columns, i % outputs);
    return wanted;
}

static void run(tq_context *context, const trial *t, const slots *s)
{
    bench b = {.t = t, .s = s, .context = context};
    create(&b);
    uint32_t *wanted = oracle(&b);
    forward(&b, 0, SAMPLES);
    check(&b, "device", wanted);
    assert_int_equal(tq_layer_reference(b.layer, (const float *const[]){b.x}, b.y), TQ_OK);
    check(&b, "reference", wanted);
    for (int i = 0; i < SAMPLES; ++i)
        forward(&b, i, 1);
    check(&b, "one by one", wanted);
    tq_layer_destroy(b.layer);
    float *const arrays[] = {b.x, b.w, b.b, b.z, b.y};
    for (size_t i = 0; i < TQ_COUNT(arrays); ++i)
        free(arrays[i]);
    free(wanted);
}

static void all_geometries_all_slots(void **state)
{
    tq_context *context;
    const bool small = getenv("TQ_TEST_SMALL") != NULL;
    (void)state;
    if (tq_context_open(&context, NULL) != TQ_OK)
        fail_msg("%s", tq_error());
    for (size_t i = 0; i < TQ_COUNT(trials); ++i)
        for (size_t j = 0; j < TQ_COUNT(all_slots); ++j)
            if (small ? i == 1 && j % 3 == 0 : i == 1 || (i + j) % 5 == 0)
                run(context, &trials[i], &all_slots[j]);
    tq_context_close(context);
}

/* A row of three pixels and a kernel of two taps, worked out by hand: the weight is the kernel turned. */
static void by_hand(void **state)
{
    static const float x[] = {1, 2, 3}, turned[] = {10, 1}, wanted[] = {1, 10, 2, 20, 3, 30};
    const tq_shape in = tq_shape_of(4, (const int64_t[]){1, 1, 3, 1}),
                   w = tq_shape_of(4, (const int64_t[]){1, 2, 1, 1});
    tq_context *context;
    tq_layer *layer;
    float y[6];
    (void)state;
    assert_int_equal(tq_context_open(&context, NULL), TQ_OK);
    assert_int_equal(tq_layer_create(&layer, context, "convtranspose2d", "t", "stride=1x2"), TQ_OK);
    assert_int_equal(tq_layer_set_weight(layer, "weight", &w, turned), TQ_OK);
    assert_int_equal(tq_layer_plan(layer, &in, 1, NULL), TQ_OK);
    assert_int_equal(tq_layer_reference(layer, (const float *const[]){x}, y), TQ_OK);
    assert_memory_equal(y, wanted, sizeof y);
    tq_layer_destroy(layer);
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand), cmocka_unit_test(all_geometries_all_slots)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
