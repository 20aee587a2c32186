/* Exact sums of integers of at most 16 bits. Proof: the kernel's head. */
#include "accumulate/path.h"

#include <math.h>

static bool applicable(const tq_problem *problem, char *why, size_t size)
{
    const tq_accumulation *a = &problem->accumulation;
    if (!a->exact_sum)
        return tq_path__refuse(why, size, "the sum is not exact");
    if (!tq_range__fits_int16(problem->input) || !tq_range__fits_int16(problem->weight))
        return tq_path__refuse(why, size, "an operand does not fit 16 bits on a known grid");
    const int grid = problem->input.grid + problem->weight.grid;
    const double largest =
        ldexp(problem->weight_sum, -problem->weight.grid) * tq_range__units(problem->input);
    if (!(largest < 0x1p31))
        return tq_path__refuse(why, size, "sums reach %g units, needed below 2^31", largest);
    if (grid < -120 || grid > 80)
        return tq_path__refuse(why, size, "the grid 2^%d is too near binary32's limits", grid);
    const tq_format *product = &problem->product;
    const double term = tq_problem__largest_product(problem);
    const bool kept = product->family == TQ_FAMILY_FIXED && product->grid <= grid &&
                      term <= product->highest && -term >= product->lowest;
    if (!a->fused && !tq_quantizer_is_none(&a->product) && !kept)
        return tq_path__refuse(why, size, "products are rounded or may saturate");
    return true;
}

static void plan(const tq_problem *problem, tq_path_plan *plan)
{
    const int grid = problem->input.grid + problem->weight.grid;
    const double largest =
        ldexp(problem->weight_sum, -problem->weight.grid) * tq_range__units(problem->input);
    plan->step = tq_problem__step(problem, tq_device__lanes16(problem->device) / 2);
    plan->shorts = 2 * plan->step;
    plan->terms = 2;
    plan->finish = largest <= 0x1p24 ? TQ_FINISH_CARRIERS : TQ_FINISH_LANES;
    plan->form = TQ_FORM_INT16;
    plan->sum_draws = false;
    plan->input_shift = -problem->input.grid;
    plan->weight_shift = -problem->weight.grid;
    plan->path.s2 = grid;
    plan->sum_grid = grid;
    plan->sum_largest = ldexp(largest, grid);
}

const tq_path tq_path_dot16 = {
    .name = "dot16",
    .summary = "exact sums of operands of at most 16 bits, two terms at once in 32 bits",
    .proof = "integer products and sums, bounded by the weights below 2^31",
    .instructions = 0.05,
    .part = {"accumulate/vectors16.cl", "accumulate/dot16.cl"},
    .applicable = applicable,
    .plan = plan,
};
