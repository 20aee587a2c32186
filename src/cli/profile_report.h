/* The profile of a run as a table and in JSON. */
#ifndef TQ_CLI_PROFILE_REPORT_H
#define TQ_CLI_PROFILE_REPORT_H

#include <jansson.h>

#include "cli/evaluate.h"

/* What was counted in a run. */
typedef struct tq_profile_report {
    tq_profile_row *row;
    size_t rows;
    tq_profile_total total;
    int64_t forwards;
    double decode_seconds;
} tq_profile_report;

/* Reads the profile of the session's context after an evaluation. Returns an exit code; the caller frees in
 * any case. */
int tq_profile_report__read(tq_profile_report *report, const tq_session *session, const tq_evaluation *e);
void tq_profile_report__free(tq_profile_report *report);

void tq_profile_report__print(const tq_profile_report *report);
json_t *tq_profile_report__json(const tq_profile_report *report);

#endif
