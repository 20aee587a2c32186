/*
 * batchnorm: per channel, with a = var + epsilon in binary32, r = RESULT(sqrt(a)), i = PRODUCT(RESULT(1/r) *
 * gamma), t = SUM(beta - PRODUCT(mean * i)): y = RESULT(SUM(PRODUCT(x * i) + t)). Square root and reciprocal
 * are correctly rounded to binary32 first. docs/numerics.md, section 4.
 */
#include <stdlib.h>

#include "layers/batch.h"

static const tq_parameter options[] = {
    {.name = "epsilon", .initial = 1e-5, .lowest = 0, .highest = 1e30, .help = "added to the variance"},
    {.name = "momentum",
     .initial = 0.9,
     .lowest = 0,
     .highest = 1,
     .help = "part of a moving average that stays, in training"},
};

static const tq_weight_info weights[] = {
    {"gamma", 1, false, "channels"},
    {"beta", 1, false, "channels"},
    {"mean", 1, false, "channels"},
    {"variance", 1, false, "channels"},
};

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape *in = &layer->input[0];
    if (in->rank < 2)
        return tq_status__fail(TQ_E_SHAPE, "input has rank %d, needs at least 2, the last the channels",
                               in->rank);
    const int64_t channels = in->dim[in->rank - 1];
    for (size_t i = 0; i < TQ_COUNT(weights); ++i)
        if (layer->weight[i].shape.dim[0] != channels)
            return tq_status__fail(
                TQ_E_SHAPE, "weight '%s' has %lld elements, the input's last dimension is %lld",
                weights[i].name, (long long)layer->weight[i].shape.dim[0], (long long)channels);
    *output = *in;
    return TQ_OK;
}

static void prepare_channel(const tq_layer *layer, tq_batchnorm *state, int64_t c)
{
    tq_batch_channel made = {.mean = layer->weight[TQ_BATCH_MEAN].values[c],
                             .variance = layer->weight[TQ_BATCH_VARIANCE].values[c]};
    tq_batch__make_factors(layer, c, (tq_u64)c, &made);
    state->values[c] = made.factor;
    state->values[state->channels + c] = made.rest;
}

/* The quantizer that takes the sum: SUM, or RESULT of an exact sum. */
static const tq_quantizer *behind_sum(const tq_accumulation *a)
{
    return a->exact_sum ? &a->result : &a->sum;
}

/* Forms of x * f and of the sum with t. Only fused, the product is a part of the sum. */
static void choose_forms(const tq_layer *layer, tq_batchnorm *state, tq_range factor, tq_range term)
{
    tq_lanes *v = &state->lanes;
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    const bool subnormals = tq_context__target(layer->context)->subnormals;
    const tq_range x = layer->input_range[0], product = tq_range__product(x, factor);
    const tq_range rounded = state->inner.fused || tq_quantizer_is_none(&a->product)
                                 ? product
                                 : tq_range__quantized(product, &a->product);
    const bool keeps = tq_lane_form__keeps_tame(&a->product) || state->inner.fused;
    v->product = tq_lane_form__of(&a->product, tq_range__fits(product));
    v->sum = tq_lane_form__of(behind_sum(a), tq_range__fits(tq_range__sum(rounded, term)));
    if (v->sum == TQ_LANES_PAIR && (a->exact_sum || state->inner.fused))
        v->sum = TQ_LANES_EXACT; /* pairs are made of one rounded product or sum, for SUM */
    v->result = TQ_LANES_NEAREST;
    v->wild = (!tq_range__tame(x) || !tq_range__tame(product)) &&
              (!subnormals || v->product != TQ_LANES_NEAREST || v->sum != TQ_LANES_NEAREST);
    v->fast = tq_lanes__allowed(layer->context, true) && v->sum != TQ_LANES_EXACT && (subnormals || keeps) &&
              (state->inner.fused || v->product != TQ_LANES_EXACT) &&
              tq_lane_form__tame(state->values, 2 * (int64_t)state->channels);
    v->result_keeps = !a->exact_sum &&
                      (tq_quantizer_is_none(&a->sum)
                           ? tq_quantizer_is_none(&a->result)
                           : tq_range__keeps(tq_range__quantized(tq_range__unknown(), &a->sum), &a->result));
}

/* Whether the vector form holds for all factors and terms, of which training knows nothing. */
static bool holds_for_all(const tq_layer *layer, const tq_batchnorm *state)
{
    const tq_lanes *v = &state->lanes;
    return tq_context__target(layer->context)->subnormals && v->sum == TQ_LANES_NEAREST &&
           (state->inner.fused || v->product == TQ_LANES_NEAREST);
}

static tq_status make_kernel(tq_layer *layer)
{
    static const char *const files[] = {"layers/batchnorm.cl"};
    tq_batchnorm *state = layer->state;
    tq_program_text text = {0};
    tq_lanes__define(&state->lanes, layer, &text, tq_shape_count(&layer->output));
    tq_status status =
        tq_lanes__upload(&state->lanes, layer, &state->factor, state->values, state->channels, "channels");
    if (status == TQ_OK)
        status = tq_lanes__upload(&state->lanes, layer, &state->rest, state->values + state->channels,
                                  state->channels, "channels");
    if (status == TQ_OK)
        status = tq_tail__plan(layer, &state->lanes.tail, &text);
    return tq_lanes__kernel(&state->lanes, layer, &text, status, files, TQ_COUNT(files), "batchnorm");
}

static tq_status plan(tq_layer *layer)
{
    tq_batchnorm *state = layer->state;
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    tq_range from = tq_range__unknown(), factor = from, term = from;
    state->channels = (tq_u32)layer->weight[TQ_BATCH_GAMMA].shape.dim[0];
    state->inner = tq_inner__of(a, layer->quantizers.seed, layer->quantizers.id);
    state->values = calloc(2 * (size_t)state->channels, sizeof *state->values);
    if (state->values == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %u channels", state->channels);
    for (int64_t c = 0; c < state->channels && !layer->training; ++c)
        prepare_channel(layer, state, c);
    if (!layer->training) {
        factor = tq_range__measure(state->values, state->channels);
        term = tq_range__measure(state->values + state->channels, state->channels);
    }
    from.finite =
        layer->input_range[0].finite && factor.finite && term.finite && tq_accumulation__keeps_finite(a);
    layer->output_range = tq_range__quantized(from, &a->result);
    choose_forms(layer, state, factor, term);
    state->lanes.fast = state->lanes.fast && (!layer->training || holds_for_all(layer, state));
    TQ_TRY(make_kernel(layer));
    return layer->training ? tq_batch__plan(layer) : TQ_OK;
}

static tq_status forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_batchnorm *state = layer->state;
    const tq_inner *inner = &state->inner;
    const tq_u32 key[2] = {inner->key0, inner->key1};
    const tq_u64 first = tq_layer__first_element(layer);
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]),
                                     TQ_TENSOR(output),
                                     TQ_MEMORY(state->factor),
                                     TQ_MEMORY(state->rest),
                                     TQ_VALUE(state->channels),
                                     TQ_VALUE(inner->product.words),
                                     TQ_VALUE(inner->sum.words),
                                     TQ_VALUE(inner->result.words),
                                     TQ_VALUE(key),
                                     TQ_MEMORY(state->lanes.tail.memory),
                                     TQ_VALUE(first)};
    if (layer->training)
        TQ_TRY(tq_batch__prepare(layer, inputs[0]));
    return tq_lanes__run(&state->lanes, layer, tq_shape_count(&layer->output), arguments,
                         TQ_COUNT(arguments));
}

static float normalize(const tq_batchnorm *state, float x, float factor, float rest, tq_u64 index)
{
    const tq_inner *inner = &state->inner;
    tq_exact v = tq_exact_multiply(tq_exact_of(tq_bits__of(x)), tq_exact_of(tq_bits__of(factor)));
    if (!inner->fused)
        v = tq_exact_of(tq_inner__apply_element(inner, &inner->product, v, index, TQ_STREAM_PRODUCT));
    v = tq_exact_add(v, tq_exact_of(tq_bits__of(rest)));
    if (!inner->exact_sum)
        v = tq_exact_of(tq_inner__apply_element(inner, &inner->sum, v, index, TQ_STREAM_SUM));
    return tq_bits__number(tq_inner__apply_element(inner, &inner->result, v, index, TQ_STREAM_RESULT));
}

static tq_status reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_batchnorm *state = layer->state;
    const int64_t channels = state->channels;
    for (int64_t c = 0; c < channels; ++c) {
        tq_batch_channel made = {.factor = state->values[c], .rest = state->values[channels + c]};
        if (layer->training)
            tq_batch__prepare_host(layer, inputs[0], c, &made);
        for (int64_t i = c; i < tq_shape_count(&layer->output); i += channels)
            output[i] = normalize(state, inputs[0][i], made.factor, made.rest,
                                  tq_layer__first_element(layer) + (tq_u64)i);
    }
    return TQ_OK;
}

static void release(tq_layer *layer)
{
    tq_batchnorm *state = layer->state;
    tq_lanes__release(&state->lanes);
    tq_memory__release(state->factor);
    tq_memory__release(state->rest);
    tq_memory__release(state->statistics);
    free(state->values);
    *state = (tq_batchnorm){0};
}

const tq_layer_kind tq_layer_batchnorm = {
    .name = "batchnorm",
    .summary = "batch normalization with given statistics",
    .options = options,
    .option_count = TQ_COUNT(options),
    .weights = weights,
    .weight_count = TQ_COUNT(weights),
    .averages = 1u << TQ_BATCH_MEAN | 1u << TQ_BATCH_VARIANCE,
    .inputs_least = 1,
    .inputs_most = 1,
    .inner = true,
    .state_size = sizeof(tq_batchnorm),
    .shape = shape,
    .plan = plan,
    .forward = forward,
    .reference = reference,
    .backward = tq_batch__backward,
    .backward_reference = tq_batch__backward_reference,
    .release = release,
};
