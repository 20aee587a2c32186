/* What the two files of the fault layer share; fault.c says what it does. */
#ifndef TQ_TESTS_FAULT_H
#define TQ_TESTS_FAULT_H

#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl_layer.h>
#include <stdbool.h>

enum fault_call {
#define CALL(name) OF_##name,
#include "layers/fault_calls.h"
#undef CALL
    FAULT_CALLS
};

enum fault_kind { DEVICE, CONTEXT, QUEUE, BUFFER, PROGRAM, KERNEL, EVENT, FAULT_KINDS };

/* Takes the calls that go on to the driver, and what the environment asks for. */
void fault_begin(const cl_icd_dispatch *next);
const cl_icd_dispatch *fault_next(void);

/* Counts a call; the code that it has to give instead of being made, or CL_SUCCESS. */
cl_int fault_enter(enum fault_call call);
/* Whether a build was made to fail. */
bool fault_failed_build(void);

/* One reference more; gives the handle back. NULL is none. */
void *fault_made(void *handle, enum fault_kind kind);
bool fault_knows(const void *handle, enum fault_kind kind);
/* One less; false when there was none. To be called before the release, after which the driver may give the
 * handle to another thread. */
bool fault_releasing(void *handle, enum fault_kind kind);

#endif
