/*
 * lrn: across channels, s = SUM(s + PRODUCT(x * x)) over a window of `size` of them, d = SUM(bias + PRODUCT(f
 * * s)) with f = alpha / size, y = RESULT(x / d^beta). f, the power and the quotient are rounded to binary32.
 */
#include "layers/elementwise.h"
#include "tensorquant/kernels/accumulate/wide_sum.cl"
#include "tensorquant/kernels/math.cl"

#include "tensorquant/kernels/functions.cl"

#include "tensorquant/kernels/power.cl"

static const tq_parameter options[] = {
    {.name = "size",
     .initial = 5,
     .lowest = 1,
     .highest = 4096,
     .integer = true,
     .required = true,
     .help = "channels of a window"},
    {.name = "alpha", .initial = 1e-4, .lowest = -1e30, .highest = 1e30, .help = "factor of the mean square"},
    {.name = "beta", .initial = 0.75, .lowest = -1e30, .highest = 1e30, .help = "exponent"},
    {.name = "bias", .initial = 1, .lowest = -1e30, .highest = 1e30, .help = "added to it"},
};

typedef struct tq_lrn {
    tq_kernel *kernel;
    tq_inner inner;
    tq_i32 size, channels;
    tq_u32 factor, beta, bias; /* bits */
} tq_lrn;

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape *in = &layer->input[0];
    if (in->rank < 2 || in->dim[in->rank - 1] > INT32_MAX / 2)
        return tq_status__fail(TQ_E_SHAPE, "input needs at least two dimensions, the last at most %d",
                               INT32_MAX / 2);
    *output = *in;
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    static const char *const files[] = {"accumulate/wide_sum.cl", "math.cl", "functions.cl", "power.cl",
                                        "layers/lrn.cl"};
    tq_lrn *state = layer->state;
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    state->size = (tq_i32)tq_layer__option(layer, "size", 0);
    state->channels = (tq_i32)layer->input[0].dim[layer->input[0].rank - 1];
    /* The host's division is correctly rounded (IEEE 754). */
    state->factor = tq_bits__of((float)tq_layer__option(layer, "alpha", 0) / (float)state->size);
    state->beta = tq_bits__of((float)tq_layer__option(layer, "beta", 0));
    state->bias = tq_bits__of((float)tq_layer__option(layer, "bias", 0));
    state->inner = tq_inner__of(a, layer->quantizers.seed, layer->quantizers.id);
    layer->output_range = tq_range__quantized(tq_range__unknown(), &a->result);
    return tq_layer__inner_kernel(layer, &state->kernel, files, TQ_COUNT(files), "lrn");
}

static tq_status forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_lrn *state = layer->state;
    const tq_inner *inner = &state->inner;
    const tq_u32 key[2] = {inner->key0, inner->key1};
    const tq_u64 first = tq_layer__first_element(layer);
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]),
                                     TQ_TENSOR(output),
                                     TQ_VALUE(state->size),
                                     TQ_VALUE(state->channels),
                                     TQ_VALUE(state->factor),
                                     TQ_VALUE(state->beta),
                                     TQ_VALUE(state->bias),
                                     TQ_VALUE(inner->product.words),
                                     TQ_VALUE(inner->sum.words),
                                     TQ_VALUE(inner->result.words),
                                     TQ_VALUE(key),
                                     TQ_VALUE(first)};
    return tq_kernel__run_elements(state->kernel, tq_shape_count(&layer->output), arguments,
                                   TQ_COUNT(arguments));
}

/* PRODUCT and SUM at step `number` of an output. */
static tq_exact product(const tq_lrn *state, tq_exact v, tq_u64 index, tq_i32 number)
{
    const tq_inner *inner = &state->inner;
    if (inner->fused)
        return v;
    return tq_exact_of(tq_inner__apply(inner, &inner->product, v, index, (tq_u32)number, TQ_STREAM_PRODUCT));
}

static tq_exact sum(const tq_lrn *state, tq_exact v, tq_u64 index, tq_i32 number)
{
    const tq_inner *inner = &state->inner;
    if (inner->exact_sum)
        return tq_exact_of(tq_exact_to_carrier(v));
    return tq_exact_of(tq_inner__apply(inner, &inner->sum, v, index, (tq_u32)number, TQ_STREAM_SUM));
}

/* The squares around a channel; x is channel 0 of its pixel. */
static tq_exact squares(const tq_lrn *state, const float *x, tq_i32 channel, tq_u64 index)
{
    const tq_i32 begin = channel - (state->size - 1) / 2;
    tq_wide wide;
    tq_exact s = {0};
    tq_wide_clear(&wide);
    for (tq_i32 i = 0; i < state->size; ++i) {
        if (begin + i < 0 || begin + i >= state->channels)
            continue;
        const tq_exact v = tq_exact_of(tq_bits__of(x[begin + i]));
        const tq_exact square = product(state, tq_exact_multiply(v, v), index, i);
        if (state->inner.exact_sum)
            tq_wide_add(&wide, square);
        else
            s = sum(state, tq_exact_add(s, square), index, i);
    }
    return state->inner.exact_sum ? tq_exact_of(tq_exact_to_carrier(tq_wide_value(&wide))) : s;
}

static tq_status reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_lrn *state = layer->state;
    const tq_inner *inner = &state->inner;
    for (int64_t i = 0; i < tq_shape_count(&layer->output); ++i) {
        const tq_u64 index = tq_layer__first_element(layer) + (tq_u64)i;
        const tq_i32 channel = (tq_i32)(i % state->channels);
        tq_exact d = squares(state, inputs[0] + (i - channel), channel, index);
        d = product(state, tq_exact_multiply(tq_exact_of(state->factor), d), index, state->size);
        d = sum(state, tq_exact_add(tq_exact_of(state->bias), d), index, state->size);
        const tq_exact power = tq_exact_of(tq_pow(tq_exact_to_carrier(d), state->beta));
        const tq_exact quotient = tq_exact_divide(tq_exact_of(tq_bits__of(inputs[0][i])), power);
        output[i] = tq_bits__number(tq_inner__apply_element(
            inner, &inner->result, tq_exact_of(tq_exact_to_carrier(quotient)), index, TQ_STREAM_RESULT));
    }
    return TQ_OK;
}

static void release(tq_layer *layer)
{
    tq_lrn *state = layer->state;
    tq_kernel__destroy(state->kernel);
    state->kernel = NULL;
}

const tq_layer_kind tq_layer_lrn = {
    .name = "lrn",
    .summary = "local response normalization across channels",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .inner = true,
    .state_size = sizeof(tq_lrn),
    .shape = shape,
    .plan = plan,
    .forward = forward,
    .reference = reference,
    .release = release,
};
