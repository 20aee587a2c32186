/* The header of a .npy file: magic, version, and a Python dictionary that says what follows. */
#ifndef TQ_IO_NPY_HEADER_H
#define TQ_IO_NPY_HEADER_H

#include <stdbool.h>

#include "tensorquant/tensor.h"

typedef struct tq_npy_header {
    char type[16]; /* as NumPy writes it, for example "<f4" */
    bool fortran_order;
    tq_shape shape;
    size_t size; /* bytes of the header: the data starts there */
} tq_npy_header;

/*
 * Reads the header of a file's content. Errors do not name the file. TQ_E_FORMAT: not .npy, truncated,
 * damaged. TQ_E_UNSUPPORTED: another version, a record type, more than TQ_MAX_RANK dimensions, an empty
 * array.
 */
tq_status tq_npy__read_header(const unsigned char *data, size_t size, tq_npy_header *header);

/* Writes a header of format 1.0 for C-ordered little-endian float32; returns its size, a multiple of 64. */
size_t tq_npy__write_header(char to[256], const tq_shape *shape);

#endif
