/*
 * Data set: samples with labels, read from files.
 *
 *     fashion-mnist            the 10,000 test images of Debian's package dataset-fashion-mnist
 *     fashion-mnist-train      its 60,000 images to train with
 *     idx:IMAGES,LABELS        MNIST's idx files, unsigned bytes, plain or gzip; a sample is [1, rows,
 *                              columns]
 *     npy:INPUTS[,LABELS]      NumPy files: float32 in the model's own layout, labels any integer type
 *     images:DIR[,LABELS][,OPTION=VALUE...]
 *                              png and jpeg files; a sample is [channels, rows, columns]; docs/data.md
 *
 * Bytes of idx files become byte/255 (one correctly rounded binary32 division).
 */
#ifndef TENSORQUANT_DATASET_H
#define TENSORQUANT_DATASET_H

#include "tensorquant/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tq_dataset tq_dataset;

/*
 * Opens a data set by the grammar above. TQ_E_NAME: unknown kind. TQ_E_FILE: a file is missing (the text
 * names it and, for fashion-mnist, the package). TQ_E_FORMAT: wrong magic, truncated, another type, or counts
 * that differ, or an image that is broken, which the text names. TQ_E_UNSUPPORTED: an image, and the library
 * was built without libpng or libjpeg. TQ_E_SYNTAX, TQ_E_ARGUMENT: an option, with its position.
 */
TQ_API TQ_MUST_CHECK tq_status tq_dataset_open(tq_dataset **dataset, const char *spec);
TQ_API void tq_dataset_close(tq_dataset *dataset);

TQ_API int64_t tq_dataset_count(const tq_dataset *dataset);

/* Shape of one sample without the sample dimension, for example 1x28x28 (channel, row, column) for idx
 * images. */
TQ_API const tq_shape *tq_dataset_sample_shape(const tq_dataset *dataset);

/* What was left out, one line for each image, "\n" between them; "" unless `broken=skip` found something. */
TQ_API const char *tq_dataset_warnings(const tq_dataset *dataset);

/* Whether there are labels. */
TQ_API bool tq_dataset_has_labels(const tq_dataset *dataset);

/* The largest magnitude in all samples, for tq_plan; 0 when a sample is not finite. Takes one pass over the
 * data; for images it is that of any byte, without a pass. */
TQ_API double tq_dataset_largest(const tq_dataset *dataset);

/*
 * Copies samples first .. first+count-1 and their labels (either may be NULL). TQ_E_ARGUMENT: outside the
 * data set, or labels asked for where there are none. TQ_E_FILE,
 * TQ_E_FORMAT: an image cannot be read or decoded. Images are decoded in this call and, as many as it asked
 * for, in a thread of the data set's own after it, for the next call.
 */
TQ_API TQ_MUST_CHECK tq_status tq_dataset_read(const tq_dataset *dataset, int64_t first, int64_t count,
                                               float *samples, int32_t *labels);

/*
 * NumPy files (format 1.0 to 3.0, little endian float32, C order), for `tq quantize` and others. `*values` is
 * allocated by the call and freed by tq_npy_free. Writing goes to a temporary file that is renamed at the
 * end.
 */
TQ_API TQ_MUST_CHECK tq_status tq_npy_read(const char *path, tq_shape *shape, float **values);
TQ_API void tq_npy_free(float *values);
TQ_API TQ_MUST_CHECK tq_status tq_npy_write(const char *path, const tq_shape *shape, const float *values);

#ifdef __cplusplus
}
#endif
#endif
