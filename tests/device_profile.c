/* The profile counts each launch once, for its layer, with the work that was planned. */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/small_network.h"

enum { BATCH = 8, FORWARDS = 3, ROWS = 32 };

static float data[SMALL_SAMPLES * SMALL_INPUT];
static float output[2][BATCH * SMALL_OUTPUT];

static void must(tq_status status)
{
    if (status != TQ_OK)
        fail_msg("%s", tq_error());
}

static tq_network *planned(tq_context *context)
{
    tq_network *const network = tq_small_make(context, TQ_NHWC);
    tq_small_set(network,
                 &(tq_small_plan){.batch = BATCH, .intrinsic = "stochastic,12,6", .extrinsic = "bf16"});
    return network;
}

static size_t read_rows(tq_context *context, tq_profile_row *rows, tq_profile_total *total)
{
    size_t count;
    must(tq_profile_read(context, rows, ROWS, &count, total));
    assert_in_range(count, 1, ROWS);
    return count;
}

static const tq_profile_row *find(const tq_profile_row *rows, size_t count, const char *layer,
                                  const char *step)
{
    for (size_t i = 0; i < count; ++i)
        if (strcmp(rows[i].layer, layer) == 0 && strcmp(rows[i].step, step) == 0)
            return &rows[i];
    fail_msg("no row '%s', '%s'", layer, step);
    return NULL;
}

static void forward(tq_network *network, float *to)
{
    for (int i = 0; i < FORWARDS; ++i)
        must(tq_network_forward(network, data, BATCH, 0, to));
}

/* 8x8x2 images, 3x3 kernels, 3 filters; then 48 inputs and 5 outputs. */
static void expect_rows(tq_context *context)
{
    static tq_profile_row rows[ROWS];
    tq_profile_total total;
    const size_t count = read_rows(context, rows, &total);
    const tq_profile_row *const conv = find(rows, count, "conv", "contraction"),
                                *const dense = find(rows, count, "dense", "contraction"),
                                *const pool = find(rows, count, "pool", "maxpool"),
                                *const up = find(rows, count, "", "upload"),
                                *const down = find(rows, count, "", "download");
    assert_string_equal(conv->kind, "conv2d");
    assert_true(strlen(conv->path) > 0);
    assert_string_equal(pool->path, "");
    assert_true(conv->macs == 1.0 * FORWARDS * BATCH * 8 * 8 * 3 * 3 * 3 * 2);
    assert_true(dense->macs == 1.0 * FORWARDS * BATCH * 48 * 5);
    assert_true(conv->bytes >= 4.0 * FORWARDS * BATCH * 8 * 8 * 3);
    assert_true(pool->macs == 0 && pool->bytes == 4.0 * FORWARDS * BATCH * 3 * (8 * 8 + 4 * 4));
    assert_true(find(rows, count, "flat", "quantize_elements")->bytes > 0);
    for (size_t i = 0; i < count; ++i) /* the convolution computes its relu */
        assert_string_not_equal(rows[i].layer, "relu");
    assert_true(up->bytes == 4.0 * FORWARDS * BATCH * SMALL_INPUT);
    assert_true(down->bytes == 4.0 * FORWARDS * BATCH * SMALL_OUTPUT);
    assert_int_equal(pool->launches, FORWARDS);
    assert_int_equal(up->launches, FORWARDS);
    double busy = 0;
    for (size_t i = 0; i < count; ++i) {
        assert_true(rows[i].device_seconds >= 0 && rows[i].host_seconds >= 0);
        busy += i == (size_t)(up - rows) ? 0 : rows[i].device_seconds;
    }
    assert_true(total.busy > 0 && total.busy < busy * 1.0001);
    assert_true(total.busy <= total.span * 1.0001);
}

static void check_mode(const char *mode)
{
    tq_context *context;
    size_t count;
    must(tq_context_open(&context, ""));
    tq_network *const network = planned(context);
    assert_int_equal(tq_profile_read(context, NULL, 0, &count, NULL), TQ_E_STATE);
    assert_non_null(strstr(tq_error(), "the profile is off"));
    forward(network, output[0]);
    must(tq_context_set(context, "profile", mode));
    forward(network, output[1]);
    assert_memory_equal(output[0], output[1], sizeof output[0]);
    expect_rows(context);
    must(tq_profile_clear(context));
    must(tq_profile_read(context, NULL, 0, &count, NULL));
    assert_int_equal(count, 0);
    forward(network, output[1]);
    expect_rows(context);
    must(tq_context_set(context, "profile", "off"));
    assert_int_equal(tq_profile_clear(context), TQ_E_STATE);
    forward(network, output[1]);
    assert_memory_equal(output[0], output[1], sizeof output[0]);
    tq_network_destroy(network);
    tq_context_close(context);
}

static void test_by_events(void **state)
{
    (void)state;
    check_mode("on");
}

static void test_by_the_wall(void **state)
{
    (void)state;
    check_mode("wall");
}

static void test_adopted_queues(void **state)
{
    cl_platform_id platform[16];
    cl_device_id device;
    cl_uint platforms;
    cl_int code;
    tq_context *context;
    tq_profile_row rows[ROWS];
    (void)state;
    must(tq_context_open(&context, ""));
    const tq_device_info info = *tq_context_device(context);
    tq_context_close(context);
    assert_int_equal(clGetPlatformIDs(16, platform, &platforms), CL_SUCCESS);
    cl_device_id all[64];
    assert_int_equal(clGetDeviceIDs(platform[info.platform_index], CL_DEVICE_TYPE_ALL, 64, all, NULL),
                     CL_SUCCESS);
    device = all[info.device_index];
    cl_context own = clCreateContext(NULL, 1, &device, NULL, NULL, &code);
    assert_int_equal(code, CL_SUCCESS);
    for (int times = 0; times < 2; ++times) {
        cl_command_queue queue =
            clCreateCommandQueue(own, device, times ? CL_QUEUE_PROFILING_ENABLE : 0, &code);
        assert_int_equal(code, CL_SUCCESS);
        must(tq_context_adopt(&context, own, device, queue));
        assert_int_equal(tq_context_set(context, "profile", "on"), times ? TQ_OK : TQ_E_ARGUMENT);
        assert_true(times || strstr(tq_error(), "CL_QUEUE_PROFILING_ENABLE") != NULL);
        must(tq_context_set(context, "profile", times ? "on" : "wall"));
        tq_network *const network = planned(context);
        must(tq_profile_clear(context));
        forward(network, output[0]);
        assert_true(read_rows(context, rows, NULL) > 5);
        tq_network_destroy(network);
        tq_context_close(context);
        clReleaseCommandQueue(queue);
    }
    clReleaseContext(own);
}

static void test_values(void **state)
{
    tq_context *context;
    (void)state;
    must(tq_context_open(&context, ""));
    assert_int_equal(tq_context_set(context, "profile", "yes"), TQ_E_ARGUMENT);
    assert_non_null(strstr(tq_error(), "off, on, wall"));
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_events),
        cmocka_unit_test(test_by_the_wall),
        cmocka_unit_test(test_adopted_queues),
        cmocka_unit_test(test_values),
    };
    tq_small_data(data);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
