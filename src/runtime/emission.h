/* Writing what a context has recorded (record.h) as a folder for offline compilers: tensorquant/emit.h. */
#ifndef TQ_RUNTIME_EMISSION_H
#define TQ_RUNTIME_EMISSION_H

#include "runtime/program.h"
#include "tensorquant/emit.h"

#define TQ_EMIT_TEXT     "kernels.cl"
#define TQ_EMIT_MANIFEST "manifest.json"
#define TQ_EMIT_FORMAT   1
#define TQ_EMIT_OPTIONS  "-cl-std=CL1.2"

/* What can be known before: the target, the device, the folder. */
tq_status tq_emission__check(const tq_context *context, const tq_emission *how, const char *directory);
tq_status tq_emission__write(tq_context *context, const tq_emission *how, const char *directory);

#endif
