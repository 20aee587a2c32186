/* Fixed point of at most 16 bits to nearest, from products in binary32. Proof: the kernel's head. */
#include "accumulate/path.h"

#include <math.h>
#include <stdlib.h>

#define MOST_UNITS 12582910.0 /* 1.5 * 2^23 - 2: M plus the product stays positive */

static double in_units(const tq_problem *problem, double value)
{
    return ldexp(value, -problem->product.grid);
}

/* Ties away: whether moving weights by one unit in the last place moves no product that matters by its grain.
 */
static bool can_move_weights(const tq_problem *problem)
{
    const int shift = problem->product.grid - problem->input.grid - problem->weight.grid;
    return problem->input.grid != TQ_GRID_UNKNOWN && problem->product.precision - 1 + shift <= 23;
}

/* Bits of the weights' integers on their grid: |W| <= 2^bits. */
static int weight_bits(const tq_problem *problem)
{
    return (int)ceil(log2(fmax(tq_range__units(problem->weight), 1.0)));
}

/* An input that is no multiple of 2^this makes no tie with any weight. */
static int tie_grid(const tq_problem *problem)
{
    return problem->product.grid - 1 - problem->weight.grid - weight_bits(problem);
}

/* Ties away: whether moving inputs that are such multiples moves no product that matters by its grain. */
static bool can_move_inputs(const tq_problem *problem)
{
    const double largest = in_units(problem, tq_problem__largest_product(problem));
    const double matters = problem->product.overflow == TQ_OVERFLOW_WRAP
                               ? largest
                               : fmin(largest, ldexp(1.0, problem->product.precision - 1));
    return problem->input.finite && problem->weight.grid > -60 &&
           tq_range__magnitude(problem->input) <= 0x1p60 && abs(tie_grid(problem)) <= 60 &&
           weight_bits(problem) <= 20 && matters <= ldexp(1.0, 22 - weight_bits(problem));
}

static bool products_fit(const tq_problem *problem)
{
    return tq_problem__largest_product(problem) + ldexp(1.0, problem->product.grid) <=
           problem->product.highest;
}

static bool applicable(const tq_problem *problem, char *why, size_t size)
{
    const int rounding = problem->product.rounding, below = 16 - problem->product.precision;
    const double largest = in_units(problem, tq_problem__largest_product(problem));
    const double most = below == 0 ? MOST_UNITS : fmin(0x1p22, ldexp(1.0, 30 - below));
    if (!tq_problem__is_word16(problem, why, size))
        return false;
    if (rounding != TQ_ROUND_EVEN && rounding != TQ_ROUND_AWAY)
        return tq_path__refuse(why, size, "the product is not rounded to nearest");
    if (!problem->device->fma || !problem->device->subnormals)
        return tq_path__refuse(why, size, "the device lacks a fused multiply-add or subnormal numbers");
    if (!problem->input.finite || !problem->weight.finite)
        return tq_path__refuse(why, size, "the input or a weight may be infinite or not a number");
    if (!(largest <= most))
        return tq_path__refuse(why, size, "products reach %g units, needed at most %g", largest, most);
    if (rounding == TQ_ROUND_AWAY && !can_move_weights(problem) && !can_move_inputs(problem) &&
        !problem->weights_known)
        return tq_path__refuse(why, size, "ties away from zero need known weights, or smaller ones");
    if (problem->product.overflow == TQ_OVERFLOW_WRAP && !products_fit(problem))
        return tq_path__refuse(why, size, "products may wrap");
    return true;
}

static void plan(const tq_problem *problem, tq_path_plan *plan)
{
    const int below = 16 - problem->product.precision;
    plan->step = plan->shorts = tq_problem__step(problem, tq_device__lanes16(problem->device));
    plan->finish = TQ_FINISH_CARRIERS;
    plan->halves = true;
    plan->sum_draws = false;
    plan->away = problem->product.rounding == TQ_ROUND_AWAY;
    plan->step_kinds = plan->away && problem->weights_known;
    plan->input_moves = plan->away && !problem->weights_known && !can_move_weights(problem);
    if (plan->input_moves) {
        plan->away = false;
        plan->input_shift = -tie_grid(problem);
    }
    plan->ties = (tq_ties){.input_grid = problem->input.grid,
                           .grid = problem->product.grid,
                           .input_exponent = ilogb(fmax(tq_range__magnitude(problem->input), 0x1p-149)),
                           .input_units = tq_range__units(problem->input),
                           .most_exponent = problem->product.precision - 1};
    plan->instructions = (below > 0 ? 9.0 : 6.0) / 32.0;
    plan->path.s0 = tq_path__bits(ldexp(1.5, 23 + problem->product.grid));
    plan->path.s1 = -(1 << below);
    plan->path.s2 = problem->product.grid;
    plan->path.s3 = below;
    tq_program_text__define(plan->text, "TQ_STEP_KINDS", "%d", plan->step_kinds);
    tq_program_text__define(plan->text, "TQ_LEFT", "%d", below > 0);
    tq_program_text__define(plan->text, "TQ_WRAP", "%d", problem->sum.overflow == TQ_OVERFLOW_WRAP);
}

const tq_path tq_path_fma16 = {
    .name = "fma16",
    .summary = "fixed point of at most 16 bits to nearest, products in binary32, sums of 16 bits",
    .proof = "fma onto a constant rounds the exact product once, packing and the sum saturate as the format",
    .instructions = 0.185,
    .part = {"accumulate/vectors16.cl", "accumulate/fma16.cl"},
    .applicable = applicable,
    .plan = plan,
};
