/* Plain float: one fused multiply-add per step. Proof: the kernel's head. */
#include "accumulate/path.h"

static bool applicable(const tq_problem *problem, char *why, size_t size)
{
    const tq_accumulation *a = &problem->accumulation;
    if (!tq_quantizer_is_none(&a->product) || !tq_quantizer_is_none(&a->sum) || a->exact_sum)
        return tq_path__refuse(why, size, "product or sum is quantized");
    if (!problem->device->fma || !problem->device->subnormals)
        return tq_path__refuse(why, size, "the device lacks a fused multiply-add or subnormal numbers");
    return true;
}

static void plan(const tq_problem *problem, tq_path_plan *plan)
{
    plan->step = tq_problem__step(problem, problem->device->vector_width >= 16 ? 16 : 8);
    plan->finish = TQ_FINISH_CARRIERS;
    /* Rounding makes sums larger by a factor of less than (1 + 2^-24)^terms. */
    if (problem->input.finite && problem->weight.finite && problem->terms < 1 << 20)
        plan->sum_largest = 2.0 * problem->weight_sum * tq_range__magnitude(problem->input);
}

const tq_path tq_path_plain = {
    .name = "plain",
    .summary = "binary32 fused multiply-adds",
    .proof = "OpenCL's fma is the correctly rounded step that the definition asks for",
    .instructions = 0.07,
    .part = {"accumulate/plain.cl"},
    .depthwise = true,
    .applicable = applicable,
    .plan = plan,
};
