/*
 * Gradients of conv2d and dense, and their forward with weights that are tensors: device and host reference
 * give the same bits with quantizers in every slot, and the reference those of an exact oracle and what comes
 * out by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layers/kind.h"
#include "oracle/oracle_gradient.h"
#include "support/device_test.h"
#include "support/test_sets.h"

#define STEPS 8 /* taken before */

typedef struct trial {
    const char *kind, *options;
    int rank;
    int64_t input[4], weight[4];
    int stride, dilation, pads[2], groups; /* as in the options, for the oracle; 10 * rows + columns */
} trial;

static const trial trials[] = {
    {"dense", "", 2, {4, 5}, {5, 19}, 11, 11, {0, 0}, 1},
    {"dense", "", 3, {2, 3, 7}, {7, 3}, 11, 11, {0, 0}, 1},
    {"conv2d", "pads=1x1x1x1", 4, {5, 4, 3, 2}, {3, 3, 2, 17}, 11, 11, {1, 1}, 1},
    {"conv2d", "stride=2x3,pads=2x0x1x1", 4, {2, 6, 7, 2}, {3, 2, 2, 18}, 23, 11, {2, 0}, 1},
    {"conv2d", "dilation=2x1,groups=2", 4, {2, 6, 5, 4}, {2, 2, 2, 6}, 11, 21, {0, 0}, 2},
    /* of so many pixels that the bias is a row of the product */
    {"conv2d", "pads=1x0x0x0", 4, {1, 32, 32, 1}, {2, 1, 1, 17}, 11, 11, {1, 0}, 1},
    {"conv2d", "groups=3,pads=4x4x4x4", 4, {2, 3, 3, 3}, {2, 2, 1, 3}, 11, 11, {4, 4}, 3},
    {"conv2d", "groups=16,pads=1x1x0x0", 4, {4, 3, 3, 16}, {2, 2, 1, 16}, 11, 11, {1, 1}, 16},
    {"conv2d", "stride=2,groups=2,pads=1x1x0x0", 4, {2, 5, 5, 4}, {3, 2, 2, 4}, 22, 11, {1, 1}, 2},
};

/* In all slots: one quantizer, or one in each. */
static const struct {
    const char *text, *product, *sum, *result;
} slots[] = {
    {"none", "none", "none", "none"},
    {"nearest,16,8", "nearest,16,8", "nearest,16,8", "nearest,16,8"},
    {"stochastic,12,6", "stochastic,12,6", "stochastic,12,6", "stochastic,12,6"},
    {"{\"product\": \"bf16\", \"sum\": \"fp16\", \"result\": \"e4m3\"}", "bf16", "fp16", "e4m3"},
    {"{\"product\": \"none\", \"sum\": \"exact\", \"result\": \"bf16\"}", "none", "exact", "bf16"},
};

static float *numbers(int64_t count, uint32_t seed)
{
    float *x = tq_test_array(count);
    for (int64_t i = 0; i < count; ++i)
        x[i] = tq_test_number((uint32_t)i + seed);
    return x;
}

static void expect(const tq_tensor *device, const float *host, const char *what, const trial *t,
                   const char *slot)
{
    const int64_t count = tq_shape_count(tq_tensor_shape(device));
    float *read = tq_test_array(count);
    assert_int_equal(tq_tensor_read(device, read, count), TQ_OK);
    for (int64_t i = 0; i < count; ++i)
        if (memcmp(&read[i], &host[i], sizeof *read) != 0)
            fail_msg("%s %s, %s: %s[%lld] is %a, on the host %a", t->kind, t->options, slot, what,
                     (long long)i, (double)read[i], (double)host[i]);
    free(read);
}

/* A dense layer's samples are all its rows. */
static oracle_convolution convolution_of(const trial *t, const tq_layer *layer)
{
    const bool dense = t->rank != 4;
    const int64_t inputs = t->input[t->rank - 1], samples = tq_shape_count(&layer->input[0]) / inputs;
    return (oracle_convolution){.samples = (int)(dense ? samples : t->input[0]),
                                .rows = dense ? 1 : (int)t->input[1],
                                .columns = dense ? 1 : (int)t->input[2],
                                .inputs = (int)inputs,
                                .kernel_rows = dense ? 1 : (int)t->weight[0],
                                .kernel_columns = dense ? 1 : (int)t->weight[1],
                                .outputs = (int)t->weight[dense ? 1 : 3],
                                .groups = t->groups,
                                .stride = t->stride / 10,
                                .dilation = t->dilation / 10,
                                .pad_top = t->pads[0],
                                .pad_left = t->pads[1],
                                .out_rows = dense ? 1 : (int)layer->output.dim[1],
                                .out_columns = dense ? 1 : (int)layer->output.dim[2],
                                .first_sample = (long)STEPS * (long)(dense ? samples : t->input[0]),
                                .stride_columns = t->stride % 10,
                                .dilation_columns = t->dilation % 10};
}

static void same(float is, uint32_t should, const char *what, const trial *t, const char *slot, int64_t i)
{
    uint32_t bits;
    memcpy(&bits, &is, sizeof bits);
    if (bits != should)
        fail_msg("%s %s, %s: %s[%lld] is %08x, the oracle says %08x", t->kind, t->options, slot, what,
                 (long long)i, bits, should);
}

/* The host's gradients against the oracle's; not where another test has done it. */
static void check_oracle(const tq_layer *layer, const trial *t, size_t slot, const tq_host_gradients *h,
                         const float *w)
{
    const oracle_convolution c = convolution_of(t, layer);
    const oracle_gradient g = {{slots[slot].product, slots[slot].sum, slots[slot].result, false, 77, 3},
                               c,
                               (const uint32_t *)(const void *)h->input[0],
                               (const uint32_t *)(const void *)w,
                               (const uint32_t *)(const void *)h->output_gradient};
    const int terms = c.inputs / c.groups;
    if (getenv("TQ_TEST_DEVICE_ONLY") != NULL)
        return;
    for (int i = 0; i < c.samples * c.rows * c.columns * c.inputs; ++i)
        same(h->input_gradient[0][i],
             oracle_by_input(&g, i / c.inputs / c.columns / c.rows, i / c.inputs / c.columns % c.rows,
                             i / c.inputs % c.columns, i % c.inputs),
             "gradient by the input", t, slots[slot].text, i);
    for (int i = 0; i < c.kernel_rows * c.kernel_columns * terms * c.outputs; ++i)
        same(h->weight_gradient[0][i],
             oracle_by_weight(&g, i / c.outputs / terms / c.kernel_columns,
                              i / c.outputs / terms % c.kernel_columns, i / c.outputs % terms, i % c.outputs),
             "gradient by the weight", t, slots[slot].text, i);
    for (int i = 0; i < c.outputs; ++i)
        same(h->weight_gradient[1][i], oracle_by_bias(&g, i), "gradient by the bias", t, slots[slot].text, i);
}

static void check(tq_context *context, const trial *t, size_t number, bool on_device)
{
    const char *const slot = slots[number].text;
    const int weight_rank = t->rank == 4 ? 4 : 2;
    const tq_shape in = tq_shape_of(t->rank, t->input), weight = tq_shape_of(weight_rank, t->weight),
                   bias = tq_shape_of(1, &t->weight[weight_rank - 1]);
    const int64_t counts[] = {tq_shape_count(&in), tq_shape_count(&weight), tq_shape_count(&bias)};
    tq_layer_quantizers q = {.seed = 77, .id = 3};
    tq_layer *layer;
    tq_shape out;
    float *x = numbers(counts[0], 1), *w = numbers(counts[1], 500), *b = numbers(counts[2], 900);
    assert_int_equal(tq_accumulation_parse(&q.intrinsic, slot), TQ_OK);
    q.backward = q.update = q.intrinsic;
    assert_int_equal(tq_layer_create(&layer, context, t->kind, "layer", t->options), TQ_OK);
    assert_int_equal(tq_layer_set_weight(layer, "weight", &weight, w), TQ_OK);
    assert_int_equal(tq_layer_set_weight(layer, "bias", &bias, b), TQ_OK);
    tq_layer__set_training(layer, true, false);
    if (tq_layer_plan(layer, &in, 1, &q) != TQ_OK || layer->kind->plan_backward(layer) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_layer_output_shape(layer, &out), TQ_OK);
    float *dy = numbers(tq_shape_count(&out), 1300), *y = tq_test_array(tq_shape_count(&out));
    tq_tensor *tx = tq_test_tensor(context, &in, x), *tw = tq_test_tensor(context, &weight, w),
              *tb = tq_test_tensor(context, &bias, b), *ty = tq_test_tensor(context, &out, NULL),
              *tdy = tq_test_tensor(context, &out, dy), *dx = tq_test_tensor(context, &in, NULL),
              *dw = tq_test_tensor(context, &weight, NULL), *db = tq_test_tensor(context, &bias, NULL);
    layer->weight[0].trained = tw;
    layer->weight[1].trained = tb;
    tq_layer__set_first_sample(layer, STEPS * (uint64_t)t->input[0]);
    const tq_tensor *inputs[] = {tx};
    const float *host_inputs[] = {x};
    assert_int_equal(tq_layer_reference(layer, host_inputs, y), TQ_OK);
    const tq_gradients g = {inputs, tdy, {dx}, {dw, db}};
    float *hx = tq_test_array(counts[0]), *hw = tq_test_array(counts[1]), *hb = tq_test_array(counts[2]);
    const tq_host_gradients h = {host_inputs, dy, {hx}, {hw, hb}};
    assert_int_equal(layer->kind->backward_reference(layer, &h), TQ_OK);
    check_oracle(layer, t, number, &h, w);
    if (on_device) {
        assert_int_equal(tq_layer_forward(layer, inputs, ty), TQ_OK);
        assert_int_equal(layer->kind->backward(layer, &g), TQ_OK);
        expect(ty, y, "output", t, slot);
        expect(dx, hx, "gradient by the input", t, slot);
        expect(dw, hw, "gradient by the weight", t, slot);
        expect(db, hb, "gradient by the bias", t, slot);
    }
    tq_tensor *const tensors[] = {tx, tw, tb, ty, tdy, dx, dw, db};
    float *const arrays[] = {x, w, b, dy, y, hx, hw, hb};
    for (size_t i = 0; i < 8; ++i) {
        tq_tensor_destroy(tensors[i]);
        free(arrays[i]);
    }
    tq_layer_destroy(layer);
}

/* Every pair is for the oracle; compilers are slow, so the device takes one or two slots of each trial. */
static void device_is_reference(void **state)
{
    const bool part = getenv("TQ_TEST_DEVICE_ONLY") != NULL, all = getenv("TQ_TEST_ALL") != NULL;
    for (size_t i = 0; i < TQ_COUNT(trials); ++i)
        for (size_t j = 0; j < TQ_COUNT(slots); ++j) {
            const size_t distance = (j + i) % TQ_COUNT(slots);
            const bool chosen = distance == 0 || (distance == 2 && !part);
            if ((part && !all && !chosen) || (tq_test_is_slow() && i % 3 == 1))
                continue;
            check(*state, &trials[i], j, chosen || all || (!part && tq_test_is_full()));
        }
}

/* Each step rounded, of one input and one output, 4 samples: sums saturate, `zero` cuts, ties go away from
 * zero. */
static void sums_by_hand(void **state)
{
    static const struct {
        const char *accumulation;
        float x[4], w, dy[4], dx[4], dw, db;
    } rows[] = {
        {"{\"product\": \"nearest,8,1\", \"sum\": \"zero,8,0\"}",
         {1, 2, 3, 4},
         3,
         {0.3f, 0.2f, -0.2f, 1},
         {1, 0, 0, 3},
         4,
         1},
        {"{\"sum\": \"nearest,8,2\", \"result\": \"nearest,8,1\"}",
         {1, 2, 1, 1},
         0.5f,
         {31.9f, 5, -31, 0.1f},
         {16, 2.5f, -15.5f, 0},
         1,
         1},
    };
    const tq_shape in = tq_shape_of(2, (const int64_t[]){4, 1}),
                   one = tq_shape_of(2, (const int64_t[]){1, 1}), bias = tq_shape_of(1, (const int64_t[]){1});
    for (size_t i = 0; i < TQ_COUNT(rows); ++i) {
        const float *const x = rows[i].x, zeros[4] = {0};
        float dx[4], dw[1], db[1];
        const tq_host_gradients g = {&x, rows[i].dy, {dx}, {dw, db}};
        tq_layer_quantizers q = {0};
        tq_layer *layer;
        assert_int_equal(tq_accumulation_parse(&q.backward, rows[i].accumulation), TQ_OK);
        q.update = q.backward;
        assert_int_equal(tq_layer_create(&layer, *state, "dense", "layer", ""), TQ_OK);
        assert_int_equal(tq_layer_set_weight(layer, "weight", &one, &rows[i].w), TQ_OK);
        assert_int_equal(tq_layer_set_weight(layer, "bias", &bias, zeros), TQ_OK);
        tq_layer__set_training(layer, true, false);
        assert_int_equal(tq_layer_plan(layer, &in, 1, &q), TQ_OK);
        assert_int_equal(layer->kind->plan_backward(layer), TQ_OK);
        assert_int_equal(layer->kind->backward_reference(layer, &g), TQ_OK);
        for (size_t k = 0; k < 4; ++k)
            if (!(dx[k] >= rows[i].dx[k] && dx[k] <= rows[i].dx[k]))
                fail_msg("row %zu: gradient %zu by the input is %g", i, k, (double)dx[k]);
        if (!(*dw >= rows[i].dw && *dw <= rows[i].dw && *db >= rows[i].db && *db <= rows[i].db))
            fail_msg("row %zu: gradients by weight and bias are %g, %g", i, (double)*dw, (double)*db);
        tq_layer_destroy(layer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sums_by_hand), cmocka_unit_test(device_is_reference)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
