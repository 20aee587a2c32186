/* Fixed point to nearest, saturating at each step, in binary32. Proof: the kernel's head. */
#include "accumulate/path.h"

#include <math.h>
#include <string.h>

#define MOST_UNITS 0x1p21 /* products and sums: half the distance from M to its binade's ends */

static bool formats_fit(const tq_problem *problem, char *why, size_t size)
{
    const tq_accumulation *a = &problem->accumulation;
    const tq_format *product = &problem->product, *sum = &problem->sum;
    if (a->exact_sum || a->fused)
        return tq_path__refuse(why, size, "the sum is exact or fused");
    if (tq_quantizer_is_none(&a->product) || product->family != TQ_FAMILY_FIXED ||
        (product->rounding != TQ_ROUND_EVEN && product->rounding != TQ_ROUND_AWAY))
        return tq_path__refuse(why, size, "the product is not fixed point rounded to nearest");
    if (tq_quantizer_is_none(&a->sum) || sum->family != TQ_FAMILY_FIXED || sum->grid != product->grid ||
        sum->overflow != TQ_OVERFLOW_SATURATE)
        return tq_path__refuse(why, size, "the sum is not saturating on the product's grid");
    if (product->grid < -100 || product->grid > 80)
        return tq_path__refuse(why, size, "the grid 2^%d is too near binary32's limits", product->grid);
    if (fmax(-sum->lowest, sum->highest) > ldexp(MOST_UNITS, sum->grid))
        return tq_path__refuse(why, size, "the sum has more than 22 bits");
    return true;
}

static bool rounds(const tq_problem *problem)
{
    return problem->product.grid > problem->input.grid + problem->weight.grid;
}

/* Whether moving every weight by one unit in its last place moves no product by its grain. */
static bool can_move_weights(const tq_problem *problem)
{
    const double input = ldexp(tq_range__magnitude(problem->input), -problem->input.grid);
    const double weight = ldexp(tq_range__magnitude(problem->weight), -problem->weight.grid);
    return problem->input.grid != TQ_GRID_UNKNOWN && input * weight < 0x1p23;
}

static bool products_fit(const tq_problem *problem)
{
    const double largest = tq_problem__largest_product(problem);
    return largest <= problem->product.highest && -largest >= problem->product.lowest;
}

static bool applicable(const tq_problem *problem, char *why, size_t size)
{
    const double largest = tq_problem__largest_product(problem);
    if (!formats_fit(problem, why, size))
        return false;
    if (!problem->device->fma || !problem->device->subnormals)
        return tq_path__refuse(why, size, "the device lacks a fused multiply-add or subnormal numbers");
    if (!problem->input.finite || !problem->weight.finite)
        return tq_path__refuse(why, size, "the input or a weight may be infinite or not a number");
    if (largest > ldexp(MOST_UNITS, problem->product.grid))
        return tq_path__refuse(why, size, "products reach %g, needed at most %g", largest,
                               ldexp(MOST_UNITS, problem->product.grid));
    if (problem->product.overflow != TQ_OVERFLOW_SATURATE && !products_fit(problem))
        return tq_path__refuse(why, size, "products may wrap");
    if (problem->product.rounding == TQ_ROUND_AWAY && !can_move_weights(problem))
        return tq_path__refuse(why, size, "ties away from zero need operands of at most 23 bits together");
    return true;
}

static void plan(const tq_problem *problem, tq_path_plan *plan)
{
    const double magic = ldexp(1.5, 23 + problem->product.grid);
    const bool away = problem->product.rounding == TQ_ROUND_AWAY;
    plan->step = tq_problem__step(problem, problem->device->vector_width >= 16 ? 16 : 8);
    plan->finish = TQ_FINISH_CARRIERS;
    plan->sum_draws = false;
    plan->instructions = (!products_fit(problem) ? 7.0 : away ? 3.0 : 5.0) / 16.0;
    plan->away = away && rounds(problem);
    plan->path.s0 = tq_path__bits(magic);
    plan->path.s1 = problem->product.grid;
    plan->path.s2 = tq_path__bits(magic + problem->sum.lowest);
    plan->path.s3 = tq_path__bits(magic + problem->sum.highest);
    plan->path.s4 =
        tq_path__bits(magic + fmax(problem->product.lowest, -ldexp(MOST_UNITS, problem->product.grid)));
    plan->path.s5 =
        tq_path__bits(magic + fmin(problem->product.highest, ldexp(MOST_UNITS, problem->product.grid)));
    tq_program_text__define(plan->text, "TQ_AWAY", "%d", away);
    tq_program_text__define(plan->text, "TQ_FITS", "%d", products_fit(problem));
}

const tq_path tq_path_nearest32 = {
    .name = "nearest32",
    .summary = "fixed point to nearest, saturating at each step, in binary32",
    .proof = "the sum is held in a binade whose last bit is the grid; fma rounds once, clamps saturate",
    .instructions = 0.2,
    .part = {"accumulate/nearest32.cl"},
    .depthwise = true,
    .applicable = applicable,
    .plan = plan,
};
