/* Every kind, rounding and overflow rule against the oracle. $TQ_TEST_LONG=1: more random numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "oracle/oracle_cases.h"
#include "quantizers/bind.h"

#define EXAMPLE_NUMBERS 100000

static const char *const roundings[] = {"even",       "away",         "zero",         "down",
                                        "up",         "odd",          "stochastic:4", "stochastic:8",
                                        "stochastic", "stochastic:32"};

static void compare(const tq_quantizer *q, const oracle_format *f, const char *string, uint32_t bits,
                    uint32_t draw)
{
    const uint32_t is = tq_quantizer__apply(q, tq_exact_of(bits), draw);
    const uint32_t should = oracle_quantize_bits(f, bits, draw);
    if (is != should)
        fail_msg("%s of %08x with draw %08x: is %08x, should be %08x", string, bits, draw, is, should);
}

/* False when the string is refused. */
static bool check(const char *string, int random_numbers)
{
    static uint32_t cases[ORACLE_CASES];
    uint64_t state = 1;
    oracle_format f;
    tq_quantizer q;
    size_t count;
    if (tq_quantizer_parse(&q, string) != TQ_OK)
        return false;
    assert_true(oracle_parse(&f, string));
    count = oracle_cases(cases, &f);
    for (size_t i = 0; i < count; ++i)
        compare(&q, &f, string, cases[i], (uint32_t)oracle_random(&state));
    for (int i = 0; i < random_numbers; ++i) {
        const uint32_t bits = oracle_random_input(&state, &f);
        compare(&q, &f, string, bits, (uint32_t)oracle_random(&state));
    }
    return true;
}

static int cross_numbers(void)
{
    return getenv("TQ_TEST_LONG") ? EXAMPLE_NUMBERS : 5000;
}

static void test_examples_of_all_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < tq_quantizer_kind_count(); ++i) {
        const char *const *example = tq_quantizer_kind_at(i)->examples;
        assert_non_null(*example);
        for (; *example; ++example)
            assert_true(check(*example, EXAMPLE_NUMBERS));
    }
}

static void test_fixed_by_rounding_and_overflow(void **state)
{
    static const char *const shapes[] = {"1,0", "4,6", "8,4", "16,8", "25,3", "32,31", "32,-96", "24,140"};
    static const char *const rules[] = {"", ",symmetric=1", ",signed=0", ",overflow=wrap",
                                        ",overflow=wrap,signed=0"};
    char string[128];
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; ++s) {
        for (size_t r = 0; r < sizeof roundings / sizeof *roundings; ++r) {
            for (size_t o = 0; o < sizeof rules / sizeof *rules; ++o) {
                snprintf(string, sizeof string, "fixed,%s,round=%s%s", shapes[s], roundings[r], rules[o]);
                assert_true(check(string, cross_numbers()));
            }
        }
    }
}

static void test_float_by_rounding_and_overflow(void **state)
{
    static const char *const shapes[] = {"5,10",
                                         "4,3,specials=fn",
                                         "2,1,specials=none",
                                         "8,23",
                                         "1,2,bias=3",
                                         "3,0",
                                         "4,0,specials=fn",
                                         "8,0,specials=none,bias=128",
                                         "6,12,bias=137,subnormal=0"};
    static const char *const rules[] = {"", ",overflow=saturate", ",overflow=nan"};
    char string[128];
    int accepted = 0;
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; ++s) {
        for (size_t r = 0; r < sizeof roundings / sizeof *roundings; ++r) {
            for (size_t o = 0; o < sizeof rules / sizeof *rules; ++o) {
                snprintf(string, sizeof string, "float,%s,round=%s%s", shapes[s], roundings[r], rules[o]);
                accepted += check(string, cross_numbers());
            }
        }
    }
    assert_int_equal(accepted, 9 * 10 * 3 - 2 * 10); /* without NaN, overflow=nan is refused */
}

static void test_float_without_subnormals(void **state)
{
    static const char *const shapes[] = {"5,10", "4,3,specials=fn", "2,1,specials=none", "8,7", "2,0"};
    char string[128];
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; ++s) {
        for (size_t r = 0; r < sizeof roundings / sizeof *roundings; ++r) {
            snprintf(string, sizeof string, "float,%s,subnormal=0,round=%s", shapes[s], roundings[r]);
            assert_true(check(string, cross_numbers()));
        }
    }
}

static void test_log_by_rounding(void **state)
{
    static const char *const shapes[] = {"", ",4,-6", ",2,0", ",9,-127", ",8,-149"};
    char string[128];
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; ++s) {
        for (size_t r = 0; r < sizeof roundings / sizeof *roundings; ++r) {
            snprintf(string, sizeof string, "log%s,round=%s", shapes[s], r == 2 ? "floor" : roundings[r]);
            assert_true(check(string, cross_numbers()));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples_of_all_kinds), cmocka_unit_test(test_fixed_by_rounding_and_overflow),
        cmocka_unit_test(test_float_by_rounding_and_overflow),
        cmocka_unit_test(test_float_without_subnormals), cmocka_unit_test(test_log_by_rounding)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
