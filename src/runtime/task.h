/*
 * The single work-item form of kernels: what offline compilers for FPGAs make pipelines of (docs/fpga.md).
 *
 * A kernel of the NDRange form,
 *
 *     __kernel void NAME(ARGUMENTS) { ... tq_item(0) ... }
 *
 * becomes a function and a kernel that one work-item runs:
 *
 *     TQ_INLINE void NAME_item(ARGUMENTS, const ulong4 tq_at) { ... tq_item(0) ... }
 *     __kernel TQ_TASK void NAME(ARGUMENTS, const ulong4 tq_first, const ulong4 tq_end) { loops that call it
 * }
 *
 * kernels/task.cl says where tq_item and TQ_TASK come from.
 */
#ifndef TQ_RUNTIME_TASK_H
#define TQ_RUNTIME_TASK_H

#include "runtime/token.h"
#include "util/text.h"

/* A kernel in a text. */
typedef struct tq_kernel_text {
    const char *start; /* of `__kernel` */
    tq_token name;
    const char *arguments; /* between the brackets */
    const char *arguments_end;
    const char *body; /* with its brackets */
    const char *end;
} tq_kernel_text;

/* The first kernel from `text` on; false: there is none. */
bool tq_kernel_text__find(tq_kernel_text *kernel, const char *text, const char *end);

/* An argument: its declaration, `__global const uint *restrict x`, of which `name` is the last word. */
typedef struct tq_argument_text {
    const char *start, *end;
    tq_token name;
} tq_argument_text;

/* The argument that begins at `from`, which moves behind its comma; false: there is none left. */
bool tq_argument_text__next(tq_argument_text *argument, const char **from, const char *end);

/* Adds a text with its kernels in the single work-item form. */
void tq_task__rewrite(tq_text *to, const char *text, size_t length);

#endif
