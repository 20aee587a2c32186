/* What tests that compute on a device share. */
#ifndef TQ_TESTS_DEVICE_TEST_H
#define TQ_TESTS_DEVICE_TEST_H

#include "tensorquant/tensor.h"

/* For cmocka's groups: the default device, in *state. Its kernels have the form that $TQ_TEST_SHAPE names. */
int tq_test_open(void **state);
int tq_test_close(void **state);

/*
 * Tiles of 2 rows for every accumulation path, which compilers are done with in a fraction of the time; with
 * TQ_TEST_FULL the library's own. Other tests hold tiles.
 */
void tq_test_small_tiles(tq_context *context);

/* Everything below fails the running test when a call fails. */

void tq_test_ok(tq_status status);
/* The call failed with status `should`, and `part` is in its text. */
void tq_test_fails(tq_status is, tq_status should, const char *part);

/* `count` zeros, freed by the caller. */
float *tq_test_array(int64_t count);

/* A new tensor with these numbers; NULL: whatever lies there. */
tq_tensor *tq_test_tensor(tq_context *context, const tq_shape *shape, const float *values);

/* Number i of a fixed sequence without a pattern: a multiple of 2^-15, from -1 to below 1. */
float tq_test_number(uint32_t i);

#endif
