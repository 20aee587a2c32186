#include "accumulate/check_paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accumulate/path.h"
#include "accumulate/trial.h"
#include "util/clock.h"
#include "util/fail.h"

/* Multiples of no tile, step or block; terms enough for sums to saturate and wrap. */
enum { ROWS = 21, TERMS = 67, COLUMNS = 45 };

/* Paths that are not tuned. */
static const tq_trial_numbers general[] = {
    {"general", "{\"product\": \"fixed,24,8\", \"sum\": \"log\", \"result\": \"fp16\"}", "none", "none", 4,
     1},
    {"general", "stochastic,16,8", "fp16", "bf16", 64, 4},
    {"wide", "{\"product\": \"none\", \"sum\": \"exact\", \"result\": \"none\"}", "none", "none", 1e6, 1e6},
};

/* Row `i` of all; NULL behind the last. */
static const tq_trial_numbers *numbers_at(size_t i)
{
    return i < TQ_COUNT(general) ? &general[i] : tq_trial_numbers__at(i - TQ_COUNT(general));
}

static void compare(tq_check *check, char *text, size_t size, const float *given, const float *expected)
{
    for (int i = 0; i < ROWS * COLUMNS; ++i)
        if (memcmp(&given[i], &expected[i], sizeof *given) != 0) {
            check->result = TQ_CHECK_FAILED;
            snprintf(text, size, "row %d, column %d of %dx%dx%d gives %a, expected %a", i / COLUMNS,
                     i % COLUMNS, ROWS, TERMS, COLUMNS, (double)given[i], (double)expected[i]);
            return;
        }
}

/* The smallest tile: it takes the least compiling. */
static tq_status run(tq_trial *t, float *x, float *given, float *expected)
{
    tq_entry entry = {.tile = {1, 1}};
    TQ_TRY(tq_trial__enter(t, &entry));
    tq_trial__drop(&entry);
    TQ_TRY(tq_tensor_read(t->x, x, ROWS * TERMS));
    TQ_TRY(tq_tensor_read(t->y, given, ROWS * COLUMNS));
    tq_contraction__reference(&t->setup, x, expected, 0);
    return TQ_OK;
}

static void check_trial(tq_check *check, char *text, size_t size, tq_trial *t, float *memory)
{
    float *const given = memory + ROWS * TERMS, *const expected = given + ROWS * COLUMNS;
    if (run(t, memory, given, expected) == TQ_OK) {
        check->compared = ROWS * COLUMNS;
        compare(check, text, size, given, expected);
    } else {
        check->result = TQ_CHECK_FAILED;
        snprintf(text, size, "%s", tq_error());
    }
}

static void check_numbers(tq_checks *checks, tq_context *context, const tq_trial_numbers *numbers,
                          float *memory)
{
    char name[300], text[600] = "";
    const tq_geometry geometry = tq_geometry__product(ROWS, TERMS, COLUMNS);
    const double begun = tq_clock__now();
    tq_check check = {"path", name, TQ_CHECK_PASSED, 0, 0.0, text};
    tq_trial trial;
    bool applies;
    snprintf(name, sizeof name, "%s, %s, %s shape", numbers->path, numbers->arithmetic,
             tq_context__tiled(context) ? "gpu" : "cpu");
    if (tq_trial__create(&trial, &applies, context, numbers, &geometry) != TQ_OK) {
        check.result = TQ_CHECK_FAILED;
        snprintf(text, sizeof text, "%s", tq_error());
    } else if (!applies) {
        check.result = TQ_CHECK_SKIPPED;
        snprintf(text, sizeof text, "%s", trial.why);
    } else {
        check_trial(&check, text, sizeof text, &trial, memory);
        tq_trial__destroy(&trial);
    }
    check.seconds = tq_clock__now() - begun;
    tq_checks__add(checks, &check);
}

static void check_without_numbers(tq_checks *checks, const tq_path *path)
{
    const tq_check check = {"path", path->name, TQ_CHECK_FAILED,
                            0,      0.0,        "there are no numbers to try it with"};
    tq_checks__add(checks, &check);
}

static void check_path(tq_checks *checks, tq_context *context, const tq_path *path, float *memory)
{
    const tq_trial_numbers *numbers;
    bool found = false;
    for (size_t i = 0; (numbers = numbers_at(i)) != NULL; ++i)
        if (strcmp(numbers->path, path->name) == 0) {
            check_numbers(checks, context, numbers, memory);
            found = true;
        }
    if (!found)
        check_without_numbers(checks, path);
}

tq_status tq_paths__check(tq_checks *checks, tq_context *context)
{
    float *const memory = malloc((ROWS * TERMS + 2 * ROWS * COLUMNS) * sizeof *memory);
    if (memory == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for numbers to multiply");
    for (const tq_path *const *path = tq_path_kinds; *path != NULL; ++path)
        if (tq_checks__want(checks, (*path)->name))
            check_path(checks, context, *path, memory);
    free(memory);
    return TQ_OK;
}
