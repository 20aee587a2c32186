/* Which trials run with which sets (support/test_sets.h), against rows by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/test_sets.h"

#define MOST 64

static bool is_alike_by_parity(size_t a, size_t b)
{
    return a % 2 == b % 2;
}

/* The first trial may not have the second set. */
static bool is_not_0_1(size_t trial, size_t set)
{
    return trial != 0 || set != 1;
}

static bool is_even_set(size_t trial, size_t set)
{
    (void)trial;
    return set % 2 == 0;
}

typedef struct row {
    tq_sets sets;
    const char *variable; /* of the environment */
    const char *should;   /* x: runs; a word for each trial */
} row;

static const row rows[] = {
    {{3, 3, 2, NULL, NULL}, NULL, "xx. x.x .xx "},
    {{3, 3, 1, NULL, NULL}, NULL, "x.. .x. ..x "},
    {{4, 3, 1, NULL, NULL}, NULL, "x.. .x. ..x x.. "},
    /* More than the share, for the family to meet all. */
    {{2, 5, 1, NULL, NULL}, NULL, "xxx.. x..xx "},
    {{3, 3, 1, NULL, is_alike_by_parity}, NULL, "xx. xxx x.x "},
    /* Of those allowed; what is in nobody's share goes to the first that may have it. */
    {{2, 3, 1, is_not_0_1, NULL}, NULL, "x.x xxx "},
    {{3, 3, 1, is_not_0_1, NULL}, NULL, "x.. .x. ..x "},
    {{1, 3, 1, is_not_0_1, NULL}, NULL, "x.x "},
    /* Half of those allowed. */
    {{3, 4, 0, NULL, NULL}, NULL, "xx.. ..xx xx.. "},
    {{4, 4, 0, is_even_set, NULL}, NULL, "x... ..x. ..x. x... "},
    {{4, 3, 2, is_not_0_1, is_alike_by_parity}, "TQ_TEST_PART", "x.. .x. ..x x.. "},
    {{4, 4, 0, is_even_set, NULL}, "TQ_TEST_SMALL", "x... ..x. ..x. x... "},
    {{2, 3, 1, is_not_0_1, NULL}, "TQ_TEST_ALL", "x.x xxx "},
    {{3, 4, 1, is_even_set, NULL}, "TQ_TEST_ALL", "x.x. x.x. x.x. "},
    {{4, 3, 1, NULL, NULL}, "TQ_TEST_SLOW_COMPILER", "x.. ... ..x ... "},
    {{4, 3, 1, NULL, is_alike_by_parity}, "TQ_TEST_SLOW_COMPILER", "xx. xx. x.x ... "},
};

typedef struct record {
    const tq_sets *sets;
    char is[MOST];
} record;

static void note(void *state, size_t trial, size_t set)
{
    record *const r = state;
    char *const place = &r->is[trial * (r->sets->sets + 1) + set];
    assert_int_equal(*place, '.'); /* once */
    *place = 'x';
}

static void forget_variables(void)
{
    unsetenv("TQ_TEST_ALL");
    unsetenv("TQ_TEST_PART");
    unsetenv("TQ_TEST_SMALL");
    unsetenv("TQ_TEST_SLOW_COMPILER");
}

static void rows_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const tq_sets *const sets = &rows[i].sets;
        record r = {.sets = sets};
        for (size_t k = 0; k < sets->trials * (sets->sets + 1); ++k)
            r.is[k] = (k + 1) % (sets->sets + 1) == 0 ? ' ' : '.';
        forget_variables();
        if (rows[i].variable != NULL)
            assert_int_equal(setenv(rows[i].variable, "1", 1), 0);
        tq_sets_run(sets, note, &r);
        if (strcmp(r.is, rows[i].should) != 0)
            fail_msg("row %zu: %s, should be %s", i, r.is, rows[i].should);
    }
    forget_variables();
}

static const char *name_of(size_t trial)
{
    static const char *const names[] = {"one", NULL, "other", "one", NULL};
    return names[trial];
}

static void new_names(void **state)
{
    static const bool is_new[] = {true, true, true, false, false};
    (void)state;
    for (size_t i = 0; i < sizeof is_new / sizeof *is_new; ++i)
        assert_int_equal(tq_trial_is_new(i, name_of), is_new[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_by_hand), cmocka_unit_test(new_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
