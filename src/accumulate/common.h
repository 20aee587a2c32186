/*
 * One program for what is small and the same for all formats: operands and draws of contractions, reordering,
 * max pooling and relu without quantizers. Programs are slow to build.
 */
#ifndef TQ_ACCUMULATE_COMMON_H
#define TQ_ACCUMULATE_COMMON_H

#include "runtime/launch.h"

/* Adds the kernel files in one sequence, so that texts with the same defines are one program. */
void tq_common__add(tq_program_text *text);
/* Whether all these kernel files are among them. */
bool tq_common__holds(const char *const *files, size_t count);
/* A kernel of the program that has vectors of tq_common__lanes and nothing else defined. Borrowed from the
 * context. */
tq_status tq_common__kernel(tq_kernel **kernel, tq_context *context, const char *name);
int tq_common__lanes(const tq_context *context);

#endif
