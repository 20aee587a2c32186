/* Fixed-point and floating formats by binary64 arithmetic. Proof: the kernel's head. */
#include "accumulate/path.h"

#include <math.h>
#include <string.h>

enum { FORM_NONE = 0, FORM_FIXED = 1, FORM_FLOAT = 2 };

static int form_of(const tq_quantizer *q, const tq_format *format)
{
    if (tq_quantizer_is_none(q))
        return FORM_NONE;
    return format->family == TQ_FAMILY_FIXED ? FORM_FIXED : FORM_FLOAT;
}

/* Whether the kernel's slot gives this format's numbers for an exact argument. */
static bool slot_fits(const char *slot, const tq_quantizer *q, const tq_format *format, char *why,
                      size_t size)
{
    if (tq_quantizer_is_none(q))
        return true;
    if (format->family == TQ_FAMILY_FIXED) {
        if (format->rounding == TQ_ROUND_ODD || format->precision > 24)
            return tq_path__refuse(why, size, "%s: rounding to odd or more than 24 bits", slot);
        if (format->random_bits + format->precision > 50)
            return tq_path__refuse(why, size, "%s: %d random bits are too many", slot, format->random_bits);
        return true;
    }
    if (format->family != TQ_FAMILY_FLOAT)
        return tq_path__refuse(why, size, "%s: neither fixed point nor floating", slot);
    if (format->rounding != TQ_ROUND_EVEN || !format->subnormal)
        return tq_path__refuse(why, size, "%s: a floating format not rounded to even or without subnormals",
                               slot);
    return true;
}

static double magnitude(const tq_format *format)
{
    return fmax(-format->lowest, format->highest);
}

/* Whether every sum of numbers on these grids and below these magnitudes fits 51 bits, two spare for adding a
 * half. */
static bool sums_are_exact(int grid_a, double largest_a, int grid_b, double largest_b)
{
    const int grid = grid_a < grid_b ? grid_a : grid_b;
    return largest_a + largest_b <= ldexp(1.0, 51 + grid);
}

static bool sum_is_right(const tq_problem *problem, char *why, size_t size)
{
    const tq_format *product = &problem->product, *sum = &problem->sum;
    const int form = form_of(&problem->accumulation.sum, sum);
    if (sums_are_exact(product->grid, magnitude(product), sum->grid, magnitude(sum)))
        return true;
    /* Rounding to nearest even twice, first to 53 bits, is harmless when s and p have no more bits than the
     * format. */
    if (form != FORM_FIXED && product->precision <= sum->precision && sum->grid <= product->grid)
        return true;
    if (form == FORM_NONE)
        return true; /* both are binary32 */
    return tq_path__refuse(why, size, "sums of product and sum formats need more than 51 bits");
}

static bool applicable(const tq_problem *problem, char *why, size_t size)
{
    const tq_accumulation *a = &problem->accumulation;
    if (!problem->device->fp64)
        return tq_path__refuse(why, size, "the device has no full binary64");
    if (!problem->device->subnormals)
        return tq_path__refuse(why, size, "the device flushes subnormal numbers");
    if (a->exact_sum || a->fused)
        return tq_path__refuse(why, size, "the sum is exact or fused");
    if (!slot_fits("product", &a->product, &problem->product, why, size) ||
        !slot_fits("sum", &a->sum, &problem->sum, why, size))
        return false;
    return sum_is_right(problem, why, size);
}

/* RESULT in the kernel: an exact s + b, or binary32 of binary32s. */
static bool result_is_right(const tq_problem *problem)
{
    char why[1];
    const tq_accumulation *a = &problem->accumulation;
    if (!slot_fits("result", &a->result, &problem->result, why, sizeof why) ||
        problem->result.random_bits > 0)
        return false;
    if (tq_quantizer_is_none(&a->result))
        return true;
    return problem->bias.finite && sums_are_exact(problem->sum.grid, magnitude(&problem->sum),
                                                  problem->bias.grid, tq_range__magnitude(problem->bias));
}

static void store_double(tq_i32 *low, tq_i32 *high, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    *low = (tq_i32)(uint32_t)bits;
    *high = (tq_i32)(uint32_t)(bits >> 32);
}

static tq_words words_of(int form, const tq_format *format)
{
    const int unit = form == FORM_FIXED ? format->grid : 0;
    tq_words words = {.s0 = unit, .s1 = 53 - format->precision, .s2 = format->grid, .s3 = format->precision};
    store_double(&words.s4, &words.s5, ldexp(format->lowest, -unit));
    store_double(&words.s6, &words.s7, ldexp(format->highest, -unit));
    return words;
}

/* Products on the sum's grid that cannot saturate and round to nearest, and a saturating sum. */
static bool can_be_biased(const tq_problem *problem, bool same_units)
{
    const double largest = tq_problem__largest_product(problem);
    const int rounding = problem->product.rounding;
    return same_units && problem->sum.overflow == TQ_OVERFLOW_SATURATE && problem->weight.finite &&
           (rounding == TQ_ROUND_EVEN || rounding == TQ_ROUND_AWAY) && largest <= problem->product.highest &&
           -largest >= problem->product.lowest;
}

static void plan(const tq_problem *problem, tq_path_plan *plan)
{
    const tq_accumulation *a = &problem->accumulation;
    const int product = form_of(&a->product, &problem->product), sum = form_of(&a->sum, &problem->sum);
    const int result = form_of(&a->result, &problem->result);
    /* Sums of numbers on one grid need no rounding; a wrapped one must be within one turn. */
    const bool near =
        problem->sum.overflow != TQ_OVERFLOW_WRAP || problem->product.precision <= problem->sum.precision;
    const bool same_units =
        near && product == FORM_FIXED && sum == FORM_FIXED && problem->product.grid == problem->sum.grid;
    plan->step = tq_problem__step(problem, 8);
    plan->sum_draws = !same_units;
    plan->finish = result_is_right(problem) ? TQ_FINISH_OWN : TQ_FINISH_LANES;
    plan->product = words_of(product, &problem->product);
    plan->sum = words_of(sum, &problem->sum);
    if (plan->finish == TQ_FINISH_OWN)
        plan->result = words_of(result, &problem->result);
    plan->path.s0 = -plan->product.s0;
    plan->path.s1 = plan->product.s0 - plan->sum.s0;
    tq_program_text__define(plan->text, "TQ_PRODUCT_FORM", "%d", product);
    tq_program_text__define(plan->text, "TQ_SUM_FORM", "%d", sum);
    tq_program_text__define(plan->text, "TQ_RESULT_FORM", "%d", result);
    tq_program_text__define(plan->text, "TQ_SAME_UNITS", "%d", same_units);
    tq_program_text__define(plan->text, "TQ_BIASED", "%d", can_be_biased(problem, same_units));
}

const tq_path tq_path_binary64 = {
    .name = "binary64",
    .summary = "fixed point and floating formats by binary64 arithmetic",
    .proof = "products of 48 bits are exact in binary64, sums exact or rounded twice harmlessly",
    .instructions = 2.0,
    .part = {"accumulate/binary64.cl"},
    .depthwise = true,
    .applicable = applicable,
    .plan = plan,
};
