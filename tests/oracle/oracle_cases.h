/* Inputs at which quantizers go wrong. */
#ifndef TQ_TESTS_ORACLE_CASES_H
#define TQ_TESTS_ORACLE_CASES_H

#include "oracle/oracle.h"

#define ORACLE_CASES 16384

/*
 * Zeros, infinities, NaNs, subnormals, all powers of two and small dyadic numbers with their neighbours, both
 * signs; then the format's largest numbers with theirs. At most ORACLE_CASES; returns how many. `f` may be
 * NULL.
 */
size_t oracle_cases(uint32_t *bits, const oracle_format *f);

/* The next of a stream of random numbers (splitmix64, Steele, Lea, Flood 2014). */
uint64_t oracle_random(uint64_t *state);

/* Random inputs: any bits, numbers of the format's range, exact ties and their neighbours in turn. `f` may be
 * NULL. */
uint32_t oracle_random_input(uint64_t *state, const oracle_format *f);

#endif
