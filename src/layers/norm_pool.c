#include "layers/norm_pool.h"

#include "tensorquant/kernels/accumulate/wide_sum.cl"
#include "tensorquant/kernels/math.cl"

static bool squares(const tq_layer *layer)
{
    return tq_layer__option(layer, "p", 0) > 1.0;
}

tq_status tq_norm_pool__plan(tq_layer *layer)
{
    static const char *const files[] = {"accumulate/wide_sum.cl", "math.cl", "layers/pool.cl",
                                        "layers/normpool.cl"};
    tq_pool *state = layer->state;
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    tq_program_text text = {0};
    tq_range from = tq_range__unknown();
    TQ_TRY(tq_pool__count_steps(layer, 1));
    state->inner = tq_inner__of(a, layer->quantizers.seed, layer->quantizers.id);
    from.finite = layer->input_range[0].finite && tq_accumulation__keeps_finite(a);
    layer->output_range = tq_range__quantized(from, &a->result);
    tq_lanes__define(&state->lanes, layer, &text, state->geometry.channels);
    tq_program_text__define(&text, "TQ_SQUARES", "%d", squares(layer));
    const tq_status status = tq_tail__plan(layer, &state->lanes.tail, &text);
    return tq_lanes__kernel(&state->lanes, layer, &text, status, files, TQ_COUNT(files), "normpool");
}

tq_status tq_norm_pool__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_pool *state = layer->state;
    const tq_inner *inner = &state->inner;
    const tq_u32 key[2] = {inner->key0, inner->key1};
    const tq_u64 first = tq_layer__first_element(layer);
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]),
                                     TQ_TENSOR(output),
                                     TQ_VALUE(state->geometry),
                                     TQ_VALUE(inner->product.words),
                                     TQ_VALUE(inner->sum.words),
                                     TQ_VALUE(inner->result.words),
                                     TQ_VALUE(key),
                                     TQ_MEMORY(state->lanes.tail.memory),
                                     TQ_VALUE(first)};
    return tq_lanes__run_pixels(&state->lanes, layer, tq_pool__outputs(layer) / state->geometry.channels,
                                state->geometry.channels, arguments, TQ_COUNT(arguments));
}

/* A tap's part of the sum. */
static tq_exact part(const tq_layer *layer, float x, tq_u64 index, tq_u32 number)
{
    const tq_pool *state = layer->state;
    const tq_inner *inner = &state->inner;
    tq_exact v = tq_exact_of(tq_bits__of(x));
    v.negative = 0;
    if (!squares(layer))
        return v;
    v = tq_exact_multiply(v, v);
    return inner->fused
               ? v
               : tq_exact_of(tq_inner__apply(inner, &inner->product, v, index, number, TQ_STREAM_PRODUCT));
}

static tq_exact sum_window(const tq_layer *layer, const float *x, int64_t output, tq_u64 index)
{
    const tq_pool *state = layer->state;
    const tq_pool_geometry *g = &state->geometry;
    const tq_inner *inner = &state->inner;
    const tq_pool_window window = tq_pool__window(g, output);
    tq_wide wide;
    tq_u32 s = 0;
    tq_wide_clear(&wide);
    for (int tap = 0; tap < g->kernel_rows * g->kernel_columns; ++tap) {
        const int64_t at = tq_pool__tap(g, window, tap / g->kernel_columns, tap % g->kernel_columns);
        if (at < 0)
            continue;
        const tq_exact v = part(layer, x[at], index, (tq_u32)tap);
        if (inner->exact_sum)
            tq_wide_add(&wide, v);
        else
            s = tq_inner__apply(inner, &inner->sum, tq_exact_add(tq_exact_of(s), v), index, (tq_u32)tap,
                                TQ_STREAM_SUM);
    }
    return inner->exact_sum ? tq_wide_value(&wide) : tq_exact_of(s);
}

tq_status tq_norm_pool__reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_pool *state = layer->state;
    const tq_inner *inner = &state->inner;
    for (int64_t i = 0; i < tq_pool__outputs(layer); ++i) {
        const tq_u64 index = tq_layer__first_element(layer) + (tq_u64)i;
        tq_exact v = sum_window(layer, inputs[0], i, index);
        if (squares(layer))
            v = tq_exact_of(tq_root_bits(v));
        output[i] =
            tq_bits__number(tq_inner__apply_element(inner, &inner->result, v, index, TQ_STREAM_RESULT));
    }
    return TQ_OK;
}
