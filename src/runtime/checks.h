/* Checks of a self-test (tensorquant/selftest.h): what they gave, and the probes that every context asks. */
#ifndef TQ_RUNTIME_CHECKS_H
#define TQ_RUNTIME_CHECKS_H

#include "tensorquant/selftest.h"

/* Zero-initialized is without calls. */
typedef struct tq_checks {
    tq_selftest how;
    size_t failed, all;
    char first[600];  /* name and text of the first that failed */
    const char *only; /* quantizers and paths whose names begin so; NULL: all */
} tq_checks;

bool tq_checks__want(const tq_checks *checks, const char *name);
void tq_checks__add(tq_checks *checks, const tq_check *check);
/* TQ_E_DEVICE when one failed. */
tq_status tq_checks__status(const tq_checks *checks, const tq_device_info *device);

/* Runs the probes: a program, a launch, and a second one where `groups` asks for the barrier. A fault of a
 * call is returned; what the device computes wrongly is a failed check. */
tq_status tq_probes__run(tq_checks *checks, tq_context *context, bool groups);

/* Asks a context that was just made, if $TQ_SELFTEST and the cache want it. */
tq_status tq_verdict__ask(tq_context *context);
/* Keeps the verdict; faults are no error. */
void tq_verdict__keep(tq_context *context, const tq_checks *checks);

/* tq_context_open without asking. */
tq_status tq_context__open_unasked(tq_context **context, const char *selector);

#endif
