/*
 * Gradients of conv2d and dense, and their forward with weights that are tensors: device and host reference
 * give the same bits with quantizers in every slot.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layers/kind.h"
#include "support/device_test.h"

typedef struct trial {
    const char *kind, *options;
    int rank;
    int64_t input[4], weight[4];
} trial;

static const trial trials[] = {
    {"dense", "", 2, {4, 5}, {5, 19}},
    {"dense", "", 3, {2, 3, 7}, {7, 3}},
    {"conv2d", "pads=1x1x1x1", 4, {2, 5, 4, 3}, {3, 3, 3, 5}},
    {"conv2d", "stride=2x3,pads=2x0x1x1", 4, {2, 6, 7, 2}, {3, 2, 2, 18}},
    {"conv2d", "dilation=2x1,groups=2", 4, {2, 6, 5, 4}, {2, 2, 2, 6}},
    {"conv2d", "groups=3,pads=4x4x4x4", 4, {2, 3, 3, 3}, {2, 2, 1, 3}},
};

static const char *const slots[] = {"none", "nearest,16,8", "stochastic,12,6",
                                    "{\"product\": \"bf16\", \"sum\": \"fp16\", \"result\": \"e4m3\"}",
                                    "{\"product\": \"none\", \"sum\": \"exact\", \"result\": \"bf16\"}"};

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

static void check(tq_context *context, const trial *t, const char *slot)
{
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
    tq_layer__set_first_sample(layer, 8 * (uint64_t)t->input[0]);
    const tq_tensor *inputs[] = {tx};
    const float *host_inputs[] = {x};
    assert_int_equal(tq_layer_forward(layer, inputs, ty), TQ_OK);
    assert_int_equal(tq_layer_reference(layer, host_inputs, y), TQ_OK);
    expect(ty, y, "output", t, slot);
    const tq_gradients g = {inputs, ty, tdy, {dx}, {dw, db}};
    float *hx = tq_test_array(counts[0]), *hw = tq_test_array(counts[1]), *hb = tq_test_array(counts[2]);
    const tq_host_gradients h = {host_inputs, y, dy, {hx}, {hw, hb}};
    assert_int_equal(layer->kind->backward(layer, &g), TQ_OK);
    assert_int_equal(layer->kind->backward_reference(layer, &h), TQ_OK);
    expect(dx, hx, "gradient by the input", t, slot);
    expect(dw, hw, "gradient by the weight", t, slot);
    expect(db, hb, "gradient by the bias", t, slot);
    tq_tensor *const tensors[] = {tx, tw, tb, ty, tdy, dx, dw, db};
    float *const arrays[] = {x, w, b, dy, y, hx, hw, hb};
    for (size_t i = 0; i < 8; ++i) {
        tq_tensor_destroy(tensors[i]);
        free(arrays[i]);
    }
    tq_layer_destroy(layer);
}

static void device_is_reference(void **state)
{
    const bool all = getenv("TQ_TEST_DEVICE_ONLY") == NULL || getenv("TQ_TEST_ALL") != NULL;
    for (size_t i = 0; i < TQ_COUNT(trials); ++i)
        for (size_t j = 0; j < TQ_COUNT(slots); ++j)
            if (all || j == i % TQ_COUNT(slots))
                check(*state, &trials[i], slots[j]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(device_is_reference)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
