/* tq_selftest_run: the probes, the quantizers, the paths. */
#include "tensorquant/selftest.h"

#include "accumulate/check_paths.h"
#include "quantizers/check_kinds.h"
#include "util/fail.h"

static tq_status run(tq_checks *checks, tq_context *context)
{
    TQ_TRY(tq_probes__run(checks, context, true));
    tq_verdict__keep(context, checks);
    if (checks->how.quick)
        return TQ_OK;
    TQ_TRY(tq_quantizers__check(checks, context));
    return tq_paths__check(checks, context);
}

tq_status tq_selftest_run(tq_device_info *device, const char *selector, const tq_selftest *how)
{
    tq_checks checks = {.how = how != NULL ? *how : (tq_selftest){0}};
    tq_context *context;
    TQ_TRY(tq_context__open_unasked(&context, selector));
    if (device != NULL)
        *device = *tq_context_device(context);
    tq_status status = run(&checks, context);
    if (status == TQ_OK)
        status = tq_checks__status(&checks, tq_context_device(context));
    tq_context_close(context);
    return status;
}
