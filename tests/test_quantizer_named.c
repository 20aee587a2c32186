/* Named formats, exhaustively: all upper halves of binary32 with lower halves around ties, and all binary16
 * numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "oracle/oracle.h"
#include "quantizers/bind.h"

/* binary32 bits of a binary16 code: by integers, from the format's definition. */
static uint32_t from_binary16(uint32_t code)
{
    const uint32_t sign = (code & 0x8000u) << 16, exponent = code >> 10 & 31;
    uint32_t fraction = code & 0x3FFu, shifts = 0;
    if (exponent == 31)
        return fraction ? 0x7FC00000u : sign | 0x7F800000u;
    if (exponent > 0)
        return sign | (exponent + 112) << 23 | fraction << 13;
    if (fraction == 0)
        return sign;
    for (; !(fraction & 0x400u); ++shifts)
        fraction <<= 1;
    return sign | (113 - shifts) << 23 | (fraction & 0x3FFu) << 13;
}

static void parse_both(tq_quantizer *q, oracle_format *f, const char *string)
{
    assert_int_equal(tq_quantizer_parse(q, string), TQ_OK);
    assert_true(oracle_parse(f, string));
}

static const char *const strings[] = {"fp16",
                                      "bf16",
                                      "tf32",
                                      "e5m2",
                                      "e4m3",
                                      "fp16,overflow=saturate",
                                      "e5m2,overflow=inf",
                                      "e4m3,overflow=nan",
                                      "bf16,round=away",
                                      "e4m3fnuz",
                                      "e4m3fnuz,overflow=nan",
                                      "e5m2fnuz",
                                      "e5m2fnuz,overflow=nan",
                                      "e2m1",
                                      "float,8,23",
                                      "none"};

static void check(const tq_quantizer *q, const oracle_format *f, const char *string, uint32_t bits)
{
    const uint32_t is = tq_quantizer__apply(q, tq_exact_of(bits), 0),
                   should = oracle_quantize_bits(f, bits, 0);
    if (is != should)
        fail_msg("%s of %08x: is %08x, should be %08x", string, bits, is, should);
}

static void test_all_upper_halves(void **state)
{
    static const uint32_t low[] = {0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF, 0x1000, 0x0FFF, 0x1001, 0x3000};
    (void)state;
    for (size_t s = 0; s < sizeof strings / sizeof *strings; ++s) {
        tq_quantizer q;
        oracle_format f;
        parse_both(&q, &f, strings[s]);
        for (uint32_t high = 0; high < 0x10000; ++high) {
            check(&q, &f, strings[s], high << 16 | low[high % 10]);
            check(&q, &f, strings[s], high << 16);
        }
    }
}

static void test_all_binary16_numbers(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof strings / sizeof *strings; ++s) {
        tq_quantizer q;
        oracle_format f;
        parse_both(&q, &f, strings[s]);
        for (uint32_t code = 0; code < 0x10000; ++code)
            check(&q, &f, strings[s], from_binary16(code));
    }
}

/* Every binary16 number stays, and what lies between two neighbours goes to one of them. */
static void test_binary16_is_what_it_is(void **state)
{
    tq_quantizer q;
    (void)state;
    assert_int_equal(tq_quantizer_parse(&q, "fp16"), TQ_OK);
    for (uint32_t code = 0; code < 0x7C00; ++code) {
        const uint32_t low = from_binary16(code), high = from_binary16(code + 1);
        assert_int_equal(tq_quantizer__apply(&q, tq_exact_of(low), 0), low);
        assert_int_equal(tq_quantizer__apply(&q, tq_exact_of(low | 0x80000000u), 0), low | 0x80000000u);
        assert_int_equal(tq_quantizer__apply(&q, tq_exact_of(low + 1), 0), code ? low : 0);
        if (code < 0x7BFF)
            assert_int_equal(tq_quantizer__apply(&q, tq_exact_of(high - 1), 0), high);
    }
}

/* What users of other packages report: a format as wide as binary32 changes numbers. */
static void test_binary32_in_general_form_is_the_identity(void **state)
{
    tq_quantizer q;
    (void)state;
    assert_int_equal(tq_quantizer_parse(&q, "float,8,23"), TQ_OK);
    for (uint32_t bits = 0; bits <= 0x7F800000u; bits += 997) {
        assert_int_equal(tq_quantizer__apply(&q, tq_exact_of(bits), 0), bits);
        assert_int_equal(tq_quantizer__apply(&q, tq_exact_of(bits | 0x80000000u), 0), bits | 0x80000000u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_upper_halves),
                                       cmocka_unit_test(test_all_binary16_numbers),
                                       cmocka_unit_test(test_binary16_is_what_it_is),
                                       cmocka_unit_test(test_binary32_in_general_form_is_the_identity)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
