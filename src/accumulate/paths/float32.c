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
    if (format->highest > MOST || format->grid < -120)
        return tq_path__refuse(why, size, "%s: numbers from 2^%d to %g, needed 2^-120 to 2^100", slot,
                               format->grid, format->highest);
    return true;
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
    return true;
}

static tq_i32 bits_of(double value)
{
    const float number = (float)value;
    tq_i32 bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static void plan(const tq_problem *problem, tq_path_plan *plan)
{
    plan->lanes = problem->device->vector_width >= 16 ? 16 : 8;
    plan->vectors = 2;
    plan->rows = 6;
    plan->path.s0 = 24 - problem->product.precision;
    plan->path.s1 = bits_of(ldexp(1.5, 23 + problem->product.grid));
    plan->path.s2 = 24 - problem->sum.precision;
    plan->path.s3 = bits_of(problem->product.highest);
    plan->path.s4 = bits_of(problem->sum.highest);
    tq_program_text__define(plan->text, "TQ_FITS", "%d",
                            tq_problem__largest_product(problem) <= problem->product.highest);
}

const tq_path tq_path_float32 = {
    .name = "float32",
    .summary = "floating formats of at most 11 bits, rounded at each step, in binary32",
    .instructions = 0.9,
    .operand = TQ_OPERAND_CARRIER,
    .part = {"accumulate/float32.cl"},
    .applicable = applicable,
    .plan = plan,
};
