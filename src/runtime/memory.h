/* The inside of a buffer, for the runtime's own files. */
#ifndef TQ_RUNTIME_MEMORY_H
#define TQ_RUNTIME_MEMORY_H

#include "runtime/internal.h"

cl_mem tq_memory__object(const tq_memory *memory);
tq_context *tq_memory__context(const tq_memory *memory);

#endif
