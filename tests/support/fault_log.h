/* What the fault layer (layers/fault.c) says of a run: the content of the file that TQ_FAULT_LOG names. */
#ifndef TQ_TESTS_FAULT_LOG_H
#define TQ_TESTS_FAULT_LOG_H

#include <stdbool.h>
#include <stddef.h>

/* Processes that are started from now on have the layer between them and PoCL. `build`: the build folder. */
void tq_fault_log_start(const char *build);

/* The i-th function that the layer knows; NULL behind the last. */
const char *tq_fault_call(size_t i);

/* How often a function was called. */
unsigned long tq_fault_log_count(const char *log, const char *call);
/* The function of which a call was made to fail; false when it did not come to that. */
bool tq_fault_log_failed(const char *log, char *call, size_t size);
/* The first object that was not released, or once too often; false when there is none. */
bool tq_fault_log_wrong(const char *log, char *text, size_t size);

#endif
