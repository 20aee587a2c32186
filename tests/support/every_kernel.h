/* A network that needs every kernel file of the layers without training, for tests of texts of programs. */
#ifndef TQ_TESTS_EVERY_KERNEL_H
#define TQ_TESTS_EVERY_KERNEL_H

#include "tensorquant/tensorquant.h"

enum { EVERY_SIDE = 5, EVERY_CHANNELS = 4, EVERY_INPUT = EVERY_SIDE * EVERY_SIDE * EVERY_CHANNELS };

/* Everything below fails the running test when a call fails. */
tq_network *tq_every_make(tq_context *context);

/* A plan for one sample; the text may be NULL. The map is the caller's. */
tq_plan tq_every_plan(tq_map **intrinsic, const char *map);

#endif
