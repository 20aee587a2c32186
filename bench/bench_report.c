#include "bench_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "references.h"
#include "util/fail.h"

#define LINE "%-26s %-26s %-10s %7s %8s  %5s %5s  %s\n"

static double speed_of(const tq_subject *subject)
{
    return subject->amount / subject->seconds * 1e-9;
}

/* A library's name, a path's, or for what has neither its own. */
static const char *source_of(const tq_subject *subject)
{
    return subject->path[0] != '\0' ? subject->path : subject->format;
}

static const char *unit_of(const tq_work *work)
{
    return work->kind == TQ_WORK_ELEMENTS ? "gbs" : "gmacs";
}

tq_status tq_bench_report__begin(tq_bench_report *report, bool json, const tq_device_info *device)
{
    *report = (tq_bench_report){.rows = json ? json_array() : NULL};
    if (json)
        return report->rows != NULL ? TQ_OK : tq_status__fail(TQ_E_MEMORY, "no memory for the rows");
    printf("%s (%s)\n", device->name, device->platform);
    for (size_t i = 0; tq_reference__at(i) != NULL; ++i)
        if (tq_reference__at(i)->make == NULL)
            printf("%s was not found when this was built\n", tq_reference__at(i)->name);
    printf("\n" LINE, "work", "format", "path", "GMAC/s", "GB/s", "ratio", "goal", "reference");
    return TQ_OK;
}

static void print_row(const tq_work *work, const tq_subject *subject, double ratio, const char *reference)
{
    char speed[32], goal[16] = "";
    const bool elements = work->kind == TQ_WORK_ELEMENTS;
    char ratio_text[16];
    snprintf(speed, sizeof speed, "%.4g%s", speed_of(subject), subject->part ? "*" : "");
    snprintf(ratio_text, sizeof ratio_text, "%.3g", ratio);
    if (subject->goal > 0)
        snprintf(goal, sizeof goal, "%.2f", subject->goal);
    printf(LINE, work->name, subject->format, subject->path, elements ? "" : speed, elements ? speed : "",
           ratio_text, goal, reference);
}

static tq_status add_row(json_t *rows, const tq_work *work, const tq_subject *subject, double ratio,
                         const char *reference)
{
    json_t *row = json_pack("{s:s, s:s, s:s, s:f, s:f, s:s, s:b}", "work", work->name, "format",
                            subject->format, "path", subject->path, unit_of(work), speed_of(subject), "ratio",
                            ratio, "reference", reference, "part", (int)subject->part);
    if (row == NULL ||
        (subject->goal > 0 && json_object_set_new(row, "goal", json_real(subject->goal)) != 0) ||
        json_array_append_new(rows, row) != 0)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a row");
    return TQ_OK;
}

tq_status tq_bench_report__work(tq_bench_report *report, const tq_work *work, const tq_subject *subjects,
                                size_t count, const tq_subject *reference)
{
    const char *name = source_of(reference);
    for (size_t i = 0; i < count; ++i) {
        const double ratio = speed_of(&subjects[i]) / speed_of(reference);
        report->parts = report->parts || subjects[i].part;
        if (report->rows != NULL)
            TQ_TRY(add_row(report->rows, work, &subjects[i], ratio, name));
        else
            print_row(work, &subjects[i], ratio, name);
    }
    fflush(stdout);
    return TQ_OK;
}

tq_status tq_bench_report__end(tq_bench_report *report)
{
    bool done = true;
    if (report->rows == NULL && report->parts)
        printf("\n* timed on a part of the work\n");
    if (report->rows != NULL) {
        done = json_dumpf(report->rows, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) == 0;
        printf("\n");
        json_decref(report->rows);
    }
    return done && fflush(stdout) == 0 && !ferror(stdout)
               ? TQ_OK
               : tq_status__fail(TQ_E_FILE, "standard output cannot be written");
}
