/* Single operations of devices, written apart from the library. Numbers are bits, of 32 or 64. */
#ifndef TQ_TESTS_ORACLE_OPERATIONS_H
#define TQ_TESTS_ORACLE_OPERATIONS_H

#include <stdint.h>

typedef uint64_t oracle_operation(uint64_t a, uint64_t b, uint64_t c);

/* By the name of the probe (src/runtime/probe.c); NULL for others. */
oracle_operation *oracle_operation_of(const char *name);

#endif
