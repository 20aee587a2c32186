#include "oracle/oracle_steps.h"

#include <string.h>

static bool is_none(const char *text)
{
    return strcmp(text, "none") == 0;
}

oracle_formats oracle_formats_of(const oracle_slots *slots)
{
    oracle_formats f = {.slots = slots, .exact_sum = strcmp(slots->sum, "exact") == 0};
    oracle_parse(&f.product, slots->product);
    oracle_parse(&f.sum, f.exact_sum ? "none" : slots->sum);
    oracle_parse(&f.result, slots->result);
    f.fused = slots->fused || (is_none(slots->product) && (f.exact_sum || is_none(slots->sum)));
    return f;
}

void oracle_step(mpfr_ptr x, const oracle_formats *f, const oracle_format *q, uint64_t index, uint32_t number,
                 uint32_t stream)
{
    uint32_t draw = 0;
    if (q->rounding == ORACLE_STOCHASTIC && q->random_bits > 0)
        draw = oracle_draw(f->slots->seed, f->slots->id, stream, index, number, q->random_bits);
    oracle_set(x, oracle_quantize(q, x, draw));
}

void oracle_step_element(mpfr_ptr x, const oracle_formats *f, const oracle_format *q, uint64_t element,
                         uint32_t stream)
{
    uint32_t draw = 0;
    if (q->rounding == ORACLE_STOCHASTIC && q->random_bits > 0)
        draw = oracle_element_draw(f->slots->seed, f->slots->id, stream, element, q->random_bits);
    oracle_set(x, oracle_quantize(q, x, draw));
}

void oracle_step_none(mpfr_ptr x)
{
    oracle_set(x, oracle_nearest(x));
}

/* RESULT, and the bits: streams as docs/numerics.md lists them. */
uint32_t oracle_step_result(mpfr_ptr x, const oracle_formats *f, uint64_t index)
{
    uint32_t draw = 0;
    if (f->result.rounding == ORACLE_STOCHASTIC && f->result.random_bits > 0)
        draw = oracle_element_draw(f->slots->seed, f->slots->id, 5, index, f->result.random_bits);
    return oracle_quantize(&f->result, x, draw);
}

bool oracle_above(uint32_t a, uint32_t b)
{
    mpfr_t x, y;
    mpfr_inits2(ORACLE_PRECISION, x, y, (mpfr_ptr)0);
    oracle_set(x, a);
    oracle_set(y, b);
    const int order = mpfr_cmp(x, y);
    const bool result = order > 0 || (order == 0 && mpfr_signbit(y) && !mpfr_signbit(x));
    mpfr_clears(x, y, (mpfr_ptr)0);
    return result;
}
