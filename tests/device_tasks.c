/*
 * The single work-item form of kernels (docs/fpga.md), which runs on any device: networks give the bits of
 * the host reference in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/launch.h"
#include "support/device_test.h"
#include "support/every_kernel.h"
#include "support/small_network.h"
#include "support/test_sets.h"

#define SAMPLES 2

static void check_same(const float *is, const float *should, int count, const char *what)
{
    for (int i = 0; i < count; ++i)
        if (memcmp(&is[i], &should[i], sizeof *is) != 0)
            fail_msg("%s, output %d: %a, should be %a", what, i, (double)is[i], (double)should[i]);
}

/* A device that ends loops has a launch for every place, which takes long. */
static bool is_slow(const tq_context *context)
{
    return tq_device__most_rounds(tq_context_device(context)) != TQ_ANY_ROUNDS;
}

/* Random draws in the loops, behind the layers and on the weights; on any device. */
static void small_network(void **state)
{
    float data[SMALL_SAMPLES * SMALL_INPUT], is[SAMPLES * SMALL_OUTPUT], should[SAMPLES * SMALL_OUTPUT];
    const tq_small_plan plan = {.weights = "nearest,8,4",
                                .intrinsic = "stochastic,16,8",
                                .extrinsic = "nearest,8,4",
                                .batch = SAMPLES,
                                .seed = 5};
    if (tq_test_is_part() && !is_slow(*state))
        skip();
    assert_int_equal(tq_context_set(*state, "shape", "task"), TQ_OK);
    tq_network *network = tq_small_make(*state, TQ_NCHW);
    tq_small_data(data);
    tq_small_set(network, &plan);
    tq_test_ok(tq_network_forward(network, data, SAMPLES, 9, is));
    tq_test_ok(tq_network_reference(network, data, SAMPLES, 9, should));
    check_same(is, should, SAMPLES * SMALL_OUTPUT, "small network");
    tq_network_destroy(network);
}

/* Every kernel of a layer without training. */
static void every_kernel(void **state)
{
    float input[EVERY_INPUT], is[9], should[9];
    tq_map *map;
    if (tq_test_is_part() || is_slow(*state))
        skip();
    const tq_plan plan = tq_every_plan(&map, getenv("TQ_TEST_SMALL") != NULL ? NULL : "stochastic,16,8");
    for (int i = 0; i < EVERY_INPUT; ++i)
        input[i] = tq_test_number((uint32_t)i);
    assert_int_equal(tq_context_set(*state, "shape", "task"), TQ_OK);
    tq_network *const network = tq_every_make(*state);
    tq_test_ok(tq_network_plan(network, &plan));
    tq_test_ok(tq_network_forward(network, input, 1, 2, is));
    tq_test_ok(tq_network_reference(network, input, 1, 2, should));
    check_same(is, should, 9, "every kernel");
    tq_network_destroy(network);
    tq_map_destroy(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(small_network), cmocka_unit_test(every_kernel)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
