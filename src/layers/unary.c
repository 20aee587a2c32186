#include "layers/unary.h"

#include <math.h>
#include <string.h>

tq_status tq_unary__shape(const tq_layer *layer, tq_shape *output)
{
    *output = layer->input[0];
    return TQ_OK;
}

static tq_range bounded(const tq_layer *layer, const tq_unary *u, const tq_unary_state *state)
{
    const tq_range in = layer->input_range[0];
    const double a = fmax(1.0, fabs((double)tq_bits__number(state->a))),
                 b = fmax(1.0, (double)tq_bits__number(state->b));
    const double most = u->growth * b * tq_range__magnitude(in) + a * b;
    tq_range range = tq_range__unknown();
    if (u->growth == 0.0 || !in.finite)
        return range;
    range.finite = true;
    range.grid = -149; /* of all binary32 */
    range.lowest = u->lowest < u->highest ? fmax(u->lowest, -most) : -most;
    range.highest = u->lowest < u->highest ? fmin(u->highest, most) : most;
    return range;
}

tq_status tq_unary__plan(tq_layer *layer)
{
    static const char *const files[] = {"math.cl", "functions.cl", "layers/unary.cl"};
    const tq_unary *u = layer->kind->family;
    tq_unary_state *state = layer->state;
    const bool other = u->other.name != NULL && layer->option[0] != 0.0;
    tq_program_text text = {0};
    state->function = other ? u->other : u->function;
    state->a = tq_bits__of((float)layer->option[0]);
    state->b = tq_bits__of((float)layer->option[1]);
    layer->output_range = u->range != NULL ? u->range(layer) : bounded(layer, u, state);
    state->lanes.fast = true;
    tq_lanes__define(&state->lanes, layer, &text, tq_shape_count(&layer->output));
    tq_program_text__define(&text, "TQ_FUNCTION", "%s", state->function.name);
    tq_program_text__define(&text, "TQ_CLIPS", "%d", strcmp(state->function.name, "tq_clip") == 0);
    const tq_status status = tq_tail__plan_own(layer, &state->lanes.tail, &text, false);
    return tq_lanes__kernel(&state->lanes, layer, &text, status, files, TQ_COUNT(files), "unary");
}

tq_status tq_unary__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_unary_state *state = layer->state;
    const tq_u64 first = tq_layer__first_element(layer);
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]),
                                     TQ_TENSOR(output),
                                     TQ_VALUE(state->a),
                                     TQ_VALUE(state->b),
                                     TQ_MEMORY(state->lanes.tail.memory),
                                     TQ_VALUE(first)};
    return tq_lanes__run(&state->lanes, layer, tq_shape_count(&layer->output), arguments,
                         TQ_COUNT(arguments));
}

tq_status tq_unary__reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_unary_state *state = layer->state;
    for (int64_t i = 0; i < tq_shape_count(&layer->output); ++i)
        output[i] = tq_bits__number(state->function.apply(tq_bits__of(inputs[0][i]), state->a, state->b));
    return TQ_OK;
}

static const tq_derivative *derivative_of(const tq_layer *layer)
{
    const tq_unary *u = layer->kind->family;
    const tq_unary_state *state = layer->state;
    return state->function.apply == u->other.apply ? &u->other_derivative : &u->derivative;
}

tq_status tq_unary__backward(tq_layer *layer, const tq_gradients *gradients)
{
    return tq_derivative__run(layer, derivative_of(layer), gradients);
}

tq_status tq_unary__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients)
{
    return tq_derivative__reference(layer, derivative_of(layer), gradients);
}

void tq_unary__release(tq_layer *layer)
{
    tq_unary_state *state = layer->state;
    tq_lanes__release(&state->lanes);
}
