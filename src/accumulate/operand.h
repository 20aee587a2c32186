/* The input of a contraction as its loop reads it: in place, or copied into another form and padded. */
#ifndef TQ_ACCUMULATE_OPERAND_H
#define TQ_ACCUMULATE_OPERAND_H

#include "accumulate/contraction.h"
#include "accumulate/path.h"

/*
 * A verdict on the input: operands that are checked write the number of the run into `memory` when a number
 * exceeds the bound.
 */
typedef struct tq_verdict {
    tq_memory *memory; /* one word, never equal to a coming run's number */
    tq_u32 run;        /* number of the run, from 1 */
} tq_verdict;

typedef struct tq_operand {
    tq_geometry geometry; /* of what the loop reads */
    bool inside;          /* no tap is outside the image */
    int columns;          /* kernel columns of a run: consecutive numbers; crossed, runs */
    tq_memory *copy;      /* NULL: in place */
    tq_kernel *kernel;    /* borrowed from the context */
    tq_i32 shape[8];
    float scale, bound;
    tq_i32 form; /* the number of kernels/layers/operand.cl */
} tq_operand;

/* Where the loop's taps lie; `copied`: a copy will be made, whatever the geometry. `bound`: INFINITY for
 * none. */
void tq_operand__lay_out(tq_operand *operand, const tq_geometry *geometry, bool copied, double bound);
/* The same for the crossed form of a convolution's gradient by weights, a product of `rows` rows. */
void tq_operand__cross(tq_operand *operand, const tq_geometry *convolution, const tq_geometry *product,
                       bool copied, double bound);
/* Makes memory and kernel for a copy in the plan's form, if tq_operand__lay_out decided for one. */
tq_status tq_operand__create(tq_operand *operand, tq_context *context, const tq_path_plan *plan);
/* The number 1 in the plan's form. */
tq_u32 tq_operand__one(const tq_path_plan *plan);
void tq_operand__destroy(tq_operand *operand);
/* `when`: 1 to copy only if the verdict is that the bound was exceeded, else 0. */
tq_status tq_operand__run(const tq_operand *operand, tq_context *context, const tq_tensor *x,
                          const tq_verdict *verdict, tq_u32 when);

#endif
