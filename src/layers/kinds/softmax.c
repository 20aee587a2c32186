/* softmax: y_i = RESULT(e_i / sum of e), e_i = PRODUCT(exp(x_i - largest x)), over the last dimension;
 * with `log` y_i = RESULT(x_i - largest x - log(sum of e)). */
#include "layers/elementwise.h"
#include "tensorquant/kernels/accumulate/wide_sum.cl"
#include "tensorquant/kernels/math.cl"

#include "tensorquant/kernels/functions.cl"

#include "tensorquant/kernels/layers/softmax.cl"

#define PASSES 3 /* over a row */

static const tq_parameter options[] = {
    {.name = "log",
     .initial = 0,
     .lowest = 0,
     .highest = 1,
     .integer = true,
     .help = "1: the logarithm of it"},
};

typedef struct tq_softmax {
    tq_kernel *kernel;
    tq_inner inner;
    tq_u32 classes;
    bool logarithm;
} tq_softmax;

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape *in = &layer->input[0];
    if (in->rank < 1 || in->dim[in->rank - 1] > INT32_MAX)
        return tq_status__fail(TQ_E_SHAPE, "input needs at least one dimension, the last at most %d",
                               INT32_MAX);
    *output = *in;
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    static const char *const files[] = {"accumulate/wide_sum.cl", "layers/maximum.cl", "math.cl",
                                        "functions.cl", "layers/softmax.cl"};
    tq_program_text text = {0};
    tq_softmax *state = layer->state;
    state->classes = (tq_u32)layer->output.dim[layer->output.rank - 1];
    TQ_TRY(tq_layer__check_steps(layer, (tq_u64)PASSES * state->classes));
    state->inner = tq_inner__of(&layer->quantizers.intrinsic, layer->quantizers.seed, layer->quantizers.id);
    layer->output_range = tq_range__quantized(tq_range__unknown(), &layer->quantizers.intrinsic.result);
    state->logarithm = tq_layer__option(layer, "log", 0) > 0.0;
    tq_program_text__define(&text, "TQ_LOGARITHM", "%d", state->logarithm);
    return tq_layer__inner_kernel_of(layer, &state->kernel, &text, files, TQ_COUNT(files), "softmax");
}

static tq_status forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_softmax *state = layer->state;
    const tq_inner *inner = &state->inner;
    const tq_u32 key[2] = {inner->key0, inner->key1};
    const tq_u64 first = tq_layer__first_element(layer);
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]),
                                     TQ_TENSOR(output),
                                     TQ_VALUE(state->classes),
                                     TQ_VALUE(inner->product.words),
                                     TQ_VALUE(inner->sum.words),
                                     TQ_VALUE(inner->result.words),
                                     TQ_VALUE(key),
                                     TQ_VALUE(first)};
    return tq_kernel__run_elements(state->kernel, tq_shape_count(&layer->output) / state->classes, arguments,
                                   TQ_COUNT(arguments));
}

/* The powers into `powers`; returns the bits of their sum. */
static tq_u32 sum_powers(const tq_softmax *state, const float *x, tq_u32 top, float *powers, tq_u64 index)
{
    const tq_inner *inner = &state->inner;
    tq_wide wide;
    tq_u32 sum = 0;
    tq_wide_clear(&wide);
    for (tq_u32 i = 0; i < state->classes; ++i) {
        const tq_exact power = tq_exact_of(tq_exp(tq_carrier_difference(tq_bits__of(x[i]), top)));
        const tq_u32 e = tq_inner__apply_element(inner, &inner->product, power, index + i, TQ_STREAM_PRODUCT);
        powers[i] = tq_bits__number(e);
        tq_wide_add(&wide, tq_exact_of(e));
        if (!inner->exact_sum)
            sum = tq_inner__apply_element(inner, &inner->sum, tq_exact_add(tq_exact_of(sum), tq_exact_of(e)),
                                          index + i, TQ_STREAM_SUM);
    }
    return inner->exact_sum ? tq_exact_to_carrier(tq_wide_value(&wide)) : sum;
}

static tq_status reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_softmax *state = layer->state;
    const int64_t count = tq_shape_count(&layer->output);
    for (int64_t row = 0; row < count; row += state->classes) {
        const tq_u64 index = tq_layer__first_element(layer) + (tq_u64)row;
        const float *x = inputs[0] + row;
        const tq_u32 top = tq_bits__largest(x, state->classes);
        const tq_u32 sum = sum_powers(state, x, top, output + row, index);
        for (tq_u32 i = 0; i < state->classes; ++i) {
            const tq_exact v = state->logarithm
                                   ? tq_logarithmic(tq_bits__of(x[i]), top, tq_logarithm(sum, 0, 0))
                                   : tq_exact_of(tq_carrier_quotient(tq_bits__of(output[row + i]), sum));
            output[row + i] = tq_bits__number(
                tq_inner__apply_element(&state->inner, &state->inner.result, v, index + i, TQ_STREAM_RESULT));
        }
    }
    return TQ_OK;
}

static void release(tq_layer *layer)
{
    tq_softmax *state = layer->state;
    tq_kernel__destroy(state->kernel);
    state->kernel = NULL;
}

const tq_layer_kind tq_layer_softmax = {
    .name = "softmax",
    .summary = "exponentials divided by their sum, over the last dimension",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .inner = true,
    .state_size = sizeof(tq_softmax),
    .shape = shape,
    .plan = plan,
    .forward = forward,
    .reference = reference,
    .release = release,
};
