/* tq sweep: the table, its file, interruptions; and the progress bar, which is for terminals only. */
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/tq_program.h"

#define LENET   TQ_SOURCE_DIRECTORY "/examples/lenet-fashion-mnist.onnx"
#define FORMATS "nearest,8,4 fp16 bf16,round=odd"
#define TINY    "tq sweep tiny.onnx --data npy:x.npy,y.npy --formats 'nearest,8,4; bf16' "
/* Of weights alone: one program for all rows. */
#define WEIGHTS                                                                                              \
    "tq sweep tiny.onnx --data npy:x.npy,y.npy --formats 'nearest,8,4; bf16; fp16; e4m3' --scopes weights "
enum { WEIGHT_ROWS = 5 };
enum { ROWS = 7 }; /* float, and three formats in two scopes or two (tiny) in three */

static int start(void **state)
{
    (void)state;
    tq_program_start(TQ_BINARY_DIRECTORY, "cli_sweep");
    return 0;
}

static size_t count_lines(const char *path)
{
    size_t count = 0;
    char *const text = tq_file_text(path, NULL);
    for (const char *c = text; c != NULL && *c != '\0'; ++c)
        count += *c == '\n';
    free(text);
    return count;
}

static void test_table(void **state)
{
    (void)state;
    json_t *const said = tq_program_json(TINY "--json --scopes weights,all,weights");
    const json_t *const rows = json_object_get(said, "rows");
    assert_int_equal(json_array_size(rows), 5);
    static const char *const scopes[] = {"float", "weights", "weights", "all", "all"};
    static const char *const formats[] = {"none", "nearest,8,4", "bf16", "nearest,8,4", "bf16"};
    for (size_t i = 0; i < 5; ++i) {
        const json_t *const row = json_array_get(rows, i);
        assert_string_equal(json_string_value(json_object_get(row, "scope")), scopes[i]);
        assert_string_equal(json_string_value(json_object_get(row, "format")), formats[i]);
        assert_int_equal(json_integer_value(json_object_get(row, "right")), 4);
        assert_true(json_number_value(json_object_get(row, "images_per_second")) > 0);
    }
    json_decref(said);
    tq_program_expect(0, "66.67 %", TINY);
}

/* The shell that runs the sweep is replaced by it, so that its process is the one that is killed. */
static pid_t launch(const char *out)
{
    const pid_t child = fork();
    if (child == 0) {
        const int null = open("/dev/null", O_WRONLY);
        dup2(null, STDOUT_FILENO);
        execlp("tq", "tq", "sweep", LENET, "--data", "fashion-mnist", "--limit", "64", "--formats", FORMATS,
               "--scopes", "weights,intrinsic", "--out", out, (char *)NULL);
        _exit(127);
    }
    return child;
}

static void kill_after_first_row(const char *out)
{
    int status;
    const pid_t child = launch(out);
    assert_true(child > 0);
    for (int i = 0; i < 6000 && count_lines(out) == 0; ++i)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(count_lines(out) > 0);
}

static void resume(const char *out)
{
    json_t *const said =
        tq_program_json("tq sweep '" LENET "' --data fashion-mnist --limit 64 --formats '" FORMATS
                        "' --scopes weights,intrinsic --out %s --json",
                        out);
    assert_int_equal(json_array_size(json_object_get(said, "rows")), ROWS);
    assert_int_equal(count_lines(out), ROWS);
    json_decref(said);
}

/* Rows hold the time that they took: computed again they would differ. */
static void check_starts_with(const char *out, const char *before, size_t length)
{
    size_t size;
    char *const after = tq_file_text(out, &size);
    assert_true(size > length);
    assert_memory_equal(after, before, length);
    free(after);
}

static void test_killed_sweep_goes_on(void **state)
{
    size_t size;
    (void)state;
    kill_after_first_row("rows.jsonl");
    char *const before = tq_file_text("rows.jsonl", &size);
    while (size > 0 && before[size - 1] != '\n')
        --size; /* what was at work */
    resume("rows.jsonl");
    check_starts_with("rows.jsonl", before, size);
    free(before);

    char *const full = tq_file_text("rows.jsonl", &size);
    resume("rows.jsonl");
    tq_file_expect("rows.jsonl", full, size);
    free(full);
}

/* Cut in the middle of a row, at every kind of place. */
static void test_cut_file_goes_on(void **state)
{
    size_t size;
    (void)state;
    tq_program_expect(0, "", TINY "--out whole.jsonl");
    char *const whole = tq_file_text("whole.jsonl", &size);
    const size_t first = strcspn(whole, "\n") + 1;
    const size_t cuts[] = {first, first + 1, first + 20, first - 1, 1, 0};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; ++i) {
        tq_file_put("cut.jsonl", whole, cuts[i]);
        tq_program_expect(0, cuts[i] >= first ? "(kept)" : "float", TINY "--out cut.jsonl");
        tq_program_expect(0, "", TINY "--out cut.jsonl"); /* every line can be read */
        assert_int_equal(count_lines("cut.jsonl"), ROWS);
        if (cuts[i] >= first)
            check_starts_with("cut.jsonl", whole, first);
    }
    free(whole);
}

static void test_other_settings_are_other_rows(void **state)
{
    (void)state;
    tq_program_expect(0, "", TINY "--out other.jsonl");
    tq_program_expect(0, "", TINY "--out other.jsonl --seed 2");
    assert_int_equal(count_lines("other.jsonl"), 2 * ROWS);
    tq_program_expect(0, "", TINY "--out other.jsonl --limit 5");
    assert_int_equal(count_lines("other.jsonl"), 3 * ROWS);
    tq_program_expect(0, "", TINY "--out other.jsonl --limit 6");
    assert_int_equal(count_lines("other.jsonl"), 3 * ROWS);
    tq_program_expect(0, "(kept)", TINY "--out other.jsonl --float exact");
    assert_int_equal(count_lines("other.jsonl"), 3 * ROWS);
    tq_program_expect(0, "", TINY "--out other.jsonl --float fast");
    assert_int_equal(count_lines("other.jsonl"), 4 * ROWS);
}

/* The limit of a file's size stands for a full disk: the sweep fails, what is in the file stays whole. On
 * rusticl, as PoCL ends the process when it cannot write its own files. */
static void test_full_disk(void **state)
{
    (void)state;
    tq_said said = tq_program_run(
        "trap '' XFSZ; export RUSTICL_ENABLE=llvmpipe TQ_DEVICE=rusticl; (ulimit -f 1; exec " WEIGHTS
        "--out full.jsonl) 2>&1 | cat");
    assert_non_null(strstr(said.out, "full.jsonl"));
    assert_non_null(strstr(said.out, "cannot be written"));
    tq_said_free(&said);
    size_t size;
    char *const kept = tq_file_text("full.jsonl", &size);
    assert_true(size == 0 || kept[size - 1] == '\n');
    tq_program_expect(0, "", "RUSTICL_ENABLE=llvmpipe TQ_DEVICE=rusticl " WEIGHTS "--out full.jsonl");
    assert_int_equal(count_lines("full.jsonl"), WEIGHT_ROWS);
    check_starts_with("full.jsonl", kept, size);
    free(kept);
}

/* All that the program writes to a terminal. */
static char *run_on_terminal(const char *line)
{
    int terminal, other;
    char *const text = calloc(1 << 16, 1);
    size_t length = 0;
    assert_non_null(text);
    assert_int_equal(openpty(&terminal, &other, NULL, NULL, NULL), 0);
    const pid_t child = fork();
    if (child == 0) {
        close(terminal);
        dup2(other, STDERR_FILENO);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    close(other);
    for (ssize_t got;
         length < (1 << 16) - 1 && (got = read(terminal, text + length, (1 << 16) - 1 - length)) > 0;)
        length += (size_t)got;
    close(terminal);
    assert_int_equal(waitpid(child, &(int){0}, 0), child);
    return text;
}

static void test_progress_on_a_terminal_only(void **state)
{
    static const char *const lines[] = {TINY "--json", "tq run tiny.onnx --data npy:x.npy"};
    (void)state;
    for (size_t i = 0; i < 2; ++i) {
        char line[512];
        tq_program_expect(0, "", lines[i]); /* says nothing on stderr */
        snprintf(line, sizeof line, "TERM=xterm exec %s >/dev/null", lines[i]);
        char *const seen = run_on_terminal(line);
        if (strstr(seen, "0 %") == NULL)
            fail_msg("no progress on the terminal: %s", seen);
        free(seen);
        snprintf(line, sizeof line, "TERM=dumb exec %s >/dev/null", lines[i]);
        char *const dumb = run_on_terminal(line);
        assert_string_equal(dumb, "");
        free(dumb);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_killed_sweep_goes_on),
        cmocka_unit_test(test_cut_file_goes_on),
        cmocka_unit_test(test_other_settings_are_other_rows),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_progress_on_a_terminal_only),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
