/*
 * batchnorm: per channel, with a = var + epsilon in binary32, r = RESULT(sqrt(a)), i = PRODUCT(RESULT(1/r) *
 * gamma), t = SUM(beta - PRODUCT(mean * i)): y = RESULT(SUM(PRODUCT(x * i) + t)). Square root and reciprocal
 * are correctly rounded to binary32 first. docs/numerics.md, section 4.
 */
#include <math.h>
#include <stdlib.h>

#include "layers/elementwise.h"

enum { GAMMA, BETA, MEAN, VARIANCE };

static const tq_parameter options[] = {
    {.name = "epsilon", .initial = 1e-5, .lowest = 0, .highest = 1e30, .help = "added to the variance"},
};

static const tq_weight_info weights[] = {
    {"gamma", 1, false, "channels"},
    {"beta", 1, false, "channels"},
    {"mean", 1, false, "channels"},
    {"variance", 1, false, "channels"},
};

typedef struct tq_batchnorm {
    tq_kernel *kernel;
    tq_inner inner;
    tq_memory *factor, *rest; /* device copies */
    float *values;            /* factor of each channel, then rest of each */
    tq_u32 channels;
} tq_batchnorm;

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

/* Steps at plan time draw from their own stream: index channel, number step. */
static tq_exact apply(const tq_batchnorm *state, const tq_baked *slot, tq_exact v, int64_t channel,
                      tq_u32 step)
{
    return tq_exact_of(tq_inner__apply(&state->inner, slot, v, (tq_u64)channel, step, TQ_STREAM_INNER));
}

static tq_exact product(const tq_batchnorm *state, tq_exact a, tq_exact b, int64_t channel, tq_u32 step)
{
    const tq_exact v = tq_exact_multiply(a, b);
    /* An unrounded product has to become a number that memory holds. */
    return state->inner.fused ? tq_exact_of(tq_exact_to_carrier(v))
                              : apply(state, &state->inner.product, v, channel, step);
}

static void prepare_channel(const tq_layer *layer, tq_batchnorm *state, int64_t c)
{
    const tq_inner *inner = &state->inner;
    const tq_exact one = {.significand = 1};
    /* The host's binary32 addition and square root are correctly rounded (IEEE 754). */
    const float biased = layer->weight[VARIANCE].values[c] + (float)tq_layer__option(layer, "epsilon", 0);
    const tq_exact root = apply(state, &inner->result, tq_exact_of(tq_bits__of(sqrtf(biased))), c, 0);
    const tq_exact reciprocal = tq_exact_of(tq_exact_to_carrier(tq_exact_divide(one, root)));
    const tq_exact inverse = apply(state, &inner->result, reciprocal, c, 1);
    const tq_exact gamma = tq_exact_of(tq_bits__of(layer->weight[GAMMA].values[c]));
    const tq_exact factor = product(state, inverse, gamma, c, 2);
    tq_exact shift = product(state, tq_exact_of(tq_bits__of(layer->weight[MEAN].values[c])), factor, c, 3);
    shift.negative ^= 1;
    const tq_exact difference = tq_exact_add(tq_exact_of(tq_bits__of(layer->weight[BETA].values[c])), shift);
    const tq_exact rest = inner->exact_sum ? difference : apply(state, &inner->sum, difference, c, 4);
    state->values[c] = tq_bits__number(tq_exact_to_carrier(factor));
    state->values[state->channels + c] = tq_bits__number(tq_exact_to_carrier(rest));
}

static tq_status upload(const tq_layer *layer, tq_memory **memory, const float *values, tq_u32 count)
{
    TQ_TRY(tq_memory__create(memory, layer->context, (uint64_t)count * 4));
    return tq_memory__write(*memory, 0, values, (uint64_t)count * 4);
}

static tq_status plan(tq_layer *layer)
{
    static const char *const files[] = {"layers/batchnorm.cl"};
    tq_batchnorm *state = layer->state;
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    tq_range from = tq_range__unknown();
    state->channels = (tq_u32)layer->weight[GAMMA].shape.dim[0];
    state->inner = tq_inner__of(a, layer->quantizers.seed, layer->quantizers.id);
    state->values = calloc(2 * (size_t)state->channels, sizeof *state->values);
    if (state->values == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %u channels", state->channels);
    for (int64_t c = 0; c < state->channels; ++c)
        prepare_channel(layer, state, c);
    const tq_range channels = tq_range__measure(state->values, 2 * (int64_t)state->channels);
    from.finite = layer->input_range[0].finite && channels.finite && tq_accumulation__keeps_finite(a);
    layer->output_range = tq_range__quantized(from, &a->result);
    TQ_TRY(upload(layer, &state->factor, state->values, state->channels));
    TQ_TRY(upload(layer, &state->rest, state->values + state->channels, state->channels));
    return tq_layer__inner_kernel(layer, &state->kernel, files, TQ_COUNT(files), "batchnorm");
}

static tq_u64 first_element(const tq_layer *layer)
{
    return layer->first_sample * (tq_u64)(tq_shape_count(&layer->output) / layer->output.dim[0]);
}

static tq_status forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_batchnorm *state = layer->state;
    const tq_inner *inner = &state->inner;
    const tq_u32 key[2] = {inner->key0, inner->key1};
    const tq_u64 first = first_element(layer);
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]),
                                     TQ_TENSOR(output),
                                     TQ_MEMORY(state->factor),
                                     TQ_MEMORY(state->rest),
                                     TQ_VALUE(state->channels),
                                     TQ_VALUE(inner->product.words),
                                     TQ_VALUE(inner->sum.words),
                                     TQ_VALUE(inner->result.words),
                                     TQ_VALUE(key),
                                     TQ_VALUE(first)};
    return tq_layer__run_elements(layer, state->kernel, tq_shape_count(&layer->output), arguments,
                                  TQ_COUNT(arguments));
}

static float normalize(const tq_batchnorm *state, float x, int64_t channel, tq_u64 index)
{
    const tq_inner *inner = &state->inner;
    tq_exact v =
        tq_exact_multiply(tq_exact_of(tq_bits__of(x)), tq_exact_of(tq_bits__of(state->values[channel])));
    if (!inner->fused)
        v = tq_exact_of(tq_inner__apply_element(inner, &inner->product, v, index, TQ_STREAM_PRODUCT));
    v = tq_exact_add(v, tq_exact_of(tq_bits__of(state->values[state->channels + channel])));
    if (!inner->exact_sum)
        v = tq_exact_of(tq_inner__apply_element(inner, &inner->sum, v, index, TQ_STREAM_SUM));
    return tq_bits__number(tq_inner__apply_element(inner, &inner->result, v, index, TQ_STREAM_RESULT));
}

static tq_status reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_batchnorm *state = layer->state;
    for (int64_t i = 0; i < tq_shape_count(&layer->output); ++i)
        output[i] = normalize(state, inputs[0][i], i % state->channels, first_element(layer) + (tq_u64)i);
    return TQ_OK;
}

static void release(tq_layer *layer)
{
    tq_batchnorm *state = layer->state;
    tq_kernel__destroy(state->kernel);
    tq_memory__release(state->factor);
    tq_memory__release(state->rest);
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
    .inputs_least = 1,
    .inputs_most = 1,
    .inner = true,
    .state_size = sizeof(tq_batchnorm),
    .shape = shape,
    .plan = plan,
    .forward = forward,
    .reference = reference,
    .release = release,
};
