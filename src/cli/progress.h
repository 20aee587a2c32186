/* A progress bar on stderr, only where that is a terminal. */
#ifndef TQ_CLI_PROGRESS_H
#define TQ_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct tq_progress {
    bool shown;
    char label[64]; /* what is going on */
    int64_t done, all;
    int64_t before;        /* of those done, how many were when this began */
    double started, drawn; /* seconds */
} tq_progress;

void tq_progress__start(tq_progress *progress, int64_t all);
/* Goes on where others stopped: `done` of all took none of this one's time. */
void tq_progress__resume(tq_progress *progress, int64_t done);
void tq_progress__label(tq_progress *progress, const char *label);
void tq_progress__add(tq_progress *progress, int64_t done);

/* Takes the bar off the screen, so that something can be printed; the next tq_progress__add draws it again.
 */
void tq_progress__hide(tq_progress *progress);

/* Seconds of a clock that only goes forward. */
double tq_progress__now(void);

#endif
