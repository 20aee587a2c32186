/* Works: what is timed, by size. */
#ifndef TQ_BENCH_WORK_H
#define TQ_BENCH_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorquant/tensor.h"

typedef enum tq_work_kind {
    TQ_WORK_DENSE,
    TQ_WORK_CONV,
    TQ_WORK_MATMUL,
    TQ_WORK_ELEMENTS,
    TQ_WORK_STEP,          /* a step of training in float, beside forward alone */
    TQ_WORK_QUANTIZED_STEP /* quantized steps beside one in float */
} tq_work_kind;

/* How much is run: each level has its own works. */
typedef enum tq_level { TQ_LEVEL_SMOKE = 1, TQ_LEVEL_QUICK = 2, TQ_LEVEL_FULL = 4 } tq_level;

/*
 * Square images and kernels, stride 1. A dense layer has rows = kernel = 1; a matmul multiplies `samples`
 * matrices of rows x inputs by as many of inputs x outputs; elements are `samples` numbers. A step trains a
 * built-in network on `samples` images of rows x columns x inputs in classes `outputs`.
 */
typedef struct tq_work {
    const char *name;
    tq_work_kind kind;
    unsigned levels; /* bits of tq_level */
    int64_t samples, rows, columns, inputs, kernel, outputs, groups, pad;
    const char *network; /* of a step */
} tq_work;

/* Multiplications of matrices, M x K by K x N, with as many operations as the work. */
typedef struct tq_matrices {
    int64_t m, n, k, count; /* count: 1 but for a matmul */
} tq_matrices;

const tq_work *tq_work__at(size_t i); /* NULL behind the last */
int64_t tq_work__macs(const tq_work *work);
tq_matrices tq_work__matrices(const tq_work *work);
tq_shape tq_work__input(const tq_work *work);
tq_shape tq_work__weight(const tq_work *work); /* of a matmul: of the second input */

/* The same with fewer samples, rows and columns: at most about `macs` operations. */
tq_work tq_work__part(const tq_work *work, int64_t macs);

#endif
