/*
 * Self-test of a device: whether it computes what the library counts on.
 *
 * Results are bit-identical on every device whose single-precision arithmetic is IEEE 754 (docs/numerics.md).
 * A driver may say so and be wrong. The self-test asks the device itself:
 *
 *     operations    every operation that kernels rely on, on special and on random numbers (a * b + c rounded
 *                   twice, fma, subnormal numbers, shifts, saturation, 64-bit and binary64 arithmetic, loops
 *                   of many rounds, local memory behind barriers ...), against integers on the host
 *     quantizers    every kind with its examples, against the host
 *     paths         every accumulation path that the device can take, against the host
 *
 * tq_context_open and tq_context_adopt ask the operations alone, which takes a part of a second, once for
 * each device, driver and version of the library: the verdict is kept in the cache directory. A device that
 * fails is refused with TQ_E_DEVICE. Without a cache directory, or when it cannot be written, each context
 * asks again. The environment variable TQ_SELFTEST says when they ask: "once" (the same as none), "always"
 * (passing over the verdict that is kept), "off".
 */
#ifndef TENSORQUANT_SELFTEST_H
#define TENSORQUANT_SELFTEST_H

#include "tensorquant/context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tq_check_result { TQ_CHECK_PASSED, TQ_CHECK_FAILED, TQ_CHECK_SKIPPED } tq_check_result;

/* One check. Strings live until the call that hands them over returns. */
typedef struct tq_check {
    const char *group; /* "operation", "quantizer", "path" */
    const char *name;  /* "fma", "nearest,16,8", "fma16 stochastic,16,8 gpu" ... */
    tq_check_result result;
    int64_t compared; /* numbers that were compared with the host's */
    double seconds;   /* with compiling; operations run together, and the first has it all */
    const char *text; /* failed: numbers, what was given, what was expected; skipped: why; passed: "" */
} tq_check;

/* How to test; zero-initialized is in full and without calls. */
typedef struct tq_selftest {
    bool quick;                                        /* the operations alone */
    void (*report)(void *user, const tq_check *check); /* called after each check */
    void *user;
} tq_selftest;

/*
 * Tests the device that `selector` names (grammar in context.h), whether it would be refused or not. In full
 * it takes seconds, nearly all of it compiling. What the operations gave is kept as the verdict for contexts,
 * in place of an earlier one.
 *
 * `device`: receives what was tested; may be NULL. `how`: NULL is zero.
 * TQ_E_DEVICE: nothing matches, the device is not usable, or a check failed; the text then names the first
 * that did and says how many. TQ_E_BUILD, TQ_E_OPENCL, TQ_E_MEMORY: the operations cannot be run at all; a
 * quantizer or a path that cannot is a failed check.
 */
TQ_API TQ_MUST_CHECK tq_status tq_selftest_run(tq_device_info *device, const char *selector,
                                               const tq_selftest *how);

#ifdef __cplusplus
}
#endif
#endif
