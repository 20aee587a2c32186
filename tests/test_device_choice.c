/* Selection among devices that this machine does not have: device.c on an OpenCL of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "runtime/internal.h"
#include "util/fail.h"

typedef struct fake_device {
    unsigned platform;
    cl_device_type type;
    const char *name;
    bool no_compiler, away, big_endian, chops;
} fake_device;

/* Platform 2 has no devices. */
static const char *const platforms[] = {"Clover", "Alpha", "Empty", "Beta"};
static fake_device devices[] = {
    {.platform = 0, .type = CL_DEVICE_TYPE_GPU, .name = "Radeon"},
    {.platform = 1, .type = CL_DEVICE_TYPE_CPU, .name = "One Cpu"},
    {.platform = 1, .type = CL_DEVICE_TYPE_ACCELERATOR, .name = "Board"},
    {.platform = 3, .type = CL_DEVICE_TYPE_CUSTOM, .name = "Odd"},
    {.platform = 3, .type = CL_DEVICE_TYPE_GPU, .name = "Bare", .no_compiler = true},
    {.platform = 3, .type = CL_DEVICE_TYPE_GPU, .name = "Absent", .away = true},
    {.platform = 3, .type = CL_DEVICE_TYPE_GPU, .name = "Large End", .big_endian = true},
    {.platform = 3, .type = CL_DEVICE_TYPE_GPU, .name = "Chopper", .chops = true},
    {.platform = 3, .type = CL_DEVICE_TYPE_GPU, .name = "Graphics A"},
    {.platform = 3, .type = CL_DEVICE_TYPE_GPU, .name = "Graphics B"},
};

static cl_int fake_platforms(cl_uint room, cl_platform_id *to, cl_uint *count)
{
    for (cl_uint i = 0; i < TQ_COUNT(platforms) && i < room; ++i)
        to[i] = (cl_platform_id)(uintptr_t)(i + 1);
    *count = TQ_COUNT(platforms);
    return CL_SUCCESS;
}

static cl_int fake_devices(cl_platform_id platform, cl_device_type type, cl_uint room, cl_device_id *to,
                           cl_uint *count)
{
    (void)type;
    *count = 0;
    for (size_t i = 0; i < TQ_COUNT(devices); ++i)
        if ((uintptr_t)platform == devices[i].platform + 1 && (*count)++ < room)
            to[*count - 1] = (cl_device_id)(uintptr_t)(i + 1);
    return *count > 0 ? CL_SUCCESS : CL_DEVICE_NOT_FOUND;
}

static cl_int give(const void *from, size_t bytes, size_t size, void *to)
{
    if (bytes > size)
        return CL_INVALID_VALUE;
    memcpy(to, from, bytes);
    return CL_SUCCESS;
}

static cl_int fake_platform_info(cl_platform_id platform, cl_platform_info what, size_t size, void *to,
                                 size_t *bytes)
{
    const char *name = platforms[(uintptr_t)platform - 1];
    (void)what;
    (void)bytes;
    return give(name, strlen(name) + 1, size, to);
}

static cl_int fake_device_info(cl_device_id device, cl_device_info what, size_t size, void *to, size_t *bytes)
{
    const fake_device *d = &devices[(uintptr_t)device - 1];
    const cl_device_fp_config rounding =
        CL_FP_INF_NAN | (d->chops ? CL_FP_ROUND_TO_ZERO : CL_FP_ROUND_TO_NEAREST);
    const cl_ulong many = what == CL_DEVICE_SINGLE_FP_CONFIG ? rounding : 1 << 20;
    const cl_uint compiler = !d->no_compiler, here = !d->away, little = !d->big_endian, some = 8;
    (void)bytes;
    switch (what) {
    case CL_DEVICE_NAME:
        return give(d->name, strlen(d->name) + 1, size, to);
    case CL_DEVICE_VERSION:
    case CL_DRIVER_VERSION:
        return give("OpenCL 1.2", 11, size, to);
    case CL_DEVICE_TYPE:
        return give(&d->type, sizeof d->type, size, to);
    case CL_DEVICE_COMPILER_AVAILABLE:
        return give(&compiler, sizeof compiler, size, to);
    case CL_DEVICE_AVAILABLE:
        return give(&here, sizeof here, size, to);
    case CL_DEVICE_ENDIAN_LITTLE:
        return give(&little, sizeof little, size, to);
    default:
        return size == sizeof many ? give(&many, size, size, to) : give(&some, sizeof some, size, to);
    }
}

#define clGetPlatformIDs    fake_platforms
#define clGetDeviceIDs      fake_devices
#define clGetPlatformInfo   fake_platform_info
#define clGetDeviceInfo     fake_device_info
#define tq_device__describe choice_describe
#define tq_device__select   choice_select
#define tq_device_list      choice_list
tq_status choice_list(tq_device_info *list, size_t capacity, size_t *count);
#include "runtime/device.c"

static void expect_choice(const char *selector, const char *name)
{
    cl_platform_id platform;
    cl_device_id device;
    tq_device_info info;
    if (choice_select(selector, &platform, &device, &info) != TQ_OK)
        fail_msg("'%s': %s", selector, tq_error());
    assert_string_equal(info.name, name);
    assert_string_equal(devices[(uintptr_t)device - 1].name, name);
    assert_int_equal((uintptr_t)platform - 1, devices[(uintptr_t)device - 1].platform);
}

static void expect_refusal(const char *selector, const char *first, const char *second)
{
    cl_platform_id platform;
    cl_device_id device;
    tq_device_info info;
    assert_int_equal(choice_select(selector, &platform, &device, &info), TQ_E_DEVICE);
    if (strstr(tq_error(), first) == NULL || strstr(tq_error(), second) == NULL)
        fail_msg("'%s' or '%s' is not in '%s'", first, second, tq_error());
    assert_non_null(strstr(tq_error(), "\n  0:0 gpu 'Radeon' (Clover), not usable: Mesa's Clover"));
    assert_non_null(strstr(tq_error(), "\n  3:6 gpu 'Graphics B' (Beta)"));
}

static void test_best_type(void **state)
{
    (void)state;
    expect_choice("", "Graphics A");
    expect_choice(NULL, "Graphics A");
    expect_choice("gpu", "Graphics A");
    expect_choice("cpu", "One Cpu");
    expect_choice("accelerator", "Board");
    expect_choice("fpga", "Board");
    expect_choice("alpha", "Board"); /* the better type of the platform, though second */
    expect_choice("d",
                  "Board"); /* also in "Odd", which is no known type, and in devices that cannot be used */
    expect_choice("beta", "Graphics A");
    expect_choice("odd", "Odd");
}

static void test_parts(void **state)
{
    (void)state;
    expect_choice("graphics b", "Graphics B");
    expect_choice("GPU:B", "Graphics A"); /* Beta has a b */
    expect_choice("gpu:s b", "Graphics B");
    expect_choice("cpu:ALPHA", "One Cpu");
    expect_choice("fpga:board", "Board");
    expect_choice("bare", "Bare"); /* no compiler: for binaries */
    expect_choice("cpu:", "One Cpu");
    expect_choice("3:6", "Graphics B");
    expect_choice("1:1", "Board");
}

static void test_refusals(void **state)
{
    (void)state;
    expect_refusal("clover", "'Radeon'", "OpenCL 1.1");
    expect_refusal("0:0", "'Radeon'", "cannot be used");
    expect_refusal("absent", "'Absent'", "not available");
    expect_refusal("large", "'Large End'", "big-endian");
    expect_refusal("chopper", "'Chopper'", "does not round to nearest");
    expect_refusal("gpu:alpha", "no device matches 'gpu:alpha'", "");
    expect_refusal("cpu:beta", "no device matches 'cpu:beta'", "");
    expect_refusal("2:0", "no device matches '2:0'", "");
    expect_refusal("empty", "no device matches 'empty'", "");
}

static void test_list(void **state)
{
    tq_device_info list[TQ_COUNT(devices)];
    size_t count;
    (void)state;
    assert_int_equal(choice_list(list, TQ_COUNT(devices), &count), TQ_OK);
    assert_int_equal(count, TQ_COUNT(devices));
    for (size_t i = 0; i < count; ++i) {
        assert_string_equal(list[i].name, devices[i].name);
        assert_int_equal(list[i].platform_index, devices[i].platform);
        assert_int_equal(list[i].usable, devices[i].platform == 1 || i == 3 || i == 4 || i >= 8);
    }
    assert_string_equal(list[3].type, "other");
    assert_int_equal(list[9].device_index, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_best_type), cmocka_unit_test(test_parts),
                                       cmocka_unit_test(test_refusals), cmocka_unit_test(test_list)};
    unsetenv("TQ_DEVICE");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
