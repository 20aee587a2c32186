/* A planned network over a data set, batch by batch. */
#ifndef TQ_CLI_EVALUATE_H
#define TQ_CLI_EVALUATE_H

#include "cli/progress.h"
#include "cli/session.h"

/* Sees each batch after the network has run it; returns an exit code. */
typedef int tq_observe(void *observer, const float *input, int64_t samples, int64_t first);

typedef struct tq_evaluation {
    tq_progress *progress; /* counts images */
    tq_observe *observe;   /* or NULL */
    void *observer;
    bool keep_outputs; /* collect all outputs in `outputs` */

    float *outputs; /* [images, classes]; freed by the caller */
    int64_t classes;
    int64_t images, right;  /* right: a label's score is the first of the highest; NaN is never right */
    double forward_seconds; /* while the network had images to work on */
    double decode_seconds;  /* reading images; beside the network's work, except for the first batch */
    double seconds;         /* of the wall */
} tq_evaluation;

/* Runs session->images images. Returns an exit code. */
int tq_evaluation__run(tq_evaluation *evaluation, const tq_session *session);

double tq_evaluation__speed(const tq_evaluation *evaluation);      /* images per second of forward_seconds */
double tq_evaluation__wall_speed(const tq_evaluation *evaluation); /* of seconds */
double tq_evaluation__accuracy(const tq_evaluation *evaluation);

#endif
