/* Fixed point to nearest even where no sum saturates: two instructions per step. Proof: the kernel's head. */
#include "accumulate/path.h"

#include <math.h>

/* Bits of the binary32 1.5 * 2^(23 + grid). */
static tq_u32 magic_bits(int grid)
{
    return (tq_u32)(23 + grid + 127) << 23 | 0x400000u;
}

static bool formats_fit(const tq_problem *problem, char *why, size_t size)
{
    const tq_accumulation *a = &problem->accumulation;
    const tq_format *product = &problem->product, *sum = &problem->sum;
    if (a->exact_sum || a->fused)
        return tq_path__refuse(why, size, "the sum is exact or fused");
    if (tq_quantizer_is_none(&a->product) || product->family != TQ_FAMILY_FIXED ||
        product->rounding != TQ_ROUND_EVEN)
        return tq_path__refuse(why, size, "the product is not fixed point rounded to nearest even");
    if (tq_quantizer_is_none(&a->sum) || sum->family != TQ_FAMILY_FIXED || sum->grid != product->grid)
        return tq_path__refuse(why, size, "the sum is not on the product's grid");
    if (product->grid < -120 || product->grid > 80)
        return tq_path__refuse(why, size, "the grid 2^%d is too near binary32's limits", product->grid);
    return true;
}

static bool applicable(const tq_problem *problem, char *why, size_t size)
{
    const double largest = tq_problem__largest_product(problem);
    if (!formats_fit(problem, why, size))
        return false;
    if (!problem->device->fma)
        return tq_path__refuse(why, size, "the device lacks a fused multiply-add");
    if (!problem->input.finite)
        return tq_path__refuse(why, size, "the input may be infinite or not a number");
    if (!(largest < ldexp(1.0, 22 + problem->product.grid)))
        return tq_path__refuse(why, size, "products reach %g, needed below %g", largest,
                               ldexp(1.0, 22 + problem->product.grid));
    if (largest > problem->product.highest || -largest < problem->product.lowest)
        return tq_path__refuse(why, size, "products reach %g and may saturate", largest);
    if (problem->sum.precision > 24)
        return tq_path__refuse(why, size, "the sum has more than 24 bits");
    const bool wraps = problem->sum.overflow == TQ_OVERFLOW_WRAP && problem->sum.lowest < 0.0;
    if (!wraps && !tq_problem__sum_stays_inside(problem))
        return tq_path__refuse(why, size, "sums may saturate");
    return true;
}

static void plan(const tq_problem *problem, tq_path_plan *plan)
{
    const bool wraps = problem->sum.overflow == TQ_OVERFLOW_WRAP && problem->sum.lowest < 0.0;
    plan->step = tq_problem__step(problem, problem->device->vector_width >= 16 ? 16 : 8);
    plan->finish = TQ_FINISH_CARRIERS;
    plan->sum_draws = false;
    plan->path.s0 = (tq_i32)magic_bits(problem->product.grid);
    plan->path.s1 = problem->product.grid;
    plan->path.s2 = wraps ? 32 - problem->sum.precision : 0;
    plan->path.s3 = (tq_i32)problem->terms;
}

const tq_path tq_path_fixed32 = {
    .name = "fixed32",
    .summary = "fixed point to nearest even without saturation, by fma and integer add",
    .proof =
        "fma onto a constant rounds the exact product once; no product or sum can saturate, or sums wrap",
    .instructions = 0.125,
    .part = {"accumulate/fixed32.cl"},
    .depthwise = true,
    .applicable = applicable,
    .plan = plan,
};
