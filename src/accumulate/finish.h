/* How the sums of a contraction become results: in vectors, or lane by lane in exact integers. */
#ifndef TQ_ACCUMULATE_FINISH_H
#define TQ_ACCUMULATE_FINISH_H

#include "accumulate/path.h"

/* What RESULT does to sum and bias: 0 nothing, 1 it saturates or wraps multiples of its grid, 2 it rounds. */
tq_i32 tq_finish__rounding(const tq_path_plan *plan, const tq_problem *problem);
/* Sets the plan's finish: results in vectors, where that gives the bits of the exact way. */
void tq_finish__choose(tq_path_plan *plan, const tq_problem *problem);

#endif
