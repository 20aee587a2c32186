/* The program cache, damaged in every way and raced for by eight processes: always a miss, never a wrong
 * result.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/internal.h"
#include "support/tq_program.h"
#include "util/fail.h"

#define RUN " tq run tiny.onnx --data npy:x.npy,y.npy --out "

static int start(void **state)
{
    (void)state;
    tq_program_start(TQ_BINARY_DIRECTORY, "cache_damage");
    setenv("POCL_KERNEL_CACHE", "0", 1); /* else the library leaves programs to it */
    tq_program_expect(0, "", "TQ_CACHE=" RUN "right.npy");
    return 0;
}

static void name_file(char path[64], tq_program_key key)
{
    snprintf(path, 64, "small/%016llx%016llx.bin", (unsigned long long)key.high, (unsigned long long)key.low);
}

/* What is wrong is removed. */
static void expect_miss(tq_program_key key, const void *data, size_t size, const char *what, size_t at)
{
    char path[64];
    size_t read_size = 0;
    name_file(path, key);
    tq_file_put(path, data, size);
    unsigned char *const read = tq_cache__read("small", key, &read_size);
    if (read != NULL || access(path, F_OK) == 0)
        fail_msg("%s %zu is no miss, or stays", what, at);
    free(read);
}

static void expect_hit(tq_program_key key, const void *data, size_t size)
{
    size_t read_size = 0;
    unsigned char *const read = tq_cache__read("small", key, &read_size);
    assert_non_null(read);
    assert_int_equal(read_size, size);
    assert_memory_equal(read, data, size);
    free(read);
}

/* Cut to every length, every single bit changed, longer, and under the name of another key. */
static void test_every_damage(void **state)
{
    static const tq_program_key key = {0x1234, 0x5678}, others[] = {{0x1235, 0x5678}, {0x1234, 0x5679}};
    static const unsigned char binary[] = "what a driver gives for a program";
    char path[64];
    size_t size;
    (void)state;
    tq_cache__write("small", key, binary, sizeof binary);
    name_file(path, key);
    char *const whole = tq_file_text(path, &size); /* a zero behind it */
    assert_non_null(whole);
    assert_int_equal(size, 48 + sizeof binary);
    for (size_t i = 0; i < size; ++i)
        expect_miss(key, whole, i, "cut to", i);
    expect_miss(key, whole, size + 1, "of bytes", size + 1);
    for (size_t i = 0; i < 8 * size; ++i) {
        whole[i / 8] = (char)(whole[i / 8] ^ 1 << i % 8);
        expect_miss(key, whole, size, "changed bit", i);
        whole[i / 8] = (char)(whole[i / 8] ^ 1 << i % 8);
    }
    for (size_t i = 0; i < TQ_COUNT(others); ++i)
        expect_miss(others[i], whole, size, "another key", i);
    tq_file_put(path, whole, size);
    expect_hit(key, binary, sizeof binary);
    free(whole);
}

/* Calls `each` with the files of a folder, all of which must be whole programs by their names. */
static size_t for_programs(const char *folder, void (*each)(const char *path))
{
    char path[600];
    size_t count = 0;
    DIR *const list = opendir(folder);
    assert_non_null(list);
    for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list)) {
        if (entry->d_name[0] == '.')
            continue;
        if (strlen(entry->d_name) != 36 || strcmp(entry->d_name + 32, ".bin") != 0)
            fail_msg("'%s/%s' is left", folder, entry->d_name);
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        ++count;
        if (each != NULL)
            each(path);
    }
    closedir(list);
    return count;
}

/* Processes that start at once; each must end well, with the result that there is without a cache. */
static void race(const char *cache, int processes)
{
    char line[300], name[16];
    snprintf(line, sizeof line,
             "for i in $(seq %d); do TQ_CACHE=%s" RUN "$i.npy & all=\"$all $!\"; done; "
             "for p in $all; do wait $p || exit 1; done",
             processes, cache);
    tq_program_expect(0, "", line);
    for (int i = 1; i <= processes; ++i) {
        snprintf(name, sizeof name, "%d.npy", i);
        tq_file_expect_same(name, "right.npy");
        assert_int_equal(remove(name), 0);
    }
}

static void test_race_for_an_empty_cache(void **state)
{
    (void)state;
    race("empty", 8);
    assert_true(for_programs("empty", NULL) > 0);
}

static void damage(const char *path)
{
    size_t size;
    char *const text = tq_file_text(path, &size);
    text[size / 2] = (char)(text[size / 2] ^ 4);
    tq_file_put(path, text, size);
    free(text);
}

/* One may remove what another has just written: a miss the next time, no more. */
static void test_race_for_a_damaged_cache(void **state)
{
    (void)state;
    tq_program_expect(0, "", "TQ_CACHE=damaged" RUN "y1.npy");
    assert_true(for_programs("damaged", damage) > 0);
    race("damaged", 4);
    for_programs("damaged", NULL);
}

static char first_path[600];

static void swap_next(const char *path)
{
    if (first_path[0] == '\0') {
        snprintf(first_path, sizeof first_path, "%s", path);
        return;
    }
    assert_int_equal(rename(first_path, "swapped"), 0);
    assert_int_equal(rename(path, first_path), 0);
    assert_int_equal(rename("swapped", path), 0);
    first_path[0] = '\0';
}

/* Each whole program under the other's name, which the driver would take without a word. */
static void test_swapped_programs(void **state)
{
    static const char *const caches[] = {"", "pair", "pair"};
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(caches); ++i) {
        setenv("TQ_CACHE", caches[i], 1);
        tq_program_expect(0, "", RUN "run.npy");
        tq_program_expect(0, "", "tq quantize x.npy numbers.npy nearest,8,4");
        tq_program_expect(0, "", i == 0 ? "mv numbers.npy right_numbers.npy" : "true");
        if (i == 1)
            assert_int_equal(for_programs("pair", swap_next), 2);
    }
    tq_file_expect_same("run.npy", "right.npy");
    tq_file_expect_same("numbers.npy", "right_numbers.npy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_damage),
        cmocka_unit_test(test_race_for_an_empty_cache),
        cmocka_unit_test(test_race_for_a_damaged_cache),
        cmocka_unit_test(test_swapped_programs),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
