#include "timing.h"

#include <math.h>
#include <time.h>

#include "util/fail.h"

#define SETTLE_NANOSECONDS 20000000L

double tq_timing__now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Threads of other libraries spin for a while after their work: they must not take the next one's time. */
static void settle(void)
{
    const struct timespec pause = {.tv_nsec = SETTLE_NANOSECONDS};
    nanosleep(&pause, NULL);
}

static tq_status loop(const tq_subject *subject, int64_t times, double *seconds)
{
    const double start = tq_timing__now();
    TQ_TRY(subject->run(subject->state, times));
    *seconds = tq_timing__now() - start;
    return TQ_OK;
}

/* Runs that take a little more than `least` seconds, when `times` of them took `seconds`. */
static int64_t longer(int64_t times, double seconds, double least)
{
    const double wanted = ceil(1.1 * least / fmax(seconds, 1e-7) * (double)times);
    return (int64_t)fmax(1.0, fmin(wanted, 64.0 * (double)times));
}

/* Grows the loop until it is long enough; that one counts. */
static tq_status measure(tq_subject *subject, double least)
{
    double seconds;
    int64_t times = 1;
    settle();
    TQ_TRY(loop(subject, times, &seconds)); /* the caches are this subject's again */
    do {
        times = longer(times, seconds, least);
        TQ_TRY(loop(subject, times, &seconds));
    } while (seconds < least);
    subject->seconds = fmin(subject->seconds, seconds / (double)times);
    return TQ_OK;
}

tq_status tq_timing__measure(tq_subject *subjects, size_t count, tq_effort effort)
{
    for (size_t i = 0; i < count; ++i) {
        subjects[i].seconds = INFINITY;
        TQ_TRY(subjects[i].run(subjects[i].state, 1));
    }
    for (int round = 0; round < effort.rounds; ++round)
        for (size_t i = 0; i < count; ++i)
            TQ_TRY(measure(&subjects[i], effort.seconds));
    return TQ_OK;
}
