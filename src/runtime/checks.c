#include "runtime/checks.h"

#include <stdio.h>
#include <string.h>

#include "util/fail.h"

bool tq_checks__want(const tq_checks *checks, const char *name)
{
    return checks->only == NULL || strncmp(name, checks->only, strlen(checks->only)) == 0;
}

void tq_checks__add(tq_checks *checks, const tq_check *check)
{
    ++checks->all;
    if (check->result == TQ_CHECK_FAILED && checks->failed++ == 0)
        snprintf(checks->first, sizeof checks->first, "%s '%s': %s", check->group, check->name, check->text);
    if (checks->how.report != NULL)
        checks->how.report(checks->how.user, check);
}

tq_status tq_checks__status(const tq_checks *checks, const tq_device_info *device)
{
    if (checks->failed == 0)
        return TQ_OK;
    return tq_status__fail(TQ_E_DEVICE, "device '%s' fails its self-test, %zu of %zu checks, first %s",
                           device->name, checks->failed, checks->all, checks->first);
}
