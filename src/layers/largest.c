#include "layers/largest.h"

#include "tensorquant/kernels/layers/maximum.cl"

tq_status tq_largest__plan(tq_layer *layer)
{
    static const char *const files[] = {"layers/pool.cl", "layers/maxpool.cl"};
    tq_pool *state = layer->state;
    tq_program_text text = {0};
    state->largest = true;
    TQ_TRY(tq_pool__count_steps(layer, 1));
    layer->output_range = tq_pool__hits(&state->geometry) ? layer->input_range[0] : tq_range__unknown();
    state->lanes.fast = true;
    tq_lanes__define(&state->lanes, layer, &text, state->geometry.channels);
    const tq_status status = tq_tail__plan_own(layer, &state->lanes.tail, &text, false);
    return tq_lanes__kernel(&state->lanes, layer, &text, status, files, TQ_COUNT(files), "maxpool");
}

tq_status tq_largest__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_pool *state = layer->state;
    const tq_u64 first = tq_layer__first_element(layer);
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]), TQ_TENSOR(output), TQ_VALUE(state->geometry),
                                     TQ_MEMORY(state->lanes.tail.memory), TQ_VALUE(first)};
    return tq_lanes__run_pixels(&state->lanes, layer, tq_pool__outputs(layer) / state->geometry.channels,
                                state->geometry.channels, arguments, TQ_COUNT(arguments));
}

static float largest(const tq_pool_geometry *g, const float *x, int64_t output)
{
    const tq_pool_window window = tq_pool__window(g, output);
    tq_u32 best = TQ_ORDER_OF_MINUS_INFINITY;
    for (int row = 0; row < g->kernel_rows; ++row)
        for (int column = 0; column < g->kernel_columns; ++column) {
            const int64_t tap = tq_pool__tap(g, window, row, column);
            const tq_u32 order = tap < 0 ? 0 : tq_order_of(tq_bits__of(x[tap]));
            best = order > best ? order : best;
        }
    return tq_bits__number(tq_bits_of_order(best));
}

tq_status tq_largest__reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_pool *state = layer->state;
    for (int64_t i = 0; i < tq_pool__outputs(layer); ++i)
        output[i] = largest(&state->geometry, inputs[0], i);
    return TQ_OK;
}
