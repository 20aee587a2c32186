#include "oracle/oracle_gradient.h"

#define ONE 0x3F800000u

static uint32_t output_gradient(const oracle_gradient *g, int sample, int row, int column, int output)
{
    const oracle_convolution *c = &g->c;
    return g->dy[((sample * c->out_rows + row) * c->out_columns + column) * c->outputs + output];
}

/* The output whose tap `tap` is at `at`; -1: there is none. */
static int output_of(int at, int pad, int tap, int dilation, int stride, int outputs)
{
    const int start = at + pad - tap * dilation;
    return start < 0 || start % stride != 0 || start / stride >= outputs ? -1 : start / stride;
}

/* The last tap belongs to the first output in memory. Outputs that are not there have the gradient +0. */
uint32_t oracle_by_input(const oracle_gradient *g, int sample, int row, int column, int channel)
{
    const oracle_convolution *c = &g->c;
    const int inputs = c->inputs / c->groups, outputs = c->outputs / c->groups, group = channel / inputs;
    const long m = ((c->first_sample + sample) * c->rows + row) * c->columns + column;
    oracle_slots slots = g->slots;
    oracle_sum sum;
    uint32_t k = 0;
    slots.id |= 1u << 30;
    oracle_sum_begin(&sum, &slots, m, channel);
    for (int i = c->kernel_rows - 1; i >= 0; --i)
        for (int j = c->kernel_columns - 1; j >= 0; --j)
            for (int o = group * outputs; o < (group + 1) * outputs; ++o, ++k) {
                const int y = output_of(row, c->pad_top, i, c->dilation, c->stride, c->out_rows);
                const int x = output_of(column, c->pad_left, j, oracle_dilation_columns(c),
                                        oracle_stride_columns(c), c->out_columns);
                const int weight = ((i * c->kernel_columns + j) * inputs + channel % inputs) * c->outputs + o;
                oracle_sum_step(&sum, y < 0 || x < 0 ? 0 : output_gradient(g, sample, y, x, o), g->w[weight],
                                k);
            }
    return oracle_sum_end(&sum, 0, (uint64_t)m * (uint64_t)c->inputs + (uint64_t)channel);
}

/* Terms of all groups. */
static long all_terms(const oracle_convolution *c)
{
    return (long)c->kernel_rows * c->kernel_columns * c->inputs;
}

static long row_of(const oracle_convolution *c, long term)
{
    return (all_terms(c) + 1) * (c->first_sample / c->samples) + term;
}

/* Row and column of a draw are those of a product of matrices for each group: terms by its outputs. */
uint32_t oracle_by_weight(const oracle_gradient *g, int kernel_row, int kernel_column, int input, int output)
{
    const oracle_convolution *c = &g->c;
    const int inputs = c->inputs / c->groups, outputs = c->outputs / c->groups, group = output / outputs;
    const long tap = (long)kernel_row * c->kernel_columns + kernel_column,
               m = row_of(c, group * (all_terms(c) / c->groups) + tap * inputs + input);
    oracle_slots slots = g->slots;
    oracle_sum sum;
    uint32_t k = 0;
    slots.id |= 1u << 31;
    oracle_sum_begin(&sum, &slots, m, output % outputs);
    for (int n = 0; n < c->samples; ++n)
        for (int y = 0; y < c->out_rows; ++y)
            for (int x = 0; x < c->out_columns; ++x, ++k) {
                const int row = y * c->stride + kernel_row * c->dilation - c->pad_top;
                const int column =
                    x * oracle_stride_columns(c) + kernel_column * oracle_dilation_columns(c) - c->pad_left;
                oracle_sum_step(&sum, oracle_pixel(c, g->x, n, row, column, group * inputs + input),
                                output_gradient(g, n, y, x, output), k);
            }
    return oracle_sum_end(&sum, 0, (uint64_t)m * (uint64_t)outputs + (uint64_t)(output % outputs));
}

uint32_t oracle_by_bias(const oracle_gradient *g, int output)
{
    const oracle_convolution *c = &g->c;
    const long m = row_of(c, all_terms(c));
    oracle_slots slots = g->slots;
    oracle_sum sum;
    uint32_t k = 0;
    slots.id |= 1u << 31;
    oracle_sum_begin(&sum, &slots, m, output);
    for (int n = 0; n < c->samples; ++n)
        for (int y = 0; y < c->out_rows; ++y)
            for (int x = 0; x < c->out_columns; ++x, ++k)
                oracle_sum_step(&sum, ONE, output_gradient(g, n, y, x, output), k);
    return oracle_sum_end(&sum, 0, (uint64_t)m * (uint64_t)c->outputs + (uint64_t)output);
}
