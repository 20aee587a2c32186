/*
 * Plus or minus m beyond a threshold, else +0. Without t the threshold is 0.7 * mean(abs(x)) of the tensor
 * (Li, Zhang, Liu: Ternary weight networks, arXiv 1605.04711), rounded to binary32; a tensor of one element
 * where numbers come singly.
 */
#include <math.h>

#include "quantizers/rounding.h"
#include "util/fail.h"

#include "tensorquant/kernels/quantizers/ternary.cl"

enum { MAGNITUDE, THRESHOLD };

#define FROM_THE_TENSOR (-1) /* stands for a threshold that is not given */

static const char *const examples[] = {"ternary", "ternary,0.5", "ternary,1,0.25", "ternary,2,0", NULL};

static const tq_parameter parameters[] = {
    {.name = "m", .initial = 1, .lowest = 0x1p-149, .highest = 0x1.fffffep127, .help = "magnitude"},
    {.name = "t",
     .initial = FROM_THE_TENSOR,
     .highest = 0x1.fffffep127,
     .help = "threshold; 0.7 * mean(abs(x)) of the tensor unless given"}};

static void bake(const double *value, tq_words *p, tq_i32 *structure)
{
    const bool alone = value[THRESHOLD] < 0;
    p->s0 = (tq_i32)tq_carrier__bits(value[MAGNITUDE]);
    p->s1 = alone ? 0 : (tq_i32)tq_carrier__bits(value[THRESHOLD]);
    *structure = alone ? TQ_TERNARY_ALONE : 0;
}

/* A mean that is not a number gives an infinite threshold, so that the values can still be compared. */
static bool fit(double *value, float mean)
{
    if (value[THRESHOLD] >= 0)
        return false;
    value[THRESHOLD] = isnan(mean) ? INFINITY
                                   : tq_carrier__value(tq_exact_to_carrier(tq_exact_multiply(
                                         tq_exact_of(0x3F333333u), tq_exact_of(tq_carrier__bits(mean)))));
    return true;
}

extern const tq_quantizer_kind tq_quantizer_ternary;
const tq_quantizer_kind tq_quantizer_ternary = {.name = "ternary",
                                                .summary = "m, 0 or -m by a threshold",
                                                .parameters = parameters,
                                                .parameter_count = TQ_COUNT(parameters),
                                                .examples = examples,
                                                .function = "ternary",
                                                .apply = tq_quantize_ternary,
                                                .bake = bake,
                                                .fit = fit};
