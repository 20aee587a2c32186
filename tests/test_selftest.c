/* A device that computes wrongly is refused, by name of what is wrong; the verdict is kept and asked for
 * again. */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "accumulate/check_paths.h"
#include "quantizers/check_kinds.h"
#include "support/bits.h"
#include "support/tq_program.h"
#include "tensorquant/context.h"
#include "tensorquant/selftest.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* One faulty device each: how it is disguised, and the first check that fails. */
static const struct {
    const char *name, *fault, *check;
} devices[] = {
    {"Contracting", "swap=FP_CONTRACT OFF=>FP_CONTRACT ON", "a * b + c rounded twice"},
    {"Flushing", "flush=1", "subnormal numbers"},
    {"Unsaturated", "swap=add_sat=>(short8)wrong_add,prefix=#define wrong_add(a\\, b) ((a) + (b))",
     "short add_sat"},
    {"Unfused", "prefix=#define fma(a\\, b\\, c) ((a) * (b) + (c))", "fma"},
    {"Unsigned", "swap=(long)a >> (int)b=>a >> (int)b", "long >>"},
    {"Tired", "swap=i < rounds=>i < 65535 && i < rounds", "loops of many rounds"},
    {"Flipping", "flip=4100", "a + b"},
};

/* Behind these: two that say the same of themselves, of which the second computes wrongly, and it with
 * another driver. */
#define TWINS "|name=A|name=A,flip=4100|name=A,driver=2,flip=4100"
/* Operations are right, a quantizer and a path are not. */
#define MISROUNDING                                                                                          \
    "|name=Misrounding,swap=VECTOR(bits\\, words\\, draw)=>VECTOR(bits\\, words\\, draw) ^ 1u,swap=term = "  \
    "tq_high(x\\, w);=>term = tq_high(x\\, w) + (short)1;"
enum { TWIN = 1 + COUNT(devices), WRONG_TWIN, OTHER_DRIVER, MISROUNDING_NUMBER, ALL };

static void disguise(char *to, size_t size)
{
    size_t length = (size_t)snprintf(to, size, "name=Right");
    for (size_t i = 0; i < COUNT(devices); ++i)
        length +=
            (size_t)snprintf(to + length, size - length, "|name=%s,%s", devices[i].name, devices[i].fault);
    length += (size_t)snprintf(to + length, size - length, "%s", TWINS MISROUNDING);
    assert_true(length < size);
}

static void faulty_devices_are_refused(void **state)
{
    char begin[160];
    tq_context *context;
    (void)state;
    assert_int_equal(tq_context_open(&context, "Right"), TQ_OK);
    tq_context_close(context);
    for (size_t i = 0; i < COUNT(devices); ++i) {
        assert_int_equal(tq_context_open(&context, devices[i].name), TQ_E_DEVICE);
        assert_null(context);
        snprintf(begin, sizeof begin, "device '%s' fails its self-test, ", devices[i].name);
        if (strncmp(tq_error(), begin, strlen(begin)) != 0)
            fail_msg("%s: %s", devices[i].name, tq_error());
        snprintf(begin, sizeof begin, "checks, first operation '%s': of ", devices[i].check);
        if (strstr(tq_error(), begin) == NULL || strstr(tq_error(), "; `tq selftest` tests it again") == NULL)
            fail_msg("%s: %s", devices[i].name, tq_error());
    }
}

/* The text says what was computed with what, what came and what should. */
static void text_has_the_numbers(void **state)
{
    tq_context *context;
    unsigned a, b, c, is, should;
    (void)state;
    assert_int_equal(tq_context_open(&context, "Contracting"), TQ_E_DEVICE);
    const char *const text = strstr(tq_error(), ": of ");
    assert_non_null(text);
    assert_int_equal(sscanf(text, ": of %x, %x, %x it gives %x, expected %x", &a, &b, &c, &is, &should), 5);
    assert_int_equal(is, bits_of(fmaf(float_of(a), float_of(b), float_of(c))));
    const volatile float product = float_of(a) * float_of(b);
    assert_int_equal(should, bits_of(product + float_of(c)));
    assert_int_not_equal(is, should);
}

/* The same for a context of the caller's own. */
static void adopted_contexts_ask(void **state)
{
    cl_platform_id platform;
    cl_device_id device[ALL];
    cl_int code;
    tq_context *context;
    (void)state;
    assert_int_equal(clGetPlatformIDs(1, &platform, NULL), CL_SUCCESS);
    assert_int_equal(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, COUNT(device), device, NULL), CL_SUCCESS);
    for (int i = 0; i < 2; ++i) {
        cl_context own = clCreateContext(NULL, 1, &device[i], NULL, NULL, &code);
        assert_int_equal(code, CL_SUCCESS);
        assert_int_equal(tq_context_adopt(&context, own, device[i], NULL), i == 0 ? TQ_OK : TQ_E_DEVICE);
        tq_context_close(context);
        clReleaseContext(own);
    }
    assert_non_null(strstr(tq_error(), "'Contracting' fails its self-test"));
}

typedef struct tally {
    int count[3];
    char first[200];
} tally;

static void note(void *user, const tq_check *check)
{
    tally *const t = user;
    if (check->result == TQ_CHECK_FAILED && t->count[TQ_CHECK_FAILED] == 0)
        snprintf(t->first, sizeof t->first, "%s", check->name);
    ++t->count[check->result];
}

/* It goes on behind a check that fails. */
static void selftest_tells_all(void **state)
{
    tally t = {{0}, ""};
    const tq_selftest how = {.quick = true, .report = note, .user = &t};
    tq_device_info device;
    (void)state;
    assert_int_equal(tq_selftest_run(&device, "Contracting", &how), TQ_E_DEVICE);
    assert_string_equal(device.name, "Contracting");
    assert_string_equal(t.first, "a * b + c rounded twice");
    assert_true(t.count[TQ_CHECK_FAILED] >= 3 &&
                t.count[TQ_CHECK_FAILED] <= 4); /* and the two others; binary64's */
    assert_int_equal(t.count[0] + t.count[1] + t.count[2], 43);
    assert_non_null(strstr(tq_error(), "device 'Contracting' fails its self-test, "));
    assert_int_equal(tq_selftest_run(NULL, "Right", &(tq_selftest){.quick = true}), TQ_OK);
    assert_int_equal(tq_selftest_run(NULL, "nowhere", NULL), TQ_E_DEVICE);
    assert_non_null(strstr(tq_error(), "no device matches 'nowhere'"));
}

/* What the operations do not see. */
static void quantizers_and_paths_are_seen(void **state)
{
    static const char *const devices_of[] = {"Right", "Misrounding"};
    (void)state;
    for (int i = 0; i < 2; ++i) {
        tally t = {{0}, ""};
        tq_checks checks = {.how = {.report = note, .user = &t}, .only = "down"};
        tq_context *context;
        assert_int_equal(tq_context_open(&context, devices_of[i]), TQ_OK);
        assert_int_equal(tq_quantizers__check(&checks, context), TQ_OK);
        assert_int_equal(checks.all, 3); /* down,16,8 down,4,6 down,12,-3 */
        assert_int_equal(checks.failed, 3 * i);
        checks.only = "lanes16";
        assert_int_equal(tq_paths__check(&checks, context), TQ_OK);
        assert_int_equal(checks.all, 4);
        assert_int_equal(checks.failed, 4 * i);
        assert_string_equal(t.first, i == 0 ? "" : "down,16,8");
        tq_context_close(context);
    }
}

static void wrong_variables(void **state)
{
    tq_context *context;
    (void)state;
    setenv("TQ_SELFTEST", "never", 1);
    assert_int_equal(tq_context_open(&context, "Right"), TQ_E_ARGUMENT);
    assert_string_equal(tq_error(), "the environment's TQ_SELFTEST is 'never', allowed: once, always, off");
    setenv("TQ_SELFTEST", "once", 1);
    setenv("TQ_VERBOSE", "yes", 1);
    assert_int_equal(tq_context_open(&context, "Right"), TQ_E_ARGUMENT);
    assert_string_equal(tq_error(), "the environment's TQ_VERBOSE is 'yes', allowed: 0, 1");
    unsetenv("TQ_VERBOSE");
}

/* Opens the device of this number, when contexts ask as the variable says. */
static void expect(int device, const char *asks, bool fine)
{
    char selector[16];
    tq_context *context;
    snprintf(selector, sizeof selector, "0:%d", device);
    setenv("TQ_SELFTEST", asks, 1);
    const tq_status status = tq_context_open(&context, selector);
    setenv("TQ_SELFTEST", "once", 1);
    if (status != (fine ? TQ_OK : TQ_E_DEVICE))
        fail_msg("device %d, %s: %s: %s", device, asks, tq_status_name(status), tq_error());
    if (!fine)
        assert_non_null(strstr(tq_error(), "device 'A' fails its self-test, "));
    tq_context_close(context);
}

/* What is in the files of the cache from now on. */
static void damage(const char *content)
{
    DIR *const list = opendir("cache");
    char path[300];
    int count = 0;
    assert_non_null(list);
    for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list))
        if (strstr(entry->d_name, ".bin") != NULL) {
            snprintf(path, sizeof path, "cache/%s", entry->d_name);
            tq_file_put(path, content, strlen(content));
            ++count;
        }
    closedir(list);
    assert_true(count > 0);
}

static void verdict_is_kept(void **state)
{
    (void)state;
    setenv("TQ_CACHE", "cache", 1);
    expect(TWIN, "", true);
    /* The device went bad and does not tell: the verdict is kept, until it is asked again. */
    expect(WRONG_TWIN, "", true);
    expect(WRONG_TWIN, "once", true);
    expect(WRONG_TWIN, "always", false);
    /* Now that is the verdict, until it is tested again. */
    expect(TWIN, "once", false);
    expect(TWIN, "off", true);
    expect(WRONG_TWIN, "off", true);
    assert_int_equal(tq_selftest_run(NULL, "0:8", &(tq_selftest){.quick = true}), TQ_OK);
    expect(TWIN, "once", true);
    assert_int_equal(tq_selftest_run(NULL, "0:9", &(tq_selftest){.quick = true}), TQ_E_DEVICE);
    expect(TWIN, "once", false);
    expect(TWIN, "always", true);
    expect(TWIN, "once", true);
    /* Another driver is another device. */
    expect(OTHER_DRIVER, "once", false);
    expect(TWIN, "once", true);
}

/* Damaged, it is asked again; without a directory, each time. */
static void verdict_is_lost(void **state)
{
    static const char *const contents[] = {"", "passed",
                                           "some other file, longer than the head of one of ours is"};
    static const char *const caches[] = {"one.npy/below", ""};
    (void)state;
    setenv("TQ_CACHE", "cache", 1);
    for (size_t i = 0; i < COUNT(contents); ++i) {
        expect(TWIN, "always", true);
        damage(contents[i]);
        expect(WRONG_TWIN, "once", false);
    }
    for (size_t i = 0; i < COUNT(caches); ++i) {
        setenv("TQ_CACHE", caches[i], 1);
        expect(TWIN, "once", true);
        expect(WRONG_TWIN, "once", false);
    }
}

static void program_reports(void **state)
{
    static const char line[] = "TQ_DISGUISE='name=A,flip=4100' tq selftest --quick";
    (void)state;
    setenv("TQ_CACHE", "", 1);
    tq_said said = tq_program_run("%s", line);
    assert_int_equal(said.code, 1);
    assert_non_null(
        strstr(said.out, "operation  FAILED        512           a + b\n           of 3f800000, "));
    assert_non_null(strstr(said.out, "operation  passed        512           fabs\n"));
    assert_non_null(strstr(said.out, "A (Portable Computing Language, driver "));
    assert_non_null(strstr(said.err, "tq: device 'A' fails its self-test, "));
    tq_said_free(&said);
    said = tq_program_run("%s --json", line);
    assert_int_equal(said.code, 1);
    json_t *const value = json_loads(said.out, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(value);
    assert_string_equal(json_string_value(json_object_get(value, "device")), "A");
    assert_true(json_integer_value(json_object_get(value, "failed")) > 0);
    const json_t *const first = json_array_get(json_object_get(value, "checks"), 1);
    assert_string_equal(json_string_value(json_object_get(first, "group")), "operation");
    assert_string_equal(json_string_value(json_object_get(first, "name")), "a + b");
    assert_string_equal(json_string_value(json_object_get(first, "result")), "failed");
    assert_non_null(strstr(json_string_value(json_object_get(first, "text")), " it gives "));
    json_decref(value);
    tq_said_free(&said);
}

static int set_up(void **state)
{
    static char list[2000];
    (void)state;
    tq_program_start(TQ_BINARY_DIRECTORY, "selftest");
    tq_npy_put("one.npy", "<f4", "(1,)", &(float){1.5f}, 4);
    disguise(list, sizeof list);
    setenv("OPENCL_LAYERS", TQ_BINARY_DIRECTORY "/tests/libdisguise.so", 1);
    setenv("TQ_DISGUISE", list, 1);
    setenv("TQ_SELFTEST", "once", 1);
    unsetenv("TQ_DEVICE");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faulty_devices_are_refused),
        cmocka_unit_test(text_has_the_numbers),
        cmocka_unit_test(adopted_contexts_ask),
        cmocka_unit_test(selftest_tells_all),
        cmocka_unit_test(quantizers_and_paths_are_seen),
        cmocka_unit_test(wrong_variables),
        cmocka_unit_test(verdict_is_kept),
        cmocka_unit_test(verdict_is_lost),
        cmocka_unit_test(program_reports),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
