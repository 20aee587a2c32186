#include "cli/profile_report.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/report.h"

int tq_profile_report__read(tq_profile_report *report, const tq_session *session, const tq_evaluation *e)
{
    *report = (tq_profile_report){.forwards = (e->images + session->batch - 1) / session->batch,
                                  .decode_seconds = e->decode_seconds};
    int result = tq_report__status(tq_profile_read(session->context, NULL, 0, &report->rows, NULL));
    if (result != TQ_EXIT_OK)
        return result;
    report->row = calloc(report->rows + 1, sizeof *report->row);
    if (report->row == NULL)
        return tq_report__failure("no memory for a profile of %zu rows", report->rows);
    return tq_report__status(
        tq_profile_read(session->context, report->row, report->rows, &report->rows, &report->total));
}

void tq_profile_report__free(tq_profile_report *report)
{
    free(report->row);
}

static double idle_seconds(const tq_profile_report *report)
{
    const double idle = report->total.span - report->total.busy;
    return idle > 0 ? idle : 0;
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

/* Of the time from the first command to the last. */
static double share(const tq_profile_report *report, double seconds)
{
    return ratio(seconds, report->total.span);
}

static void print_row(const tq_profile_report *report, const tq_profile_row *row)
{
    const bool macs = row->macs > 0;
    const double rate = ratio(macs ? row->macs : row->bytes, row->device_seconds) / 1e9;
    printf("%-14.24s %-10.14s %-10s %-18s %8.1f %8.1f %8.1f %8.1f %-6s %5.1f %%\n", row->layer, row->kind,
           row->path, row->step, 1e6 * row->device_seconds / (double)report->forwards,
           (double)row->launches / (double)report->forwards, 1e6 * row->host_seconds / (double)row->launches,
           rate, macs ? "GMAC/s" : "GB/s", 100 * share(report, row->device_seconds));
}

static void print_rest(const tq_profile_report *report, const char *what, double seconds)
{
    printf("%-14s %-10s %-10s %-18s %8.1f %8s %8s %8s %-6s %5.1f %%\n", "", "", "", what,
           1e6 * seconds / (double)report->forwards, "", "", "", "", 100 * share(report, seconds));
}

void tq_profile_report__print(const tq_profile_report *report)
{
    printf("\n%-14s %-10s %-10s %-18s %8s %8s %8s %8s %-6s %7s\n", "layer", "kind", "path", "step", "us",
           "launches", "host us", "rate", "", "share");
    for (size_t i = 0; i < report->rows; ++i)
        print_row(report, &report->row[i]);
    print_rest(report, "decode", report->decode_seconds);
    print_rest(report, "idle", idle_seconds(report));
}

static json_t *describe_row(const tq_profile_report *report, const tq_profile_row *row)
{
    json_t *const to =
        json_pack("{s:s, s:s, s:s, s:s, s:f, s:f, s:f, s:f}", "layer", row->layer, "kind", row->kind, "path",
                  row->path, "step", row->step, "device_seconds", row->device_seconds, "launches_per_forward",
                  (double)row->launches / (double)report->forwards, "host_seconds_per_launch",
                  row->host_seconds / (double)row->launches, "share", share(report, row->device_seconds));
    const bool macs = row->macs > 0;
    json_object_set_new(to, "gmacs",
                        macs ? json_real(ratio(row->macs, row->device_seconds) / 1e9) : json_null());
    json_object_set_new(to, "gbs",
                        macs ? json_null() : json_real(ratio(row->bytes, row->device_seconds) / 1e9));
    return to;
}

json_t *tq_profile_report__json(const tq_profile_report *report)
{
    json_t *const rows = json_array();
    for (size_t i = 0; i < report->rows; ++i)
        json_array_append_new(rows, describe_row(report, &report->row[i]));
    return json_pack("{s:I, s:f, s:f, s:f, s:f, s:o}", "forwards", (json_int_t)report->forwards,
                     "span_seconds", report->total.span, "busy_seconds", report->total.busy, "idle_seconds",
                     idle_seconds(report), "decode_seconds", report->decode_seconds, "rows", rows);
}
