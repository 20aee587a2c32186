#include "support/test_sets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

bool tq_test_is_full(void)
{
    return getenv("TQ_TEST_FULL") != NULL || getenv("TQ_TEST_ALL") != NULL;
}

bool tq_test_is_part(void)
{
    return getenv("TQ_TEST_PART") != NULL && getenv("TQ_TEST_FULL") == NULL;
}

bool tq_test_is_slow(void)
{
    return getenv("TQ_TEST_SLOW_COMPILER") != NULL && getenv("TQ_TEST_FULL") == NULL;
}

static bool is_one(void)
{
    return tq_test_is_part() || getenv("TQ_TEST_SMALL") != NULL;
}

static bool is_allowed(const tq_sets *s, size_t trial, size_t set)
{
    return s->allowed == NULL || s->allowed(trial, set);
}

static bool is_alike(const tq_sets *s, size_t a, size_t b)
{
    return s->alike == NULL || s->alike(a, b);
}

/* Trials of the same family among the first `end`. */
static size_t relatives(const tq_sets *s, size_t trial, size_t end)
{
    size_t count = 0;
    for (size_t i = 0; i < end; ++i)
        count += is_alike(s, trial, i);
    return count;
}

static size_t share_of(const tq_sets *s, size_t trial)
{
    if (is_one())
        return 1;
    const size_t family = relatives(s, trial, s->trials), needed = (s->sets + family - 1) / family;
    size_t allowed = 0;
    for (size_t i = 0; i < s->sets; ++i)
        allowed += is_allowed(s, trial, i);
    const size_t share = s->share > 0 ? s->share : (allowed + 1) / 2;
    return share > needed ? share : needed;
}

static bool in_share(const tq_sets *s, size_t trial, size_t set)
{
    if (!is_allowed(s, trial, set))
        return false;
    const size_t share = share_of(s, trial), first = is_one() ? trial : relatives(s, trial, trial) * share;
    size_t before = 0; /* allowed ones from the trial's first set on */
    for (size_t i = first; i % s->sets != set; ++i)
        before += is_allowed(s, trial, i % s->sets);
    return before < share;
}

/* Whether the set is in no share of the family, as not all may have it, and this trial is the first that
 * may. */
static bool is_left(const tq_sets *s, size_t trial, size_t set)
{
    for (size_t i = 0; i < s->trials; ++i)
        if (is_alike(s, trial, i) && (in_share(s, i, set) || (i < trial && is_allowed(s, i, set))))
            return false;
    return is_allowed(s, trial, set);
}

bool tq_sets_has(const tq_sets *s, size_t trial, size_t set)
{
    if (tq_test_is_slow() && trial % 2 == 1 && relatives(s, trial, trial) > 0)
        return false;
    if (getenv("TQ_TEST_ALL") != NULL)
        return is_allowed(s, trial, set);
    return in_share(s, trial, set) || (!is_one() && is_left(s, trial, set));
}

void tq_sets_run(const tq_sets *s, void (*run)(void *state, size_t trial, size_t set), void *state)
{
    for (size_t i = 0; i < s->trials; ++i) {
        size_t allowed = 0;
        for (size_t j = 0; j < s->sets; ++j) {
            allowed += is_allowed(s, i, j);
            if (tq_sets_has(s, i, j))
                run(state, i, j);
        }
        if (allowed == 0)
            fail_msg("trial %zu may have no set", i);
    }
}

bool tq_trial_is_new(size_t trial, const char *(*name)(size_t trial))
{
    const char *const own = name(trial);
    for (size_t i = 0; i < trial; ++i)
        if (name(i) == own || (name(i) != NULL && own != NULL && strcmp(name(i), own) == 0))
            return false;
    return true;
}
