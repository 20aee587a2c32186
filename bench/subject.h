/* Subjects: what is timed side by side on one work: a format on our layer, a library's plain float, a copy.
 */
#ifndef TQ_BENCH_SUBJECT_H
#define TQ_BENCH_SUBJECT_H

#include "tensorquant/context.h"
#include "work.h"

typedef struct tq_subject {
    const char *format;
    const char *path;
    bool plain;                                   /* may be what ratios refer to */
    bool part;                                    /* too slow: timed on a part of the work */
    double amount;                                /* multiply-accumulates or bytes of one run */
    double goal;                                  /* ratio that we want to reach; 0: none */
    double seconds;                               /* of one run, the best so far; INFINITY before */
    tq_status (*run)(void *state, int64_t times); /* returns when all is done */
    void (*destroy)(void *state);
    void *state;
} tq_subject;

/* Makes a subject ready to run. One that does not suit the work leaves `run` NULL. */
typedef tq_status tq_subject_maker(tq_subject *subject, const tq_work *work, tq_context *context);

/* Numbers in -size .. size, the same on each call. */
void tq_numbers__fill(float *to, int64_t count, double size);
/* The same in memory that the caller frees. */
tq_status tq_numbers__create(float **numbers, int64_t count, double size);

void tq_subject__destroy(tq_subject *subject);

#endif
