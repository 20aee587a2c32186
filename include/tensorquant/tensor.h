/*
 * Tensor: an array of IEEE binary32 numbers on a context's device. Layout is row-major, the last dimension
 * fastest; images are [sample, row, column, channel] (NHWC).
 */
#ifndef TENSORQUANT_TENSOR_H
#define TENSORQUANT_TENSOR_H

#include "tensorquant/context.h"
#include "tensorquant/quantizer.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TQ_MAX_RANK 6

/* A value; copy with `=`. rank 0 is a scalar with one element. Unused dimensions are 0. */
typedef struct tq_shape {
    int rank;                 /* 0 .. TQ_MAX_RANK */
    int64_t dim[TQ_MAX_RANK]; /* each >= 1 */
} tq_shape;

/* Shape of the given dimensions, for example tq_shape_of(4, (const int64_t[]){1, 28, 28, 1}). rank 0 ..
 * TQ_MAX_RANK. */
TQ_API tq_shape tq_shape_of(int rank, const int64_t *dimensions);

/* Number of elements. 0 for an invalid shape: a bad rank, a dimension below 1, or a product above 2^62. */
TQ_API int64_t tq_shape_count(const tq_shape *shape);

TQ_API bool tq_shape_equal(const tq_shape *a, const tq_shape *b);

/* Writes "1x28x28x1" ("scalar" for rank 0); returns the length without NUL, like snprintf. */
TQ_API size_t tq_shape_print(char *to, size_t size, const tq_shape *shape);

typedef struct tq_tensor tq_tensor;

/*
 * Makes a tensor with undefined content. Destroy it before the context is closed.
 * TQ_E_SHAPE: invalid shape. TQ_E_MEMORY: larger than one allocation or all memory of the device; the text
 * says both.
 */
TQ_API TQ_MUST_CHECK tq_status tq_tensor_create(tq_tensor **tensor, tq_context *context,
                                                const tq_shape *shape);
TQ_API void tq_tensor_destroy(tq_tensor *tensor);

/* Lives as long as the tensor. */
TQ_API const tq_shape *tq_tensor_shape(const tq_tensor *tensor);

/*
 * Copies `count` numbers from or to host memory, in the tensor's layout; `count` must be the tensor's number
 * of elements (TQ_E_SHAPE). Blocks until the host memory may be reused or holds the result.
 */
TQ_API TQ_MUST_CHECK tq_status tq_tensor_write(tq_tensor *tensor, const float *from, int64_t count);
TQ_API TQ_MUST_CHECK tq_status tq_tensor_read(const tq_tensor *tensor, float *to, int64_t count);

/*
 * to = q(from), element by element; `to` may be `from`. Both have the same number of elements (TQ_E_SHAPE)
 * and are of one context (TQ_E_ARGUMENT). Quantizers that look at a whole tensor (`ternary` without a
 * threshold, `int` without a scale) see all of `from`, or with per=channel each index of the last dimension.
 * `seed` drives stochastic rounding: element i uses draw 0 of index i, stream 0 (quantizer.h). The bits equal
 * tq_quantize_array with the same arguments.
 */
TQ_API TQ_MUST_CHECK tq_status tq_tensor_quantize(tq_tensor *to, const tq_tensor *from, const tq_quantizer *q,
                                                  uint64_t seed);

#ifdef __cplusplus
}
#endif
#endif
