/* relu: max(x, 0). */
#include "layers/derivative.h"
#include "layers/lanes.h"

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    *output = layer->input[0];
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    static const char *const files[] = {"layers/relu.cl"};
    tq_lanes *state = layer->state;
    tq_program_text text = {0};
    layer->output_range = layer->input_range[0];
    layer->output_range.lowest = 0.0;
    state->fast = true;
    tq_lanes__define(state, layer, &text, tq_shape_count(&layer->output));
    const tq_status status = tq_tail__plan_own(layer, &state->tail, &text, true);
    return tq_lanes__kernel(state, layer, &text, status, files, TQ_COUNT(files), "relu");
}

static tq_status forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_lanes *state = layer->state;
    const tq_u64 first = tq_layer__first_element(layer);
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]), TQ_TENSOR(output), TQ_MEMORY(state->tail.memory),
                                     TQ_VALUE(first)};
    return tq_lanes__run(state, layer, tq_shape_count(&layer->output), arguments, TQ_COUNT(arguments));
}

static tq_status reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    for (int64_t i = 0; i < tq_shape_count(&layer->output); ++i) {
        const float x = inputs[0][i];
        output[i] = x != x ? tq_bits__number(TQ_NAN_BITS) : x > 0.0f ? x : 0.0f;
    }
    return TQ_OK;
}

static const tq_derivative derivative = {"tq_relu_gradient", tq_relu_gradient};

static void release(tq_layer *layer)
{
    tq_lanes__release(layer->state);
}

const tq_layer_kind tq_layer_relu = {
    .name = "relu",
    .summary = "max(x, 0)",
    .inputs_least = 1,
    .inputs_most = 1,
    .keeps_finite = true,
    .state_size = sizeof(tq_lanes),
    .shape = shape,
    .plan = plan,
    .forward = forward,
    .reference = reference,
    .derivative = &derivative,
    .backward = tq_derivative__backward,
    .backward_reference = tq_derivative__backward_reference,
    .release = release,
};
