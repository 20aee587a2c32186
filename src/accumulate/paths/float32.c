/* Floating formats of at most 11 bits at each step, in binary32. Proof: the kernel's head. */
#include "accumulate/path.h"

#include <math.h>
#include <string.h>

#define MOST 0x1p100 /* products and sums: far from binary32's overflow */

static bool slot_fits(const char *slot, const tq_quantizer *q, const tq_format *format, char *why,
                      size_t size)
{
    if (tq_quantizer_is_none(q) || format->family != TQ_FAMILY_FLOAT || format->rounding != TQ_ROUND_EVEN ||
        !format->subnormal)
        return tq_path__refuse(why, size, "%s: not a floating format rounded to even, with subnormals", slot);
    if (format->precision > 11)
        return tq_path__refuse(why, size, "%s: %d bits, at most 11", slot, format->precision);
    if (format->grid < -140)
        return tq_path__refuse(why, size, "%s: numbers from 2^%d, needed from 2^-140", slot, format->grid);
    return true;
}

/* Whether no sum, each rounded up by at most half a unit in the last place, reaches beyond the largest
 * number. */
static double largest_sum(const tq_problem *problem)
{
    const double unit = ldexp(1.0, -problem->sum.precision);
    const double products = problem->weight_sum * tq_range__magnitude(problem->input) *
                                (1.0 + ldexp(1.0, -problem->product.precision)) +
                            (double)problem->terms * ldexp(1.0, problem->product.grid);
    return products * pow(1.0 + unit, (double)problem->terms + 1.0);
}

static bool applicable(const tq_problem *problem, char *why, size_t size)
{
    const tq_accumulation *a = &problem->accumulation;
    /* Of finite numbers: the others pass through. */
    const double largest = tq_range__magnitude(problem->input) * tq_range__magnitude(problem->weight);
    if (a->exact_sum || a->fused)
        return tq_path__refuse(why, size, "the sum is exact or fused");
    if (!slot_fits("product", &a->product, &problem->product, why, size) ||
        !slot_fits("sum", &a->sum, &problem->sum, why, size))
        return false;
    if (problem->product.precision > problem->sum.precision || problem->sum.grid > problem->product.grid)
        return tq_path__refuse(why, size, "the sum's format does not hold every product");
    if (!problem->device->fma || !problem->device->subnormals)
        return tq_path__refuse(why, size, "the device lacks a fused multiply-add or subnormal numbers");
    if (!problem->weight.finite || !(largest <= MOST))
        return tq_path__refuse(why, size, "products reach %g, needed at most 2^100", largest);
    if (problem->sum.highest > MOST && !(largest_sum(problem) <= MOST))
        return tq_path__refuse(why, size, "sums may exceed 2^100");
    return true;
}

static bool is_bounded(const tq_format *format)
{
    return format->overflow == TQ_OVERFLOW_SATURATE || format->overflow == TQ_OVERFLOW_NAN;
}

static void plan(const tq_problem *problem, tq_path_plan *plan)
{
    const bool products_fit =
        problem->input.finite && tq_problem__largest_product(problem) <= problem->product.highest;
    const bool fit = products_fit && largest_sum(problem) <= problem->sum.highest;
    const bool finite = problem->input.finite && (products_fit || is_bounded(&problem->product)) &&
                        (fit || is_bounded(&problem->sum));
    const bool finite_products = problem->input.finite && tq_range__magnitude(problem->weight) <= MOST;
    plan->step = tq_problem__step(problem, problem->device->vector_width >= 16 ? 16 : 8);
    plan->finish = TQ_FINISH_CARRIERS;
    plan->sum_draws = false;
    plan->sum_largest = fmin(plan->sum_largest, fit ? largest_sum(problem) : INFINITY);
    plan->instructions =
        (8.0 + !finite_products + (products_fit ? 0.0 : 2.0) + (fit ? 0.0 : 2.0) + !finite) / 16.0;
    plan->path.s0 = 24 - problem->product.precision;
    plan->path.s1 = tq_path__bits(ldexp(1.5, 23 + problem->product.grid));
    plan->path.s2 = 24 - problem->sum.precision;
    plan->path.s3 = tq_path__bits(problem->product.highest);
    plan->path.s4 = tq_path__bits(problem->sum.highest);
    tq_program_text__define(plan->text, "TQ_PRODUCT_FITS", "%d", products_fit);
    tq_program_text__define(plan->text, "TQ_SUM_FITS", "%d", fit);
    tq_program_text__define(plan->text, "TQ_FINITE_PRODUCTS", "%d", finite_products);
    tq_program_text__define(plan->text, "TQ_FINITE_SUMS", "%d", finite);
}

const tq_path tq_path_float32 = {
    .name = "float32",
    .summary = "floating formats of at most 11 bits, rounded at each step, in binary32",
    .proof = "one fma rounds the exact product; sums of p bits rounded to 24 and then to p <= 11 bits round "
             "as once",
    .instructions = 0.9,
    .part = {"accumulate/float32.cl"},
    .depthwise = true,
    .applicable = applicable,
    .plan = plan,
};
