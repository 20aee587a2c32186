/*
 * One way to run a contraction: a path with its kernel, packed weights, operand and draws. A contraction has
 * one that is always right, and may have one before it that counts on a smaller input and is checked at every
 * run.
 */
#ifndef TQ_ACCUMULATE_BRANCH_H
#define TQ_ACCUMULATE_BRANCH_H

#include "accumulate/draws.h"
#include "accumulate/operand.h"
#include "accumulate/repack.h"

typedef struct tq_branch {
    tq_context *context;
    const tq_path *path;
    tq_path_plan plan;
    bool skips;     /* the loop leaves out taps that are outside the image for a whole tile */
    bool depthwise; /* the loop takes an input for each output */
    tq_panels panels;
    tq_operand operand;
    tq_kernel *kernel;
    tq_memory *weight, *bias, *zeros, *tail, *kinds;
    bool in_place;              /* the second operand is read where it lies, not packed */
    bool crossed;               /* as contraction_task.cl has it */
    tq_memory *ones;            /* then the numbers of a row of ones for one run, else NULL */
    tq_kernel *repack, *rebias; /* of operands that are computed, else NULL; the context's */
    double second_bound;        /* of operands that are computed: as of the input; INFINITY for none */
    int32_t entries;            /* matrices of weights, each for as many rows */
    tq_draws product, sum;
    int64_t slab; /* rows of a launch: bounds the memory of the rows' draws */
    tq_u32 key[2];
    tq_i32 result_rounding; /* 0: sum and bias are RESULT's numbers already; 1: on its grid; 2: neither */
    tq_u32 on_exceeded;     /* runs when the verdict says that the bound was exceeded (1), or was not (0) */
} tq_branch;

/* What paths may know of a contraction. */
tq_status tq_problem__describe(tq_problem *problem, const tq_contraction_setup *setup,
                               const tq_device_info *device);

/* Magnitudes of input and second operand that a path counts on and that are to be checked; INFINITY for
 * none. */
typedef struct tq_bounds {
    double input, second;
} tq_bounds;

tq_status tq_branch__create(tq_branch *branch, tq_context *context, const tq_contraction_setup *setup,
                            const tq_problem *problem, const tq_path *path, tq_bounds bounds);
void tq_branch__destroy(tq_branch *branch);
/* `second`: NULL when the weights are known. */
tq_status tq_branch__run(tq_branch *branch, const tq_tensor *x, const tq_second *second, tq_tensor *y,
                         uint64_t first_row, const tq_verdict *verdict);

#endif
