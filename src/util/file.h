/* Whole files: read at once, written so that the old content stays until the new is complete. */
#ifndef TQ_UTIL_FILE_H
#define TQ_UTIL_FILE_H

#include <stddef.h>

#include "tensorquant/status.h"

/*
 * Reads a file of at most `most` bytes into memory that the caller frees; a NUL follows the last byte.
 * TQ_E_FILE: cannot be read, or is larger. TQ_E_MEMORY.
 */
tq_status tq_file__read(const char *path, size_t most, unsigned char **data, size_t *size);

/*
 * Writes `head`, then `body`. The bytes go to a temporary file beside `path`, which is renamed at the end;
 * after a failure it is removed and `path` is as it was. What is not a plain file (a pipe, a device) is
 * written directly.
 */
tq_status tq_file__write(const char *path, const void *head, size_t head_size, const void *body,
                         size_t body_size);

#endif
