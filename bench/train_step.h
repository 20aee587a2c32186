/* Steps of training as subjects: forward alone, in float, in formats. */
#ifndef TQ_BENCH_TRAIN_STEP_H
#define TQ_BENCH_TRAIN_STEP_H

#include "subject.h"

typedef struct tq_bench_step {
    tq_work_kind work;
    const char *name;
    const char *quantizer; /* in every map and in the outputs */
    const char *update;    /* slots of the optimizer */
    bool forward;          /* no step: forward alone, with the weights packed at plan */
    double goal;           /* 0: what ratios refer to */
} tq_bench_step;

/* Step i of a kind of work, first the one to refer to; NULL behind the last. */
const tq_bench_step *tq_bench_step__at(tq_work_kind work, size_t i);

tq_status tq_bench_step__subject(tq_subject *subject, const tq_bench_step *step, const tq_work *work,
                                 tq_context *context);

#endif
