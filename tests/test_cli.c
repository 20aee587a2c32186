/* The program tq: help, exit codes, and what it says of bad input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/tq_program.h"

#define TINY  "tq run tiny.onnx --data npy:x.npy,y.npy "
#define LENET "'" TQ_SOURCE_DIRECTORY "/examples/lenet-fashion-mnist.onnx'"

static const char *const commands[] = {"devices", "quantizers", "layers", "quantize", "show",
                                       "explain", "emit",       "run",    "sweep",    "train",
                                       "tune",    "selftest",   "version"};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static int start(void **state)
{
    (void)state;
    tq_program_start(TQ_BINARY_DIRECTORY, "cli");
    return 0;
}

static void test_every_command_has_help_with_examples(void **state)
{
    (void)state;
    tq_said all = tq_program_run("tq --help");
    assert_int_equal(all.code, 0);
    assert_non_null(strstr(all.out, "Exit codes"));
    for (size_t i = 0; i < COMMANDS; ++i) {
        tq_said said = tq_program_run("tq %s --help", commands[i]);
        assert_int_equal(said.code, 0);
        assert_string_equal(said.err, "");
        assert_non_null(strstr(said.out, "Examples:"));
        assert_non_null(strstr(said.out, "Exit codes:"));
        assert_non_null(strstr(said.out, "--json"));
        assert_non_null(strstr(all.out, commands[i]));
        tq_said_free(&said);
    }
    tq_said_free(&all);
}

/* docs/cli.md holds each help text between ```text lines. */
static void test_documentation_is_the_help(void **state)
{
    (void)state;
    char *const page = tq_file_text(TQ_SOURCE_DIRECTORY "/docs/cli.md", NULL);
    assert_non_null(page);
    for (size_t i = 0; i < COMMANDS; ++i) {
        tq_said said = tq_program_run("tq %s --help", commands[i]);
        if (strstr(page, said.out) == NULL)
            fail_msg("docs/cli.md does not hold the text of `tq %s --help`", commands[i]);
        tq_said_free(&said);
    }
    free(page);
}

typedef struct line {
    int code;
    const char *expected, *command;
} line;

static void expect_all(const line *lines, size_t count)
{
    for (size_t i = 0; i < count; ++i)
        tq_program_expect(lines[i].code, lines[i].expected, lines[i].command);
}

#define EXPECT_ALL(lines) expect_all(lines, sizeof lines / sizeof lines[0])

static void test_command_line(void **state)
{
    static const line lines[] = {
        {0, "0.", "tq --version"},
        {2, "unknown command 'fly'", "tq fly"},
        {2, "unknown option '--fast'; there are --json", "tq devices --fast"},
        {2, "unknown option '-j'", "tq devices -j"},
        {2, "--data is missing", "tq run tiny.onnx"},
        {2, "expects MODEL, but there are 0 operands", "tq run --data npy:x.npy"},
        {2, "expects MODEL, but there are 2 operands", "tq run tiny.onnx more --data npy:x.npy"},
        {2, "expects no operands", "tq devices all"},
        {2, "--batch: '0' is not a whole number in 1 .. 65536", TINY "--batch 0"},
        {2, "--batch: '1.5' is not", TINY "--batch=1.5"},
        {2, "--batch: '' is not", TINY "--batch="},
        {2, "--batch: ' 1' is not", TINY "--batch ' 1'"},
        {2, "--batch: '99999999999999999999' is not", TINY "--batch 99999999999999999999"},
        {2, "--seed: '-1' is not a whole number in 0 ..", TINY "--seed -1"},
        {2, "--limit: '0' is not", TINY "--limit 0"},
        {2, "--seed needs a value", TINY "--seed"},
        {2, "option 'float' is 'quick', allowed: exact, fast, clblast", TINY "--float quick"},
        {0, "clblast: ", "tq explain tiny.onnx --float fast"},
        {2, "--json takes no value", "tq devices --json=1"},
        {2, "there is no 'inside'", "tq sweep tiny.onnx --data npy:x.npy,y.npy --scopes weights,inside"},
        {2, "the list is empty", "tq sweep tiny.onnx --data npy:x.npy,y.npy --formats ' ; '"},
    };
    (void)state;
    EXPECT_ALL(lines);
    tq_said said = tq_program_run("tq");
    assert_int_equal(said.code, 2);
    assert_string_equal(said.out, "");
    assert_non_null(strstr(said.err, "Usage:"));
    tq_said_free(&said);
}

static void test_bad_quantizers_and_maps(void **state)
{
    static const line lines[] = {
        {2, "position", TINY "--weights nearest,99,4"},
        {2, "32", TINY "--weights nearest,99,4"},
        {2, "nearest", TINY "--weights nearst,8,4"},
        {2, "position", "tq quantize x.npy out.npy nearest,8"},
        {2, "classes", TINY "--weights '{\"nothing\": \"nearest,8,4\"}'"},
        {2, "nothing", TINY "--extrinsic '{\"nothing\": \"nearest,8,4\"}'"},
        {1, "gone.json", TINY "--intrinsic gone.json"},
        {2, "position", "tq sweep tiny.onnx --data npy:x.npy,y.npy --formats 'bf16 nearest,99,4'"},
    };
    (void)state;
    EXPECT_ALL(lines);
}

static void test_bad_files(void **state)
{
    static const line lines[] = {
        {1, "gone.onnx", "tq run gone.onnx --data npy:x.npy"},
        {1, "cut.onnx", "head -c 100 tiny.onnx >cut.onnx; tq run cut.onnx --data npy:x.npy"},
        {1, "x.npy", "tq run x.npy --data npy:x.npy"},
        {1, "Strange", "tq run exp.onnx --data npy:x.npy"},
        {1, "strange", "tq explain exp.onnx"},
        {1, "classes", "tq explain badbias.onnx"},
        {1, "the samples of 'fashion-mnist' are 1x28x28, but the input of 'tiny.onnx' is 4",
         "tq run tiny.onnx --data fashion-mnist"},
        {1, "the samples of 'npy:x.npy,y.npy' are 4, but the input",
         "tq run " LENET " --data npy:x.npy,y.npy"},
        {1, "gone.npy", "tq run tiny.onnx --data npy:gone.npy"},
        {1, "tiny.onnx", "tq run tiny.onnx --data npy:tiny.onnx"},
        {1, "x.npy", "tq run tiny.onnx --data idx:x.npy,y.npy"},
        {1, "cut.npy", "head -c 150 x.npy >cut.npy; tq run tiny.onnx --data npy:cut.npy"},
        {1, "no labels", "tq sweep tiny.onnx --data npy:x.npy"},
        {2, "mnist", "tq run tiny.onnx --data cifar"},
        {1, "gone.npy", "tq quantize gone.npy out.npy bf16"},
        {1, "nowhere", "tq quantize x.npy nowhere/out.npy bf16"},
        {1, "nowhere", TINY "--out nowhere/out.npy"},
        {1, "is not a file of `tq sweep`: line 1",
         "seq 3 >seq; tq sweep tiny.onnx --data npy:x.npy,y.npy --out seq"},
        {1, "is not a file of `tq sweep`",
         "printf 123 >end; tq sweep tiny.onnx --data npy:x.npy,y.npy --out end"},
        {1, "not a plain file", "tq sweep tiny.onnx --data npy:x.npy,y.npy --out /dev/full"},
    };
    (void)state;
    EXPECT_ALL(lines);
    tq_program_expect(0, "123", "cat end"); /* as it was */
}

static void test_devices_that_are_not_there(void **state)
{
    static const line lines[] = {
        {1, "nonsense", TINY "--device nonsense"},
        {1, "nonsense", "TQ_DEVICE=nonsense tq explain tiny.onnx"},
        {1, "7:7", "tq quantize x.npy out.npy bf16 --device 7:7"},
        {1, "pocl-opencl-icd", "OCL_ICD_VENDORS=/nowhere tq devices"},
        {1, "pocl-opencl-icd", "OCL_ICD_VENDORS=/nowhere " TINY},
    };
    (void)state;
    EXPECT_ALL(lines);
}

static void test_outputs_that_cannot_be_written(void **state)
{
    static const line lines[] = {
        {1, "standard output cannot be written", "tq quantizers >/dev/full"},
        {1, "standard output cannot be written", "tq devices --json >/dev/full"},
        {1, "/dev/full", TINY "--out /dev/full"},
        {0, "accuracy", "TQ_CACHE=/dev/null/none " TINY},
    };
    (void)state;
    EXPECT_ALL(lines);
}

static void test_lists(void **state)
{
    (void)state;
    static const char *const lists[] = {"quantizers", "layers"};
    for (size_t i = 0; i < 2; ++i) {
        json_t *const list = tq_program_json("tq %s --json", lists[i]);
        assert_true(json_is_array(list) && json_array_size(list) > 5);
        for (size_t k = 0; k < json_array_size(list); ++k) {
            assert_true(json_is_string(json_object_get(json_array_get(list, k), "name")));
            assert_true(json_string_length(json_object_get(json_array_get(list, k), "summary")) > 0);
        }
        json_decref(list);
    }
    json_t *const devices = tq_program_json("tq devices --json");
    assert_true(json_array_size(devices) > 0);
    for (size_t k = 0; k < json_array_size(devices); ++k) {
        assert_true(json_is_string(json_object_get(json_array_get(devices, k), "name")));
        assert_true(json_is_string(json_object_get(json_array_get(devices, k), "platform")));
        assert_true(json_is_string(json_object_get(json_array_get(devices, k), "type")));
    }
    json_decref(devices);
    json_t *const version = tq_program_json("tq version --json");
    assert_true(json_is_string(json_object_get(version, "version")));
    json_decref(version);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_command_has_help_with_examples),
        cmocka_unit_test(test_documentation_is_the_help),
        cmocka_unit_test(test_command_line),
        cmocka_unit_test(test_bad_quantizers_and_maps),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_devices_that_are_not_there),
        cmocka_unit_test(test_outputs_that_cannot_be_written),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
