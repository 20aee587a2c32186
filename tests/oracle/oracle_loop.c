#include "oracle/oracle_loop.h"

#include <string.h>

static bool is_none(const char *text)
{
    return text == NULL || strcmp(text, "none") == 0;
}

static void parse(oracle_format *f, const char *text)
{
    if (!oracle_parse(f, text == NULL ? "none" : text))
        mpfr_set_erangeflag(), *f = (oracle_format){0};
}

void oracle_sum_begin(oracle_sum *l, const oracle_slots *slots, long row, long column)
{
    l->slots = slots;
    l->exact_sum = slots->sum != NULL && strcmp(slots->sum, "exact") == 0;
    l->fused = slots->fused || (is_none(slots->product) && (l->exact_sum || is_none(slots->sum)));
    parse(&l->product, slots->product);
    parse(&l->sum, l->exact_sum ? "none" : slots->sum);
    parse(&l->result, slots->result);
    l->row = row;
    l->column = column;
    mpfr_init2(l->s, ORACLE_PRECISION);
    mpfr_init2(l->term, ORACLE_PRECISION);
    mpfr_set_zero(l->s, 1);
}

/* Streams: 1 and 2 product rows and columns, 3 and 4 sum rows and columns. */
static uint32_t draw(const oracle_sum *l, const oracle_format *f, uint32_t stream, uint32_t k)
{
    const int n = f->random_bits;
    if (f->rounding != ORACLE_STOCHASTIC || n == 0)
        return 0;
    return oracle_draw(l->slots->seed, l->slots->id, stream, (uint64_t)l->row, k, n) ^
           oracle_draw(l->slots->seed, l->slots->id, stream + 1, (uint64_t)l->column, k, n);
}

/* An exact sum of zero is +0 unless both are -0, which MPFR's addition gives too. */
void oracle_sum_step(oracle_sum *l, uint32_t x, uint32_t w, uint32_t k)
{
    mpfr_t factor;
    mpfr_init2(factor, ORACLE_PRECISION);
    oracle_set(l->term, x);
    oracle_set(factor, w);
    mpfr_mul(l->term, l->term, factor, MPFR_RNDN);
    if (!l->fused)
        oracle_set(l->term, oracle_quantize(&l->product, l->term, draw(l, &l->product, 1, k)));
    mpfr_add(l->s, l->s, l->term, MPFR_RNDN);
    if (!l->exact_sum)
        oracle_set(l->s, oracle_quantize(&l->sum, l->s, draw(l, &l->sum, 3, k)));
    mpfr_clear(factor);
}

uint32_t oracle_sum_end(oracle_sum *l, uint32_t bias, uint64_t index)
{
    uint32_t random = 0;
    oracle_set(l->term, bias);
    mpfr_add(l->s, l->s, l->term, MPFR_RNDN);
    if (l->result.rounding == ORACLE_STOCHASTIC && l->result.random_bits > 0)
        random = oracle_element_draw(l->slots->seed, l->slots->id, 5, index, l->result.random_bits);
    const uint32_t bits = oracle_quantize(&l->result, l->s, random);
    mpfr_clear(l->s);
    mpfr_clear(l->term);
    return bits;
}

int oracle_stride_columns(const oracle_convolution *c)
{
    return c->stride_columns > 0 ? c->stride_columns : c->stride;
}

int oracle_dilation_columns(const oracle_convolution *c)
{
    return c->dilation_columns > 0 ? c->dilation_columns : c->dilation;
}

uint32_t oracle_pixel(const oracle_convolution *c, const uint32_t *x, int sample, int row, int column,
                      int channel)
{
    if (row < 0 || row >= c->rows || column < 0 || column >= c->columns)
        return 0;
    return x[((sample * c->rows + row) * c->columns + column) * c->inputs + channel];
}

uint32_t oracle_output(const oracle_slots *slots, const oracle_convolution *c, const uint32_t *x,
                       const uint32_t *w, const uint32_t *bias, int sample, int row, int column, int output)
{
    const int group_inputs = c->inputs / c->groups, group = output / (c->outputs / c->groups);
    const long m = ((c->first_sample + sample) * c->out_rows + row) * c->out_columns + column;
    oracle_sum l;
    uint32_t k = 0;
    oracle_sum_begin(&l, slots, m, output);
    for (int i = 0; i < c->kernel_rows; ++i)
        for (int j = 0; j < c->kernel_columns; ++j)
            for (int q = 0; q < group_inputs; ++q, ++k)
                oracle_sum_step(&l,
                                oracle_pixel(c, x, sample, row * c->stride + i * c->dilation - c->pad_top,
                                             column * oracle_stride_columns(c) +
                                                 j * oracle_dilation_columns(c) - c->pad_left,
                                             group * group_inputs + q),
                                w[(long)k * c->outputs + output], k);
    return oracle_sum_end(&l, bias == NULL ? 0 : bias[output],
                          (uint64_t)m * (uint64_t)c->outputs + (uint64_t)output);
}
