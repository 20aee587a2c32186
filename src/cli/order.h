/* In which order the samples of an epoch are taken. */
#ifndef TQ_CLI_ORDER_H
#define TQ_CLI_ORDER_H

#include <stdint.h>

/* Writes a permutation of 0 .. count-1: the same for the same seed and epoch, everywhere. */
void tq_order__shuffle(int64_t *order, int64_t count, uint64_t seed, uint32_t epoch);

#endif
