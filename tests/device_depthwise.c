/*
 * Depthwise convolutions: on every path the bits of the host reference, for channels that fill vectors and
 * that do not, with taps in the padding.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layers/kind.h"

#define SAMPLES       2
#define ROWS          6
#define COLUMNS       5
#define MOST_CHANNELS 96
#define MOST          (SAMPLES * 8 * 8 * MOST_CHANNELS)

/* Slots, and the path for inputs on a grid of 2^-4 below 4 where the device has all that it needs. */
typedef struct slots {
    const char *intrinsic, *path;
} slots;

static const slots all_slots[] = {
    {"none", "plain"},
    {"down,16,8", "lanes16"},
    {"nearest,16,8", "lanes16"},
    {"{\"product\": \"fixed,16,5,round=even\", \"sum\": \"none\"}", NULL},
    {"fixed,16,6,round=even", NULL},
    {"stochastic,12,6", NULL},
    {"{\"product\": \"bf16\", \"sum\": \"bf16\", \"result\": \"e4m3\"}", "float32"},
    {"{\"sum\": \"exact\", \"result\": \"nearest,12,4\"}", NULL},
    {"{\"product\": \"log\", \"sum\": \"fixed,9,3,overflow=wrap\"}", NULL},
};

static const int channels[] = {2, 3, 15, 16, 17, 32, 33, 48, 96};

static const char *const options[] = {"pads=1", "stride=2,pads=1x0x1x2", "dilation=2,pads=2", ""};

static void expect_ok(tq_status status)
{
    if (status != TQ_OK)
        fail_msg("%s", tq_error());
}

static float on_grid(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)((int)(*state >> 25) - 64) / 16.0f;
}

static tq_layer *make(tq_context *context, const char *option, int count)
{
    static float weight[9 * MOST_CHANNELS], bias[MOST_CHANNELS];
    char text[80];
    tq_layer *layer;
    uint32_t state = 5;
    const tq_shape shape = tq_shape_of(4, (const int64_t[]){3, 3, 1, count});
    const tq_shape bias_shape = tq_shape_of(1, (const int64_t[]){count});
    snprintf(text, sizeof text, "groups=%d%s%s", count, option[0] != '\0' ? "," : "", option);
    expect_ok(tq_layer_create(&layer, context, "conv2d", "depthwise", text));
    for (int i = 0; i < 9 * count; ++i)
        weight[i] = on_grid(&state) / 4.0f;
    for (int i = 0; i < count; ++i)
        bias[i] = on_grid(&state);
    expect_ok(tq_layer_set_weight(layer, "weight", &shape, weight));
    expect_ok(tq_layer_set_weight(layer, "bias", &bias_shape, bias));
    return layer;
}

static void compare(tq_context *context, tq_layer *layer, const tq_shape *in, const char *what)
{
    static float x[MOST], y[MOST], reference[MOST];
    uint32_t state = 9;
    tq_tensor *from, *to;
    const int64_t inputs = tq_shape_count(in), outputs = tq_shape_count(&layer->output);
    for (int64_t i = 0; i < inputs; ++i)
        x[i] = on_grid(&state);
    expect_ok(tq_tensor_create(&from, context, in));
    expect_ok(tq_tensor_create(&to, context, &layer->output));
    expect_ok(tq_tensor_write(from, x, inputs));
    tq_layer__set_first_sample(layer, 3);
    expect_ok(tq_layer_forward(layer, (const tq_tensor *const[]){from}, to));
    expect_ok(tq_tensor_read(to, y, outputs));
    expect_ok(tq_layer_reference(layer, (const float *const[]){x}, reference));
    for (int64_t i = 0; i < outputs; ++i)
        if (memcmp(&y[i], &reference[i], sizeof y[i]) != 0)
            fail_msg("%s, path %s, output %lld: %a, should be %a", what, tq_layer_path(layer), (long long)i,
                     (double)y[i], (double)reference[i]);
    tq_tensor_destroy(from);
    tq_tensor_destroy(to);
}

static void run(tq_context *context, const char *option, int count, const slots *s)
{
    const tq_device_info *device = tq_context_device(context);
    const tq_shape in = tq_shape_of(4, (const int64_t[]){SAMPLES, ROWS, COLUMNS, count});
    const tq_range range = {.grid = -4, .lowest = -4, .highest = 4, .finite = true};
    tq_layer_quantizers q = {.seed = 0x123456789, .id = 4};
    char what[300];
    tq_layer *layer = make(context, option, count);
    snprintf(what, sizeof what, "%d channels, '%s', %s", count, option, s->intrinsic);
    expect_ok(tq_accumulation_parse(&q.intrinsic, s->intrinsic));
    expect_ok(tq_layer__plan(layer, &in, &range, 1, &q));
    if (s->path != NULL && device->fma && device->subnormals && strcmp(tq_layer_path(layer), s->path) != 0)
        fail_msg("%s: path %s, should be %s", what, tq_layer_path(layer), s->path);
    compare(context, layer, &in, what);
    tq_layer_destroy(layer);
}

/* Programs take the time: every slots with full and with ragged vectors, every geometry with some. */
static void bits_of_the_reference(void **state)
{
    const bool small = getenv("TQ_TEST_SMALL") != NULL;
    tq_context *context;
    (void)state;
    expect_ok(tq_context_open(&context, NULL));
    for (size_t i = 0; i < TQ_COUNT(all_slots); ++i)
        for (size_t j = 0; j < TQ_COUNT(channels); ++j)
            for (size_t k = 0; k < TQ_COUNT(options); ++k)
                if ((i + j + k) % (small ? 12 : 4) == 0 || (!small && k == 0 && channels[j] >= 32))
                    run(context, options[k], channels[j], &all_slots[i]);
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bits_of_the_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
