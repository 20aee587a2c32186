/* Timing: rounds in which every subject runs once, so that the ratios are of the same time. */
#ifndef TQ_BENCH_TIMING_H
#define TQ_BENCH_TIMING_H

#include "subject.h"

typedef struct tq_effort {
    double seconds; /* of one loop, at least */
    int rounds;
} tq_effort;

/* A clock that only goes forward, in seconds. */
double tq_timing__now(void);

/* Sets `seconds` of each subject: per run, in its best round. */
tq_status tq_timing__measure(tq_subject *subjects, size_t count, tq_effort effort);

#endif
