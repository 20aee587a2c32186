/* Reading, printing, comparing, and what bad strings are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tensorquant/extend.h"

static void check_round_trip(const char *string)
{
    tq_quantizer q, again;
    char text[256], second[256];
    size_t length;
    if (tq_quantizer_parse(&q, string) != TQ_OK)
        fail_msg("%s: %s", string, tq_error());
    length = tq_quantizer_print(text, sizeof text, &q);
    assert_int_equal(length, strlen(text));
    if (tq_quantizer_parse(&again, text) != TQ_OK)
        fail_msg("%s prints as %s: %s", string, text, tq_error());
    assert_true(tq_quantizer_equal(&q, &again));
    tq_quantizer_print(second, sizeof second, &again);
    assert_string_equal(text, second);
}

static void test_examples_survive_a_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < tq_quantizer_kind_count(); ++i) {
        for (const char *const *example = tq_quantizer_kind_at(i)->examples; *example; ++example)
            check_round_trip(*example);
    }
}

static void test_kinds_are_ordered_by_name(void **state)
{
    (void)state;
    assert_true(tq_quantizer_kind_count() > 0);
    for (size_t i = 1; i < tq_quantizer_kind_count(); ++i)
        assert_true(strcmp(tq_quantizer_kind_at(i - 1)->name, tq_quantizer_kind_at(i)->name) < 0);
    assert_null(tq_quantizer_kind_at(tq_quantizer_kind_count()));
}

static void test_canonical_strings(void **state)
{
    static const char *const rows[][2] = {
        {"none", "none"},
        {"nearest,16,8", "nearest,16,8"},
        {"nearest,f=8,w=16", "nearest,16,8"},
        {"fixed,16,8,round=even,overflow=saturate,signed=1,symmetric=0", "fixed,16,8"},
        {"fixed,8,4,overflow=wrap,round=away", "fixed,8,4,round=away,overflow=wrap"},
        {"fixed,8,4,round=stochastic:16", "fixed,8,4,round=stochastic"},
        {"fixed,8,4,round=stochastic:8", "fixed,8,4,round=stochastic:8"},
        {"stochastic,8,4,16", "stochastic,8,4"},
        {"stochastic,8,4,bits=8", "stochastic,8,4,8"},
        {"float,5,10,bias=15,overflow=inf", "float,5,10"},
        {"float,4,3,overflow=saturate,specials=fn", "float,4,3,specials=fn"},
        {"float,4,3,overflow=saturate", "float,4,3,overflow=saturate"},
        {"float,8,7,round=stochastic:16", "float,8,7,round=stochastic"},
        {"fp16,round=stochastic:16", "fp16,round=stochastic"},
        {"e5m2,overflow=saturate", "e5m2"},
        {"log,7,-31,round=away", "log"},
        {"log,round=floor", "log,round=floor"},
        {"sparse,0.1", "sparse,0.1"},
        {"binary,1", "binary"},
        {"ternary,1", "ternary"},
        {"ternary,1,0.25", "ternary,1,0.25"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        tq_quantizer q;
        char text[256];
        if (tq_quantizer_parse(&q, rows[i][0]) != TQ_OK)
            fail_msg("%s: %s", rows[i][0], tq_error());
        tq_quantizer_print(text, sizeof text, &q);
        assert_string_equal(text, rows[i][1]);
    }
}

static void test_print_cuts_like_snprintf(void **state)
{
    tq_quantizer q;
    char text[16];
    (void)state;
    assert_int_equal(tq_quantizer_parse(&q, "nearest,16,8"), TQ_OK);
    for (size_t size = 0; size <= sizeof text; ++size) {
        memset(text, 'x', sizeof text);
        assert_int_equal(tq_quantizer_print(text, size, &q), 12);
        if (size > 0)
            assert_int_equal(strncmp(text, "nearest,16,8", size - 1), 0);
        if (size > 0)
            assert_int_equal(strlen(text), size - 1 < 12 ? size - 1 : 12);
        if (size < sizeof text)
            assert_int_equal(text[size], 'x');
    }
    assert_int_equal(tq_quantizer_print(NULL, 0, &q), 12);
}

/* The text names the place, and says what is allowed there. */
static void test_bad_strings_are_told_why(void **state)
{
    static const struct {
        const char *string;
        tq_status status;
        const char *says[3];
    } rows[] = {
        {"neerest,16,8", TQ_E_NAME, {"position 1", "neerest", "nearest"}},
        {"", TQ_E_NAME, {"position 1", "nearest", "ternary"}},
        {"nearest", TQ_E_SYNTAX, {"position 8", "w", ""}},
        {"nearest,", TQ_E_SYNTAX, {"comma at position 8", "", ""}},
        {"nearest,16", TQ_E_SYNTAX, {"position 11", "f", ""}},
        {"nearest,33,8", TQ_E_ARGUMENT, {"position 9", "33", "32"}},
        {"nearest,0,8", TQ_E_ARGUMENT, {"position 9", "1", "32"}},
        {"nearest,16,141", TQ_E_ARGUMENT, {"position 12", "141", "140"}},
        {"nearest,16,-120", TQ_E_ARGUMENT, {"position 12", "-120", "-100"}},
        {"nearest,32,-97", TQ_E_ARGUMENT, {"position 9", "32,-97", "-96"}},
        {"fixed,16,8,round=sideways", TQ_E_ARGUMENT, {"position 18", "sideways", "stochastic"}},
        {"fixed,8,4,symmetric=1,overflow=wrap", TQ_E_ARGUMENT, {"position 7", "symmetric", "saturate"}},
        {"float,9,2", TQ_E_ARGUMENT, {"position 7", "9", "8"}},
        {"float,8,23,bias=200", TQ_E_ARGUMENT, {"position 17", "200", "150"}},
        {"float,8,23,bias=130", TQ_E_ARGUMENT, {"position 7", "127 .. 127", "2^-149"}},
        {"float,8,23,specials=fn", TQ_E_ARGUMENT, {"position 7", "bias", "2^128"}},
        {"float,4,3,specials=fn,overflow=inf", TQ_E_ARGUMENT, {"position 7", "overflow=inf", "ieee"}},
        {"float,4,3,specials=none,overflow=nan", TQ_E_ARGUMENT, {"position 7", "overflow=nan", "NaN"}},
        {"float,1,0", TQ_E_ARGUMENT, {"position 7", "no number besides zero", ""}},
        {"float,1,4,subnormal=0", TQ_E_ARGUMENT, {"position 7", "no number besides zero", ""}},
        {"e4m3,overflow=inf", TQ_E_ARGUMENT, {"position 15", "inf", "saturate"}},
        {"log,9,-126", TQ_E_ARGUMENT, {"position 5", "2^128", "-127"}},
        {"sparse", TQ_E_SYNTAX, {"position 7", "t", ""}},
        {"sparse,-1", TQ_E_ARGUMENT, {"position 8", "-1", "0"}},
        {"sparse,nan", TQ_E_SYNTAX, {"position 8", "nan", "number"}},
        {"binary,0", TQ_E_ARGUMENT, {"position 8", "0", ""}}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        tq_quantizer q, before;
        tq_status status;
        assert_int_equal(tq_quantizer_parse(&q, "fixed,8,4"), TQ_OK);
        before = q;
        status = tq_quantizer_parse(&q, rows[i].string);
        assert_true(tq_quantizer_equal(&q, &before));
        if (status != rows[i].status)
            fail_msg("'%s': %s, %s", rows[i].string, tq_status_name(status), tq_error());
        for (int s = 0; s < 3; ++s) {
            if (!strstr(tq_error(), rows[i].says[s]))
                fail_msg("'%s': '%s' is not in: %s", rows[i].string, rows[i].says[s], tq_error());
        }
    }
}

static void test_none_has_two_forms(void **state)
{
    const tq_quantizer zeroed = {0};
    tq_quantizer q, other;
    char text[8];
    (void)state;
    assert_int_equal(tq_quantizer_parse(&q, "none"), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&other, "binary"), TQ_OK);
    assert_true(tq_quantizer_is_none(&q) && tq_quantizer_is_none(&zeroed));
    assert_true(tq_quantizer_equal(&q, &zeroed));
    assert_false(tq_quantizer_equal(&other, &zeroed));
    assert_int_equal(tq_quantizer_print(text, sizeof text, &zeroed), 4);
    assert_string_equal(text, "none");
}

/* A kind from outside the library. */
static tq_u32 half_apply(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw)
{
    (void)structure;
    (void)draw;
    v.exponent -= p.s0;
    return tq_exact_to_carrier(v);
}

static void half_bake(const double *value, tq_words *p, tq_i32 *structure)
{
    p->s0 = (tq_i32)value[0];
    *structure = 0;
}

static void test_own_kinds(void **state)
{
    static const tq_parameter parameters[] = {{.name = "k", .initial = 1, .highest = 9, .integer = true}};
    tq_quantizer_kind kind = {.name = "halve",
                              .parameters = parameters,
                              .parameter_count = 1,
                              .function = "halve",
                              .source = "",
                              .apply = half_apply,
                              .bake = half_bake};
    tq_quantizer q;
    char text[16];
    (void)state;
    assert_int_equal(tq_quantizer_make(&q, &kind, "3"), TQ_OK);
    assert_true(tq_quantizer_apply(&q, 8, 0) == 1);
    tq_quantizer_print(text, sizeof text, &q);
    assert_string_equal(text, "halve,3");
    assert_int_equal(tq_quantizer_make(&q, &kind, NULL), TQ_OK);
    assert_true(tq_quantizer_apply(&q, 8, 0) == 4);
    assert_int_not_equal(tq_quantizer_make(&q, &kind, "10"), TQ_OK);
    kind.parameter_count = 9;
    assert_int_equal(tq_quantizer_make(&q, &kind, "3"), TQ_E_ARGUMENT);
    kind.apply = NULL;
    assert_int_equal(tq_quantizer_make(&q, &kind, "3"), TQ_E_ARGUMENT);
    assert_int_equal(tq_quantizer_make(&q, NULL, "3"), TQ_E_ARGUMENT);
    assert_int_equal(tq_quantizer_parse(&q, NULL), TQ_E_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples_survive_a_round_trip),
                                       cmocka_unit_test(test_kinds_are_ordered_by_name),
                                       cmocka_unit_test(test_canonical_strings),
                                       cmocka_unit_test(test_print_cuts_like_snprintf),
                                       cmocka_unit_test(test_bad_strings_are_told_why),
                                       cmocka_unit_test(test_none_has_two_forms),
                                       cmocka_unit_test(test_own_kinds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
