/*
 * Which trials of a device test run with which sets of quantizers. Every pair of them is a program, and
 * compilers are slow: each trial takes some of the sets, in turn, but none is left out.
 */
#ifndef TQ_TESTS_TEST_SETS_H
#define TQ_TESTS_TEST_SETS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct tq_sets {
    size_t trials, sets;
    size_t share; /* sets that a trial takes at least; 0: half of those it may have */
    bool (*allowed)(size_t trial, size_t set); /* NULL: every trial may have every set */
    bool (*alike)(size_t a, size_t b);         /* trials of a family, which meets all sets; NULL: all are */
} tq_sets;

/*
 * Calls `run` for each trial with each of its sets; fails where a trial may have none. With TQ_TEST_ALL its
 * sets are all that are allowed; where a part is enough, or with TQ_TEST_SMALL, one: number trial % sets or
 * the next that is allowed; else the share, or as many as the trial's family needs to meet all. With
 * TQ_TEST_SLOW_COMPILER every second trial, and the first of each family.
 */
void tq_sets_run(const tq_sets *s, void (*run)(void *state, size_t trial, size_t set), void *state);

/* Whether tq_sets_run calls for this pair. */
bool tq_sets_has(const tq_sets *s, size_t trial, size_t set);

/* TQ_TEST_FULL or TQ_TEST_ALL: long tests to their ends. */
bool tq_test_is_full(void);

/* Whether a part of a long test is enough: TQ_TEST_PART, which TQ_TEST_FULL overrides. */
bool tq_test_is_part(void);

/* TQ_TEST_SLOW_COMPILER, which TQ_TEST_FULL overrides: programs take seconds. */
bool tq_test_is_slow(void);

/* Whether no trial before this one has its name; NULL is a name, too. */
bool tq_trial_is_new(size_t trial, const char *(*name)(size_t trial));

#endif
