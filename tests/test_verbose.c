/* TQ_VERBOSE=1: what a context says on stderr; without it nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/gemm.h"
#include "support/tq_program.h"

#define RUN "tq run tiny.onnx --data npy:x.npy,y.npy "

static void expect(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no '%s' in:\n%s", part, text);
}

/* Lines that begin with `begin` and have `part`. */
static unsigned lines_of(const char *text, const char *begin, const char *part)
{
    unsigned count = 0;
    for (; *text != '\0'; text += strcspn(text, "\n") + 1) {
        const char *const found = strstr(text, part);
        count +=
            strncmp(text, begin, strlen(begin)) == 0 && found != NULL && found < text + strcspn(text, "\n");
    }
    return count;
}

/* What is said of each program is what is said at the end. */
static void check_programs(const char *text, unsigned *built, unsigned *disk)
{
    static const char end[] = "tq: programs: ", one[] = "tq: program of ";
    unsigned memory = 0;
    const char *const line = strstr(text, end);
    assert_non_null(line);
    assert_int_equal(
        sscanf(line + strlen(end), "%u built, %u found on disk, %u in memory", built, disk, &memory), 3);
    assert_int_equal(lines_of(text, one, ": built in "), *built);
    assert_int_equal(lines_of(text, one, ": found on disk in "), *disk);
    assert_int_equal(lines_of(text, one, ": found in memory"), memory);
}

static void off_is_quiet(void **state)
{
    (void)state;
    tq_program_expect(0, "accuracy  66.67 %", RUN);
    tq_program_expect(0, "accuracy  66.67 %", "TQ_VERBOSE= " RUN);
    tq_program_expect(0, "accuracy  66.67 %", "TQ_VERBOSE=0 " RUN);
    tq_program_expect(2, "the environment's TQ_VERBOSE is 'on', allowed: 0, 1", "TQ_VERBOSE=on " RUN);
}

static void devices_and_programs(void **state)
{
    unsigned built, disk;
    (void)state;
    assert_int_equal(system("rm -rf cache"), 0);
    tq_said quiet = tq_program_run(RUN "--json --seed 3");
    tq_said first = tq_program_run("POCL_KERNEL_CACHE=0 TQ_CACHE=cache TQ_VERBOSE=1 " RUN "--json --seed 3");
    tq_said second = tq_program_run("POCL_KERNEL_CACHE=0 TQ_CACHE=cache TQ_VERBOSE=1 " RUN "--json --seed 3");
    assert_int_equal(first.code, 0);
    assert_string_equal(quiet.err, "");
    assert_int_equal(lines_of(first.err, "tq: ", ""),
                     lines_of(first.err, "", "")); /* none that is not ours */
    assert_true(lines_of(first.err, "tq: device found: ", " cpu '") > 0);
    assert_int_equal(lines_of(first.err, "tq: device selected: cpu '", ", driver "), 1);
    assert_true(lines_of(first.err, "tq: dense 'same': path ", "") > 0);
    assert_true(lines_of(first.err, "tq: dense 'classes': path ", "") > 0);
    check_programs(first.err, &built, &disk);
    assert_true(built > 0 && disk == 0);
    check_programs(second.err, &built, &disk);
    assert_true(built == 0 && disk > 0);
    assert_int_equal(strstr(first.out, "tq: ") != NULL, false);
    tq_said_free(&quiet);
    tq_said_free(&first);
    tq_said_free(&second);
}

static void paths_with_bounds(void **state)
{
    (void)state;
    tq_said said = tq_program_run("TQ_VERBOSE=1 tq explain tiny.onnx --intrinsic down,16,8");
    assert_int_equal(said.code, 0);
    expect(said.err, "tq: dense 'same': path residual32 for inputs of at most 1024, else binary64\n");
    tq_said_free(&said);
}

/* 24 numbers there and back; and the self-test's, where it is made. */
static void bytes(void **state)
{
    unsigned long long up = 0, down = 0;
    (void)state;
    tq_said said = tq_program_run("TQ_VERBOSE=1 tq quantize x.npy to.npy nearest,8,4");
    expect(said.err, "tq: bytes: 96 uploaded, 96 downloaded\n");
    assert_null(strstr(said.err, "probes.cl"));
    tq_said_free(&said);
    said = tq_program_run("TQ_SELFTEST=always TQ_VERBOSE=1 tq quantize x.npy to.npy nearest,8,4");
    expect(said.err, "tq: program of probes.cl: built in ");
    const char *const line = strstr(said.err, "tq: bytes: ");
    assert_non_null(line);
    assert_int_equal(sscanf(line, "tq: bytes: %llu uploaded, %llu downloaded", &up, &down), 2);
    assert_true(up > 96 && down > 96);
    tq_said_free(&said);
}

/* Said, not fatal. */
static void clblast(void **state)
{
    (void)state;
    tq_said said = tq_program_run("TQ_VERBOSE=1 " RUN "--float fast");
    assert_int_equal(said.code, 0);
    expect(said.err, tq_gemm__built() ? "tq: CLBlast: built in, for float=fast and float=clblast\n"
                                      : "tq: CLBlast: this library was built without it\n");
    expect(said.err, tq_gemm__built() ? "tq: dense 'same': clblast: not faster on a device of type cpu"
                                      : "tq: dense 'same': clblast: this library was built without CLBlast");
    if (tq_gemm__built())
        expect(said.err, "tq: CLBlast: 0 products\n");
    tq_said_free(&said);
}

static int start(void **state)
{
    (void)state;
    tq_program_start(TQ_BINARY_DIRECTORY, "verbose");
    tq_said said = tq_program_run(RUN); /* a driver's compiler may have something to say, but not twice */
    tq_said_free(&said);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(off_is_quiet),      cmocka_unit_test(devices_and_programs),
        cmocka_unit_test(paths_with_bounds), cmocka_unit_test(bytes),
        cmocka_unit_test(clblast),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
