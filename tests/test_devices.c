/* Listing and selecting devices: each form of the grammar in tensorquant/context.h. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <cmocka.h>

#include "tensorquant/context.h"

#define NO_VENDORS TQ_BINARY_DIRECTORY "/caches/test_devices-empty"

static tq_device_info list[32];
static size_t count;

/* snprintf that must not cut. */
static void print(char *to, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(to, size, format, arguments);
    va_end(arguments);
    assert_true(length >= 0 && (size_t)length < size);
}

static int find(void **state)
{
    (void)state;
    unsetenv("TQ_DEVICE");
    return tq_device_list(list, 32, &count) == TQ_OK && count > 0 && count <= 32 ? 0 : -1;
}

/* Opens, and gives back which device of the list it is. */
static const tq_device_info *open_one(const char *selector)
{
    tq_context *context;
    if (tq_context_open(&context, selector) != TQ_OK)
        fail_msg("'%s': %s", selector != NULL ? selector : "NULL", tq_error());
    const tq_device_info found = *tq_context_device(context);
    tq_context_close(context);
    for (size_t i = 0; i < count; ++i)
        if (list[i].platform_index == found.platform_index && list[i].device_index == found.device_index)
            return &list[i];
    fail_msg("'%s' gives a device that is not listed", selector != NULL ? selector : "NULL");
    return NULL;
}

static void expect_none(const char *selector, const char *part)
{
    tq_context *context = (tq_context *)&context;
    assert_int_equal(tq_context_open(&context, selector), TQ_E_DEVICE);
    assert_null(context);
    if (strstr(tq_error(), part) == NULL)
        fail_msg("'%s' is not in '%s'", part, tq_error());
    for (size_t i = 0; i < count; ++i) {
        char entry[400];
        print(entry, sizeof entry, "\n  %u:%u %s '%s' (%s)", list[i].platform_index, list[i].device_index,
              list[i].type, list[i].name, list[i].platform);
        if (strstr(tq_error(), entry) == NULL)
            fail_msg("'%s': the text does not list '%s': %s", selector, entry, tq_error());
    }
}

/* Some usable device of this type; NULL for none. */
static const tq_device_info *some_of(const char *type)
{
    for (size_t i = 0; i < count; ++i)
        if (list[i].usable && strcmp(list[i].type, type) == 0)
            return &list[i];
    return NULL;
}

static const char *best_type(void)
{
    static const char *const types[] = {"gpu", "accelerator", "cpu", "other"};
    for (size_t i = 0; i < 4; ++i)
        if (some_of(types[i]) != NULL)
            return types[i];
    fail_msg("no usable device");
    return NULL;
}

static int abilities(const tq_device_info *d)
{
    return d->fp64 + d->fma + d->subnormals;
}

/* The selector gives a device of this type, and no other of it is better in every way (test_selection.c has
 * the rule). */
static const tq_device_info *open_good(const char *selector, const char *type)
{
    const tq_device_info *found = open_one(selector);
    assert_string_equal(found->type, type);
    for (size_t i = 0; i < count; ++i) {
        const tq_device_info *other = &list[i];
        assert_false(other->usable && strcmp(other->type, type) == 0 && abilities(other) > abilities(found) &&
                     other->compute_units > found->compute_units &&
                     other->global_memory > found->global_memory);
    }
    return found;
}

static void upper(char *text)
{
    for (; *text != '\0'; ++text)
        *text = (char)toupper((unsigned char)*text);
}

/* The facts that are asked for by name, from OpenCL itself. */
static void test_facts(void **state)
{
    cl_platform_id platforms[32];
    cl_device_id devices[32];
    (void)state;
    assert_int_equal(clGetPlatformIDs(32, platforms, NULL), CL_SUCCESS);
    for (size_t i = 0; i < count; ++i) {
        size_t group = 0;
        char extensions[16384] = " ";
        cl_uint bits = 0;
        assert_int_equal(
            clGetDeviceIDs(platforms[list[i].platform_index], CL_DEVICE_TYPE_ALL, 32, devices, NULL),
            CL_SUCCESS);
        cl_device_id device = devices[list[i].device_index];
        assert_int_equal(clGetDeviceInfo(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof group, &group, NULL),
                         CL_SUCCESS);
        assert_int_equal(
            clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, sizeof extensions - 3, extensions + 1, NULL),
            CL_SUCCESS);
        assert_int_equal(clGetDeviceInfo(device, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof bits, &bits, NULL),
                         CL_SUCCESS);
        strcat(extensions, " ");
        assert_int_equal(list[i].largest_group, group);
        assert_int_equal(list[i].alignment, bits / 8);
        assert_int_equal(list[i].fp16, strstr(extensions, " cl_khr_fp16 ") != NULL);
    }
}

static void test_list(void **state)
{
    size_t all = 0;
    tq_device_info one[2];
    (void)state;
    memset(one, 0x55, sizeof one);
    assert_int_equal(tq_device_list(NULL, 0, &all), TQ_OK);
    assert_int_equal(all, count);
    assert_int_equal(tq_device_list(one, 1, &all), TQ_OK);
    assert_int_equal(all, count);
    assert_string_equal(one[0].name, list[0].name);
    assert_int_equal(one[1].name[0], 0x55);
    assert_int_equal(tq_device_list(NULL, 0, NULL), TQ_E_ARGUMENT);
    assert_int_equal(tq_device_list(NULL, 1, &all), TQ_E_ARGUMENT);
    for (size_t i = 0; i < count; ++i) {
        assert_true(list[i].usable == (list[i].reason[0] == '\0'));
        assert_true(list[i].name[0] != '\0' && list[i].platform[0] != '\0');
        assert_true(!list[i].usable || (list[i].compute_units > 0 && list[i].max_allocation > 0 &&
                                        list[i].global_memory > 0 && list[i].compiler));
        assert_int_equal(memcmp(list[i].version, "OpenCL ", 7), 0);
    }
}

static void test_default_is_the_best(void **state)
{
    (void)state;
    const tq_device_info *best = open_good(NULL, best_type());
    assert_ptr_equal(open_one(""), best);
    setenv("TQ_DEVICE", "", 1);
    assert_ptr_equal(open_one(NULL), best);
    unsetenv("TQ_DEVICE");
}

static void test_types(void **state)
{
    static const char *const words[][3] = {
        {"cpu", "CPU", "cpu"},
        {"gpu", "Gpu", "gpu"},
        {"accelerator", "ACCELERATOR", "accelerator"},
        {"fpga", "FPGA", "accelerator"},
    };
    (void)state;
    for (size_t i = 0; i < 4; ++i)
        for (int j = 0; j < 2; ++j) {
            if (some_of(words[i][2]) != NULL)
                open_good(words[i][j], words[i][2]);
            else
                expect_none(words[i][j], words[i][j]);
        }
}

static void test_numbers(void **state)
{
    char text[60];
    (void)state;
    for (size_t i = 0; i < count; ++i) {
        print(text, sizeof text, "%u:%u", list[i].platform_index, list[i].device_index);
        if (list[i].usable)
            assert_ptr_equal(open_one(text), &list[i]);
        else
            expect_none(text, list[i].reason);
    }
    print(text, sizeof text, "%u:%u", list[count - 1].platform_index, list[count - 1].device_index + 1);
    expect_none(text, text);
    expect_none("99:0", "99:0");
    /* Nothing that merely wraps around or looks like a device's numbers. */
    const unsigned p = some_of(best_type())->platform_index, d = some_of(best_type())->device_index;
    static const char *const forms[] = {"%llu:%u ", " %llu:%u", "-%llu:%u",
                                        "%llu:%ux", "%llu: %u", "+%llu:%u"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; ++i) {
        print(text, sizeof text, forms[i], (unsigned long long)p, d);
        expect_none(text, text);
    }
    print(text, sizeof text, "%llu:%u", p + ((unsigned long long)1 << 32), d);
    expect_none(text, text);
}

/* Each usable device's own name, in three letter cases, and a part of it, with and without a type. */
static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < count; ++i) {
        char text[300], typed[340];
        const tq_device_info *wanted = NULL;
        if (!list[i].usable)
            continue;
        for (size_t j = 0; j < count && wanted == NULL; ++j) /* the first of its type with this name */
            if (list[j].usable && strcmp(list[j].name, list[i].name) == 0 &&
                strcmp(list[j].type, list[i].type) == 0)
                wanted = &list[j];
        print(typed, sizeof typed, "%s:%s", list[i].type, list[i].name);
        assert_ptr_equal(open_one(typed), wanted);
        upper(typed);
        assert_ptr_equal(open_one(typed), wanted);
        print(text, sizeof text, "%s", list[i].name);
        assert_string_equal(open_one(text)->name, list[i].name);
        upper(text);
        assert_string_equal(open_one(text)->name, list[i].name);
        assert_string_equal(open_one(text + strlen(text) / 2)->platform, wanted->platform);
    }
}

static void test_platforms(void **state)
{
    char text[300];
    (void)state;
    for (size_t i = 0; i < count; ++i) {
        if (!list[i].usable)
            continue;
        print(text, sizeof text, "%s", list[i].platform);
        assert_string_equal(open_one(text)->platform, list[i].platform);
        print(text, sizeof text, "%s:%s", list[i].type, list[i].platform);
        upper(text);
        assert_string_equal(open_one(text)->platform, list[i].platform);
        assert_string_equal(open_one(text)->type, list[i].type);
    }
}

static void test_typos(void **state)
{
    static const char *const typos[] = {
        "cpuu",     "gpx",      "prtable", "cpu:nosuchname", "nosuchtype:portable",
        "cpu;pocl", "cpu:cpu:", "::",      "no match here"};
    static char lot[3000];
    (void)state;
    for (size_t i = 0; i < sizeof typos / sizeof *typos; ++i) {
        expect_none(typos[i], typos[i]);
        assert_null(strstr(tq_error(), "TQ_DEVICE"));
    }
    memset(lot, 'n', sizeof lot - 1);
    expect_none(lot, "nnnn");
}

static void test_environment(void **state)
{
    char text[60];
    (void)state;
    for (size_t i = 0; i < count; ++i) {
        if (!list[i].usable)
            continue;
        print(text, sizeof text, "%u:%u", list[i].platform_index, list[i].device_index);
        setenv("TQ_DEVICE", text, 1);
        assert_ptr_equal(open_one(NULL), &list[i]);
        assert_ptr_equal(open_one(""), &list[i]);
    }
    setenv("TQ_DEVICE", "prtable", 1);
    expect_none(NULL, "no device matches 'prtable' (from TQ_DEVICE)");
    expect_none("", "no device matches 'prtable' (from TQ_DEVICE)");
    open_one(some_of(best_type())->name); /* an argument is stronger */
    unsetenv("TQ_DEVICE");
}

static void test_clover(void **state)
{
    (void)state;
    for (size_t i = 0; i < count; ++i)
        if (strcmp(list[i].platform, "Clover") == 0) {
            assert_false(list[i].usable);
            assert_non_null(strstr(list[i].reason, "OpenCL 1.1"));
            expect_none("clover", list[i].reason);
            return;
        }
    skip();
}

/* What the child does without a platform: 0 when the error is as it should be. */
static int without_platform(void)
{
    tq_context *context = (tq_context *)&context;
    size_t none;
    if (tq_device_list(NULL, 0, &none) != TQ_E_DEVICE || strstr(tq_error(), "pocl-opencl-icd") == NULL)
        return 3;
    if (tq_context_open(&context, NULL) != TQ_E_DEVICE || strstr(tq_error(), "pocl-opencl-icd") == NULL)
        return 4;
    return context == NULL ? 0 : 5;
}

static void test_no_platform(void **state)
{
    int status = -1;
    (void)state;
    mkdir(NO_VENDORS, 0700);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setenv("OCL_ICD_VENDORS", NO_VENDORS, 1);
        unsetenv("OCL_ICD_FILENAMES");
        execl("/proc/self/exe", "none", "none", (char *)NULL);
        _exit(2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_default_is_the_best),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_platforms),
        cmocka_unit_test(test_typos),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_clover),
        cmocka_unit_test(test_no_platform),
    };
    if (argc == 2 && strcmp(argv[1], "none") == 0)
        return without_platform();
    setenv("POCL_DEVICES", "pthread basic", 1); /* several devices of one platform */
    setenv("RUSTICL_ENABLE", "llvmpipe", 1);
    return cmocka_run_group_tests(tests, find, NULL);
}
