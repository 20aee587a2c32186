/* Reading ahead: what is asked for in order is read once, by the thread; in another order nothing else is. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/read_ahead.h"

enum { SAMPLES = 12 };

/* How often each sample was read. */
typedef struct source {
    pthread_mutex_t lock;
    int reads[SAMPLES];
} source;

static tq_status read_sample(const void *from, int64_t sample, float *to)
{
    source *const s = (source *)(uintptr_t)from;
    pthread_mutex_lock(&s->lock);
    ++s->reads[sample];
    pthread_mutex_unlock(&s->lock);
    *to = (float)sample;
    return TQ_OK;
}

static void get(tq_read_ahead *ahead, int64_t first, int64_t count)
{
    float numbers[SAMPLES];
    assert_int_equal(tq_read_ahead__get(ahead, first, count, numbers), TQ_OK);
    for (int64_t i = 0; i < count; ++i)
        assert_true(numbers[i] == (float)(first + i));
}

static void expect_reads(const source *s, const int *expected)
{
    for (int i = 0; i < SAMPLES; ++i)
        if (s->reads[i] != expected[i])
            fail_msg("sample %d was read %d times, not %d", i, s->reads[i], expected[i]);
}

static void in_order(void **state)
{
    static const int once[SAMPLES] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    source s = {.lock = PTHREAD_MUTEX_INITIALIZER};
    tq_read_ahead *ahead;
    (void)state;
    assert_int_equal(tq_read_ahead__create(&ahead, read_sample, &s, SAMPLES, 1), TQ_OK);
    for (int64_t first = 0; first < SAMPLES; first += 4)
        get(ahead, first, 4);
    tq_read_ahead__destroy(ahead);
    expect_reads(&s, once);
}

/* As training takes them. */
static void in_another_order(void **state)
{
    static const int those[SAMPLES] = {0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1};
    static const int64_t order[] = {8, 3, 11, 5};
    source s = {.lock = PTHREAD_MUTEX_INITIALIZER};
    tq_read_ahead *ahead;
    (void)state;
    assert_int_equal(tq_read_ahead__create(&ahead, read_sample, &s, SAMPLES, 1), TQ_OK);
    for (size_t i = 0; i < sizeof order / sizeof *order; ++i)
        get(ahead, order[i], 1);
    tq_read_ahead__destroy(ahead);
    expect_reads(&s, those);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_order), cmocka_unit_test(in_another_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
