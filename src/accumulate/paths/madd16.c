/* Fixed point of at most 16 bits, down or stochastic, from 32-bit products. Proof: the kernel's head. */
#include "accumulate/path.h"

#include <math.h>

static bool applicable(const tq_problem *problem, char *why, size_t size)
{
    const int rounding = problem->product.rounding;
    if (!tq_problem__is_word16(problem, why, size))
        return false;
    if (rounding != TQ_ROUND_STOCHASTIC && rounding != TQ_ROUND_DOWN)
        return tq_path__refuse(why, size, "the product's rounding is neither down nor stochastic");
    if (!tq_range__fits_int16(problem->input) || !tq_range__fits_int16(problem->weight))
        return tq_path__refuse(why, size, "an operand does not fit 16 bits on a known grid");
    const int shift = tq_problem__shift(problem), left = tq_problem__left16(problem);
    const double largest = tq_range__units(problem->input) * tq_range__units(problem->weight);
    if (shift < 0 || shift > 30)
        return tq_path__refuse(why, size, "products have %d bits below the grid, needed 0 to 30", shift);
    if (tq_range__units(problem->weight) * ldexp(1.0, left) > 32767.0)
        return tq_path__refuse(why, size, "weights need %d bits more than 16", left);
    if ((largest + ldexp(1.0, shift)) * ldexp(1.0, left) >= 0x1p31)
        return tq_path__refuse(why, size, "products need more than 32 bits");
    if (problem->product.overflow == TQ_OVERFLOW_WRAP &&
        ldexp(largest, -shift) + 1.0 > -ldexp(problem->product.lowest, -problem->product.grid) - 1.0)
        return tq_path__refuse(why, size, "products may wrap");
    return true;
}

static void plan(const tq_problem *problem, tq_path_plan *plan)
{
    const int below = 16 - problem->product.precision, shift = tq_problem__shift(problem),
              left = tq_problem__left16(problem);
    const bool stochastic = problem->product.rounding == TQ_ROUND_STOCHASTIC;
    plan->step = plan->shorts = tq_problem__step(problem, tq_device__lanes16(problem->device));
    plan->finish = TQ_FINISH_CARRIERS;
    plan->form = TQ_FORM_INT32;
    plan->halves = true;
    plan->sum_draws = false;
    plan->input_shift = -problem->input.grid;
    plan->weight_shift = left - problem->weight.grid;
    plan->draw_form = stochastic ? TQ_DRAWS_HALVES : TQ_DRAWS_TOP;
    plan->draw_right = shift > 0 ? 32 - shift : 0;
    plan->draw_left = left;
    plan->draw_nothing = shift == 0;
    plan->instructions = (stochastic ? 10.0 : 6.0) / 32.0;
    plan->path.s0 = shift + left - below;
    plan->path.s1 = -(1 << below);
    plan->path.s2 = problem->product.grid;
    plan->path.s3 = below;
    tq_program_text__define(plan->text, "TQ_STOCHASTIC", "%d", stochastic);
    tq_program_text__define(plan->text, "TQ_WRAP", "%d", problem->sum.overflow == TQ_OVERFLOW_WRAP);
}

const tq_path tq_path_madd16 = {
    .name = "madd16",
    .summary = "fixed point of at most 16 bits, down or stochastic, from products of 32 bits",
    .proof = "32-bit products are exact, a shift floors them, packing and the sum saturate as the format",
    .instructions = 0.19,
    .part = {"accumulate/vectors16.cl", "accumulate/draws16.cl", "accumulate/madd16.cl"},
    .applicable = applicable,
    .plan = plan,
};
