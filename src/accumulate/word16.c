/* What paths with 16-bit sums ask of a problem. */
#include <math.h>

#include "accumulate/path.h"

double tq_range__units(tq_range range)
{
    return ldexp(tq_range__magnitude(range), -range.grid);
}

bool tq_range__fits_int16(tq_range range)
{
    return range.finite && range.grid > -100 && ldexp(range.highest, -range.grid) <= 32767.0 &&
           ldexp(range.lowest, -range.grid) >= -32768.0;
}

bool tq_format__is_word(const tq_format *format, int most)
{
    return format->family == TQ_FAMILY_FIXED && format->precision <= most &&
           format->lowest == -ldexp(1.0, format->precision - 1 + format->grid) &&
           format->highest == -format->lowest - ldexp(1.0, format->grid);
}

int tq_problem__shift(const tq_problem *problem)
{
    return problem->product.grid - problem->input.grid - problem->weight.grid;
}

int tq_problem__left16(const tq_problem *problem)
{
    const int below = 16 - problem->product.precision, shift = tq_problem__shift(problem);
    return below > shift ? below - shift : 0;
}

bool tq_problem__is_word16(const tq_problem *problem, char *why, size_t size)
{
    const tq_accumulation *a = &problem->accumulation;
    const tq_format *product = &problem->product, *sum = &problem->sum;
    if (a->exact_sum || a->fused)
        return tq_path__refuse(why, size, "the sum is exact or fused");
    if (tq_quantizer_is_none(&a->product) || product->family != TQ_FAMILY_FIXED || product->precision > 16)
        return tq_path__refuse(why, size, "the product is not fixed point of at most 16 bits");
    if (!tq_format__is_word(product, 16))
        return tq_path__refuse(why, size, "the word is unsigned or symmetric");
    if (tq_quantizer_is_none(&a->sum) || sum->family != TQ_FAMILY_FIXED || product->grid != sum->grid ||
        product->lowest != sum->lowest || product->highest != sum->highest)
        return tq_path__refuse(why, size, "the sum's word is not the product's");
    if (product->grid < -100 || product->grid > 80)
        return tq_path__refuse(why, size, "the grid 2^%d is too near binary32's limits", product->grid);
    return true;
}
