/* Fixed point of at most 22 bits, operands of any precision, in binary32 with the residual. Proof: the
 * kernel's head. */
#include "accumulate/path.h"

#include <math.h>

#define MOST_UNITS 12582910.0 /* 1.5 * 2^23 - 2: M plus the product stays positive */
#define SCALE      64 /* log2 of S, and least of the weights' grid, where the input's grid is not known */

static double units_of(const tq_format *format, double value)
{
    return ldexp(value, -format->grid);
}

static bool is_word(const tq_format *format)
{
    return units_of(format, fmax(-format->lowest, format->highest)) <= 0x1p21;
}

static bool products_fit(const tq_problem *problem)
{
    const double most = tq_problem__largest_product(problem) + ldexp(1.0, problem->product.grid);
    return most <= problem->product.highest && -most >= problem->product.lowest;
}

static bool formats_fit(const tq_problem *problem, char *why, size_t size)
{
    const tq_accumulation *a = &problem->accumulation;
    const tq_format *product = &problem->product, *sum = &problem->sum;
    if (a->exact_sum || a->fused)
        return tq_path__refuse(why, size, "the sum is exact or fused");
    if (tq_quantizer_is_none(&a->product) || product->family != TQ_FAMILY_FIXED ||
        tq_quantizer_is_none(&a->sum) || sum->family != TQ_FAMILY_FIXED || sum->grid != product->grid)
        return tq_path__refuse(why, size, "product and sum are not fixed point on one grid");
    if (product->rounding > TQ_ROUND_UP)
        return tq_path__refuse(why, size, "the product is rounded to odd or stochastically");
    if (!is_word(product) || !is_word(sum))
        return tq_path__refuse(why, size, "product or sum has more than 22 bits");
    if (product->grid < -80 || product->grid > 40)
        return tq_path__refuse(why, size, "the grid 2^%d is too near binary32's limits", product->grid);
    if (sum->overflow == TQ_OVERFLOW_WRAP && sum->lowest == 0.0)
        return tq_path__refuse(why, size, "the sum is unsigned and wraps");
    return true;
}

/* Products of numbers on these grids cannot underflow. */
static bool is_above_underflow(const tq_problem *problem)
{
    return problem->input.grid != TQ_GRID_UNKNOWN && problem->input.grid + problem->weight.grid >= -149;
}

static bool applicable(const tq_problem *problem, char *why, size_t size)
{
    const double largest = units_of(&problem->product, tq_problem__largest_product(problem));
    if (!formats_fit(problem, why, size))
        return false;
    if (!problem->device->fma || !problem->device->subnormals)
        return tq_path__refuse(why, size, "the device lacks a fused multiply-add or subnormal numbers");
    if (!problem->input.finite || !problem->weight.finite)
        return tq_path__refuse(why, size, "the input or a weight may be infinite or not a number");
    if (!(largest <= MOST_UNITS))
        return tq_path__refuse(why, size, "products reach %g units, needed at most %g", largest, MOST_UNITS);
    if (!is_above_underflow(problem) && problem->weight.grid < -SCALE)
        return tq_path__refuse(why, size, "products may underflow: weights are on 2^%d, needed 2^%d",
                               problem->weight.grid, -SCALE);
    if (problem->product.overflow == TQ_OVERFLOW_WRAP && !products_fit(problem))
        return tq_path__refuse(why, size, "products may wrap");
    return true;
}

static void plan(const tq_problem *problem, tq_path_plan *plan)
{
    const bool wraps = problem->sum.overflow == TQ_OVERFLOW_WRAP;
    plan->step = tq_problem__step(problem, problem->device->vector_width >= 16 ? 16 : 8);
    plan->finish = TQ_FINISH_CARRIERS;
    plan->sum_draws = false;
    plan->instructions = (problem->product.rounding == TQ_ROUND_AWAY ? 19.0 : 12.0) / 16.0;
    plan->path.s0 = tq_path__bits(ldexp(1.5, 23 + problem->product.grid));
    plan->path.s1 = problem->product.grid;
    plan->path.s2 = (tq_i32)units_of(&problem->sum, problem->sum.lowest);
    plan->path.s3 = (tq_i32)units_of(&problem->sum, problem->sum.highest);
    plan->path.s4 = (tq_i32)units_of(&problem->product, problem->product.lowest);
    plan->path.s5 = (tq_i32)units_of(&problem->product, problem->product.highest);
    plan->path.s6 = wraps ? 32 - problem->sum.precision : 0;
    plan->path.s7 = is_above_underflow(problem) ? 0 : SCALE;
    tq_program_text__define(plan->text, "TQ_FITS", "%d", problem->product.overflow == TQ_OVERFLOW_WRAP);
    tq_program_text__define(plan->text, "TQ_WRAP", "%d", wraps);
}

const tq_path tq_path_residual32 = {
    .name = "residual32",
    .summary = "fixed point of at most 22 bits, operands of any precision, in binary32 with the residual",
    .proof = "one fma rounds the product to nearest, a second gives the sign of what that leaves",
    .instructions = 0.85,
    .depthwise = true,
    .part = {"accumulate/residual32.cl"},
    .applicable = applicable,
    .plan = plan,
};
