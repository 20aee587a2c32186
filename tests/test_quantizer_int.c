/* Affine integers: rows by hand, scales from data, channels, and what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "oracle/oracle.h"
#include "quantizers/bind.h"
#include "support/bits.h"
#include "util/fail.h"

static void expect(const char *string, float x, float y)
{
    tq_quantizer q;
    assert_int_equal(tq_quantizer_parse(&q, string), TQ_OK);
    const float is = tq_quantizer_apply(&q, x, 0);
    if (bits_of(is) != bits_of(y))
        fail_msg("%s of %a is %a, should be %a", string, (double)x, (double)is, (double)y);
}

/* ONNX's example of QuantizeLinear: scale 2, zero 128, uint8; ties go to even, ends saturate. */
static void test_rows_by_hand(void **state)
{
    (void)state;
    expect("int,8,2,128,signed=0", 0, 0);
    expect("int,8,2,128,signed=0", 2, 2);
    expect("int,8,2,128,signed=0", 3, 4);
    expect("int,8,2,128,signed=0", 1, 0);
    expect("int,8,2,128,signed=0", 1000, 254);
    expect("int,8,2,128,signed=0", -254, -254);
    expect("int,8,2,128,signed=0", -1000, -256);
    expect("int,8,2,round=away", 1, 2);
    expect("int,8,2,round=down", -1, -2);
    expect("int,8,1", -1e9f, -128);
    expect("int,8,1,symmetric=1", -1e9f, -127);
    expect("int,8,1", -0.0f, 0);
    /* fl(0.3f / 0.1f) is 3, though the exact quotient is above it: not 4 steps. */
    expect("int,8,0.1,round=up", 0.3f, 0.3f);
    /* fl(0x1.fffffep0 * 3) / 3 is not an integer times a step, and must stay where it is. */
    expect("int,8,0x1.fffffep-1,round=down", 0x1.fffffep-1f * 3, 0x1.fffffep-1f * 3);
}

/* DynamicQuantizeLinear's own vectors: scale and zero point of the operator's page. */
static void test_scales_of_tensors(void **state)
{
    static const float plain[] = {0, 2, -3, -2.5f, 1.34f, 0.5f},
                       above[] = {-1, -2.1f, -1.3f, -2.5f, -3.34f, -4};
    static const struct {
        const char *string;
        const float *x;
        double scale, zero;
    } rows[] = {{"int,8,signed=0", plain, 0.0196078438, 153},
                {"int,8,signed=0", above, 0.0156862754, 255},
                {"int,8", plain, 0.0196078438, 25},
                {"int,8,symmetric=1", plain, 0.0236220472, 0}};
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(rows); ++i) {
        tq_quantizer q, fitted;
        assert_int_equal(tq_quantizer_parse(&q, rows[i].string), TQ_OK);
        assert_true(tq_quantizer__needs_fit(&q));
        tq_quantizer__fit_host(&fitted, &q, rows[i].x, 6);
        assert_false(tq_quantizer__needs_fit(&fitted));
        assert_true(fitted.value[1] == (double)(float)rows[i].scale);
        assert_true(fitted.value[2] == rows[i].zero);
    }
}

/* Whole arrays against the oracle, special numbers among them. */
static void test_fitted_arrays(void **state)
{
    static const char *const strings[] = {"int,8,signed=0",    "int,8",
                                          "int,4,symmetric=1", "int,16",
                                          "int,2,round=away",  "int,8,symmetric=1,round=zero"};
    static const float scales[] = {1, 1e-44f, 3e-39f, 0x1p100f, 3e38f, 0};
    float x[97], y[97];
    uint32_t bits[97];
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(strings) * TQ_COUNT(scales); ++i) {
        const char *string = strings[i / TQ_COUNT(scales)];
        tq_quantizer q;
        oracle_format f;
        for (int j = 0; j < 97; ++j)
            x[j] = (float)((j * 37 + (int)i * 11) % 97 - 30) / 67.0f * scales[i % TQ_COUNT(scales)];
        x[5] = i % 2 ? (float)INFINITY : 0;
        x[9] = i % 3 ? (float)-INFINITY : -0.0f;
        x[11] = i % 5 ? (float)NAN : 0;
        memcpy(bits, x, sizeof bits);
        assert_int_equal(tq_quantizer_parse(&q, string), TQ_OK);
        assert_true(oracle_parse(&f, string));
        oracle_fit(&f, bits, 97);
        tq_quantize_array(y, x, 97, &q, 0);
        for (int j = 0; j < 97; ++j) {
            const uint32_t should = oracle_quantize_bits(&f, bits[j], 0);
            if (bits_of(y[j]) != should)
                fail_msg("%s of %08x is %08x, should be %08x", string, bits[j], bits_of(y[j]), should);
        }
    }
}

/* A channel is what it would be alone. */
static void test_channels(void **state)
{
    enum { CHANNELS = 3, ROWS = 5 };
    float x[ROWS * CHANNELS], y[ROWS * CHANNELS], column[ROWS];
    tq_quantizer each, alone;
    (void)state;
    assert_int_equal(tq_quantizer_parse(&each, "int,4,symmetric=1,per=channel"), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&alone, "int,4,symmetric=1"), TQ_OK);
    assert_true(tq_quantizer__per_channel(&each));
    for (int i = 0; i < ROWS * CHANNELS; ++i)
        x[i] = (float)(i * 7 % 11 - 5) * (i % CHANNELS == 1 ? 100 : 0.3f);
    assert_int_equal(tq_quantizer__channels(y, x, ROWS * CHANNELS, CHANNELS, &each, 0, 0, 8), TQ_OK);
    for (int c = 0; c < CHANNELS; ++c) {
        for (int r = 0; r < ROWS; ++r)
            column[r] = x[r * CHANNELS + c];
        tq_quantize_array(column, column, ROWS, &alone, 0);
        for (int r = 0; r < ROWS; ++r)
            assert_int_equal(bits_of(column[r]), bits_of(y[r * CHANNELS + c]));
    }
}

static void test_refusals(void **state)
{
    static const char *const rows[][2] = {
        {"int,1", "allowed 2 to 16"},
        {"int,8,1,200", "zero is 200, but the codes are -128 .. 127"},
        {"int,8,zero=3", "zero needs scale: without scale both are taken from the tensor"},
        {"int,8,1,symmetric=1,signed=0", "symmetric=1 needs signed=1 and zero=0"},
        {"int,8,1,3,symmetric=1", "symmetric=1 needs signed=1 and zero=0"},
        {"int,8,0.1,per=channel", "per=channel takes scales from the tensor: scale must not be given"},
        {"int,8,1e-46", "scale must be at least 2^-149"},
        {"int,8,3e37", "scale is 3e+37, and codes are up to 128 steps from 0: at most 2.6"},
        {"float,4,3,overflow=inf,specials=fnuz", "overflow=inf needs specials=ieee"},
        {"float,4,3,overflow=nan,specials=none", "overflow=nan needs specials=ieee, fn or fnuz"},
    };
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(rows); ++i) {
        tq_quantizer q;
        assert_int_not_equal(tq_quantizer_parse(&q, rows[i][0]), TQ_OK);
        if (strstr(tq_error(), rows[i][1]) == NULL)
            fail_msg("%s: '%s' lacks '%s'", rows[i][0], tq_error(), rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows_by_hand),
                                       cmocka_unit_test(test_scales_of_tensors),
                                       cmocka_unit_test(test_fitted_arrays), cmocka_unit_test(test_channels),
                                       cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
