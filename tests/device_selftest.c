/* The self-test passes on every device, and leaves nothing out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "accumulate/path.h"
#include "quantizers/registry.h"
#include "runtime/probe.h"
#include "tensorquant/selftest.h"
#include "util/fail.h"

enum { MOST = 400 };

typedef struct record {
    struct {
        char group[16], name[160];
        tq_check_result result;
        int64_t compared;
    } check[MOST];
    size_t count;
} record;

static void note(void *user, const tq_check *check)
{
    record *const r = user;
    assert_true(r->count < MOST);
    if (check->result == TQ_CHECK_FAILED)
        print_error("%s '%s': %s\n", check->group, check->name, check->text);
    /* A reason where one is due, and only there. */
    assert_int_equal(check->text[0] != '\0', check->result != TQ_CHECK_PASSED);
    assert_int_equal(check->compared > 0, check->result == TQ_CHECK_PASSED);
    strncpy(r->check[r->count].group, check->group, sizeof r->check[0].group - 1);
    strncpy(r->check[r->count].name, check->name, sizeof r->check[0].name - 1);
    r->check[r->count].result = check->result;
    r->check[r->count++].compared = check->compared;
}

static bool begins(const char *text, const char *part)
{
    return strncmp(text, part, strlen(part)) == 0;
}

/* Checks of a group whose name begins so. */
static size_t count_of(const record *r, const char *group, const char *name, bool passed)
{
    size_t count = 0;
    for (size_t i = 0; i < r->count; ++i)
        count += strcmp(r->check[i].group, group) == 0 && begins(r->check[i].name, name) &&
                 (!passed || r->check[i].result == TQ_CHECK_PASSED);
    return count;
}

static void check_operations(const record *r, const tq_device_info *device)
{
    for (size_t i = 0; tq_probe__at(i) != NULL; ++i) {
        assert_string_equal(r->check[i].group, "operation");
        assert_string_equal(r->check[i].name, tq_probe__at(i)->name);
        assert_int_equal(r->check[i].result, tq_probe__skipped(tq_probe__at(i), device) != NULL
                                                 ? TQ_CHECK_SKIPPED
                                                 : TQ_CHECK_PASSED);
    }
    assert_int_equal(count_of(r, "operation", "local memory, barriers", true), 1);
    assert_int_equal(count_of(r, "operation", "atomic_min", true), 1);
}

static void check_quantizers(const record *r)
{
    for (size_t i = 0; tq_quantizer_kinds[i] != NULL; ++i)
        assert_true(count_of(r, "quantizer", tq_quantizer_kinds[i]->name, true) > 0);
}

/* Every path is asked; a device with all kinds of arithmetic takes all of them. */
static void check_paths(const record *r, const tq_device_info *device)
{
    const bool whole = device->fma && device->subnormals && device->fp64;
    for (size_t i = 0; tq_path_kinds[i] != NULL; ++i)
        assert_true(count_of(r, "path", tq_path_kinds[i]->name, whole) > 0);
    assert_int_equal(count_of(r, "path", "general", true), 2);
    assert_int_equal(count_of(r, "path", "wide", true), 1);
    assert_true(count_of(r, "path", "lanes16", true) > 0);
}

/* In full on the first device: compiling takes its time. */
static void everything_passes(void **state)
{
    static record r;
    const bool quick = getenv("TQ_TEST_DEVICE_ONLY") != NULL && getenv("TQ_TEST_ALL") == NULL;
    const tq_selftest how = {.quick = quick, .report = note, .user = &r};
    tq_device_info device = {0};
    (void)state;
    if (tq_selftest_run(&device, NULL, &how) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_true(device.usable);
    check_operations(&r, &device);
    if (quick) {
        assert_int_equal(count_of(&r, "operation", "", false), r.count);
        return;
    }
    check_quantizers(&r);
    check_paths(&r, &device);
}

/* A context that asks, and counts nothing of it as its own. */
static void contexts_ask(void **state)
{
    tq_context *context;
    (void)state;
    setenv("TQ_SELFTEST", "always", 1);
    if (tq_context_open(&context, NULL) != TQ_OK)
        fail_msg("%s", tq_error());
    const tq_program_counts programs = tq_context_programs(context);
    const tq_memory_counts memory = tq_context_memory(context);
    assert_int_equal(programs.built + programs.from_disk + programs.from_memory, 0);
    assert_int_equal(memory.buffers + memory.bytes + memory.made, 0);
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(everything_passes), cmocka_unit_test(contexts_ask)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
