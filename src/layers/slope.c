#include "layers/slope.h"

/* The product is rounded by PRODUCT, and then RESULT gets a binary32; or by RESULT, where it is fused. */
static void choose_forms(const tq_layer *layer, tq_slope *state, tq_range slopes)
{
    tq_lanes *v = &state->lanes;
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    const tq_range x = layer->input_range[0], product = tq_range__product(x, slopes);
    const tq_lane_form form =
        tq_lane_form__of(state->inner.fused ? &a->result : &a->product, tq_range__fits(product));
    const bool subnormals = tq_context__target(layer->context)->subnormals;
    v->product = form;
    v->sum = TQ_LANES_NEAREST;
    v->result = state->inner.fused ? form : TQ_LANES_NEAREST;
    v->wild = (!tq_range__tame(x) || !tq_range__tame(product)) && (!subnormals || form != TQ_LANES_NEAREST);
    v->fast = tq_lanes__allowed(layer->context, true) && form != TQ_LANES_EXACT &&
              tq_lane_form__tame(state->values, state->channels);
}

static tq_range output_range(const tq_layer *layer, const tq_slope *state, tq_range slopes)
{
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    const tq_range in = layer->input_range[0];
    tq_range product = tq_range__product(in, slopes);
    product = state->inner.fused ? product : tq_range__quantized(product, &a->product);
    tq_range from = tq_range__join(in, product);
    from.finite = from.finite && tq_range__magnitude(from) <= 0x1p127; /* binary32 may overflow */
    if (!tq_range__fits(from)) { /* a product may be rounded away from 0 */
        from.grid = TQ_GRID_UNKNOWN;
        from.lowest *= 1.0 + 0x1p-23;
        from.highest *= 1.0 + 0x1p-23;
    }
    return tq_range__quantized(from, &a->result);
}

tq_status tq_slope__plan(tq_layer *layer)
{
    static const char *const files[] = {"layers/slope.cl"};
    tq_slope *state = layer->state;
    tq_program_text text = {0};
    state->inner = tq_inner__of(&layer->quantizers.intrinsic, layer->quantizers.seed, layer->quantizers.id);
    const tq_range slopes = tq_range__measure(state->values, state->channels);
    layer->output_range = output_range(layer, state, slopes);
    choose_forms(layer, state, slopes);
    tq_lanes__define(&state->lanes, layer, &text, tq_shape_count(&layer->output));
    tq_status status =
        tq_lanes__upload(&state->lanes, layer, &state->memory, state->values, state->channels, "slopes");
    if (status == TQ_OK)
        status = tq_tail__plan(layer, &state->lanes.tail, &text);
    return tq_lanes__kernel(&state->lanes, layer, &text, status, files, TQ_COUNT(files), "slope");
}

tq_status tq_slope__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_slope *state = layer->state;
    const tq_inner *inner = &state->inner;
    const tq_u32 key[2] = {inner->key0, inner->key1};
    const tq_u64 first = tq_layer__first_element(layer);
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]),
                                     TQ_TENSOR(output),
                                     TQ_MEMORY(state->memory),
                                     TQ_VALUE(state->channels),
                                     TQ_VALUE(inner->product.words),
                                     TQ_VALUE(inner->result.words),
                                     TQ_VALUE(key),
                                     TQ_MEMORY(state->lanes.tail.memory),
                                     TQ_VALUE(first)};
    return tq_lanes__run(&state->lanes, layer, tq_shape_count(&layer->output), arguments,
                         TQ_COUNT(arguments));
}

static float bend(const tq_slope *state, float x, float slope, tq_u64 index)
{
    const tq_inner *inner = &state->inner;
    tq_exact v = tq_exact_of(tq_bits__of(x));
    if (x < 0.0f) {
        v = tq_exact_multiply(v, tq_exact_of(tq_bits__of(slope)));
        if (!inner->fused)
            v = tq_exact_of(tq_inner__apply_element(inner, &inner->product, v, index, TQ_STREAM_PRODUCT));
    }
    return tq_bits__number(tq_inner__apply_element(inner, &inner->result, v, index, TQ_STREAM_RESULT));
}

tq_status tq_slope__reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_slope *state = layer->state;
    for (int64_t i = 0; i < tq_shape_count(&layer->output); ++i)
        output[i] = bend(state, inputs[0][i], state->values[i % state->channels],
                         tq_layer__first_element(layer) + (tq_u64)i);
    return TQ_OK;
}

void tq_slope__release(tq_layer *layer)
{
    tq_slope *state = layer->state;
    tq_lanes__release(&state->lanes);
    tq_memory__release(state->memory);
    *state = (tq_slope){0};
}
