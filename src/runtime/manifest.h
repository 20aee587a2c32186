/* What the manifest of a folder for offline compilers says of a recording (docs/fpga.md). */
#ifndef TQ_RUNTIME_MANIFEST_H
#define TQ_RUNTIME_MANIFEST_H

#include <jansson.h>

#include "runtime/record.h"

/* Lists, which the caller owns. */
json_t *tq_manifest__programs(const tq_recording *recording);
json_t *tq_manifest__launches(const tq_recording *recording);

#endif
