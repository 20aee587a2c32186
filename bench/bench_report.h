/* Rows as a table, printed work by work, or as JSON at the end. */
#ifndef TQ_BENCH_REPORT_H
#define TQ_BENCH_REPORT_H

#include <jansson.h>

#include "subject.h"

typedef struct tq_bench_report {
    json_t *rows; /* NULL: a table */
    bool parts;   /* some row was timed on a part of its work */
} tq_bench_report;

tq_status tq_bench_report__begin(tq_bench_report *report, bool json, const tq_device_info *device);
/* Measured subjects of one work; `reference` is the one that ratios refer to. */
tq_status tq_bench_report__work(tq_bench_report *report, const tq_work *work, const tq_subject *subjects,
                                size_t count, const tq_subject *reference);
tq_status tq_bench_report__end(tq_bench_report *report);

#endif
