/* The part of a device's self-test that asks accumulation paths. */
#ifndef TQ_ACCUMULATE_CHECK_PATHS_H
#define TQ_ACCUMULATE_CHECK_PATHS_H

#include "runtime/checks.h"

/* Every path that the device can take, in the shape of the loop that it gets, against the host. TQ_E_MEMORY.
 */
tq_status tq_paths__check(tq_checks *checks, tq_context *context);

#endif
