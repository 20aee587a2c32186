/*
 * The matrices of a batched product y[...][m][n] = a[...][m][k] * b[...][k][n]: where they lie in tensors. A
 * matrix of y is an entry. Dimensions before the last two are counted as in NumPy, from the right; one of 1,
 * or a missing one of b, is repeated. The first dimension of a is that of y: the samples (or with two
 * dimensions the rows).
 */
#ifndef TQ_LAYERS_MATRICES_H
#define TQ_LAYERS_MATRICES_H

#include "layers/reorder.h"

/* One tensor: its shape as the option `order` counts, and elements from one index to the next in memory. */
typedef struct tq_matrices {
    tq_shape shape;
    int64_t stride[TQ_MAX_RANK];
} tq_matrices;

/* `stored`: the shape in memory; the layer has the option `order`. */
tq_matrices tq_matrices__of(const tq_layer *layer, const tq_shape *stored);

/* Rows and columns of a matrix, and elements from one to the next. */
int64_t tq_matrices__rows(const tq_matrices *m);
int64_t tq_matrices__columns(const tq_matrices *m);
int64_t tq_matrices__row_stride(const tq_matrices *m);
int64_t tq_matrices__column_stride(const tq_matrices *m);

/* The product's shape in the same order. TQ_E_SHAPE names both. */
tq_status tq_matrices__product(const tq_shape *a, const tq_shape *b, tq_shape *product);

/* Matrices of a product of this shape. */
int64_t tq_matrices__entries(const tq_shape *product);
/* First element of the matrix that belongs to this entry of the product. */
int64_t tq_matrices__begin(const tq_matrices *m, const tq_shape *product, int64_t entry);

#endif
