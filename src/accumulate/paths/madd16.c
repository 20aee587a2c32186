/* Fixed point of at most 16 bits, down or stochastic, from 32-bit products. Proof: the kernel's head. */
#include "accumulate/path.h"

#include <math.h>

/* Bits of a product below the unit. */
static int shift_of(const tq_problem *problem)
{
    return problem->product.grid - problem->input.grid - problem->weight.grid;
}

/* Bits by which products move right so that the word stands at the top of 16 bits; negative: to the left. */
static int move_of(const tq_problem *problem)
{
    return shift_of(problem) - (16 - problem->product.precision);
}

static bool applicable(const tq_problem *problem, char *why, size_t size)
{
    const int rounding = problem->product.rounding;
    if (!tq_problem__is_word16(problem, why, size))
        return false;
    if (rounding != TQ_ROUND_STOCHASTIC && rounding != TQ_ROUND_DOWN)
        return tq_path__refuse(why, size, "the product's rounding is neither down nor stochastic");
    if (!tq_range__fits_int16(problem->input) || !tq_range__fits_int16(problem->weight))
        return tq_path__refuse(why, size, "an operand does not fit 16 bits on a known grid");
    const int shift = shift_of(problem), move = move_of(problem);
    const double largest = tq_range__units(problem->input) * tq_range__units(problem->weight);
    if (shift < 0 || shift > 30)
        return tq_path__refuse(why, size, "products have %d bits below the grid, needed 0 to 30", shift);
    if ((largest + ldexp(1.0, shift)) * ldexp(1.0, move < 0 ? -move : 0) >= 0x1p31)
        return tq_path__refuse(why, size, "products need more than 32 bits");
    if (problem->product.overflow == TQ_OVERFLOW_WRAP &&
        ldexp(largest, -shift) + 1.0 > -ldexp(problem->product.lowest, -problem->product.grid) - 1.0)
        return tq_path__refuse(why, size, "products may wrap");
    return true;
}

static void plan(const tq_problem *problem, tq_path_plan *plan)
{
    const int below = 16 - problem->product.precision, shift = shift_of(problem), move = move_of(problem);
    const bool stochastic = problem->product.rounding == TQ_ROUND_STOCHASTIC && shift > 0;
    plan->step = plan->shorts = tq_device__lanes16(problem->device);
    plan->finish = TQ_FINISH_CARRIERS;
    plan->form = TQ_FORM_INT32;
    plan->halves = true;
    plan->sum_draws = false;
    plan->input_shift = -problem->input.grid;
    plan->weight_shift = -problem->weight.grid;
    plan->draw_form = problem->product.random_bits > 0 ? TQ_DRAWS_HALVES : TQ_DRAWS_TOP;
    plan->draw_right = shift > 0 ? 32 - shift : 31;
    plan->instructions = (stochastic ? 10.0 : 6.0) / 32.0;
    plan->path.s0 = move;
    plan->path.s1 = -(1 << below);
    plan->path.s2 = problem->product.grid;
    plan->path.s3 = below;
    plan->path.s4 = -move;
    tq_program_text__define(plan->text, "TQ_STOCHASTIC", "%d", stochastic);
    tq_program_text__define(plan->text, "TQ_LEFT_SHIFT", "%d", move < 0);
    tq_program_text__define(plan->text, "TQ_MASK", "%d", below > 0);
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
