#include "accumulate/finish.h"

#include <math.h>

/* Sum and bias are multiples of one power of two with at most 24 bits: adding them in binary32 is exact. */
static bool bias_is_exact(const tq_path_plan *plan, const tq_problem *problem)
{
    const int grid = plan->sum_grid < problem->bias.grid ? plan->sum_grid : problem->bias.grid;
    return plan->sum_largest + tq_range__magnitude(problem->bias) <= ldexp(1.0, 24 + grid);
}

/* Whether q rounds a number that was rounded to odd at 24 bits as it rounds the exact one. */
static bool allows_odd(const tq_quantizer *q, const tq_problem *problem)
{
    const tq_format *f = &problem->result;
    if (f->random_bits > 0 || f->precision > 22)
        return false;
    return f->family == TQ_FAMILY_FLOAT ||
           (f->family == TQ_FAMILY_FIXED && !tq_quantizer_is_none(q) && f->overflow == TQ_OVERFLOW_SATURATE);
}

tq_i32 tq_finish__rounding(const tq_path_plan *plan, const tq_problem *problem)
{
    const tq_format *result = &problem->result, *sum = &problem->sum;
    const bool fixed_sum = sum->family == TQ_FAMILY_FIXED && !problem->accumulation.exact_sum;
    if (result->family != TQ_FAMILY_FIXED || !problem->bias.finite || plan->sum_grid < result->grid ||
        problem->bias.grid < result->grid)
        return 2;
    return fixed_sum && sum->lowest + problem->bias.lowest >= result->lowest &&
                   sum->highest + problem->bias.highest <= result->highest
               ? 0
               : 1;
}

void tq_finish__choose(tq_path_plan *plan, const tq_problem *problem)
{
    const tq_quantizer *q = &problem->accumulation.result;
    const bool bounded = plan->sum_largest <= 0x1p100;
    if (plan->finish != TQ_FINISH_CARRIERS)
        return;
    if (!tq_quantizer_is_none(q)) {
        const bool odd = !(problem->bias.finite && bias_is_exact(plan, problem));
        if (!tq_quantizer__has_vector(q) ||
            (odd && !(bounded && tq_range__magnitude(problem->bias) <= 0x1p100 && allows_odd(q, problem))))
            plan->finish = TQ_FINISH_LANES;
    }
    if (!problem->device->subnormals)
        plan->finish = TQ_FINISH_LANES;
}
