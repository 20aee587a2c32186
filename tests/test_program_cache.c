/* Built programs on disk: found again, damaged, unwritable, shared by processes and threads. */
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/internal.h"
#include "support/scale_kernel.h"
#include "support/tq_program.h"
#include "util/fail.h"

#define DIRECTORY TQ_BINARY_DIRECTORY "/caches/test_program_cache-disk"
#define PATH_SIZE 1400

/* Calls `each` with the path of every entry; returns how many there are. */
static size_t for_entries(const char *directory, void (*each)(const char *path))
{
    char path[PATH_SIZE];
    size_t count = 0;
    DIR *list = opendir(directory);
    if (list == NULL)
        return 0;
    for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        ++count;
        if (each != NULL)
            each(path);
    }
    closedir(list);
    return count;
}

static void delete_entry(const char *path)
{
    assert_int_equal(remove(path), 0);
}

/* An empty directory, whatever an earlier run has left. */
static int clear(void **state)
{
    (void)state;
    if (system("rm -rf '" DIRECTORY "'") != 0)
        return -1;
    mkdir(DIRECTORY, 0700);
    return for_entries(DIRECTORY, NULL) == 0 ? 0 : -1;
}

/* One start: a context, the kernel with this factor, its result. */
static tq_program_counts start(const char *directory, int factor)
{
    tq_context *context;
    assert_int_equal(tq_context_open(&context, NULL), TQ_OK);
    assert_int_equal(tq_context_set(context, "cache", directory), TQ_OK);
    assert_true(tq_scale_works(context, factor));
    const tq_program_counts counts = tq_context_programs(context);
    tq_context_close(context);
    return counts;
}

static void expect_start(int factor, unsigned built, unsigned from_disk)
{
    const tq_program_counts counts = start(DIRECTORY, factor);
    if (counts.built != built || counts.from_disk != from_disk || counts.from_memory != 0)
        fail_msg("factor %d: %u built, %u from disk, %u from memory", factor, counts.built, counts.from_disk,
                 counts.from_memory);
}

static char only_path[PATH_SIZE];

static void note(const char *path)
{
    snprintf(only_path, sizeof only_path, "%s", path);
}

/* The path of the only file. */
static void find_only(char *path)
{
    assert_int_equal(for_entries(DIRECTORY, note), 1);
    memcpy(path, only_path, PATH_SIZE);
}

static void test_second_start_builds_nothing(void **state)
{
    (void)state;
    expect_start(3, 1, 0);
    expect_start(3, 0, 1);
    expect_start(5, 1, 0);
    expect_start(3, 0, 1);
    expect_start(5, 0, 1);
}

/* The library's own kernels, by the public calls alone. */
static void test_quantizing_again_builds_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 2; ++i) {
        tq_context *context;
        tq_tensor *x;
        tq_quantizer q;
        float number = 1.3f;
        const tq_shape shape = tq_shape_of(0, NULL);
        assert_int_equal(tq_context_open(&context, NULL), TQ_OK);
        assert_int_equal(tq_context_set(context, "cache", DIRECTORY), TQ_OK);
        assert_int_equal(tq_tensor_create(&x, context, &shape), TQ_OK);
        assert_int_equal(tq_tensor_write(x, &number, 1), TQ_OK);
        assert_int_equal(tq_quantizer_parse(&q, "nearest,16,1"), TQ_OK);
        assert_int_equal(tq_tensor_quantize(x, x, &q, 0), TQ_OK);
        assert_int_equal(tq_tensor_read(x, &number, 1), TQ_OK);
        assert_true(number == 1.5f);
        const tq_program_counts counts = tq_context_programs(context);
        assert_int_equal(counts.built > 0, i == 0);
        assert_int_equal(counts.from_disk > 0, i == 1);
        tq_tensor_destroy(x);
        tq_context_close(context);
    }
}

static void test_memory_comes_first(void **state)
{
    tq_context *context;
    (void)state;
    assert_int_equal(tq_context_open(&context, NULL), TQ_OK);
    assert_int_equal(tq_context_set(context, "cache", ""), TQ_OK);
    for (unsigned i = 0; i < 3; ++i) {
        assert_true(tq_scale_works(context, 3));
        assert_int_equal(tq_context_programs(context).built, 1);
        assert_int_equal(tq_context_programs(context).from_memory, i);
    }
    assert_int_equal(tq_context_programs(context).from_disk, 0);
    tq_context_close(context);
    assert_int_equal(for_entries(DIRECTORY, NULL), 0);
}

/* A miss with the right result, after which the file is whole again. */
static void expect_repair(const char *path, const char *whole, size_t size, const char *what, size_t at)
{
    size_t now;
    const tq_program_counts first = start(DIRECTORY, 3), second = start(DIRECTORY, 3);
    if (first.built != 1 || first.from_disk != 0 || second.built != 0 || second.from_disk != 1)
        fail_msg("%s %zu of %zu: %u built and %u from disk, then %u and %u", what, at, size, first.built,
                 first.from_disk, second.built, second.from_disk);
    char *const text = tq_file_text(path, &now);
    assert_non_null(text);
    assert_memory_equal(text, whole, 32); /* header up to the size; binaries may differ from build to build */
    free(text);
    assert_int_equal(for_entries(DIRECTORY, NULL), 1);
}

static void test_cut_files(void **state)
{
    char path[PATH_SIZE];
    size_t size;
    (void)state;
    expect_start(3, 1, 0);
    find_only(path);
    char *const whole = tq_file_text(path, &size);
    assert_non_null(whole);
    assert_true(size > 100);
    const size_t lengths[] = {0, 1, 7, 40, 47, 48, 49, size / 2, size - 1};
    for (size_t i = 0; i < TQ_COUNT(lengths); ++i) {
        tq_file_put(path, whole, lengths[i]);
        expect_repair(path, whole, size, "cut to", lengths[i]);
    }
    free(whole);
}

static void test_changed_files(void **state)
{
    char path[PATH_SIZE];
    size_t size;
    (void)state;
    expect_start(3, 1, 0);
    find_only(path);
    char *const whole = tq_file_text(path, &size), *const changed = malloc(size + 1);
    assert_non_null(whole);
    assert_non_null(changed);
    const size_t places[] = {0, 8, 16, 24, 32, 37, 39, 40, 47, 48, size / 2, size - 1};
    for (size_t i = 0; i < TQ_COUNT(places); ++i) {
        memcpy(changed, whole, size);
        changed[places[i]] ^= 1 << i % 8;
        tq_file_put(path, changed, size);
        expect_repair(path, whole, size, "changed at", places[i]);
    }
    memcpy(changed, whole, size);
    changed[size] = 0;
    tq_file_put(path, changed, size + 1);
    expect_repair(path, whole, size, "one byte more than", size);
    free(whole);
    free(changed);
}

/* The file of another key, which is whole but not meant. */
static void test_swapped_files(void **state)
{
    char path[PATH_SIZE];
    size_t size;
    (void)state;
    expect_start(5, 1, 0);
    find_only(path);
    char *const other = tq_file_text(path, &size);
    assert_int_equal(remove(path), 0);
    expect_start(3, 1, 0);
    find_only(path);
    tq_file_put(path, other, size);
    expect_start(3, 1, 0);
    expect_start(3, 0, 1);
    free(other);
}

static tq_program_key key_of_path(const char *path)
{
    unsigned long long high = 0, low = 0;
    assert_int_equal(sscanf(strrchr(path, '/') + 1, "%16llx%16llx.bin", &high, &low), 2);
    return (tq_program_key){.low = low, .high = high};
}

/* A whole file whose binary the driver refuses. */
static void test_binary_of_another_driver(void **state)
{
    static const unsigned char junk[300] = "not a program";
    char path[PATH_SIZE];
    (void)state;
    expect_start(3, 1, 0);
    find_only(path);
    tq_cache__write(DIRECTORY, key_of_path(path), junk, sizeof junk);
    expect_start(3, 1, 0);
    expect_start(3, 0, 1);
}

/* Neither the directory nor the file can be made; root may write anywhere, but not below a file. */
static void test_unwritable_directory(void **state)
{
    char path[PATH_SIZE];
    (void)state;
    tq_file_put(DIRECTORY "/plain", "x", 1);
    assert_int_equal(start(DIRECTORY "/plain/below", 3).built, 1);
    assert_int_equal(start(DIRECTORY "/plain", 3).built, 1);
    assert_int_equal(start("/dev/full", 3).built, 1);
    assert_int_equal(remove(DIRECTORY "/plain"), 0);
    expect_start(3, 1, 0);
    find_only(path);
    assert_int_equal(remove(path), 0);
    assert_int_equal(mkdir(path, 0700), 0); /* a directory where the file would be */
    expect_start(3, 1, 0);
    find_only(path);
}

/* Directories are made as needed. */
static void test_new_directory(void **state)
{
    (void)state;
    assert_int_equal(start(DIRECTORY "/a/b/", 3).built, 1);
    assert_int_equal(start(DIRECTORY "/a/b", 3).from_disk, 1);
    for_entries(DIRECTORY "/a/b", delete_entry);
    assert_int_equal(remove(DIRECTORY "/a/b"), 0);
}

/* Files may not grow beyond 4 KiB here, as on a full disk: nothing is left, and the old file stays. */
static void test_full_disk(void **state)
{
    static unsigned char binary[20000];
    const tq_program_key key = {1, 2};
    struct rlimit before, limit;
    size_t size;
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    tq_cache__write(DIRECTORY, key, binary, sizeof binary);
    const size_t entries = for_entries(DIRECTORY, NULL);
    tq_cache__write(DIRECTORY, key, binary, 1000);
    tq_cache__write(DIRECTORY, key, binary, sizeof binary);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(entries, 0);
    assert_int_equal(for_entries(DIRECTORY, NULL), 1);
    unsigned char *const kept = tq_cache__read(DIRECTORY, key, &size);
    assert_non_null(kept);
    assert_int_equal(size, 1000);
    free(kept);
}

/* The number of programs is bounded; files that are not the library's are never touched. */
static void test_bound(void **state)
{
    static const unsigned char binary[10] = "binary";
    char path[PATH_SIZE];
    size_t size;
    (void)state;
    for (int i = 0; i < 1100; ++i) {
        snprintf(path, sizeof path, DIRECTORY "/note%d.txt", i);
        tq_file_put(path, "mine", 4);
    }
    tq_cache__write(DIRECTORY, (tq_program_key){1, 1}, binary, sizeof binary);
    assert_int_equal(for_entries(DIRECTORY, NULL), 1101);
    for_entries(DIRECTORY, delete_entry);
    for (int i = 0; i < 1030; ++i) {
        snprintf(path, sizeof path, DIRECTORY "/%032x.bin", i);
        tq_file_put(path, "old", 3);
    }
    tq_cache__write(DIRECTORY, (tq_program_key){1, 1}, binary, sizeof binary);
    assert_true(for_entries(DIRECTORY, NULL) <= 1030);
    unsigned char *const kept = tq_cache__read(DIRECTORY, (tq_program_key){1, 1}, &size);
    assert_non_null(kept);
    free(kept);
}

/* Programs that a start without the option leaves in the initial directory. */
static size_t left_behind(const char *pocl_cache)
{
    tq_context *context;
    if (pocl_cache != NULL)
        setenv("POCL_KERNEL_CACHE", pocl_cache, 1);
    else
        unsetenv("POCL_KERNEL_CACHE");
    assert_int_equal(tq_context_open(&context, NULL), TQ_OK);
    assert_true(tq_scale_works(context, 3));
    tq_context_close(context);
    return for_entries(DIRECTORY, NULL);
}

/* PoCL, on which this test runs, keeps programs itself. */
static void test_driver_with_a_cache(void **state)
{
    char *const saved = strdup(getenv("TQ_CACHE") != NULL ? getenv("TQ_CACHE") : "");
    (void)state;
    setenv("TQ_CACHE", DIRECTORY, 1);
    assert_int_equal(left_behind(NULL), 0);
    assert_int_equal(left_behind("1"), 0);
    assert_int_equal(left_behind("0"), 1);
    unsetenv("POCL_KERNEL_CACHE");
    setenv("TQ_CACHE", saved, 1);
    free(saved);
}

static void expect_initial(const char *wanted)
{
    char found[1024];
    tq_cache__initial_directory(found, sizeof found);
    assert_string_equal(found, wanted);
}

static void test_initial_directory(void **state)
{
    char *const saved = strdup(getenv("TQ_CACHE") != NULL ? getenv("TQ_CACHE") : "");
    char *const home = strdup(getenv("HOME") != NULL ? getenv("HOME") : "/");
    (void)state;
    setenv("TQ_CACHE", "/one", 1);
    setenv("XDG_CACHE_HOME", "/two", 1);
    setenv("HOME", "/three", 1);
    expect_initial("/one");
    setenv("TQ_CACHE", "", 1);
    expect_initial("");
    unsetenv("TQ_CACHE");
    expect_initial("/two/tensorquant");
    setenv("XDG_CACHE_HOME", "", 1);
    expect_initial("/three/.cache/tensorquant");
    unsetenv("HOME");
    expect_initial("");
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", home, 1);
    setenv("TQ_CACHE", saved, 1);
    free(saved);
    free(home);
}

/* What a racing process or thread does. */
static void *race(void *failed)
{
    static const int factors[] = {3, 5};
    for (int i = 0; i < 2; ++i) {
        tq_context *context = NULL;
        if (tq_context_open(&context, NULL) != TQ_OK ||
            tq_context_set(context, "cache", DIRECTORY) != TQ_OK || !tq_scale_works(context, factors[i]))
            *(int *)failed = 1;
        tq_context_close(context);
    }
    return NULL;
}

static void test_processes_race(void **state)
{
    pid_t child[8];
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(child); ++i) {
        child[i] = fork();
        assert_true(child[i] >= 0);
        if (child[i] == 0) {
            execl("/proc/self/exe", "race", "race", (char *)NULL);
            _exit(2);
        }
    }
    for (size_t i = 0; i < TQ_COUNT(child); ++i) {
        int status = -1;
        assert_int_equal(waitpid(child[i], &status, 0), child[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(for_entries(DIRECTORY, NULL), 2);
    expect_start(3, 0, 1);
    expect_start(5, 0, 1);
}

static void test_threads_race(void **state)
{
    pthread_t thread[8];
    int failed[8] = {0};
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(thread); ++i)
        assert_int_equal(pthread_create(&thread[i], NULL, race, &failed[i]), 0);
    for (size_t i = 0; i < TQ_COUNT(thread); ++i) {
        pthread_join(thread[i], NULL);
        assert_int_equal(failed[i], 0);
    }
    assert_int_equal(for_entries(DIRECTORY, NULL), 2);
    expect_start(3, 0, 1);
    expect_start(5, 0, 1);
}

enum { WRITES = 10, BYTES = 300000 };

/* Writes over and over; from its first write on, every read must give a whole file. */
static void *write_and_read(void *failed)
{
    const tq_program_key key = {7, 8};
    unsigned char *const binary = calloc(BYTES, 1);
    for (int i = 0; i < WRITES && binary != NULL; ++i) {
        size_t size = 0;
        memset(binary, i, BYTES);
        tq_cache__write(DIRECTORY, key, binary, (size_t)(BYTES - i));
        unsigned char *const read = tq_cache__read(DIRECTORY, key, &size);
        *(int *)failed |= read == NULL || size > BYTES || size <= BYTES - WRITES;
        free(read);
    }
    free(binary);
    return NULL;
}

static void test_writers_race(void **state)
{
    pthread_t thread[4];
    int failed[4] = {0};
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(thread); ++i)
        assert_int_equal(pthread_create(&thread[i], NULL, write_and_read, &failed[i]), 0);
    for (size_t i = 0; i < TQ_COUNT(thread); ++i) {
        pthread_join(thread[i], NULL);
        assert_int_equal(failed[i], 0);
    }
    assert_int_equal(for_entries(DIRECTORY, NULL), 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_second_start_builds_nothing, clear),
        cmocka_unit_test_setup(test_quantizing_again_builds_nothing, clear),
        cmocka_unit_test_setup(test_memory_comes_first, clear),
        cmocka_unit_test_setup(test_cut_files, clear),
        cmocka_unit_test_setup(test_changed_files, clear),
        cmocka_unit_test_setup(test_swapped_files, clear),
        cmocka_unit_test_setup(test_binary_of_another_driver, clear),
        cmocka_unit_test_setup(test_unwritable_directory, clear),
        cmocka_unit_test_setup(test_new_directory, clear),
        cmocka_unit_test_setup(test_full_disk, clear),
        cmocka_unit_test_setup(test_bound, clear),
        cmocka_unit_test_setup(test_driver_with_a_cache, clear),
        cmocka_unit_test(test_initial_directory),
        cmocka_unit_test_setup(test_processes_race, clear),
        cmocka_unit_test_setup(test_threads_race, clear),
        cmocka_unit_test_setup(test_writers_race, clear),
    };
    if (argc == 2 && strcmp(argv[1], "race") == 0) {
        int failed = 0;
        race(&failed);
        return failed;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
