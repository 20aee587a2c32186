/* A small program of the tests' own: x[i] = x[i] * FACTOR + term. */
#ifndef TQ_TESTS_SCALE_KERNEL_H
#define TQ_TESTS_SCALE_KERNEL_H

#include "runtime/launch.h"

/* Makes the kernel with FACTOR defined as `factor`; the caller destroys it. */
tq_status tq_scale_make(tq_kernel **kernel, tq_context *context, int factor);

/* Queues a run on a whole tensor. */
tq_status tq_scale_run(tq_kernel *kernel, tq_tensor *x, float term);

/* Makes, runs on eight numbers, and reads; true when all numbers are right, else the reason is printed. */
bool tq_scale_works(tq_context *context, int factor);

#endif
