/* Batches in two halves, tq_network_start and tq_network_wait: the bits of tq_network_forward, in order,
 * whatever comes between. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/small_network.h"
#include "util/fail.h"

enum { STEP = 8, BATCHES = SMALL_SAMPLES / STEP, OUTPUTS = SMALL_SAMPLES * SMALL_OUTPUT };

static const tq_small_plan plan = {.batch = STEP,
                                   .weights = "nearest,8,6",
                                   .intrinsic = "stochastic,16,8",
                                   .extrinsic = "nearest,12,4",
                                   .seed = 7};

typedef struct fixture {
    tq_context *context;
    float data[SMALL_SAMPLES * SMALL_INPUT];
    float should[OUTPUTS], is[OUTPUTS];
} fixture;

static void start(tq_network *network, const float *data, int64_t batch)
{
    if (tq_network_start(network, data + batch * STEP * SMALL_INPUT, STEP, batch * STEP) != TQ_OK)
        fail_msg("start: %s", tq_error());
}

static void wait(tq_network *network, float *to, int64_t batch)
{
    if (tq_network_wait(network, to == NULL ? NULL : to + batch * STEP * SMALL_OUTPUT) != TQ_OK)
        fail_msg("wait: %s", tq_error());
}

static void expect_state(tq_status status, const char *text)
{
    assert_int_equal(status, TQ_E_STATE);
    if (strstr(tq_error(), text) == NULL)
        fail_msg("no '%s' in '%s'", text, tq_error());
}

static tq_network *network_of(fixture *t, tq_layout layout)
{
    tq_network *const network = tq_small_make(t->context, layout);
    tq_small_set(network, &plan);
    memset(t->is, 0, sizeof t->is);
    return network;
}

static void expect_all(const fixture *t)
{
    assert_memory_equal(t->is, t->should, sizeof t->is);
}

/* Two under way all the time, and the memory is what it was after the first two. */
static void test_two_under_way(void **state)
{
    fixture *const t = *state;
    tq_network *const network = network_of(t, TQ_NHWC);
    start(network, t->data, 0);
    start(network, t->data, 1);
    const tq_memory_counts counts = tq_context_memory(t->context);
    for (int64_t i = 0; i < BATCHES; ++i) {
        wait(network, t->is, i);
        if (i + 2 < BATCHES)
            start(network, t->data, i + 2);
    }
    expect_all(t);
    const tq_memory_counts after = tq_context_memory(t->context);
    assert_int_equal(after.buffers, counts.buffers);
    assert_int_equal(after.bytes, counts.bytes);
    assert_int_equal(after.made, counts.made);
    tq_network_destroy(network);
    assert_true(tq_context_memory(t->context).buffers < counts.buffers);
}

/* The caller's memory is free as soon as start returns. */
static void test_the_input_is_copied(void **state)
{
    fixture *const t = *state;
    tq_network *const network = network_of(t, TQ_NHWC);
    float batch[STEP * SMALL_INPUT];
    for (int64_t i = 0; i <= BATCHES; ++i) {
        if (i < BATCHES) {
            memcpy(batch, t->data + i * STEP * SMALL_INPUT, sizeof batch);
            assert_int_equal(tq_network_start(network, batch, STEP, i * STEP), TQ_OK);
            memset(batch, 0xFF, sizeof batch);
        }
        if (i > 0)
            wait(network, t->is, i - 1);
    }
    expect_all(t);
    tq_network_destroy(network);
}

static void test_order_of_calls(void **state)
{
    fixture *const t = *state;
    tq_network *const network = network_of(t, TQ_NHWC);
    float one[STEP * SMALL_OUTPUT];
    expect_state(tq_network_wait(network, t->is), "no run is under way");
    start(network, t->data, 0);
    expect_state(tq_network_forward(network, t->data, STEP, 0, one), "1 runs are under way");
    assert_int_equal(tq_network_start(network, t->data, STEP + 1, 0), TQ_E_ARGUMENT);
    assert_int_equal(tq_network_start(network, NULL, STEP, 0), TQ_E_ARGUMENT);
    start(network, t->data, 1);
    expect_state(tq_network_start(network, t->data, STEP, 0), "2 runs are under way");
    assert_int_equal(tq_network_reference(network, t->data, STEP, 0, one), TQ_OK);
    assert_memory_equal(one, t->should, sizeof one);
    wait(network, t->is, 0);
    wait(network, t->is, 1);
    expect_state(tq_network_wait(network, t->is), "no run is under way");
    assert_memory_equal(t->is, t->should, 2 * STEP * SMALL_OUTPUT * sizeof(float));
    tq_network_destroy(network);
}

/* What changes the network drops what is under way; it is usable afterwards. */
static void test_dropped_runs(void **state)
{
    fixture *const t = *state;
    tq_network *const network = network_of(t, TQ_NHWC);
    start(network, t->data, 0);
    start(network, t->data, 1);
    tq_small_set(network, &plan);
    expect_state(tq_network_wait(network, t->is), "no run is under way");
    start(network, t->data, 2);
    assert_int_equal(tq_network_set_output(network, "dense"), TQ_OK);
    expect_state(tq_network_wait(network, t->is), "no run is under way");
    expect_state(tq_network_start(network, t->data, STEP, 0), "not planned");
    tq_small_set(network, &plan);
    tq_small_forward(network, t->data, STEP, t->is);
    expect_all(t);
    start(network, t->data, 0); /* destroyed under way */
    tq_network_destroy(network);
}

/* An input beyond what the plan assumed arrives while another run is under way: both have the bits of a
 * network that assumed nothing. */
static void test_plans_again_under_way(void **state)
{
    fixture *const t = *state;
    tq_network *const network = tq_small_make(t->context, TQ_NHWC), *const safe =
                                                                        tq_small_make(t->context, TQ_NHWC);
    tq_small_plan bounded = {
        .batch = STEP, .weights = "nearest,8,6", .intrinsic = "nearest,16,8", .input_largest = 2};
    static float large[STEP * SMALL_INPUT], should[3][STEP * SMALL_OUTPUT], is[3][STEP * SMALL_OUTPUT];
    for (int i = 0; i < STEP * SMALL_INPUT; ++i)
        large[i] = 1000.0f * t->data[i];
    large[7] = NAN;
    tq_small_set(network, &bounded);
    bounded.input_largest = 0;
    tq_small_set(safe, &bounded);
    const float *const inputs[3] = {t->data, large, t->data + STEP * SMALL_INPUT};
    for (int i = 0; i < 3; ++i)
        assert_int_equal(tq_network_forward(safe, inputs[i], STEP, i * STEP, should[i]), TQ_OK);
    assert_int_equal(tq_network_start(network, inputs[0], STEP, 0), TQ_OK);
    assert_int_equal(tq_network_start(network, inputs[1], STEP, STEP), TQ_OK);
    assert_int_equal(tq_network_wait(network, is[0]), TQ_OK);
    assert_int_equal(tq_network_start(network, inputs[2], STEP, 2 * STEP), TQ_OK);
    assert_int_equal(tq_network_wait(network, is[1]), TQ_OK);
    assert_int_equal(tq_network_wait(network, is[2]), TQ_OK);
    assert_memory_equal(is, should, sizeof is);
    tq_network_destroy(network);
    tq_network_destroy(safe);
}

static int open_all(void **state)
{
    static fixture t;
    if (tq_context_open(&t.context, "") != TQ_OK)
        fail_msg("%s", tq_error());
    tq_small_data(t.data);
    tq_network *const network = tq_small_make(t.context, TQ_NHWC);
    tq_small_set(network, &plan);
    tq_small_forward(network, t.data, STEP, t.should);
    tq_network_destroy(network);
    *state = &t;
    return 0;
}

static int close_all(void **state)
{
    fixture *const t = *state;
    assert_int_equal(tq_context_memory(t->context).buffers, 0);
    tq_context_close(t->context);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_under_way),         cmocka_unit_test(test_the_input_is_copied),
        cmocka_unit_test(test_order_of_calls),        cmocka_unit_test(test_dropped_runs),
        cmocka_unit_test(test_plans_again_under_way),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
