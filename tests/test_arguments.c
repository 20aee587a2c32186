/* Parameter texts, growable strings and error texts. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/arguments.h"
#include "util/fail.h"
#include "util/text.h"

#define LOCALES TQ_BINARY_DIRECTORY "/caches/test_arguments-locales"

static const char *const colors[] = {"red", "green", "blue", NULL};

/* Values: bits 0, scale 1, color 2, pads 3 to 6, leak 7. */
static const tq_parameter table[] = {
    {"bits", 8, 2, 32, NULL, "", 0, true, true, false},
    {"scale", 0.5, -4, 4, NULL, "", 1, false, false, false},
    {"color", 1, 0, 2, colors, "", 0, false, false, false},
    {"pads", 0, 0, 99, NULL, "", 4, true, false, true},
    {"leak", 0.25, 0, 1e30, NULL, "", 0, false, false, true},
};
enum { PARAMETERS = TQ_COUNT(table), VALUES = 8 };

/* Reads the part of `whole` from byte `skip`. */
static tq_status parse_from(double *values, const char *whole, size_t skip)
{
    return tq_arguments__parse(values, table, PARAMETERS, "thing", whole, whole + skip, true);
}

static void expect_values(const char *text, const double *wanted)
{
    double values[VALUES];
    if (parse_from(values, text, 0) != TQ_OK)
        fail_msg("'%s': %s", text, tq_error());
    for (int i = 0; i < VALUES; ++i)
        if (values[i] != wanted[i])
            fail_msg("'%s': value %d is %.17g, not %.17g", text, i, values[i], wanted[i]);
}

static void test_values(void **state)
{
    (void)state;
    expect_values("4", (const double[]){4, 0.5, 1, 0, 0, 0, 0, 0.25});
    expect_values("4,-1.5,blue", (const double[]){4, -1.5, 2, 0, 0, 0, 0, 0.25});
    expect_values("color=red,bits=32", (const double[]){32, 0.5, 0, 0, 0, 0, 0, 0.25});
    expect_values("leak=.125,2,1e-3", (const double[]){2, 1e-3, 1, 0, 0, 0, 0, 0.125});
    expect_values("4,pads=1x2x3x4", (const double[]){4, 0.5, 1, 1, 2, 3, 4, 0.25});
    expect_values("4,pads=1x2", (const double[]){4, 0.5, 1, 1, 2, 2, 2, 0.25});
    expect_values("4,pads=7", (const double[]){4, 0.5, 1, 7, 7, 7, 7, 0.25});
    expect_values("+4,-4,red", (const double[]){4, -4, 0, 0, 0, 0, 0, 0.25});
    expect_values("1.6e1", (const double[]){16, 0.5, 1, 0, 0, 0, 0, 0.25});
}

static void test_faults(void **state)
{
    static const struct {
        const char *text;
        tq_status status;
        const char *part[3];
    } rows[] = {
        {"", TQ_E_SYNTAX, {"thing", "'bits' is missing at position 1", "2 to 32"}},
        {"scale=1", TQ_E_SYNTAX, {"'bits' is missing at position 8", "", ""}},
        {"1", TQ_E_ARGUMENT, {"'bits' at position 1 is 1", "2 to 32", ""}},
        {"33", TQ_E_ARGUMENT, {"'bits' at position 1 is 33", "2 to 32", ""}},
        {"4.5", TQ_E_ARGUMENT, {"'bits' at position 1 is 4.5", "whole number", "2 to 32"}},
        {"4,5", TQ_E_ARGUMENT, {"'scale' at position 3 is 5", "-4 to 4", ""}},
        {"4,-4.001", TQ_E_ARGUMENT, {"'scale' at position 3", "-4 to 4", ""}},
        {"4,,red", TQ_E_SYNTAX, {"'scale' at position 3 is missing", "", ""}},
        {",4", TQ_E_SYNTAX, {"'bits' at position 1 is missing", "", ""}},
        {"4,", TQ_E_SYNTAX, {"nothing follows the comma at position 2", "", ""}},
        {"4,1,", TQ_E_SYNTAX, {"nothing follows the comma at position 4", "", ""}},
        {"x", TQ_E_SYNTAX, {"'bits' at position 1 is 'x'", "", ""}},
        {"4 ", TQ_E_SYNTAX, {"'bits' at position 1 is '4 '", "", ""}},
        {" 4", TQ_E_SYNTAX, {"'bits' at position 1 is ' 4'", "", ""}},
        {"4,nan", TQ_E_SYNTAX, {"'scale' at position 3 is 'nan'", "", ""}},
        {"4,inf", TQ_E_SYNTAX, {"'scale' at position 3 is 'inf'", "", ""}},
        {"4,-inf", TQ_E_SYNTAX, {"'-inf'", "", ""}},
        {"4,+nan", TQ_E_SYNTAX, {"'+nan'", "", ""}},
        {"4,leak=1e999", TQ_E_SYNTAX, {"'leak' at position 8 is '1e999'", "", ""}},
        {"4,1,purple", TQ_E_ARGUMENT, {"'color' at position 5 is 'purple'", "red, green, blue", ""}},
        {"4,1,Red", TQ_E_ARGUMENT, {"'Red'", "red, green, blue", ""}},
        {"4,1,", TQ_E_SYNTAX, {"position 4", "", ""}},
        {"4,color=", TQ_E_ARGUMENT, {"'color' at position 9 is ''", "red, green, blue", ""}},
        {"4,1,2", TQ_E_ARGUMENT, {"'color' at position 5 is '2'", "", ""}},
        {"4,1,red,9", TQ_E_SYNTAX, {"'9' at position 9 is one value too many", "", ""}},
        {"4,bits=5", TQ_E_SYNTAX, {"'bits' is given twice", "position 8", ""}},
        {"bits=5,4", TQ_E_SYNTAX, {"'bits' is given twice", "position 8", ""}},
        {"4,pads=1,pads=1", TQ_E_SYNTAX, {"'pads' is given twice", "position 15", ""}},
        {"4,pad=1", TQ_E_NAME, {"'pad' at position 3", "bits, scale, color, pads, leak", ""}},
        {"4,=1", TQ_E_NAME, {"'' at position 3", "bits, scale", ""}},
        {"4,pads=1x2x3x4x5", TQ_E_ARGUMENT, {"'pads' at position 16 has more than 4", "", ""}},
        {"4,pads=1x", TQ_E_SYNTAX, {"'pads' at position 10 is missing", "", ""}},
        {"4,pads=x1", TQ_E_SYNTAX, {"'pads' at position 8 is missing", "", ""}},
        {"4,pads=1x100", TQ_E_ARGUMENT, {"'pads' at position 10 is 100", "0 to 99", ""}},
        {"4,pads=1x2.5", TQ_E_ARGUMENT, {"'pads' at position 10", "whole number", ""}},
        {"4x4", TQ_E_SYNTAX, {"'bits' at position 1 is '4x4'", "", ""}},
        {"4,leak=0=1", TQ_E_SYNTAX, {"'0=1'", "", ""}},
    };
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(rows); ++i) {
        double values[VALUES];
        const tq_status status = parse_from(values, rows[i].text, 0);
        if (status != rows[i].status)
            fail_msg("'%s' gives %s: %s", rows[i].text, tq_status_name(status), tq_error());
        for (int j = 0; j < 3 && rows[i].part[j] != NULL; ++j)
            if (strstr(tq_error(), rows[i].part[j]) == NULL)
                fail_msg("'%s': '%s' is not in '%s'", rows[i].text, rows[i].part[j], tq_error());
    }
}

/* Very long numbers, keys and choices are cut in the text, not beyond it. */
static void test_long_pieces(void **state)
{
    char text[3000];
    double values[VALUES];
    (void)state;
    for (int form = 0; form < 4; ++form) {
        static const char *const starts[] = {"", "4,1,", "", "4,pads="};
        const size_t start = strlen(starts[form]);
        memcpy(text, starts[form], start);
        memset(text + start, form == 0 || form == 3 ? '1' : 'k', sizeof text - start);
        if (form == 2)
            text[2000] = '=';
        text[sizeof text - 1] = '\0';
        assert_int_not_equal(parse_from(values, text, 0), TQ_OK);
        assert_true(strlen(tq_error()) < 400);
    }
}

/* Positions count from the start of the whole text. */
static void test_positions_of_a_part(void **state)
{
    double values[VALUES];
    (void)state;
    assert_int_equal(parse_from(values, "thing,4,9", 6), TQ_E_ARGUMENT);
    assert_non_null(strstr(tq_error(), "position 9"));
    assert_int_equal(parse_from(values, "thing,4,2,", 6), TQ_E_SYNTAX);
    assert_non_null(strstr(tq_error(), "position 10"));
    assert_int_equal(parse_from(values, "thing,", 6), TQ_E_SYNTAX);
    assert_non_null(strstr(tq_error(), "position 7"));
}

static void test_options_need_keys(void **state)
{
    double values[VALUES];
    (void)state;
    assert_int_equal(tq_arguments__parse(values, table, PARAMETERS, "thing", "4", "4", false), TQ_E_SYNTAX);
    assert_non_null(strstr(tq_error(), "'4' at position 1 needs the form key=value"));
    assert_int_equal(tq_arguments__parse(values, table, PARAMETERS, "thing", "bits=4", "bits=4", false),
                     TQ_OK);
    assert_int_equal(tq_arguments__parse(values, NULL, 0, "thing", "", "", false), TQ_OK);
    assert_int_equal(tq_arguments__parse(values, NULL, 0, "thing", "a=1", "a=1", false), TQ_E_NAME);
    assert_non_null(strstr(tq_error(), "parameters: none"));
    assert_int_equal(tq_arguments__parse(values, NULL, 0, "thing", "1", "1", true), TQ_E_SYNTAX);
    assert_non_null(strstr(tq_error(), "one value too many"));
}

static void test_print_rows(void **state)
{
    static const char *const rows[][2] = {
        {"4", ",4"},
        {"bits=8", ",8"},
        {"4,0.5,green", ",4"},
        {"4,0.5,blue", ",4,0.5,blue"},
        {"color=green,scale=1,bits=4", ",4,1"},
        {"4,leak=0.1", ",4,leak=0.1"},
        {"4,pads=1x2", ",4,pads=1x2x2x2"},
        {"4,pads=0", ",4"},
        {"4,leak=0.1,pads=3,red", NULL},
    };
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(rows); ++i) {
        double values[VALUES];
        char text[200];
        const tq_status status = parse_from(values, rows[i][0], 0);
        if (rows[i][1] == NULL) { /* "red" stands for scale here */
            assert_int_equal(status, TQ_E_SYNTAX);
            continue;
        }
        assert_int_equal(status, TQ_OK);
        const size_t length = tq_arguments__print(text, sizeof text, values, table, PARAMETERS);
        assert_string_equal(text, rows[i][1]);
        assert_int_equal(length, strlen(text));
    }
}

/* parse(print(v)) == v for numbers that need all their digits. */
static void test_round_trip(void **state)
{
    uint64_t draw = 99;
    (void)state;
    for (int i = 0; i < 2000; ++i) {
        double values[VALUES], again[VALUES];
        char text[300];
        draw = draw * 6364136223846793005u + 1442695040888963407u;
        const double fraction = (double)(draw >> 11) / 9007199254740992.0;
        values[0] = 2 + (double)(draw >> 60);
        values[1] = i % 3 == 0 ? 0.5 : fraction * 8 - 4;
        values[2] = (double)(i % 3);
        for (int j = 0; j < 4; ++j)
            values[3 + j] = i % 5 == 0 ? 0 : (double)(draw >> (20 + 8 * j) & 63);
        values[7] = i % 7 == 0 ? 0.25 : ldexp(fraction, (int)(draw >> 40 & 255) - 160);
        assert_true(tq_arguments__print(text, sizeof text, values, table, PARAMETERS) < sizeof text);
        if (parse_from(again, text, 1) != TQ_OK)
            fail_msg("'%s': %s", text, tq_error());
        assert_memory_equal(values, again, sizeof values);
    }
}

/* Like snprintf: the full length, never a byte beyond the size. */
static void test_print_cuts(void **state)
{
    const double values[VALUES] = {4, 1, 2, 1, 2, 3, 4, 0.5};
    char text[40];
    (void)state;
    const size_t full = tq_arguments__print(NULL, 0, values, table, PARAMETERS);
    assert_int_equal(full, strlen(",4,1,blue,pads=1x2x3x4,leak=0.5"));
    memset(text, '#', sizeof text);
    assert_int_equal(tq_arguments__print(text, 6, values, table, PARAMETERS), full);
    assert_string_equal(text, ",4,1,");
    assert_int_equal(text[6], '#');
}

/* Texts mean the same when the calling program uses a decimal comma. */
static void test_decimal_comma(void **state)
{
    const double values[VALUES] = {4, 1.5, 1, 0, 0, 0, 0, 0.25};
    char text[100], shown[20];
    (void)state;
    if (system("mkdir -p '" LOCALES "' && localedef -i de_DE -f UTF-8 '" LOCALES
               "/de_DE.UTF-8' 2>/dev/null") != 0)
        skip();
    setenv("LOCPATH", LOCALES, 1);
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") == NULL)
        skip();
    snprintf(shown, sizeof shown, "%.1f", 1.5);
    expect_values("4,1.5", values);
    tq_arguments__print(text, sizeof text, values, table, PARAMETERS);
    setlocale(LC_NUMERIC, "C");
    assert_string_equal(shown, "1,5");
    assert_string_equal(text, ",4,1.5");
}

static void test_text_grows(void **state)
{
    tq_text text = {0};
    (void)state;
    assert_string_equal(tq_text__get(&text), "");
    for (int i = 0; i < 1000; ++i)
        tq_text__print(&text, "%03d", i);
    assert_int_equal(text.length, 3000);
    assert_int_equal(strlen(tq_text__get(&text)), 3000);
    for (int i = 0; i < 1000; ++i) {
        char three[12];
        snprintf(three, sizeof three, "%03d", i);
        assert_memory_equal(tq_text__get(&text) + 3 * i, three, 3);
    }
    tq_text__add(&text, "a\0b", 3);
    assert_int_equal(text.length, 3003);
    assert_memory_equal(tq_text__get(&text) + 3000, "a\0b", 4);
    assert_int_equal(tq_text__status(&text), TQ_OK);
    tq_text__free(&text);
    assert_null(text.data);
    assert_string_equal(tq_text__get(&text), "");
}

/* A length that overflows is remembered; the text stays as it was. */
static void test_text_out_of_memory(void **state)
{
    tq_text text = {0};
    (void)state;
    tq_text__add(&text, "kept", 4);
    tq_text__add(&text, "", SIZE_MAX / 2);
    assert_true(text.failed);
    assert_int_equal(tq_text__status(&text), TQ_E_MEMORY);
    tq_text__add(&text, "more", 4);
    assert_string_equal(tq_text__get(&text), "kept");
    tq_text__free(&text);
}

static void test_error_texts(void **state)
{
    (void)state;
    assert_int_equal(tq_status__fail(TQ_E_SHAPE, "%d of %s", 3, "x"), TQ_E_SHAPE);
    assert_string_equal(tq_error(), "3 of x");
    assert_int_equal(tq_status__prefix(TQ_E_NAME, "layer '%s'", "a"), TQ_E_NAME);
    assert_string_equal(tq_error(), "layer 'a': 3 of x");
    tq_status__fail(TQ_E_NAME, "again: %s", tq_error()); /* an argument that is the text itself */
    assert_string_equal(tq_error(), "again: layer 'a': 3 of x");
    tq_status__prefix(TQ_E_NAME, "%s", tq_error());
    assert_string_equal(tq_error(), "again: layer 'a': 3 of x: again: layer 'a': 3 of x");
}

static void test_long_error_texts(void **state)
{
    static char lot[30000];
    (void)state;
    memset(lot, 'w', sizeof lot - 1);
    tq_status__fail(TQ_E_NAME, "%s", lot);
    const size_t most = strlen(tq_error());
    assert_in_range(most, 4000, 16000);
    tq_status__prefix(TQ_E_NAME, "head");
    assert_int_equal(strlen(tq_error()), most);
    assert_memory_equal(tq_error(), "head: wwww", 10);
    tq_status__prefix(TQ_E_NAME, "%s", lot);
    assert_in_range(strlen(tq_error()), most - 2, most);
    for (size_t i = most - 20; i <= most + 20; ++i) {
        tq_status__fail(TQ_E_NAME, "end");
        tq_status__prefix(TQ_E_NAME, "%.*s", (int)i, lot);
        assert_in_range(strlen(tq_error()), most - 25, most);
    }
}

static void test_status_names(void **state)
{
    (void)state;
    assert_string_equal(tq_status_name(TQ_OK), "TQ_OK");
    assert_string_equal(tq_status_name(TQ_E_FORMAT), "TQ_E_FORMAT");
    assert_string_equal(tq_status_name(TQ_E_OPENCL), "TQ_E_OPENCL");
    assert_string_equal(tq_status_name((tq_status)13), "unknown status");
    assert_string_equal(tq_status_name((tq_status)-1), "unknown status");
    assert_string_equal(tq_version(), "0.1.0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_long_pieces),
        cmocka_unit_test(test_positions_of_a_part),
        cmocka_unit_test(test_options_need_keys),
        cmocka_unit_test(test_print_rows),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_print_cuts),
        cmocka_unit_test(test_decimal_comma),
        cmocka_unit_test(test_text_grows),
        cmocka_unit_test(test_text_out_of_memory),
        cmocka_unit_test(test_error_texts),
        cmocka_unit_test(test_long_error_texts),
        cmocka_unit_test(test_status_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
