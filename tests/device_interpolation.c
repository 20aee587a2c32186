/*
 * Linear interpolation with quantizers in every slot: the device and the host reference give the bits of the
 * exact oracle, whose taps and weights are worked out here by hand; so do samples one by one.
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
#include "oracle/oracle_kinds.h"
#include "support/bits.h"

#define FIRST_SAMPLE 3
#define SAMPLES      2
#define ROWS         3
#define COLUMNS      2
#define CHANNELS     5
#define MOST         6

static const oracle_slots all_slots[] = {
    {"none", "none", "none", false, 0x123456789, 6},
    {"nearest,16,8", "nearest,16,8", "nearest,16,8", false, 0x123456789, 6},
    {"bf16", "none", "e4m3", false, 0x123456789, 6},
    {"stochastic,12,6", "stochastic,12,6,bits=8", "stochastic,10,4", false, 0x123456789, 6},
    {"none", "exact", "fixed,10,4,round=down", false, 0x123456789, 6},
};

/* Of each output row or column: the first of its neighbours, and the second one's weight; 0: there is none.
 */
typedef struct trial {
    const char *options;
    int rows, columns;
    int above[MOST], left[MOST];
    float below[MOST], right[MOST];
} trial;

static const trial trials[] = {
    /* (i + 0.5) / 2 - 0.5 within 0 .. 2 and 0 .. 1 */
    {"scale=2",
     6,
     4,
     {0, 0, 0, 1, 1, 2},
     {0, 0, 0, 1},
     {0, 0.25f, 0.75f, 0.25f, 0.75f, 0},
     {0, 0.25f, 0.75f, 0}},
    /* i * 2 / 4 and i * 1 / 2 */
    {"size=5x3,coordinates=align_corners",
     5,
     3,
     {0, 0, 1, 1, 2},
     {0, 0, 1},
     {0, 0.5f, 0, 0.5f, 0},
     {0, 0.5f, 0}},
    /* i / 2 within 0 .. 2; the columns stay */
    {"scale=2x1,coordinates=asymmetric", 6, 2, {0, 0, 1, 1, 2, 2}, {0, 1}, {0, 0.5f, 0, 0.5f, 0, 0}, {0, 0}},
};

static uint32_t oracle(const oracle_slots *s, const trial *t, const float *x, int i)
{
    const int channel = i % CHANNELS, column = i / CHANNELS % t->columns,
              row = i / CHANNELS / t->columns % t->rows;
    const int sample = i / CHANNELS / t->columns / t->rows;
    oracle_tap taps[4];
    uint32_t weights[4];
    for (int k = 0; k < 4; ++k) {
        const float a = k < 2 ? 1.0f - t->below[row] : t->below[row];
        const float b = k % 2 == 0 ? 1.0f - t->right[column] : t->right[column];
        const int r = t->above[row] + k / 2, c = t->left[column] + k % 2;
        taps[k].inside = a != 0 && b != 0;
        weights[k] = bits_of(a * b);
        if (taps[k].inside)
            taps[k].bits = bits_of(x[((sample * ROWS + r) * COLUMNS + c) * CHANNELS + channel]);
    }
    const int each = t->rows * t->columns * CHANNELS;
    return oracle_weighted(s, taps, weights, 4, (uint64_t)FIRST_SAMPLE * (uint64_t)each + (uint64_t)i);
}

static tq_layer *plan(tq_context *context, const trial *t, const oracle_slots *s)
{
    char text[300];
    tq_layer *layer;
    tq_layer_quantizers q = {.seed = s->seed, .id = s->id};
    snprintf(text, sizeof text, "{\"product\": \"%s\", \"sum\": \"%s\", \"result\": \"%s\"}", s->product,
             s->sum, s->result);
    assert_int_equal(tq_accumulation_parse(&q.intrinsic, text), TQ_OK);
    const tq_shape in = tq_shape_of(4, (const int64_t[]){1, ROWS, COLUMNS, CHANNELS});
    if (tq_layer_create(&layer, context, "resizelinear", "r", t->options) != TQ_OK ||
        tq_layer_plan(layer, &in, 1, &q) != TQ_OK)
        fail_msg("%s", tq_error());
    return layer;
}

/* Sample by sample, or all at once. */
static void forward(tq_context *context, tq_layer *layer, const float *x, float *y, int samples, int first)
{
    tq_shape in = layer->input[0], out;
    tq_tensor *from, *to;
    const tq_layer_quantizers q = layer->quantizers;
    in.dim[0] = samples;
    assert_int_equal(tq_layer_plan(layer, &in, 1, &q), TQ_OK);
    out = layer->output;
    const int64_t skip = tq_shape_count(&in) / samples * first, at = tq_shape_count(&out) / samples * first;
    tq_layer__set_first_sample(layer, (uint64_t)(FIRST_SAMPLE + first));
    assert_int_equal(tq_tensor_create(&from, context, &in), TQ_OK);
    assert_int_equal(tq_tensor_create(&to, context, &out), TQ_OK);
    assert_int_equal(tq_tensor_write(from, x + skip, tq_shape_count(&in)), TQ_OK);
    if (tq_layer_forward(layer, (const tq_tensor *const[]){from}, to) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(to, y + at, tq_shape_count(&out)), TQ_OK);
    tq_tensor_destroy(from);
    tq_tensor_destroy(to);
}

static void run(tq_context *context, const trial *t, const oracle_slots *s)
{
    float x[SAMPLES * ROWS * COLUMNS * CHANNELS], y[3][SAMPLES * MOST * MOST * CHANNELS];
    const int count = SAMPLES * t->rows * t->columns * CHANNELS;
    uint64_t state = 7;
    const bool wild = strcmp(s->sum, "nearest,16,8") != 0;
    tq_layer *layer = plan(context, t, s);
    for (size_t i = 0; i < TQ_COUNT(x); ++i) {
        const uint32_t bits = oracle_random_input(&state, NULL);
        memcpy(&x[i], &bits, sizeof bits);
        x[i] = wild && i % 3 == 0 ? x[i] : (float)((int)(bits >> 8) % 1000) / 64.0f;
    }
    for (int i = 0; i < SAMPLES; ++i)
        forward(context, layer, x, y[0], 1, i);
    forward(context, layer, x, y[1], SAMPLES, 0);
    assert_int_equal(tq_layer_reference(layer, (const float *const[]){x}, y[2]), TQ_OK);
    for (int i = 0; i < count; ++i) {
        const uint32_t wanted = oracle(s, t, x, i);
        for (int k = 0; k < 3; ++k)
            if (bits_of(y[k][i]) != wanted)
                fail_msg("%s: '%s' with %s/%s/%s, output %d is %08x, should be %08x",
                         ((const char *const[]){"one by one", "device", "reference"})[k], t->options,
                         s->product, s->sum, s->result, i, bits_of(y[k][i]), wanted);
    }
    tq_layer_destroy(layer);
}

static void all_modes_all_slots(void **state)
{
    tq_context *context;
    const bool small = getenv("TQ_TEST_SMALL") != NULL;
    (void)state;
    if (tq_context_open(&context, NULL) != TQ_OK)
        fail_msg("%s", tq_error());
    for (size_t i = 0; i < TQ_COUNT(trials); ++i)
        for (size_t j = 0; j < TQ_COUNT(all_slots); ++j)
            if (!small || (i + j) % 3 == 0)
                run(context, &trials[i], &all_slots[j]);
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_modes_all_slots)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
