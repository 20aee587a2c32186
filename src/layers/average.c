#include "layers/average.h"

#include "tensorquant/kernels/accumulate/wide_sum.cl"

/* The number of taps of an image can be any binary32 integer. */
#define MOST_TAPS    (1 << 24)
#define MOST_VECTORS 4 /* side by side */

static tq_range output_range(const tq_layer *layer)
{
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    tq_range from = tq_range__unknown();
    const tq_pool *state = layer->state;
    from.finite =
        layer->input_range[0].finite && tq_pool__hits(&state->geometry) && tq_accumulation__keeps_finite(a);
    return tq_range__quantized(from, &a->result);
}

/* Forms of the sums; the quotient is a binary32. */
static void choose_forms(const tq_layer *layer, tq_pool *state, int64_t taps)
{
    tq_lanes *v = &state->lanes;
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    const bool subnormals = tq_context__target(layer->context)->subnormals;
    const bool rounds = !a->exact_sum && !tq_quantizer_is_none(&a->sum);
    const tq_range x = layer->input_range[0];
    tq_range any = tq_range__unknown(); /* running sums leave the range of x */
    any.finite = x.finite;
    const tq_range before = rounds ? tq_range__quantized(any, &a->sum) : tq_range__repeated(x, taps - 1);
    const bool exact = tq_range__fits(tq_range__sum(before, x));
    v->sum = a->exact_sum && !exact ? TQ_LANES_EXACT : tq_lane_form__of(&a->sum, exact);
    v->result = TQ_LANES_NEAREST;
    v->wild = !tq_range__tame(x) && (!subnormals || v->sum != TQ_LANES_NEAREST);
    v->fast = tq_lanes__allowed(layer->context, true) && v->sum != TQ_LANES_EXACT &&
              (subnormals || !rounds || tq_lane_form__keeps_tame(&a->sum));
}

/* Vectors whose sums are made side by side: enough to hide what one addition waits for the last. */
static int vectors_for(const tq_pool *state)
{
    const int vectors = (state->geometry.channels + (int)state->lanes.count - 1) / (int)state->lanes.count;
    return !state->lanes.fast ? 1 : vectors < MOST_VECTORS ? vectors : MOST_VECTORS;
}

tq_status tq_average__plan(tq_layer *layer)
{
    static const char *const files[] = {"accumulate/wide_sum.cl", "layers/pool.cl", "layers/avgpool.cl"};
    tq_pool *state = layer->state;
    const int64_t taps = (int64_t)state->geometry.kernel_rows * state->geometry.kernel_columns;
    tq_program_text text = {0};
    if (taps > MOST_TAPS)
        return tq_status__fail(TQ_E_SHAPE, "a window of %lld taps, at most %d", (long long)taps, MOST_TAPS);
    state->inner = tq_inner__of(&layer->quantizers.intrinsic, layer->quantizers.seed, layer->quantizers.id);
    layer->output_range = output_range(layer);
    choose_forms(layer, state, taps);
    tq_lanes__define(&state->lanes, layer, &text, state->geometry.channels);
    tq_program_text__define(&text, "TQ_VECTORS", "%d", vectors_for(state));
    /* The vector form, and where that does not hold each lane. */
    tq_status status = tq_pool__count_steps(layer, state->lanes.fast ? 1 + state->lanes.count : 1);
    if (status == TQ_OK)
        status = tq_tail__plan(layer, &state->lanes.tail, &text);
    return tq_lanes__kernel(&state->lanes, layer, &text, status, files, TQ_COUNT(files), "avgpool");
}

tq_status tq_average__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_pool *state = layer->state;
    const tq_pool_geometry *g = &state->geometry;
    const tq_u32 key[2] = {state->inner.key0, state->inner.key1};
    /* The host's division is correctly rounded (IEEE 754). */
    const float reciprocal = 1.0f / (float)(g->kernel_rows * g->kernel_columns);
    const tq_u64 first = tq_layer__first_element(layer);
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]),
                                     TQ_TENSOR(output),
                                     TQ_VALUE(state->geometry),
                                     TQ_VALUE(state->inner.sum.words),
                                     TQ_VALUE(state->inner.result.words),
                                     TQ_VALUE(key),
                                     TQ_VALUE(reciprocal),
                                     TQ_MEMORY(state->lanes.tail.memory),
                                     TQ_VALUE(first)};
    return tq_lanes__run_pixels(&state->lanes, layer, tq_pool__outputs(layer) / g->channels, g->channels,
                                arguments, TQ_COUNT(arguments));
}

/* The sum of one window, and how many taps lie inside the image. */
static tq_exact sum_window(const tq_pool *state, const float *x, tq_pool_window window, tq_u64 index,
                           int *inside)
{
    const tq_pool_geometry *g = &state->geometry;
    const tq_inner *inner = &state->inner;
    tq_wide wide;
    tq_u32 s = 0;
    tq_wide_clear(&wide);
    for (int row = 0; row < g->kernel_rows; ++row)
        for (int column = 0; column < g->kernel_columns; ++column) {
            const int64_t tap = tq_pool__tap(g, window, row, column);
            if (tap < 0)
                continue;
            const tq_exact number = tq_exact_of(tq_bits__of(x[tap]));
            ++*inside;
            if (inner->exact_sum)
                tq_wide_add(&wide, number);
            else
                s = tq_inner__apply(inner, &inner->sum, tq_exact_add(tq_exact_of(s), number), index,
                                    (tq_u32)(row * g->kernel_columns + column), TQ_STREAM_SUM);
        }
    return inner->exact_sum ? tq_wide_value(&wide) : tq_exact_of(s);
}

/* Taps of one axis that lie before the end of the padded image. */
static int taps_before(int start, int end, int step, int taps)
{
    int count = 0;
    while (count < taps && start + count * step < end)
        ++count;
    return count;
}

int tq_average__divisor(const tq_pool_geometry *g, tq_pool_window window, int inside)
{
    if (!g->count_pads)
        return inside;
    return taps_before(window.top, g->rows + g->pad_bottom, g->dilation_rows, g->kernel_rows) *
           taps_before(window.left, g->columns + g->pad_right, g->dilation_columns, g->kernel_columns);
}

tq_status tq_average__reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_pool *state = layer->state;
    const tq_inner *inner = &state->inner;
    for (int64_t i = 0; i < tq_pool__outputs(layer); ++i) {
        const tq_pool_window window = tq_pool__window(&state->geometry, i);
        const tq_u64 index = tq_layer__first_element(layer) + (tq_u64)i;
        int inside = 0;
        const tq_exact sum = sum_window(state, inputs[0], window, index, &inside);
        const tq_exact count = {.significand = (tq_u64)tq_average__divisor(&state->geometry, window, inside)};
        const tq_exact mean = tq_exact_of(tq_exact_to_carrier(tq_exact_divide(sum, count)));
        output[i] =
            tq_bits__number(tq_inner__apply_element(inner, &inner->result, mean, index, TQ_STREAM_RESULT));
    }
    return TQ_OK;
}
