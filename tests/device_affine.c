/*
 * The layers quantizelinear, dequantizelinear and cast on the device: the bits of the host reference, and of
 * MPFR taking ONNX's steps one by one.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layers/kind.h"
#include "oracle/oracle_cases.h"
#include "support/bits.h"
#include "support/device_test.h"

#define MOST     20000
#define CHANNELS 5

typedef struct trial {
    const char *kind, *options;
    float scale[CHANNELS], zero[CHANNELS]; /* scale 0: the layer has none */
    const char *input, *format;            /* what x is brought to first, and what the result is of */
    double lowest, highest;                /* of codes */
} trial;

static const trial trials[] = {
    {"quantizelinear",
     "bits=8,signed=0",
     {0.1f, 2, 0.03f, 1e-3f, 7},
     {128, 0, 255, 3, 100},
     "none",
     NULL,
     0,
     255},
    {"quantizelinear",
     "bits=8",
     {0.7f, 0x1p-100f, 3e30f, 1, 0.3f},
     {0, -128, 127, 1, 2},
     "none",
     NULL,
     -128,
     127},
    {"quantizelinear", "bits=4", {1e-40f, 1e-45f, 3e38f, 1, 0.3f}, {0, -8, 7, 1, 2}, "none", NULL, -8, 7},
    {"quantizelinear",
     "bits=8,by=multiply",
     {0.01f, 0.5f, 3e-5f, 1, 7},
     {5, 0, -3, 2, 1},
     "fixed,24,0",
     NULL,
     -128,
     127},
    {"quantizelinear", "to=e4m3", {0.1f, 2, 0.03f, 1e-3f, 7}, {0}, "none", "e4m3", 0, 0},
    {"quantizelinear",
     "to=e5m2fnuz,saturate=0",
     {0.1f, 2, 3, 1e-3f, 7},
     {0},
     "none",
     "e5m2fnuz,overflow=nan",
     0,
     0},
    {"quantizelinear", "to=float32", {0.1f, 2, 0.03f, 1e-3f, 7}, {0}, "fixed,8,0", NULL, 0, 0},
    {"quantizelinear", "to=float32,by=multiply", {3, 2, 0.03f, 1e-3f, 7}, {4, 1}, "fixed,8,0", NULL, 0, 0},
    {"dequantizelinear",
     "",
     {0.1f, 2, 0.03f, 1e-3f, 7},
     {128, 0, 255, 3, 100},
     "fixed,8,0,signed=0",
     NULL,
     0,
     0},
    {"dequantizelinear",
     "",
     {1e-42f, 0x1p-140f, 1e-38f, 1, 3e38f},
     {0, -128, 127, 3, 1},
     "fixed,8,0",
     NULL,
     0,
     0},
    {"cast", "to=int,bits=4", {0}, {0}, "none", "fixed,4,0,round=zero,overflow=wrap", 0, 0},
    {"cast", "to=int,bits=8,signed=0", {0}, {0}, "none", "fixed,8,0,round=zero,overflow=wrap,signed=0", 0, 0},
    {"cast", "to=fp16", {0}, {0}, "none", "fp16", 0, 0},
    {"cast", "to=e5m2,saturate=0", {0}, {0}, "none", "e5m2,overflow=inf", 0, 0},
    {"cast", "to=e2m1", {0}, {0}, "none", "e2m1", 0, 0},
};

static void to_carrier(mpfr_ptr x)
{
    oracle_set(x, oracle_nearest(x));
}

/* x is a number with its codes; to the nearest integer, ties to even, by MPFR itself. */
static void to_code(mpfr_ptr x, const trial *t, float zero)
{
    mpfr_rint(x, x, MPFR_RNDN);
    mpfr_add_d(x, x, (double)zero, MPFR_RNDN);
    if (mpfr_cmp_d(x, t->lowest) < 0)
        mpfr_set_d(x, t->lowest, MPFR_RNDN);
    if (mpfr_cmp_d(x, t->highest) > 0)
        mpfr_set_d(x, t->highest, MPFR_RNDN);
    if (mpfr_zero_p(x))
        mpfr_set_zero(x, 1);
}

static uint32_t oracle_of(const trial *t, uint32_t bits, int64_t place)
{
    const bool centers = t->kind[0] == 'd', multiplies = centers || strstr(t->options, "multiply") != NULL;
    const uint32_t not_a_number = strstr(t->options, "e2m1") != NULL ? 0x80000000u : 0x7FC00000u;
    mpfr_t x, scale;
    oracle_format format;
    mpfr_inits2(ORACLE_PRECISION, x, scale, (mpfr_ptr)0);
    oracle_set(x, bits);
    oracle_set(scale, bits_of(t->scale[place]));
    if (centers && t->zero[place] != 0) { /* x - 0 keeps x's zero */
        mpfr_sub_d(x, x, (double)t->zero[place], MPFR_RNDN);
        to_carrier(x);
    }
    if (t->scale[0] != 0) {
        multiplies ? mpfr_mul(x, x, scale, MPFR_RNDN) : mpfr_div(x, x, scale, MPFR_RNDN);
        to_carrier(x);
    }
    if (t->highest > 0 && !mpfr_nan_p(x))
        to_code(x, t, t->zero[place]);
    uint32_t result = mpfr_nan_p(x) ? not_a_number : oracle_nearest(x);
    if (t->format != NULL && !mpfr_nan_p(x)) {
        assert_true(oracle_parse(&format, t->format));
        if (t->kind[0] == 'q' && result == 0x80000000u)
            oracle_set(x, 0); /* a zero point of +0 is added */
        result = oracle_quantize(&format, x, 0);
    }
    mpfr_clears(x, scale, (mpfr_ptr)0);
    return (result & 0x7FFFFFFFu) > 0x7F800000u ? not_a_number : result;
}

static int64_t fill(float *x, const trial *t)
{
    static uint32_t cases[ORACLE_CASES];
    const bool small = getenv("TQ_TEST_SMALL") != NULL;
    uint64_t state = 5;
    oracle_format f;
    tq_quantizer q;
    int64_t count = 0;
    assert_true(oracle_parse(&f, "fixed,8,0"));
    assert_int_equal(tq_quantizer_parse(&q, t->input), TQ_OK);
    const size_t special = oracle_cases(cases, &f);
    for (size_t i = 0; i < special; i += small ? 41 : 1)
        x[count++] = float_of(cases[i]);
    for (int i = 0; i < (small ? 200 : 5000); ++i) {
        const float half = (float)(i % 700 - 350) * 0.5f; /* ties */
        const float scale = t->scale[count % CHANNELS] != 0 ? t->scale[count % CHANNELS] : 1;
        x[count] = i % 2 ? float_of(oracle_random_input(&state, &f)) : half * scale;
        ++count;
    }
    for (int64_t i = 0; i < count; ++i)
        x[i] = tq_quantizer_apply(&q, x[i], 0);
    return count / CHANNELS * CHANNELS;
}

static tq_layer *make(tq_context *context, const trial *t, const tq_shape *shape)
{
    const tq_shape channels = tq_shape_of(1, (const int64_t[]){CHANNELS});
    const bool integers = strcmp(t->input, "none") != 0;
    tq_range range = tq_range__unknown();
    tq_layer *layer;
    if (integers)
        range = (tq_range){.lowest = -0x1p23, .highest = 0x1p23, .finite = true};
    if (tq_layer_create(&layer, context, t->kind, "L", t->options) != TQ_OK)
        fail_msg("%s", tq_error());
    if (t->scale[0] != 0) {
        assert_int_equal(tq_layer_set_weight(layer, "scale", &channels, t->scale), TQ_OK);
        assert_int_equal(tq_layer_set_weight(layer, "zero", &channels, t->zero), TQ_OK);
    }
    if (tq_layer__plan(layer, shape, &range, 1, NULL) != TQ_OK)
        fail_msg("%s", tq_error());
    return layer;
}

static void compare(const trial *t, const char *what, const float *x, const float *is, const float *should,
                    int64_t count)
{
    for (int64_t i = 0; i < count; ++i)
        if (bits_of(is[i]) != bits_of(should[i]))
            fail_msg("%s: %s %s of %a in channel %lld: is %a, should be %a", what, t->kind, t->options,
                     (double)x[i], (long long)(i % CHANNELS), (double)is[i], (double)should[i]);
}

static void check(tq_context *context, const trial *t)
{
    static float x[MOST + ORACLE_CASES], is[MOST + ORACLE_CASES], should[MOST + ORACLE_CASES];
    const int64_t count = fill(x, t);
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){count / CHANNELS, CHANNELS});
    tq_layer *layer = make(context, t, &shape);
    tq_tensor *from, *to;
    const float *const inputs[] = {x};
    assert_int_equal(tq_layer_reference(layer, inputs, should), TQ_OK);
    assert_int_equal(tq_tensor_create(&from, context, &shape), TQ_OK);
    assert_int_equal(tq_tensor_create(&to, context, &shape), TQ_OK);
    assert_int_equal(tq_tensor_write(from, x, count), TQ_OK);
    if (tq_layer_forward(layer, (const tq_tensor *const *)&from, to) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(to, is, count), TQ_OK);
    compare(t, "device against reference", x, is, should, count);
    for (int64_t i = 0; i < count && getenv("TQ_TEST_DEVICE_ONLY") == NULL; ++i)
        is[i] = float_of(oracle_of(t, bits_of(x[i]), i % CHANNELS));
    if (getenv("TQ_TEST_DEVICE_ONLY") == NULL)
        compare(t, "oracle against reference", x, is, should, count);
    tq_tensor_destroy(from);
    tq_tensor_destroy(to);
    tq_layer_destroy(layer);
}

static void test_trials(void **state)
{
    for (size_t i = 0; i < TQ_COUNT(trials); ++i)
        check(*state, &trials[i]);
}

/* Scale, zero point and codes of a whole tensor, against MPFR's. */
static void test_dynamic(void **state)
{
    enum { COUNT = 1000 };
    static const char *const options[] = {"part=codes", "part=scale", "part=zero"};
    static float x[COUNT], is[COUNT], should[COUNT];
    static uint32_t bits[COUNT];
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){4, COUNT / 4});
    const float *const inputs[] = {x};
    oracle_format f;
    assert_true(oracle_parse(&f, "int,8,signed=0"));
    for (int i = 0; i < COUNT; ++i)
        x[i] = i == 7 ? (float)INFINITY : (float)(i * 7919 % 2003 - 300) / 77.0f;
    memcpy(bits, x, sizeof bits);
    oracle_fit_int(&f, bits, COUNT);
    for (int part = 0; part < 3; ++part) {
        const int64_t count = part == 0 ? COUNT : 1;
        const tq_shape one = tq_shape_of(1, &count), *made = part == 0 ? &shape : &one;
        tq_layer *layer;
        tq_tensor *from, *to;
        assert_int_equal(tq_layer_create(&layer, *state, "dynamicquantizelinear", "L", options[part]), TQ_OK);
        assert_int_equal(tq_layer_plan(layer, &shape, 1, NULL), TQ_OK);
        assert_int_equal(tq_layer_reference(layer, inputs, should), TQ_OK);
        assert_int_equal(tq_tensor_create(&from, *state, &shape), TQ_OK);
        assert_int_equal(tq_tensor_create(&to, *state, made), TQ_OK);
        assert_int_equal(tq_tensor_write(from, x, COUNT), TQ_OK);
        assert_int_equal(tq_layer_forward(layer, (const tq_tensor *const *)&from, to), TQ_OK);
        assert_int_equal(tq_tensor_read(to, is, count), TQ_OK);
        for (int64_t i = 0; i < count; ++i) {
            const float number_of = float_of(oracle_quantize_bits(&f, bits[i], 0));
            const float wanted = part == 1 ? f.scale : part == 2 ? (float)f.zero : 0;
            assert_int_equal(bits_of(is[i]), bits_of(should[i]));
            if (part > 0)
                assert_int_equal(bits_of(is[i]), bits_of(wanted));
            else
                assert_true((is[i] - (float)f.zero) * f.scale == number_of);
        }
        tq_tensor_destroy(from);
        tq_tensor_destroy(to);
        tq_layer_destroy(layer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_trials), cmocka_unit_test(test_dynamic)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
