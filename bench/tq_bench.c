/* tq-bench: the speed of quantized layers beside that of plain float. */
#include <stdio.h>
#include <string.h>

#include "bench_options.h"
#include "bench_report.h"
#include "lineup.h"
#include "timing.h"
#include "util/fail.h"

enum { EXIT_FAULT = 1, EXIT_USAGE = 2 };

static tq_effort effort_of(tq_level level)
{
    static const tq_effort smoke = {0.001, 1}, quick = {0.05, 3}, full = {0.15, 3};
    return level == TQ_LEVEL_SMOKE ? smoke : level == TQ_LEVEL_QUICK ? quick : full;
}

static tq_status run_work(tq_bench_report *report, const tq_work *work, const tq_bench_options *options,
                          tq_context *context)
{
    tq_lineup lineup = {.count = 0};
    tq_status status = tq_lineup__create(&lineup, work, options, context);
    if (status == TQ_OK)
        status = tq_timing__measure(lineup.subject, lineup.count, effort_of(options->level));
    if (status == TQ_OK)
        status =
            tq_bench_report__work(report, work, lineup.subject, lineup.count, tq_lineup__reference(&lineup));
    if (status == TQ_OK && lineup.left_out > 0)
        fprintf(stderr, "%s: left out %zu rows whose programs were not built in time; another run goes on\n",
                work->name, lineup.left_out);
    tq_lineup__destroy(&lineup);
    return status == TQ_OK ? TQ_OK : tq_status__prefix(status, "%s", work->name);
}

static tq_status run_works(const tq_bench_options *options, tq_context *context)
{
    tq_bench_report report;
    const tq_work *work;
    TQ_TRY(tq_bench_report__begin(&report, options->json, tq_context_device(context)));
    for (size_t i = 0; (work = tq_work__at(i)) != NULL; ++i)
        if ((work->levels & options->level) != 0 && strstr(work->name, options->work) != NULL)
            TQ_TRY(run_work(&report, work, options, context));
    return tq_bench_report__end(&report);
}

static tq_status run(const tq_bench_options *options)
{
    tq_context *context;
    TQ_TRY(tq_context_open(&context, options->device));
    const tq_status status = run_works(options, context);
    tq_context_close(context);
    return status;
}

int main(int argc, char **argv)
{
    tq_bench_options options;
    if (!tq_bench_options__read(&options, argc, argv))
        return EXIT_USAGE;
    if (options.help) {
        tq_bench_options__help();
        return 0;
    }
    if (run(&options) == TQ_OK)
        return 0;
    fprintf(stderr, "tq-bench: %s\n", tq_error());
    return EXIT_FAULT;
}
