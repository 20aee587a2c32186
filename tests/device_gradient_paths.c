/*
 * Gradients of conv2d where formats bound weights, inputs and gradients, so that fast paths are
 * planned, for numbers within what these count on and beyond: device and host reference give the same bits.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layers/contract.h"
#include "layers/kind.h"
#include "support/device_test.h"
#include "support/test_sets.h"

/* Numbers, and what the planner is told of them. */
typedef struct operand {
    const char *quantizer; /* "none": finite numbers on no known grid */
    double size;           /* largest magnitude of the numbers; the range is the quantizer's */
    int bits;              /* random numbers are multiples of 2^-bits, every other one; 0: of none */
} operand;

typedef struct shape {
    const char *options;
    int64_t input[4], weight[4];
} shape;

typedef struct trial {
    const shape *of;
    const char *slots;
    operand x, w, dy;
    const char *by_input, *by_weight; /* paths, where the device has all that they need */
} trial;

static const shape conv = {"pads=1x1x1x1", {2, 6, 5, 3}, {3, 3, 3, 20}},
                   large = {"", {4, 18, 18, 2}, {3, 3, 2, 20}},
                   strided = {"stride=2,pads=1x1x1x1,groups=2", {3, 6, 7, 4}, {3, 3, 2, 6}};

#define Q "nearest,16,8"

static const trial trials[] = {
    /* Ranges of the formats alone. */
    {&conv, Q, {Q, 100, 0}, {Q, 100, 0}, {Q, 100, 0}, "fma16", "fma16"},
    {&strided, Q, {Q, 3, 0}, {Q, 1, 0}, {Q, 1, 0}, "fma16", "fma16"},
    /* Inputs, or gradients, on no grid: ties at many places; within the bounds, at their ends and beyond. */
    {&large, Q, {"none", 1, 12}, {Q, 1, 0}, {Q, 0.5, 0}, "fma16", "fma16"},
    {&conv, Q, {"none", 15.9, 10}, {Q, 2, 0}, {Q, 2, 0}, "fma16", "fma16"},
    {&conv, Q, {"none", 16, 14}, {Q, 2, 0}, {Q, 2.1, 0}, "fma16", "fma16"},
    {&conv, Q, {"none", 17, 9}, {Q, 1, 0}, {Q, 1, 0}, "fma16", "fma16"},
    {&conv, Q, {"none", 1, 9}, {Q, 90, 0}, {Q, 90, 0}, "fma16", "fma16"},
    {&conv, Q, {"none", 7.99, 13}, {Q, 15.9, 0}, {Q, 15.9, 0}, "fma16", "fma16"},
    /* Integers of 16 bits, and a row of ones for the bias. */
    {&large,
     "down,16,8",
     {"nearest,8,4", 7, 0},
     {"nearest,8,7", 0.5, 0},
     {"nearest,8,7", 0.5, 0},
     NULL,
     "lanes16"},
    /* A word of fewer bits. */
    {&conv, "nearest,12,6", {"none", 1, 9}, {"nearest,12,6", 1, 0}, {"nearest,12,6", 9, 0}, NULL, NULL},
};

static float *numbers(int64_t count, const operand *of, uint32_t seed)
{
    tq_quantizer q;
    float *x = tq_test_array(count);
    assert_int_equal(tq_quantizer_parse(&q, of->quantizer), TQ_OK);
    for (int64_t i = 0; i < count; ++i) {
        const float grid = (float)(1 << of->bits);
        x[i] = (float)of->size * 0.98765432f * tq_test_number((uint32_t)i + seed);
        if (of->bits > 0 && i % 2 == 0)
            x[i] = roundf(x[i] * grid) / grid;
    }
    x[0] = (float)of->size;
    tq_quantize_array(x, x, count, &q, 0);
    return x;
}

static tq_range range_of(const operand *of)
{
    tq_quantizer q;
    tq_range range = tq_range__unknown();
    range.finite = true;
    assert_int_equal(tq_quantizer_parse(&q, of->quantizer), TQ_OK);
    return tq_range__quantized(range, &q);
}

/* A layer in training, whose operands have these ranges. */
static tq_layer *make_layer(tq_context *context, const trial *t, const float *w, const float *b)
{
    const tq_shape in = tq_shape_of(4, t->of->input), weight = tq_shape_of(4, t->of->weight),
                   bias = tq_shape_of(1, &t->of->weight[3]);
    const tq_range range = range_of(&t->x);
    tq_layer_quantizers q = {.seed = 77, .id = 3};
    tq_layer *layer;
    assert_int_equal(tq_accumulation_parse(&q.intrinsic, t->slots), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&q.weights, t->w.quantizer), TQ_OK);
    q.backward = q.update = q.intrinsic;
    assert_int_equal(tq_layer_create(&layer, context, "conv2d", "layer", t->of->options), TQ_OK);
    assert_int_equal(tq_layer_set_weight(layer, "weight", &weight, w), TQ_OK);
    assert_int_equal(tq_layer_set_weight(layer, "bias", &bias, b), TQ_OK);
    tq_layer__set_training(layer, true, false);
    tq_test_ok(tq_layer__plan(layer, &in, &range, 1, &q));
    layer->gradient_range = range_of(&t->dy);
    tq_test_ok(layer->kind->plan_backward(layer));
    return layer;
}

static void expect(const tq_tensor *device, const float *host, const char *what, size_t row)
{
    const int64_t count = tq_shape_count(tq_tensor_shape(device));
    float *read = tq_test_array(count);
    assert_int_equal(tq_tensor_read(device, read, count), TQ_OK);
    for (int64_t i = 0; i < count; ++i)
        if (memcmp(&read[i], &host[i], sizeof *read) != 0)
            fail_msg("trial %zu: %s[%lld] is %a, on the host %a", row, what, (long long)i, (double)read[i],
                     (double)host[i]);
    free(read);
}

static void expect_path(tq_context *context, const tq_contraction *contraction, const char *path, size_t row)
{
    const tq_device_info *device = tq_context_device(context);
    if (path != NULL && device->fma && device->subnormals && tq_context_device(context)->vector_width >= 8 &&
        strcmp(tq_contraction__path(contraction).name, path) != 0)
        fail_msg("trial %zu: path '%s' instead of '%s'", row, tq_contraction__path(contraction).name, path);
}

static void check(tq_context *context, size_t row)
{
    const trial *t = &trials[row];
    const tq_shape in = tq_shape_of(4, t->of->input), weight = tq_shape_of(4, t->of->weight),
                   bias = tq_shape_of(1, &t->of->weight[3]);
    tq_shape out;
    float *x = numbers(tq_shape_count(&in), &t->x, 1), *w = numbers(tq_shape_count(&weight), &t->w, 5000),
          *b = numbers(tq_shape_count(&bias), &t->w, 9000);
    tq_layer *layer = make_layer(context, t, w, b);
    const tq_contract_backward *backward = &((const tq_contract *)layer->state)->backward;
    tq_test_ok(tq_layer_output_shape(layer, &out));
    float *dy = numbers(tq_shape_count(&out), &t->dy, 13000), *y = tq_test_array(tq_shape_count(&out));
    float *hx = tq_test_array(tq_shape_count(&in)), *hw = tq_test_array(tq_shape_count(&weight)),
          *hb = tq_test_array(tq_shape_count(&bias));
    tq_tensor *tx = tq_test_tensor(context, &in, x), *tw = tq_test_tensor(context, &weight, w),
              *tb = tq_test_tensor(context, &bias, b), *ty = tq_test_tensor(context, &out, NULL),
              *tdy = tq_test_tensor(context, &out, dy), *dx = tq_test_tensor(context, &in, NULL),
              *dw = tq_test_tensor(context, &weight, NULL), *db = tq_test_tensor(context, &bias, NULL);
    const tq_tensor *inputs[] = {tx};
    const float *host_inputs[] = {x};
    const tq_gradients g = {inputs, tdy, {dx}, {dw, db}};
    const tq_host_gradients h = {host_inputs, dy, {hx}, {hw, hb}};
    layer->weight[0].trained = tw;
    layer->weight[1].trained = tb;
    tq_layer__set_first_sample(layer, 8 * (uint64_t)t->of->input[0]);
    expect_path(context, backward->by_input, t->by_input, row);
    expect_path(context, backward->by_weight, t->by_weight, row);
    tq_test_ok(tq_layer_forward(layer, inputs, ty));
    tq_test_ok(tq_layer_reference(layer, host_inputs, y));
    tq_test_ok(layer->kind->backward(layer, &g));
    tq_test_ok(layer->kind->backward_reference(layer, &h));
    expect(ty, y, "output", row);
    expect(dx, hx, "gradient by the input", row);
    expect(dw, hw, "gradient by the weight", row);
    expect(db, hb, "gradient by the bias", row);
    tq_tensor *const tensors[] = {tx, tw, tb, ty, tdy, dx, dw, db};
    float *const arrays[] = {x, w, b, dy, y, hx, hw, hb};
    for (size_t i = 0; i < TQ_COUNT(tensors); ++i) {
        tq_tensor_destroy(tensors[i]);
        free(arrays[i]);
    }
    tq_layer_destroy(layer);
}

/* With TQ_TEST_SLOW_COMPILER some of those at the bounds. */
static void device_is_reference(void **state)
{
    for (size_t i = 0; i < TQ_COUNT(trials); i += tq_test_is_slow() && i >= 2 ? 2 : 1)
        check(*state, i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(device_is_reference)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
