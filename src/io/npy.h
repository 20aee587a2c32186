/* NumPy's .npy files, formats 1.0 to 3.0. The calls for float32 are in tensorquant/dataset.h. */
#ifndef TQ_IO_NPY_H
#define TQ_IO_NPY_H

#include "tensorquant/dataset.h"

/*
 * Reads labels: whole numbers of any integer type, shape [n] or [n,1], within int32. `*labels` is freed by
 * the caller. TQ_E_FILE, TQ_E_FORMAT, TQ_E_UNSUPPORTED (another type), TQ_E_MEMORY.
 */
tq_status tq_npy__read_labels(const char *path, int64_t *count, int32_t **labels);

#endif
