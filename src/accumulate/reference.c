/* The host reference of the contraction: the loop of docs/numerics.md, section 4, with exact arithmetic. */
#include "accumulate/contraction.h"
#include "accumulate/inner.h"

#include <string.h>

#include "tensorquant/kernels/accumulate/wide_sum.cl"
#include "util/float_bits.h"

/* What one output needs. */
typedef struct tq_output {
    const tq_contraction_setup *setup;
    const tq_inner *inner;
    const float *x;
    int64_t row, channel; /* m and n */
    uint64_t draw_row;    /* m in the data set */
} tq_output;

/* Number of a tap; 0 outside the image. */
static float tap(const tq_output *o, int kernel_row, int kernel_column, int channel)
{
    const tq_geometry *g = &o->setup->geometry;
    const int64_t line = o->row / g->out_columns;
    const int64_t sample = line / g->out_rows;
    const int64_t row =
        line % g->out_rows * g->stride_rows - g->pad_top + (int64_t)kernel_row * g->dilation_rows;
    const int64_t column = o->row % g->out_columns * g->stride_columns - g->pad_left +
                           (int64_t)kernel_column * g->dilation_columns;
    const int64_t group = o->channel / (g->out_channels / g->groups);
    if (row < 0 || row >= g->in_rows || column < 0 || column >= g->in_columns)
        return 0.0f;
    return o->x[((sample * g->in_rows + row) * g->in_columns + column) * g->in_channels +
                group * g->group_inputs + channel];
}

static tq_u32 separable(const tq_output *o, tq_u32 rows, tq_u32 columns, tq_u32 k, int bits)
{
    if (bits == 0)
        return 0;
    return tq_draw(o->inner->key0, o->inner->key1, o->draw_row, k, rows, bits) ^
           tq_draw(o->inner->key0, o->inner->key1, (tq_u64)o->channel, k, columns, bits);
}

/* One term: the exact product, rounded by PRODUCT unless fused. */
static tq_exact term_of(const tq_output *o, float x, float w, tq_u32 k)
{
    const tq_inner *inner = o->inner;
    const tq_exact product = tq_exact_multiply(tq_exact_of(tq_bits__of(x)), tq_exact_of(tq_bits__of(w)));
    if (inner->fused)
        return product;
    const tq_u32 draw = separable(o, TQ_STREAM_PRODUCT_ROW, TQ_STREAM_PRODUCT, k, inner->product.random_bits);
    return tq_exact_of(inner->product.apply(product, inner->product.words, inner->product.structure, draw));
}

/* s and wide: the running sum; wide when it is exact. */
static void step(const tq_output *o, tq_u32 *s, tq_wide *wide, tq_exact term, tq_u32 k)
{
    const tq_inner *inner = o->inner;
    if (inner->exact_sum) {
        tq_wide_add(wide, term);
        return;
    }
    const tq_u32 draw = separable(o, TQ_STREAM_SUM_ROW, TQ_STREAM_SUM, k, inner->sum.random_bits);
    *s = inner->sum.apply(tq_exact_add(tq_exact_of(*s), term), inner->sum.words, inner->sum.structure, draw);
}

static float output_of(const tq_output *o)
{
    const tq_contraction_setup *setup = o->setup;
    const tq_geometry *g = &setup->geometry;
    const tq_inner *inner = o->inner;
    tq_wide wide;
    tq_u32 s = 0, k = 0, draw = 0;
    tq_wide_clear(&wide);
    for (int r = 0; r < g->kernel_rows; ++r)
        for (int c = 0; c < g->kernel_columns; ++c)
            for (int i = 0; i < g->group_inputs; ++i, ++k) {
                const float w = setup->weight[(int64_t)k * g->out_channels + o->channel];
                step(o, &s, &wide, term_of(o, tap(o, r, c, i), w, k), k);
            }
    const tq_exact sum = inner->exact_sum ? tq_wide_value(&wide) : tq_exact_of(s);
    const tq_exact biased =
        tq_exact_add(sum, tq_exact_of(setup->bias ? tq_bits__of(setup->bias[o->channel]) : 0));
    if (inner->result.random_bits > 0)
        draw = tq_element_draw(inner->key0, inner->key1,
                               o->draw_row * (tq_u64)g->out_channels + (tq_u64)o->channel, TQ_STREAM_RESULT,
                               inner->result.random_bits);
    const tq_u32 bits = inner->result.apply(biased, inner->result.words, inner->result.structure, draw);
    float y;
    memcpy(&y, &bits, sizeof y);
    return y;
}

void tq_contraction__reference(const tq_contraction_setup *setup, const float *x, float *y,
                               uint64_t first_sample)
{
    const tq_geometry *g = &setup->geometry;
    const tq_inner inner = tq_inner__of(&setup->accumulation, setup->seed, setup->id);
    const uint64_t first_row = first_sample * (uint64_t)g->out_rows * (uint64_t)g->out_columns;
    for (int64_t row = 0; row < g->rows; ++row)
        for (int64_t channel = 0; channel < g->out_channels; ++channel) {
            const tq_output output = {setup, &inner, x, row, channel, first_row + (uint64_t)row};
            y[row * g->out_channels + channel] = output_of(&output);
        }
}
