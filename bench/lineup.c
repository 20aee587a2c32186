#include "lineup.h"

#include <string.h>

#include "elements.h"
#include "formats.h"
#include "references.h"
#include "timing.h"
#include "train_step.h"
#include "util/fail.h"

#define QUICK_SECONDS 7.0 /* of each work, to build programs in, with --quick */

static bool is_late(const tq_bench_options *options, double start)
{
    return options->level == TQ_LEVEL_QUICK && tq_timing__now() - start > QUICK_SECONDS;
}

static bool is_wanted(const tq_bench_options *options, const char *name, bool smoke)
{
    return strstr(name, options->format) != NULL && (smoke || options->level != TQ_LEVEL_SMOKE);
}

/* The next free place; it counts at once, so that destroy frees what failed halfway. */
static tq_status add(tq_lineup *lineup, tq_subject **subject)
{
    if (lineup->count == TQ_LINEUP_MOST)
        return tq_status__fail(TQ_E_UNSUPPORTED, "more than %d rows for one work", TQ_LINEUP_MOST);
    *subject = &lineup->subject[lineup->count++];
    **subject = (tq_subject){0};
    return TQ_OK;
}

static tq_status add_formats(tq_lineup *lineup, const tq_work *work, const tq_bench_options *options,
                             tq_context *context)
{
    tq_subject *subject = NULL;
    const tq_bench_format *format;
    const double start = tq_timing__now();
    for (size_t i = 0; (format = tq_bench_format__at(i)) != NULL; ++i) {
        if (i > 0 && !is_wanted(options, format->name, format->smoke))
            continue;
        if (is_late(options, start)) {
            ++lineup->left_out;
            continue;
        }
        TQ_TRY(add(lineup, &subject));
        TQ_TRY(tq_bench_format__subject(subject, format, work, context));
    }
    return TQ_OK;
}

static tq_status add_references(tq_lineup *lineup, const tq_work *work, const tq_bench_options *options,
                                tq_context *context)
{
    tq_subject *subject = NULL;
    const tq_reference *reference;
    for (size_t i = 0; (reference = tq_reference__at(i)) != NULL; ++i) {
        if (reference->make == NULL || (reference->levels & options->level) == 0)
            continue;
        TQ_TRY(add(lineup, &subject));
        *subject = (tq_subject){.format = "plain float",
                                .path = reference->name,
                                .plain = true,
                                .amount = (double)tq_work__macs(work)};
        TQ_TRY(reference->make(subject, work, context));
        lineup->count -= subject->run == NULL;
    }
    return TQ_OK;
}

static tq_status add_elements(tq_lineup *lineup, const tq_work *work, const tq_bench_options *options,
                              tq_context *context)
{
    tq_subject *subject = NULL;
    const tq_bench_element *element;
    const double start = tq_timing__now();
    for (size_t i = 0; (element = tq_bench_element__at(i)) != NULL; ++i) {
        if (element->goal > 0 && !is_wanted(options, element->name, element->smoke))
            continue;
        if (element->goal > 0 && is_late(options, start)) {
            ++lineup->left_out;
            continue;
        }
        TQ_TRY(add(lineup, &subject));
        TQ_TRY(tq_bench_element__subject(subject, element, work, context));
    }
    return TQ_OK;
}

static tq_status add_steps(tq_lineup *lineup, const tq_work *work, const tq_bench_options *options,
                           tq_context *context)
{
    tq_subject *subject = NULL;
    const tq_bench_step *step;
    for (size_t i = 0; (step = tq_bench_step__at(work->kind, i)) != NULL; ++i) {
        if (i > 0 && !is_wanted(options, step->name, true))
            continue;
        TQ_TRY(add(lineup, &subject));
        TQ_TRY(tq_bench_step__subject(subject, step, work, context));
    }
    return TQ_OK;
}

tq_status tq_lineup__create(tq_lineup *lineup, const tq_work *work, const tq_bench_options *options,
                            tq_context *context)
{
    if (work->kind == TQ_WORK_ELEMENTS)
        return add_elements(lineup, work, options, context);
    if (work->network != NULL)
        return add_steps(lineup, work, options, context);
    TQ_TRY(add_references(lineup, work, options, context));
    return add_formats(lineup, work, options, context);
}

void tq_lineup__destroy(tq_lineup *lineup)
{
    while (lineup->count > 0)
        tq_subject__destroy(&lineup->subject[--lineup->count]);
}

const tq_subject *tq_lineup__reference(const tq_lineup *lineup)
{
    const tq_subject *best = NULL;
    for (size_t i = 0; i < lineup->count; ++i) {
        const tq_subject *subject = &lineup->subject[i];
        if (subject->plain &&
            (best == NULL || subject->amount / subject->seconds > best->amount / best->seconds))
            best = subject;
    }
    return best;
}
