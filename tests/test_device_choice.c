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

/* What fails; all zero: nothing. */
static struct {
    cl_int platforms; /* the code of clGetPlatformIDs */
    cl_int devices;   /* of clGetDeviceIDs, on all platforms from this one on */
    unsigned from;
    bool names;          /* clGetPlatformInfo */
    cl_device_info fact; /* of all devices */
} broken;

static cl_int fake_platforms(cl_uint room, cl_platform_id *to, cl_uint *count)
{
    if (broken.platforms != CL_SUCCESS)
        return broken.platforms;
    for (cl_uint i = 0; i < TQ_COUNT(platforms) && i < room; ++i)
        to[i] = (cl_platform_id)(uintptr_t)(i + 1);
    *count = TQ_COUNT(platforms);
    return CL_SUCCESS;
}

static cl_int fake_devices(cl_platform_id platform, cl_device_type type, cl_uint room, cl_device_id *to,
                           cl_uint *count)
{
    (void)type;
    if (broken.devices != CL_SUCCESS && (uintptr_t)platform > broken.from)
        return broken.devices;
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
    if (broken.names)
        return CL_OUT_OF_HOST_MEMORY;
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
    if (what == broken.fact)
        return CL_OUT_OF_HOST_MEMORY;
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
/* clang-format off: this order */
#include "runtime/device_facts.c"
#include "runtime/device.c"
/* clang-format on */

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

static void expect_failure(const char *selector, tq_status status, const char *text)
{
    cl_platform_id platform;
    cl_device_id device;
    tq_device_info info;
    assert_int_equal(choice_select(selector, &platform, &device, &info), status);
    if (strstr(tq_error(), text) == NULL)
        fail_msg("'%s' is not in '%s'", text, tq_error());
}

/* A device that does not say what it is is not used, and the text says why. */
static void test_failing_facts(void **state)
{
    static const struct {
        cl_device_info fact;
        const char *name;
    } facts[] = {
        {CL_DEVICE_NAME, "CL_DEVICE_NAME"},
        {CL_DEVICE_VERSION, "CL_DEVICE_VERSION"},
        {CL_DRIVER_VERSION, "CL_DRIVER_VERSION"},
        {CL_DEVICE_TYPE, "CL_DEVICE_TYPE"},
        {CL_DEVICE_MAX_COMPUTE_UNITS, "CL_DEVICE_MAX_COMPUTE_UNITS"},
        {CL_DEVICE_GLOBAL_MEM_SIZE, "CL_DEVICE_GLOBAL_MEM_SIZE"},
        {CL_DEVICE_MAX_MEM_ALLOC_SIZE, "CL_DEVICE_MAX_MEM_ALLOC_SIZE"},
        {CL_DEVICE_LOCAL_MEM_SIZE, "CL_DEVICE_LOCAL_MEM_SIZE"},
        {CL_DEVICE_MEM_BASE_ADDR_ALIGN, "CL_DEVICE_MEM_BASE_ADDR_ALIGN"},
        {CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, "CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT"},
        {CL_DEVICE_SINGLE_FP_CONFIG, "CL_DEVICE_SINGLE_FP_CONFIG"},
        {CL_DEVICE_DOUBLE_FP_CONFIG, "CL_DEVICE_DOUBLE_FP_CONFIG"},
        {CL_DEVICE_COMPILER_AVAILABLE, "CL_DEVICE_COMPILER_AVAILABLE"},
        {CL_DEVICE_AVAILABLE, "CL_DEVICE_AVAILABLE"},
        {CL_DEVICE_ENDIAN_LITTLE, "CL_DEVICE_ENDIAN_LITTLE"},
    };
    char text[200];
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(facts); ++i) {
        broken.fact = facts[i].fact;
        snprintf(text, sizeof text, "not usable: clGetDeviceInfo(%s) failed: CL_OUT_OF_HOST_MEMORY (-6)",
                 facts[i].name);
        expect_failure("", TQ_E_DEVICE, text);
    }
    broken.fact = CL_DEVICE_HOST_UNIFIED_MEMORY; /* which is of no consequence */
    expect_choice("", "Graphics A");
    broken.fact = 0;
    broken.names = true;
    expect_failure(
        "gpu", TQ_E_DEVICE,
        "which cannot be used: clGetPlatformInfo(CL_PLATFORM_NAME) failed: CL_OUT_OF_HOST_MEMORY (-6)");
    broken.names = false;
}

static void test_failing_lists(void **state)
{
    tq_device_info list[TQ_COUNT(devices)];
    size_t count;
    (void)state;
    broken.platforms = CL_OUT_OF_HOST_MEMORY;
    expect_failure("gpu", TQ_E_OPENCL, "clGetPlatformIDs failed: CL_OUT_OF_HOST_MEMORY (-6)");
    broken.platforms = CL_PLATFORM_NOT_FOUND_KHR;
    expect_failure("gpu", TQ_E_DEVICE, "no OpenCL platform is installed; on Debian");
    broken.platforms = CL_SUCCESS;
    broken.devices = CL_OUT_OF_RESOURCES;
    broken.from = 3;
    expect_choice("cpu", "One Cpu"); /* of another platform */
    expect_failure("beta", TQ_E_DEVICE,
                   "(Alpha)\n  platform 3: clGetDeviceIDs failed: CL_OUT_OF_RESOURCES (-5)");
    assert_int_equal(choice_list(list, TQ_COUNT(devices), &count), TQ_OK);
    assert_int_equal(count, 3);
    broken.from = 0;
    expect_failure("gpu", TQ_E_DEVICE,
                   "devices found: none\n  platform 0: clGetDeviceIDs failed: CL_OUT_OF_RESOURCES (-5)");
    assert_int_equal(choice_list(list, TQ_COUNT(devices), &count), TQ_E_OPENCL);
    assert_non_null(strstr(tq_error(), "no devices:\n  platform 0: clGetDeviceIDs failed: CL_OUT_OF_RES"));
    broken.devices = CL_SUCCESS;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_best_type),     cmocka_unit_test(test_parts),
        cmocka_unit_test(test_refusals),      cmocka_unit_test(test_list),
        cmocka_unit_test(test_failing_facts), cmocka_unit_test(test_failing_lists),
    };
    unsetenv("TQ_DEVICE");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
