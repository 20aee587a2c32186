/* Stochastic fixed point of at most 16 bits from products of 16 bits. Proof: the kernel's head. */
#include "accumulate/path.h"

#include <math.h>

static bool applicable(const tq_problem *problem, char *why, size_t size)
{
    if (!tq_problem__is_word16(problem, why, size))
        return false;
    if (problem->product.rounding != TQ_ROUND_STOCHASTIC)
        return tq_path__refuse(why, size, "the product's rounding is not stochastic");
    if (!tq_range__fits_int16(problem->input) || !tq_range__fits_int16(problem->weight))
        return tq_path__refuse(why, size, "an operand does not fit 16 bits on a known grid");
    const int shift = tq_problem__shift(problem), left = tq_problem__left16(problem);
    const double largest = tq_range__units(problem->input) * tq_range__units(problem->weight);
    if (shift < 0 || shift > 15)
        return tq_path__refuse(why, size, "products have %d bits below the grid, needed 0 to 15", shift);
    if (tq_range__units(problem->weight) * ldexp(1.0, left) > 32767.0 ||
        (largest + ldexp(1.0, shift)) * ldexp(1.0, left) > 32767.0)
        return tq_path__refuse(why, size, "products need more than 16 bits");
    return true;
}

static void plan(const tq_problem *problem, tq_path_plan *plan)
{
    const int below = 16 - problem->product.precision, shift = tq_problem__shift(problem),
              left = tq_problem__left16(problem);
    plan->step = plan->shorts = tq_problem__step(problem, tq_device__lanes16(problem->device));
    plan->finish = TQ_FINISH_CARRIERS;
    plan->form = TQ_FORM_INT16;
    plan->sum_draws = false;
    plan->input_shift = -problem->input.grid;
    plan->weight_shift = left - problem->weight.grid;
    plan->draw_form = TQ_DRAWS_SHORT;
    plan->draw_right = shift > 0 ? 32 - shift : 0;
    plan->draw_left = left;
    plan->draw_nothing = shift == 0;
    plan->path.s0 = shift + left - below;
    plan->path.s1 = -(1 << below);
    plan->path.s2 = problem->product.grid;
    plan->path.s3 = below;
    tq_program_text__define(plan->text, "TQ_WRAP", "%d", problem->sum.overflow == TQ_OVERFLOW_WRAP);
}

const tq_path tq_path_product16 = {
    .name = "product16",
    .summary = "stochastic fixed point of at most 16 bits, operands whose products fit 16 bits",
    .proof = "products fit 16 bits; a draw added below the unit carries exactly when it rounds up",
    .instructions = 0.16,
    .part = {"accumulate/vectors16.cl", "accumulate/draws16.cl", "accumulate/product16.cl"},
    .depthwise = true,
    .applicable = applicable,
    .plan = plan,
};
