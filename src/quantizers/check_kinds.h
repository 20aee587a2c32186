/* The part of a device's self-test that asks quantizers. */
#ifndef TQ_QUANTIZERS_CHECK_KINDS_H
#define TQ_QUANTIZERS_CHECK_KINDS_H

#include "runtime/checks.h"

/* Every example of every kind, on special and on random numbers, against the host. TQ_E_MEMORY. */
tq_status tq_quantizers__check(tq_checks *checks, tq_context *context);

#endif
