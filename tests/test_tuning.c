/* Tuned tiles: which file is read, what is refused and what is passed over, that a tile is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/tq_program.h"
#include "tensorquant/tensorquant.h"

#define FOLDER TQ_BINARY_DIRECTORY "/caches/test_tuning-files"
#define FILE_1 FOLDER "/tiles.json"
#define CACHE  FOLDER "/cache"

static void put(const char *path, const char *text)
{
    tq_file_put(path, text, strlen(text));
}

static void expect_ok(tq_status status)
{
    if (status != TQ_OK)
        fail_msg("%s", tq_error());
}

/* An empty folder, and neither a file nor a cache but what a test sets. */
static int start(void **state)
{
    (void)state;
    unsetenv("TQ_TUNING");
    if (system("rm -rf '" FOLDER "'") != 0)
        return -1;
    return mkdir(FOLDER, 0700);
}

static tq_context *open_context(void)
{
    tq_context *context;
    expect_ok(tq_context_open(&context, NULL));
    expect_ok(tq_context_set(context, "cache", CACHE));
    return context;
}

/* How many programs a plain dense layer of 40 rows and 70 outputs takes that were not there. */
static unsigned plan(tq_context *context)
{
    static float weight[3 * 70];
    tq_layer *layer;
    const tq_shape in = tq_shape_of(2, (const int64_t[]){40, 3});
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){3, 70});
    const tq_program_counts before = tq_context_programs(context);
    expect_ok(tq_layer_create(&layer, context, "dense", "d", NULL));
    expect_ok(tq_layer_set_weight(layer, "weight", &shape, weight));
    const tq_status status = tq_layer_plan(layer, &in, 1, NULL);
    const tq_program_counts after = tq_context_programs(context);
    tq_layer_destroy(layer);
    return status != TQ_OK ? UINT32_MAX : after.built + after.from_disk - before.built - before.from_disk;
}

static void test_a_tile_is_taken(void **state)
{
    (void)state;
    tq_context *context = open_context();
    plan(context);
    assert_int_equal(plan(context), 0);
    put(FILE_1,
        "{\"format\": 1, \"tiles\": [{\"path\": \"plain\", \"work\": \"few\", \"rows\": 3, \"vectors\": 1},"
        "{\"path\": \"plain\", \"rows\": 5, \"vectors\": 2}, {\"path\": \"plain\", \"rows\": 7, "
        "\"vectors\": 1}, {\"path\": \"of another time\", \"rows\": 2, \"vectors\": 1}]}");
    expect_ok(tq_context_set(context, "tuning", FILE_1));
    assert_int_equal(plan(context), 1);
    assert_int_equal(plan(context), 0);
    put(FILE_1, "{\"format\": 1, \"tiles\": [{\"path\": \"plain\", \"draws\": false, \"work\": \"many\", "
                "\"rows\": 5, "
                "\"vectors\": 2}, {\"path\": \"plain\", \"rows\": 7, \"vectors\": 1}]}");
    expect_ok(tq_context_set(context, "tuning", FILE_1));
    assert_int_equal(plan(context), 0);
    expect_ok(tq_context_set(context, "tuning", ""));
    assert_int_equal(plan(context), 0);
    tq_context_close(context);
}

static void test_bad_files_are_refused(void **state)
{
#define TILE(members)                                                                                        \
    "{\"format\": 1, \"tiles\": [{\"path\": \"a\", \"rows\": 1, \"vectors\": 1}, {" members "}]}"
    static const struct {
        const char *text, *expected;
    } bad[] = {
        {"", "tiles.json': line 1, column 0"},
        {"{\"format\": 1,,", "line 1, column 14"},
        {"[]", "needs a JSON object with 'format' and 'tiles'"},
        {"{\"tiles\": []}", "'format' is not 1, the only one that this version reads"},
        {"{\"format\": 2, \"tiles\": []}", "'format' is not 1"},
        {"{\"format\": 1}", "'tiles' is not a list"},
        {"{\"format\": 1, \"device\": \"abacus\", \"tiles\": []}", "'device' is 'abacus', this is '"},
        {"{\"format\": 1, \"device\": 3, \"tiles\": []}", "'device' is '', this is '"},
        {"{\"format\": 1, \"tiles\": [3]}", "tile 1: not an object"},
        {TILE("\"rows\": 4, \"vectors\": 1"), "tile 2: 'path' is missing"},
        {TILE("\"path\": 7, \"rows\": 4, \"vectors\": 1"), "tile 2: 'path' is not a string"},
        {TILE("\"path\": \"0123456789012345678901234567890123456789\", \"rows\": 4, \"vectors\": 1"),
         "'path' has 40 bytes, allowed below 32"},
        {TILE("\"path\": \"plain\", \"vectors\": 1"), "'rows' is missing, allowed: 1 to 32"},
        {TILE("\"path\": \"plain\", \"rows\": 33, \"vectors\": 1"), "'rows' is 33, allowed: 1 to 32"},
        {TILE("\"path\": \"plain\", \"rows\": 0, \"vectors\": 1"), "'rows' is 0, allowed: 1 to 32"},
        {TILE("\"path\": \"plain\", \"rows\": 2, \"vectors\": 9"), "'vectors' is 9, allowed: 1 to 8"},
        {TILE("\"path\": \"plain\", \"rows\": 4294967297, \"vectors\": 1"), "'rows' is 4294967297, allowed"},
        {TILE("\"path\": \"plain\", \"rows\": 2.5, \"vectors\": 1"), "'rows' is not a whole number"},
        {TILE("\"path\": \"plain\", \"work\": \"some\", \"rows\": 2, \"vectors\": 1"),
         "'work' is 'some', allowed: many, few, depthwise"},
        {TILE("\"path\": \"plain\", \"draws\": 1, \"rows\": 2, \"vectors\": 1"),
         "'draws' is neither true nor false"},
    };
    (void)state;
    tq_context *context = open_context();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
        put(FILE_1, bad[i].text);
        assert_int_equal(tq_context_set(context, "tuning", FILE_1), TQ_E_FORMAT);
        if (strstr(tq_error(), bad[i].expected) == NULL || strstr(tq_error(), FILE_1) == NULL)
            fail_msg("'%s' is not in '%s'", bad[i].expected, tq_error());
    }
    assert_int_equal(tq_context_set(context, "tuning", FOLDER "/gone.json"), TQ_E_FILE);
    assert_non_null(strstr(tq_error(), "gone.json"));
    tq_context_close(context);
}

static void test_a_refused_file_changes_nothing(void **state)
{
    tq_tuning_row row;
    size_t count;
    (void)state;
    tq_context *context = open_context();
    put(FILE_1, "{\"format\": 1, \"tiles\": [{\"path\": \"plain\", \"rows\": 5, \"vectors\": 2}]}");
    expect_ok(tq_context_set(context, "tuning", FILE_1));
    assert_int_equal(tq_context_set(context, "tuning", FOLDER "/gone.json"), TQ_E_FILE);
    expect_ok(tq_tuning_read(context, &row, 1, &count));
    assert_int_equal(count, 1);
    assert_string_equal(row.path, "plain");
    assert_string_equal(row.work, "");
    assert_int_equal(row.draws, -1);
    assert_int_equal(row.rows, 5);
    assert_int_equal(row.vectors, 2);
    tq_context_close(context);
}

/* $TQ_TUNING names a file, which must be good when a layer is planned. */
static void test_the_environment(void **state)
{
    size_t count;
    (void)state;
    setenv("TQ_TUNING", FOLDER "/gone.json", 1);
    tq_context *context = open_context();
    assert_int_equal(plan(context), UINT32_MAX);
    assert_non_null(strstr(tq_error(), "gone.json"));
    assert_int_equal(tq_tuning_read(context, NULL, 0, &count), TQ_E_FILE);
    expect_ok(tq_context_set(context, "tuning", ""));
    assert_int_not_equal(plan(context), UINT32_MAX);
    tq_context_close(context);
    put(FILE_1, "{\"format\": 1, \"tiles\": [{\"path\": \"plain\", \"rows\": 5, \"vectors\": 2}]}");
    setenv("TQ_TUNING", FILE_1, 1);
    context = open_context();
    expect_ok(tq_tuning_read(context, NULL, 0, &count));
    assert_int_equal(count, 1);
    tq_context_close(context);
    unsetenv("TQ_TUNING");
}

static size_t rows_of_new_context(void)
{
    size_t count;
    tq_context *context = open_context();
    const unsigned programs = plan(context);
    assert_int_not_equal(programs, UINT32_MAX);
    expect_ok(tq_tuning_read(context, NULL, 0, &count));
    tq_context_close(context);
    return count;
}

/* The file of the cache is read when it is of this device and whole, else passed over without a word. */
static void test_the_file_of_the_cache(void **state)
{
    char name[2000], error[9000];
    (void)state;
    tq_context *context = open_context();
    put(FILE_1, "{\"format\": 1, \"tiles\": [{\"path\": \"plain\", \"rows\": 5, \"vectors\": 2}]}");
    expect_ok(tq_context_set(context, "tuning", FILE_1));
    snprintf(error, sizeof error, "%s", tq_error());
    assert_int_equal(rows_of_new_context(), 0);
    expect_ok(tq_tuning_write(context, NULL));
    snprintf(name, sizeof name, "%s", tq_tuning_file(context));
    assert_non_null(strstr(name, CACHE "/tuning-"));
    assert_int_equal(rows_of_new_context(), 1);
    size_t size;
    char *text = tq_file_text(name, &size);
    tq_file_put(name, text, size / 2);
    assert_int_equal(rows_of_new_context(), 0);
    memcpy(strstr(text, "\"driver\": \"") + 11, "!", 1);
    tq_file_put(name, text, size);
    assert_int_equal(rows_of_new_context(), 0);
    assert_string_equal(tq_error(), error);
    free(text);
    expect_ok(tq_context_set(context, "cache", ""));
    assert_string_equal(tq_tuning_file(context), "");
    assert_int_equal(tq_tuning_write(context, NULL), TQ_E_STATE);
    assert_non_null(strstr(tq_error(), "no cache directory"));
    assert_int_equal(tq_tuning_write(context, FOLDER "/nowhere/x.json"), TQ_E_FILE);
    tq_context_close(context);
}

static void test_null_arguments(void **state)
{
    size_t count;
    (void)state;
    tq_context *context = open_context();
    assert_int_equal(tq_context_tune(NULL, &(tq_tune){0}), TQ_E_ARGUMENT);
    assert_int_equal(tq_context_tune(context, NULL), TQ_E_ARGUMENT);
    assert_int_equal(tq_tuning_read(context, NULL, 1, &count), TQ_E_ARGUMENT);
    assert_int_equal(tq_tuning_read(context, NULL, 0, NULL), TQ_E_ARGUMENT);
    assert_int_equal(tq_tuning_write(NULL, FILE_1), TQ_E_ARGUMENT);
    tq_context_close(context);
}

/* The program: what it prints is what it writes, and the file is read again. */
static void test_the_program(void **state)
{
    (void)state;
    tq_program_start(TQ_BINARY_DIRECTORY, "tuning");
    tq_program_expect(1, "cannot", "tq tune --out nowhere/tiles.json");
    tq_program_expect(1, "no cache directory", "TQ_CACHE= tq tune");
    tq_program_expect(1, "gone.json", "TQ_TUNING=gone.json tq explain tiny.onnx");
    json_t *said = tq_program_json("tq tune --quick --json --out tiles.json");
    json_t *written = json_load_file("tiles.json", 0, NULL);
    const json_t *tiles = json_object_get(said, "tiles"), *same = json_object_get(written, "tiles");
    assert_true(json_array_size(tiles) >= 2);
    assert_int_equal(json_array_size(tiles), json_array_size(same));
    for (size_t i = 0; i < json_array_size(tiles); ++i)
        for (size_t k = 0; k < 3; ++k) {
            static const char *const keys[] = {"path", "rows", "vectors"};
            assert_true(json_equal(json_object_get(json_array_get(tiles, i), keys[k]),
                                   json_object_get(json_array_get(same, i), keys[k])));
        }
    json_decref(said);
    json_decref(written);
    tq_program_expect(0, "", "TQ_TUNING=tiles.json tq explain tiny.onnx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_tile_is_taken, start),
        cmocka_unit_test_setup(test_bad_files_are_refused, start),
        cmocka_unit_test_setup(test_a_refused_file_changes_nothing, start),
        cmocka_unit_test_setup(test_the_environment, start),
        cmocka_unit_test_setup(test_the_file_of_the_cache, start),
        cmocka_unit_test_setup(test_null_arguments, start),
        cmocka_unit_test_setup(test_the_program, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
