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
    plan->lanes = problem->device->vector_width >= 16 ? 16 : 8;
    plan->vectors = 2;
    plan->rows = 12;
    plan->fast_finish = tq_quantizer_is_none(&problem->accumulation.result);
}

const tq_path tq_path_plain = {
    .name = "plain",
    .summary = "binary32 fused multiply-adds",
    .instructions = 0.07,
    .operand = TQ_OPERAND_CARRIER,
    .part = {"accumulate/plain.cl"},
    .applicable = applicable,
    .plan = plan,
};
