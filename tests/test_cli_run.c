/* tq quantize, run and explain: results against rows that were worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/tq_program.h"

#define TINY  "tq run tiny.onnx --data npy:x.npy,y.npy "
#define LENET "'" TQ_SOURCE_DIRECTORY "/examples/lenet-fashion-mnist.onnx' --data fashion-mnist "

static int start(void **state)
{
    (void)state;
    tq_program_start(TQ_BINARY_DIRECTORY, "cli_run");
    return 0;
}

static double number(const json_t *object, const char *name)
{
    if (!json_is_number(json_object_get(object, name)))
        fail_msg("no number '%s'", name);
    return json_number_value(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
    if (!json_is_string(json_object_get(object, name)))
        fail_msg("no text '%s'", name);
    return json_string_value(json_object_get(object, name));
}

/* The float32 numbers behind the header of a file with 128 bytes of it or any other length. */
static void read_numbers(const char *path, float *to, size_t count)
{
    size_t size;
    char *const data = tq_file_text(path, &size);
    assert_non_null(data);
    assert_true(size >= count * sizeof *to);
    memcpy(to, data + size - count * sizeof *to, count * sizeof *to);
    free(data);
}

static void check_quantize(const char *quantizer, const float *expected)
{
    float found[4];
    json_t *const said = tq_program_json("tq quantize numbers.npy rounded.npy %s --json", quantizer);
    read_numbers("rounded.npy", found, 4);
    for (size_t i = 0; i < 4; ++i)
        if (memcmp(found + i, expected + i, sizeof *found) != 0)
            fail_msg("%s: element %zu is %a, not %a", quantizer, i, (double)found[i], (double)expected[i]);
    assert_int_equal(number(said, "elements"), 4);
    json_decref(said);
}

static void test_quantize_gives_the_rows(void **state)
{
    (void)state;
    const float numbers[4] = {0.3f, 1.25f, -1.25f, 9};
    tq_npy_put("numbers.npy", "<f4", "(2, 2)", numbers, sizeof numbers);
    check_quantize("nearest,5,1", (const float[]){0.5f, 1.5f, -1.5f, 7.5f});
    check_quantize("down,5,1", (const float[]){0, 1, -1.5f, 7.5f});
    check_quantize("zero,5,1", (const float[]){0, 1, -1, 7.5f});
    check_quantize("fixed,5,1,round=even,overflow=wrap", (const float[]){0.5f, 1, -1, -7});
    check_quantize("none", numbers);
    tq_program_expect(0, "4 of 4 elements changed", "tq quantize numbers.npy numbers.npy nearest,5,1");
    tq_program_expect(0, "0 of 4 elements changed", "tq quantize numbers.npy numbers.npy nearest,5,1");
}

static void test_run_json(void **state)
{
    (void)state;
    json_t *const said = tq_program_json(TINY "--json --seed 5");
    assert_int_equal(number(said, "images"), 6);
    assert_int_equal(number(said, "right"), 4);
    assert_true(fabs(number(said, "accuracy") - 4 / 6.0) < 1e-9);
    assert_true(number(said, "images_per_second") > 0 && number(said, "wall_images_per_second") > 0);
    assert_true(number(said, "forward_seconds") <= number(said, "seconds"));
    assert_int_equal(number(said, "seed"), 5);
    assert_true(strlen(text(said, "device")) > 0);
    const json_t *const layers = json_object_get(said, "layers");
    assert_int_equal(json_array_size(layers), 2);
    const json_t *const last = json_array_get(layers, 1);
    assert_string_equal(text(last, "name"), "classes");
    assert_string_equal(text(last, "kind"), "dense");
    assert_true(strlen(text(last, "path")) > 0);
    assert_int_equal(json_array_size(json_object_get(last, "shape")), 1);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(last, "shape"), 0)), 3);
    assert_null(json_object_get(last, "sqnr_db"));
    json_decref(said);
}

static void test_without_labels(void **state)
{
    (void)state;
    json_t *const said = tq_program_json("tq run tiny.onnx --data npy:x.npy --json");
    assert_true(json_is_null(json_object_get(said, "accuracy")));
    assert_int_equal(number(said, "images"), 6);
    json_decref(said);
    tq_program_expect(0, "images    6", "tq run tiny.onnx --data npy:x.npy");
}

/* Weights on multiples of 0.5: 0.3 becomes 0.5 and the bias -0.25 becomes -0.5, the identity stays. */
static void test_compare(void **state)
{
    static const double reference[5][3] = {
        {1, 0, 0.05}, {0, 0.75, -0.25}, {0, 0, 0.75}, {0.5, 0.5, -0.1}, {0.5, 0.5, -0.1}};
    static const double quantized[5][3] = {
        {1, 0, 0}, {0, 0.75, -0.5}, {0, 0, 0.5}, {0.5, 0.5, -0.25}, {0.5, 0.5, -0.25}};
    double signal = 0, noise = 0;
    (void)state;
    for (size_t i = 0; i < 5; ++i)
        for (size_t k = 0; k < 3; ++k) {
            signal += reference[i][k] * reference[i][k];
            noise += pow(reference[i][k] - quantized[i][k], 2);
        }
    for (int batch = 1; batch <= 6; ++batch) {
        json_t *const said = tq_program_json(TINY "--weights nearest,8,1 --compare --json --batch %d", batch);
        const json_t *const layers = json_object_get(said, "layers");
        const json_t *const same = json_array_get(layers, 0), *const classes = json_array_get(layers, 1);
        assert_true(json_is_null(json_object_get(same, "sqnr_db")));
        assert_true(json_is_true(json_object_get(same, "exact")));
        assert_true(json_is_false(json_object_get(classes, "exact")));
        assert_true(fabs(number(classes, "sqnr_db") - 10 * log10(signal / noise)) < 1e-4);
        json_decref(said);
    }
}

/* A layer with one row for four samples: the means of the first four rows of test_compare. */
static void test_compare_of_a_fixed_batch(void **state)
{
    static const double reference[3] = {0.375, 0.3125, 0.1125}, noise = 0.175 * 0.175; /* 0.1125 + 0.0625 */
    double signal = 0;
    (void)state;
    for (size_t k = 0; k < 3; ++k)
        signal += reference[k] * reference[k];
    json_t *const said = tq_program_json("tq run centred.onnx --data npy:x.npy,y.npy --limit 4 --compare "
                                         "--weights nearest,8,1 --json");
    const json_t *const mean = json_array_get(json_object_get(said, "layers"), 1);
    assert_string_equal(text(mean, "name"), "mean");
    assert_true(fabs(number(mean, "sqnr_db") - 10 * log10(signal / noise)) < 1e-4);
    json_decref(said);
}

static void test_outputs_file(void **state)
{
    float found[18];
    (void)state;
    tq_program_expect(0, "accuracy", TINY "--out outputs.npy --batch 4");
    read_numbers("outputs.npy", found, 18);
    assert_true(found[0] == 1 && found[1] == 0 && fabs(found[2] - 0.05) < 1e-6);
    assert_true(found[4] == 0.75f && found[8] == 0.75f && found[9] == 0.5f && found[13] == 0.5f);
    assert_true(isnan(found[15]));
    char *const file = tq_file_text("outputs.npy", NULL);
    assert_non_null(strstr(file + 10, "(6, 3)"));
    free(file);
}

static void test_limit(void **state)
{
    (void)state;
    json_t *const said = tq_program_json(TINY "--limit 4 --json");
    assert_int_equal(number(said, "images"), 4);
    assert_true(number(said, "accuracy") == 1);
    json_decref(said);
}

/* Six images in batches of four are two forward passes of two layers. */
static void test_profile(void **state)
{
    (void)state;
    json_t *const said = tq_program_json(TINY "--profile --json --batch 4");
    const json_t *const profile = json_object_get(said, "profile"), *const rows =
                                                                        json_object_get(profile, "rows");
    double found = 0, share = 0;
    size_t i;
    json_t *row;
    assert_int_equal(number(profile, "forwards"), 2);
    assert_true(number(profile, "busy_seconds") > 0 && number(profile, "decode_seconds") >= 0);
    assert_true(number(profile, "span_seconds") >= 0.999 * number(profile, "busy_seconds"));
    json_array_foreach(rows, i, row)
    {
        const bool macs = json_is_real(json_object_get(row, "gmacs"));
        assert_true(macs != json_is_real(json_object_get(row, "gbs")));
        assert_true(number(row, "device_seconds") >= 0 && number(row, "host_seconds_per_launch") >= 0);
        share += strcmp(text(row, "step"), "upload") == 0 ? 0 : number(row, "share");
        found += macs && number(row, "launches_per_forward") == 1;
    }
    assert_int_equal(found, 2);
    assert_true(share > 0 && share < 1.001);
    json_decref(said);
    tq_program_expect(0, "idle", TINY "--profile");
    tq_program_expect(0, "contraction", TINY "--profile");
    tq_program_expect(2, "--profile and --compare", TINY "--profile --compare");
}

/* tiny.onnx: x[N,4] -> Gemm of 4 x 4 without bias -> Gemm of 4 x 3 with bias. */
static void test_show(void **state)
{
    (void)state;
    json_t *const said = tq_program_json("tq show tiny.onnx --json");
    json_t *const last = json_array_get(json_object_get(said, "layers"), 1);
    assert_int_equal(json_array_size(json_object_get(said, "layers")), 2);
    assert_int_equal(json_integer_value(json_object_get(said, "parameters")), 16 + 12 + 3);
    assert_int_equal(json_integer_value(json_object_get(said, "macs")), 16 + 12);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(said, "input"), 0)), 4);
    assert_string_equal(json_string_value(json_object_get(last, "name")), "classes");
    assert_int_equal(json_integer_value(json_object_get(last, "parameters")), 15);
    assert_int_equal(json_integer_value(json_object_get(last, "macs")), 12);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(last, "shape"), 0)), 3);
    json_t *const weight = json_object_get(json_object_get(last, "weights"), "weight");
    assert_int_equal(json_array_size(weight), 2);
    assert_int_equal(json_integer_value(json_array_get(weight, 1)), 3);
    json_decref(said);
    tq_program_expect(0, "31             28", "tq show tiny.onnx");
    tq_program_expect(1, "gone.onnx", "tq show gone.onnx");
    tq_program_expect(1, "exp.onnx", "tq show exp.onnx");
}

/* The model's own batch is what it is planned for; MACs are those of one sample. */
static void test_show_of_a_fixed_batch(void **state)
{
    (void)state;
    json_t *const said = tq_program_json("tq show centred.onnx --json");
    const json_t *const layers = json_object_get(said, "layers"), *const first = json_array_get(layers, 0);
    assert_int_equal(json_array_size(layers), 3);
    assert_string_equal(text(first, "name"), "classes");
    assert_int_equal(number(first, "macs"), 12);
    json_decref(said);
    tq_program_expect(0, "turn", "tq show turned.onnx");
}

static void test_explain(void **state)
{
    (void)state;
    json_t *const said = tq_program_json("tq explain tiny.onnx --json --weights bf16 --intrinsic "
                                         "'{\"cl*\": {\"product\": \"fp16\"}}'");
    const json_t *const layers = json_object_get(said, "layers");
    const json_t *const same = json_array_get(layers, 0), *const classes = json_array_get(layers, 1);
    assert_int_equal(number(same, "macs"), 16);
    assert_int_equal(number(classes, "macs"), 12);
    assert_string_equal(text(same, "weights"), "bf16");
    assert_true(json_is_null(json_object_get(same, "intrinsic")));
    assert_non_null(strstr(text(classes, "intrinsic"), "fp16"));
    assert_true(json_is_null(json_object_get(classes, "extrinsic")));
    assert_true(json_is_array(json_object_get(classes, "not_cheaper")));
    assert_true(number(said, "float_gmacs") > 0);
    assert_true(strlen(text(same, "proof")) > 0);
    assert_true(number(same, "instructions_per_mac") > 0 && number(same, "measured_gmacs") > 0);
    /* Expected is as much slower than plain float as its instructions are more. */
    const double ratio = number(classes, "instructions_per_mac") / number(same, "instructions_per_mac");
    assert_true(fabs(number(same, "expected_gmacs") / number(classes, "expected_gmacs") / ratio - 1) < 1e-6);
    assert_true(fabs(number(same, "expected_gmacs") / number(said, "float_gmacs") - 1) < 1e-6);
    json_decref(said);
    tq_program_expect(0, "12 MACs per sample", "tq explain tiny.onnx");
}

/* A path that is right for products up to some size: it has no bound where the input's range is known to be
 * small. */
static void test_explain_knows_the_inputs(void **state)
{
    static const char *const ranges[] = {"--input-largest 1e30", "--input-largest 1", "--data fashion-mnist"};
    (void)state;
    for (size_t i = 0; i < 3; ++i) {
        json_t *const said = tq_program_json("tq explain '%s/examples/lenet-fashion-mnist.onnx' --json "
                                             "--measure --batch 2 --intrinsic bf16 %s",
                                             TQ_SOURCE_DIRECTORY, ranges[i]);
        const json_t *const conv = json_array_get(json_object_get(said, "layers"), 0);
        assert_string_equal(text(conv, "path"), "float32");
        assert_true(number(conv, "measured_gmacs") > 0);
        assert_true(json_is_null(json_object_get(conv, "otherwise")) == (i > 0));
        if (i == 0)
            assert_true(number(conv, "input_bound") > 1 && strlen(text(conv, "otherwise")) > 0);
        json_decref(said);
    }
    tq_program_expect(2, "--input-largest: '-1' is not a finite number above 0",
                      "tq explain tiny.onnx --input-largest -1");
    tq_program_expect(2, "--input-largest: '1x' is not", "tq explain tiny.onnx --input-largest 1x");
    tq_program_expect(1, "",
                      "tq explain tiny.onnx --data fashion-mnist"); /* other samples than the model's */
}

/* Any split gives the same outputs, stochastic rounding too. */
static void test_batches_give_the_same(void **state)
{
    (void)state;
    const char *const maps = "--weights stochastic,8,6 --extrinsic stochastic,8,4";
    json_t *const one = tq_program_json("tq run " LENET "--limit 64 %s --json --batch 1 --out one.npy", maps);
    json_t *const all =
        tq_program_json("tq run " LENET "--limit 64 %s --json --batch 64 --out all.npy", maps);
    json_t *const some =
        tq_program_json("tq run " LENET "--limit 64 %s --json --batch 7 --out some.npy", maps);
    assert_true(number(one, "accuracy") == number(all, "accuracy"));
    assert_true(number(one, "accuracy") > 0.5);
    tq_program_expect(0, "", "cmp one.npy all.npy && cmp one.npy some.npy");
    json_decref(one);
    json_decref(all);
    json_decref(some);
}

/* Batch norms leave the list of layers only if asked. */
static void test_fold_batchnorm(void **state)
{
    (void)state;
    for (int folds = 0; folds < 2; ++folds) {
        json_t *said = tq_program_json("tq explain norm.onnx --json%s", folds ? " --fold-batchnorm" : "");
        assert_int_equal(json_array_size(json_object_get(said, "layers")), 2 - folds);
        json_decref(said);
        said = tq_program_json("tq run norm.onnx --data npy:x.npy,y.npy --compare --json%s",
                               folds ? " --fold-batchnorm" : "");
        assert_int_equal(json_array_size(json_object_get(said, "layers")), 2 - folds);
        json_decref(said);
    }
}

/* A network that mixes samples runs on whole batches of its own. */
static void test_fixed_batch(void **state)
{
    (void)state;
    tq_program_expect(1, "batches of 4, and 6 images are none but whole batches",
                      "tq run turned.onnx --data npy:x.npy");
    tq_program_expect(0, "4 in batches of 4", "tq run turned.onnx --data npy:x.npy --limit 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantize_gives_the_rows),
        cmocka_unit_test(test_run_json),
        cmocka_unit_test(test_without_labels),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_compare_of_a_fixed_batch),
        cmocka_unit_test(test_outputs_file),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_profile),
        cmocka_unit_test(test_show),
        cmocka_unit_test(test_show_of_a_fixed_batch),
        cmocka_unit_test(test_explain),
        cmocka_unit_test(test_explain_knows_the_inputs),
        cmocka_unit_test(test_batches_give_the_same),
        cmocka_unit_test(test_fold_batchnorm),
        cmocka_unit_test(test_fixed_batch),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
