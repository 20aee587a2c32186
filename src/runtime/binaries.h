/* A folder of tensorquant/emit.h with its binary: what a context runs from instead of compiling. */
#ifndef TQ_RUNTIME_BINARIES_H
#define TQ_RUNTIME_BINARIES_H

#include "runtime/internal.h"

/* Checks the folder's files against each other, the library and the device, and loads the binary. */
tq_status tq_binaries__open(tq_binaries **binaries, const tq_context *context, const char *directory);

/* The program of this text: the binary's, retained, and the prefix of its kernels' names. */
tq_status tq_binaries__find(const tq_binaries *binaries, const tq_text *text, cl_program *program,
                            char prefix[16]);

#endif
