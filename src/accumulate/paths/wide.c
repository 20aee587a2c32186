/* Exact sums of any terms, in a long accumulator: always applicable to exact sums. Proof: the kernel's head.
 */
#include "accumulate/path.h"

static bool applicable(const tq_problem *problem, char *why, size_t size)
{
    if (!problem->accumulation.exact_sum)
        return tq_path__refuse(why, size, "the sum is not exact");
    return true;
}

static void plan(const tq_problem *problem, tq_path_plan *plan)
{
    plan->step = 1;
    tq_program_text__define(plan->text, "TQ_FUSED", "%d",
                            problem->accumulation.fused ||
                                tq_quantizer_is_none(&problem->accumulation.product));
}

const tq_path tq_path_wide = {
    .name = "wide",
    .summary = "exact sums in a long accumulator of integers",
    .proof = "nothing is rounded: products are added exactly in a long accumulator",
    .instructions = 130.0,
    .part = {"accumulate/wide_sum.cl", "accumulate/wide.cl"},
    .depthwise = true,
    .applicable = applicable,
    .plan = plan,
};
