#include "layers/hard.h"

tq_status tq_hard__shape(const tq_layer *layer, tq_shape *output)
{
    *output = layer->input[0];
    return TQ_OK;
}

tq_status tq_hard__plan(tq_layer *layer)
{
    static const char *const files[] = {"layers/hard.cl"};
    const tq_hard_family *family = layer->kind->family;
    tq_hard *state = layer->state;
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    const tq_range in = layer->input_range[0];
    const bool plain = tq_quantizer_is_none(&a->product) && tq_quantizer_is_none(&a->sum);
    tq_range from = {
        .grid = -149, .highest = 1.0, .finite = in.finite && (plain || tq_accumulation__keeps_finite(a))};
    tq_program_text text = {0};
    state->inner = tq_inner__of(a, layer->quantizers.seed, layer->quantizers.id);
    state->alpha = tq_bits__of((float)tq_layer__option(layer, "alpha", 0));
    state->beta = tq_bits__of((float)tq_layer__option(layer, "beta", 0));
    state->multiplies = family->multiplies;
    if (state->multiplies) {
        from.lowest = in.lowest;
        from.highest = in.highest;
    }
    layer->output_range = tq_range__quantized(from, &a->result);
    state->lanes.product = state->lanes.sum = state->lanes.result = TQ_LANES_EXACT;
    tq_lanes__define(&state->lanes, layer, &text, tq_shape_count(&layer->output));
    const tq_status status = tq_tail__plan(layer, &state->lanes.tail, &text);
    return tq_lanes__kernel(&state->lanes, layer, &text, status, files, TQ_COUNT(files), "hard");
}

tq_status tq_hard__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_hard *state = layer->state;
    const tq_inner *inner = &state->inner;
    const tq_u32 key[2] = {inner->key0, inner->key1};
    const tq_u64 first = tq_layer__first_element(layer);
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]),
                                     TQ_TENSOR(output),
                                     TQ_VALUE(state->alpha),
                                     TQ_VALUE(state->beta),
                                     TQ_VALUE(state->multiplies),
                                     TQ_VALUE(inner->product.words),
                                     TQ_VALUE(inner->sum.words),
                                     TQ_VALUE(inner->result.words),
                                     TQ_VALUE(key),
                                     TQ_MEMORY(state->lanes.tail.memory),
                                     TQ_VALUE(first)};
    return tq_lanes__run(&state->lanes, layer, tq_shape_count(&layer->output), arguments,
                         TQ_COUNT(arguments));
}

/* The line, a binary32 cut to 0 .. 1. */
static tq_u32 share(const tq_hard *state, tq_exact x, tq_u64 index)
{
    const tq_inner *inner = &state->inner;
    tq_exact v = tq_exact_multiply(x, tq_exact_of(state->alpha));
    if (!inner->fused)
        v = tq_exact_of(tq_inner__apply_element(inner, &inner->product, v, index, TQ_STREAM_PRODUCT));
    v = tq_exact_add(v, tq_exact_of(state->beta));
    const tq_u32 bits = inner->exact_sum
                            ? tq_exact_to_carrier(v)
                            : tq_inner__apply_element(inner, &inner->sum, v, index, TQ_STREAM_SUM);
    const float h = tq_bits__number(bits);
    return h != h ? TQ_NAN_BITS : h <= 0.0f ? 0 : h > 1.0f ? TQ_ONE_BITS : bits;
}

tq_status tq_hard__reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_hard *state = layer->state;
    const tq_inner *inner = &state->inner;
    for (int64_t i = 0; i < tq_shape_count(&layer->output); ++i) {
        const tq_u64 index = tq_layer__first_element(layer) + (tq_u64)i;
        const tq_exact x = tq_exact_of(tq_bits__of(inputs[0][i]));
        tq_exact v = tq_exact_of(share(state, x, index));
        v = state->multiplies ? tq_exact_multiply(x, v) : v;
        output[i] =
            tq_bits__number(tq_inner__apply_element(inner, &inner->result, v, index, TQ_STREAM_RESULT));
    }
    return TQ_OK;
}

void tq_hard__release(tq_layer *layer)
{
    tq_hard *state = layer->state;
    tq_lanes__release(&state->lanes);
}
