/* MNIST's idx files of unsigned bytes, plain or gzip. */
#ifndef TQ_IO_IDX_H
#define TQ_IO_IDX_H

#include <stdint.h>

#include "tensorquant/status.h"

typedef struct tq_idx {
    int rank;             /* 1: labels, 3: images */
    int64_t dim[3];       /* unused ones are 1 */
    unsigned char *bytes; /* freed by the caller */
} tq_idx;

/*
 * Reads a file of this rank: 3 for images (magic 2051), 1 for labels (magic 2049).
 * TQ_E_FILE: cannot be read. TQ_E_FORMAT: another magic, truncated, damaged, more bytes than announced.
 * TQ_E_MEMORY.
 */
tq_status tq_idx__read(const char *path, int rank, tq_idx *idx);

#endif
