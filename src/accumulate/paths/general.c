/* Any quantizers, in exact integer arithmetic: always applicable but for exact sums. Proof: the kernel's
 * head. */
#include "accumulate/path.h"

static bool applicable(const tq_problem *problem, char *why, size_t size)
{
    if (problem->accumulation.exact_sum)
        return tq_path__refuse(why, size, "the sum is exact");
    return true;
}

static void plan(const tq_problem *problem, tq_path_plan *plan)
{
    plan->step = 1;
    tq_program_text__define(plan->text, "TQ_FUSED", "%d", problem->accumulation.fused);
}

const tq_path tq_path_general = {
    .name = "general",
    .summary = "exact integer arithmetic for any quantizers",
    .proof = "exact products and sums in integers, each rounded once by the quantizers' own functions",
    .instructions = 120.0,
    .part = {"accumulate/general.cl"},
    .depthwise = true,
    .applicable = applicable,
    .plan = plan,
};
