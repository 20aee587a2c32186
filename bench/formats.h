/* Formats that layers with weights are timed with, and the operands that they are given. */
#ifndef TQ_BENCH_FORMATS_H
#define TQ_BENCH_FORMATS_H

#include "subject.h"

typedef struct tq_bench_format {
    const char *name;
    const char *arithmetic;         /* accumulation string */
    const char *input, *weight;     /* quantizers that the operands come from */
    double input_size, weight_size; /* operands' largest magnitude */
    double goal;
    bool smoke; /* also at TQ_LEVEL_SMOKE */
} tq_bench_format;

const tq_bench_format *tq_bench_format__at(size_t i); /* NULL behind the last; the first is plain float */

/* The work as a layer in this format. The range of the input is known to the planner, as in a network. */
tq_status tq_bench_format__subject(tq_subject *subject, const tq_bench_format *format, const tq_work *work,
                                   tq_context *context);

#endif
