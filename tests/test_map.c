/* Maps: patterns, order, JSON with positions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tensorquant/map.h"
#include "util/fail.h"

#define FILE_NAME "test_map.json"

static tq_map *parse(const char *text)
{
    tq_map *map;
    if (tq_map_parse(&map, text) != TQ_OK)
        fail_msg("%s", tq_error());
    return map;
}

static tq_accumulation accumulation(const char *text)
{
    tq_accumulation a;
    if (tq_accumulation_parse(&a, text) != TQ_OK)
        fail_msg("%s", tq_error());
    return a;
}

static void expect_rule(const tq_map *map, size_t i, const char *pattern, const char *text)
{
    const tq_accumulation wanted = accumulation(text);
    tq_accumulation got;
    assert_string_equal(tq_map_rule(map, i, &got), pattern);
    assert_true(tq_accumulation_equal(&got, &wanted));
}

/* The error must hold each of the parts that follow, up to NULL. */
static void expect_failure(tq_status status, const char *text, ...)
{
    tq_map *map = (tq_map *)&map;
    va_list parts;
    const tq_status got = tq_map_parse(&map, text);
    if (got != status)
        fail_msg("'%s' gives %s: %s", text, tq_status_name(got), tq_error());
    assert_null(map);
    va_start(parts, text);
    for (const char *part; (part = va_arg(parts, const char *)) != NULL;)
        if (strstr(tq_error(), part) == NULL)
            fail_msg("'%s' is not in '%s'", part, tq_error());
    va_end(parts);
}

static void write_file(const char *text)
{
    FILE *file = fopen(FILE_NAME, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int remove_file(void **state)
{
    (void)state;
    remove(FILE_NAME);
    return 0;
}

/* Index of the one rule `pattern` for `name`: 0 or -1. */
static int find(const char *pattern, const char *name)
{
    tq_map *map;
    const tq_accumulation none = {0};
    assert_int_equal(tq_map_create(&map), TQ_OK);
    assert_int_equal(tq_map_add(map, pattern, &none), TQ_OK);
    const int found = tq_map_find(map, name);
    tq_map_destroy(map);
    return found;
}

static void patterns(void **state)
{
    static const struct {
        const char *pattern, *name;
        int found;
    } rows[] = {
        {"", "conv1", 0},
        {"", "", 0},
        {"conv", "conv1", 0},
        {"onv", "conv1", 0},
        {"conv1", "conv", -1},
        {"Conv", "conv1", -1},
        {"conv*", "conv1", 0},
        {"conv*", "my/conv1", -1},
        {"*conv*", "a/conv1", 0},
        {"*1", "conv1", 0},
        {"*1", "conv12", -1},
        {"conv?", "conv1", 0},
        {"conv?", "conv", -1},
        {"conv?", "conv12", -1},
        {"*", "", 0},
        {"?", "", -1},
        {"a*b*c", "a-b-b-c", 0},
        {"a*b*c", "a-b-c-d", -1},
        {"**", "x", 0},
        {"a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", -1},
        {"[ab]*", "a1", -1},
        {"[ab]*", "[ab]1", 0},
        {"a\\*", "a\\1", 0},
        {"*ab", "aab", 0},
    };
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(rows); ++i)
        if (find(rows[i].pattern, rows[i].name) != rows[i].found)
            fail_msg("'%s' on '%s' is not %d", rows[i].pattern, rows[i].name, rows[i].found);
}

static void first_match_wins(void **state)
{
    (void)state;
    tq_map *map = parse("{\"zeta\": \"nearest,16,8\", \"conv*\": \"bf16\", \"\": \"zero,8,4\"}");
    assert_int_equal(tq_map_count(map), 3);
    expect_rule(map, 0, "zeta", "nearest,16,8"); /* the order of the text, not of the letters */
    expect_rule(map, 1, "conv*", "bf16");
    expect_rule(map, 2, "", "zero,8,4");
    assert_int_equal(tq_map_find(map, "conv_zeta"), 0);
    assert_int_equal(tq_map_find(map, "conv1"), 1);
    assert_int_equal(tq_map_find(map, "relu"), 2);
    assert_int_equal(tq_map_find(NULL, "relu"), -1);
    tq_map_destroy(map);
}

static void many_rules_keep_their_order(void **state)
{
    tq_map *map;
    char pattern[32];
    const tq_accumulation none = {0};
    (void)state;
    assert_int_equal(tq_map_create(&map), TQ_OK);
    for (int i = 0; i < 1000; ++i) {
        snprintf(pattern, sizeof pattern, "layer%d*", i);
        assert_int_equal(tq_map_add(map, pattern, &none), TQ_OK);
    }
    assert_int_equal(tq_map_count(map), 1000);
    assert_int_equal(tq_map_find(map, "layer999"), 9);
    assert_int_equal(tq_map_find(map, "layer0"), 0);
    assert_string_equal(tq_map_rule(map, 999, NULL), "layer999*");
    tq_map_destroy(map);
}

static void strings_hold_everywhere(void **state)
{
    (void)state;
    tq_map *map = parse("nearest,16,8");
    assert_int_equal(tq_map_count(map), 1);
    expect_rule(map, 0, "", "nearest,16,8");
    tq_map_destroy(map);
    map = parse(" {\"product\": \"nearest,16,8\", \"sum\": \"exact\"}");
    assert_int_equal(tq_map_count(map), 1);
    expect_rule(map, 0, "", "{\"product\": \"nearest,16,8\", \"sum\": \"exact\"}");
    tq_map_destroy(map);
}

/* Keys of an accumulation beside another key are patterns. */
static void objects_are_maps(void **state)
{
    (void)state;
    tq_map *map = parse("{\"sum\": \"bf16\", \"conv\": {\"product\": \"fp16\", \"fused\": false}}");
    assert_int_equal(tq_map_count(map), 2);
    expect_rule(map, 0, "sum", "bf16");
    expect_rule(map, 1, "conv", "{\"product\": \"fp16\"}");
    tq_map_destroy(map);
    map = parse("{}");
    assert_int_equal(tq_map_count(map), 0);
    assert_int_equal(tq_map_find(map, "conv"), -1);
    tq_map_destroy(map);
}

static void files(void **state)
{
    (void)state;
    write_file("{\n  \"conv\": \"nearest,16,8\",\n  \"a\\\"{b\": {\"sum\": \"exact\"}\n}\n");
    tq_map *map = parse(FILE_NAME);
    assert_int_equal(tq_map_count(map), 2);
    expect_rule(map, 0, "conv", "nearest,16,8");
    expect_rule(map, 1, "a\"{b", "{\"sum\": \"exact\"}");
    tq_map_destroy(map);
}

static void file_errors_name_file_and_position(void **state)
{
    (void)state;
    write_file(
        "{\n  \"x\\\"{\": {\"sum\": \"exact\", \"fused\": false},\n   \"conv\": \"nearset,16,8\"\n}\n");
    expect_failure(TQ_E_NAME, FILE_NAME, FILE_NAME ": line 3, column 4: pattern 'conv'", "nearset", NULL);
    write_file("{\n  \"conv\": \"nearest,16,8\",\n  \"conv\": \"bf16\"\n}\n");
    expect_failure(TQ_E_SYNTAX, FILE_NAME, FILE_NAME ": line 3, column", "duplicate", NULL);
    write_file("{\n  \"conv\": \"nearest,16,8\n}\n");
    expect_failure(TQ_E_SYNTAX, FILE_NAME, FILE_NAME ": line 2", NULL);
    write_file("[\"conv\"]");
    expect_failure(TQ_E_SYNTAX, FILE_NAME, FILE_NAME, "needs a JSON object", NULL);
    write_file("");
    expect_failure(TQ_E_SYNTAX, FILE_NAME, FILE_NAME, NULL);
    expect_failure(TQ_E_FILE, "no/such.json", "no/such.json", "No such file", NULL);
}

static void inline_errors(void **state)
{
    (void)state;
    expect_failure(TQ_E_NAME, "nearset,16,8", "nearset", NULL);
    expect_failure(TQ_E_SYNTAX, "{\"conv\": 7}", "line 1, column 2", "pattern 'conv'", "quantizer string",
                   NULL);
    expect_failure(TQ_E_SYNTAX, "{\"conv\": [1]}", "pattern 'conv'", NULL);
    expect_failure(TQ_E_SYNTAX, "{\"conv\": \"bf16\"", "line 1", NULL);
    expect_failure(TQ_E_SYNTAX, "{\"conv\": \"bf16\"} x", "line 1", NULL);
    expect_failure(TQ_E_ARGUMENT, "{\"a\": \"bf16\", \"conv\": \"nearest,99,8\"}", "column 15",
                   "pattern 'conv'", NULL);
    expect_failure(TQ_E_NAME, "{\"conv\": {\"prodcut\": \"bf16\"}}", "pattern 'conv'", "prodcut", NULL);
    assert_int_equal(tq_map_parse(NULL, "bf16"), TQ_E_ARGUMENT);
    expect_failure(TQ_E_ARGUMENT, NULL, "NULL", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns),
        cmocka_unit_test(first_match_wins),
        cmocka_unit_test(many_rules_keep_their_order),
        cmocka_unit_test(strings_hold_everywhere),
        cmocka_unit_test(objects_are_maps),
        cmocka_unit_test_teardown(files, remove_file),
        cmocka_unit_test_teardown(file_errors_name_file_and_position, remove_file),
        cmocka_unit_test(inline_errors),
    };
    char directory[] = "/tmp/tq_map_XXXXXX";
    if (mkdtemp(directory) == NULL || chdir(directory) != 0)
        return 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return rmdir(directory) == 0 ? failed : 1;
}
