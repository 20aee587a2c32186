/*
 * Reads samples in a thread of its own, one request ahead: while the caller works on samples i .. j, the
 * thread reads as many from j + 1 on. Nothing is read ahead of a request that neither goes on from the last
 * one nor starts at 0: whoever asks in another order does not ask for what follows.
 */
#ifndef TQ_IO_READ_AHEAD_H
#define TQ_IO_READ_AHEAD_H

#include <stdint.h>

#include "tensorquant/status.h"

typedef struct tq_read_ahead tq_read_ahead;

/* Writes the `size` numbers of one sample; called in both threads, and in both at once. */
typedef tq_status tq_read_sample(const void *source, int64_t sample, float *to);

/* For samples 0 .. count - 1. The thread starts with the first request. TQ_E_MEMORY. */
tq_status tq_read_ahead__create(tq_read_ahead **made, tq_read_sample *read, const void *source, int64_t count,
                                int64_t size);
/* Ends after the sample that is being read. */
void tq_read_ahead__destroy(tq_read_ahead *ahead);

/*
 * Samples first .. first + count - 1, from what has been read where that fits. May be called by several
 * threads, which wait for each other. Fails as `read` does, with its text.
 */
tq_status tq_read_ahead__get(tq_read_ahead *ahead, int64_t first, int64_t count, float *to);

#endif
