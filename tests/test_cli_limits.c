/* The program tq on a device with little memory: smaller batches, said, with the same results; or a refusal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/device_test.h"
#include "support/tq_program.h"
#include "tensorquant/tensorquant.h"

#define LAYERED "OPENCL_LAYERS=" TQ_BINARY_DIRECTORY "/tests/libdisguise.so TQ_DEVICE= "
#define WHOLE   LAYERED "TQ_DISGUISE=name=Whole tq "
#define TIGHT   LAYERED "TQ_DISGUISE=name=Tight,memory=400K tq "
#define CHAIN   " chain.onnx --data npy:long.npy,labels.npy "

enum { SAMPLES = 100, INPUTS = 1000, CLASSES = 10 };

/* x of 1000 numbers -> abs "first" -> neg "second" -> dense "classes". */
static void write_model(void)
{
    static float weight[INPUTS * CLASSES];
    const tq_shape input = tq_shape_of(2, (const int64_t[]){1, INPUTS});
    const tq_shape of_weight = tq_shape_of(2, (const int64_t[]){INPUTS, CLASSES});
    tq_context *context;
    tq_network *network;
    for (uint32_t i = 0; i < INPUTS * CLASSES; ++i)
        weight[i] = tq_test_number(i);
    tq_test_ok(tq_context_open(&context, NULL));
    tq_test_ok(tq_network_create(&network, context));
    tq_test_ok(tq_network_add_input(network, "x", &input, TQ_NCHW));
    tq_test_ok(tq_network_add(network, "abs", "first", NULL, "x"));
    tq_test_ok(tq_network_add(network, "neg", "second", NULL, "first"));
    tq_test_ok(tq_network_add(network, "dense", "classes", NULL, "second"));
    tq_test_ok(tq_network_set_weight(network, "classes", "weight", &of_weight, weight));
    tq_test_ok(tq_network_save_onnx(network, "chain.onnx"));
    tq_network_destroy(network);
    tq_context_close(context);
}

static int start(void **state)
{
    static float samples[SAMPLES * INPUTS];
    static int64_t labels[SAMPLES];
    (void)state;
    tq_program_start(TQ_BINARY_DIRECTORY, "cli_limits");
    for (uint32_t i = 0; i < SAMPLES * INPUTS; ++i)
        samples[i] = tq_test_number(i + 77777);
    for (int i = 0; i < SAMPLES; ++i)
        labels[i] = i % CLASSES;
    tq_npy_put("long.npy", "<f4", "(100, 1000)", samples, sizeof samples);
    tq_npy_put("labels.npy", "<i8", "(100,)", labels, sizeof labels);
    write_model();
    return 0;
}

/* Exit code and what the last line on stderr is; drivers may say something before. The rest is the caller's.
 */
static tq_said run_tq(int code, const char *last, const char *line)
{
    tq_said said = tq_program_run("%s", line);
    const size_t length = strlen(said.err), wanted = strlen(last);
    if (said.code != code || length < wanted || strcmp(said.err + length - wanted, last) != 0)
        fail_msg("%s: exit code %d, and on stderr: %s", line, said.code, said.err);
    return said;
}

static void expect_end(int code, const char *last, const char *line)
{
    tq_said said = run_tq(code, last, line);
    tq_said_free(&said);
}

/* 64 samples are 256000 bytes in each of two layers; 16 fit, and two inputs of 64000 bytes. */
#define SMALLER "tq: 'Tight' has no memory for batches of 64; they have 16\n"

static void test_run(void **state)
{
    (void)state;
    expect_end(0, "", WHOLE "run" CHAIN "--out whole.npy --extrinsic stochastic,16,8");
    tq_said said = run_tq(0, SMALLER, TIGHT "run" CHAIN "--out tight.npy --extrinsic stochastic,16,8");
    assert_non_null(strstr(said.out, "images    100 in batches of 16\n"));
    tq_said_free(&said);
    tq_file_expect_same("tight.npy", "whole.npy");
}

/* What the user asks for is not changed. */
static void test_given_batch(void **state)
{
    static const char first[] =
        "tq: the tensors of a batch of 64 samples need 514560 bytes, of which 'first' needs "
        "256000; 'Tight' has ";
    (void)state;
    tq_said said = run_tq(1, " of its 409600 bytes left\n", TIGHT "run" CHAIN "--batch 64");
    assert_non_null(strstr(said.err, first));
    assert_string_equal(said.out, "");
    tq_said_free(&said);
    said = run_tq(0, "", TIGHT "run" CHAIN "--batch=9");
    assert_non_null(strstr(said.out, "images    100 in batches of 9\n"));
    tq_said_free(&said);
}

/* The rows of the smaller batch are the same, and are found again. */
static void test_sweep(void **state)
{
    static const char *const lines[] = {
        WHOLE "sweep" CHAIN "--formats stochastic,16,8 --scopes extrinsic --out whole.jsonl",
        TIGHT "sweep" CHAIN "--formats stochastic,16,8 --scopes extrinsic --out tight.jsonl",
        TIGHT "sweep" CHAIN "--formats stochastic,16,8 --scopes extrinsic --out tight.jsonl"};
    long long right[3][2];
    (void)state;
    for (int i = 0; i < 3; ++i) {
        tq_said said = run_tq(0, i == 0 ? "" : SMALLER, lines[i]);
        const char *const second = strstr(said.out, "extrinsic");
        assert_non_null(second);
        assert_int_equal(strstr(said.out, "(kept)") != NULL, i == 2);
        tq_said_free(&said);
        char *rows = tq_file_text(i == 0 ? "whole.jsonl" : "tight.jsonl", NULL);
        const char *row = strstr(rows, "\"right\":");
        assert_non_null(row);
        assert_int_equal(sscanf(row, "\"right\": %lld", &right[i][0]), 1);
        row = strstr(row + 1, "\"right\":");
        assert_non_null(row);
        assert_int_equal(sscanf(row, "\"right\": %lld", &right[i][1]), 1);
        assert_null(strstr(row + 1, "\"right\":"));
        free(rows);
    }
    assert_memory_equal(right[0], right[1], sizeof right[0]);
}

/* The batch of a step is a part of what is trained. */
static void test_train(void **state)
{
    (void)state;
    tq_said said = run_tq(1, " of its 409600 bytes left\n", TIGHT "train" CHAIN "--epochs 1 --out out.onnx");
    assert_non_null(strstr(said.err, "tq: the tensors of a batch of 64 samples need 514560 bytes"));
    tq_said_free(&said);
    assert_null(tq_file_text("out.onnx", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_run), cmocka_unit_test(test_given_batch),
                                       cmocka_unit_test(test_sweep), cmocka_unit_test(test_train)};
    return cmocka_run_group_tests(tests, start, NULL);
}
