#include "layers/affine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "layers/lanes.h"
#include "tensorquant/kernels/quantizers/int.cl"

#define FINEST     (-24) /* grids of inputs for the quick form */
#define SCALE_SPAN 100

const char *const tq_affine_types[] = {"int",  "float32",  "fp16",     "bf16", "e4m3",
                                       "e5m2", "e4m3fnuz", "e5m2fnuz", "e2m1", NULL};

tq_status tq_affine__target(const tq_layer *layer, tq_affine *state, bool cast)
{
    const int to = (int)tq_layer__option(layer, "to", 0), bits = (int)tq_layer__option(layer, "bits", 0);
    const bool is_signed = tq_layer__option(layer, "signed", 0) != 0.0;
    const char *name = tq_affine_types[to];
    char text[64];
    state->nan = TQ_NAN_BITS;
    if (to == TQ_AFFINE_FLOAT32)
        return TQ_OK;
    state->codes = to == TQ_AFFINE_INT && !cast;
    state->lowest = is_signed ? -(1 << (bits - 1)) : 0;
    state->highest = (1 << (bits - is_signed)) - 1;
    if (state->codes)
        return TQ_OK;
    if (to == TQ_AFFINE_INT)
        snprintf(text, sizeof text, "fixed,%d,0,round=zero,overflow=wrap,signed=%d", bits, is_signed);
    else if (tq_layer__option(layer, "saturate", 0) != 0.0 || to == TQ_AFFINE_TO_HIGHEST)
        snprintf(text, sizeof text, "%s", name);
    else
        snprintf(text, sizeof text, "%s,overflow=%s", name, name[1] == '4' || name[4] ? "nan" : "inf");
    if (to == TQ_AFFINE_TO_HIGHEST) /* e2m1 has no NaN: ONNX's conversions give -0 */
        state->nan = TQ_SIGN_BIT;
    return tq_quantizer_parse(&state->format, text);
}

tq_status tq_affine__shape(const tq_layer *layer, tq_shape *output)
{
    const tq_weight *scale = &layer->weight[0], *zero = &layer->weight[1];
    *output = layer->input[0];
    if (scale->master != NULL && zero->master != NULL && scale->shape.dim[0] != zero->shape.dim[0])
        return tq_status__fail(TQ_E_SHAPE, "%lld scales, but %lld zero points",
                               (long long)scale->shape.dim[0], (long long)zero->shape.dim[0]);
    for (int64_t i = 0; zero->master != NULL && i < zero->shape.dim[0]; ++i)
        if (!(fabsf(zero->master[i]) <= 65536.0f) || zero->master[i] != floorf(zero->master[i]))
            return tq_status__fail(TQ_E_ARGUMENT, "zero point %g, allowed integers from -65536 to 65536",
                                   (double)zero->master[i]);
    for (int64_t i = 0; scale->master != NULL && i < scale->shape.dim[0]; ++i)
        if (!(scale->master[i] > 0.0f) || isinf(scale->master[i]))
            return tq_status__fail(TQ_E_ARGUMENT, "scale %g, allowed finite numbers above 0",
                                   (double)scale->master[i]);
    return TQ_OK;
}

static float scale_at(const tq_layer *layer, int64_t i)
{
    return layer->weight[0].master != NULL ? layer->weight[0].master[i] : 1.0f;
}

static tq_status take_weights(const tq_layer *layer, tq_affine *state)
{
    const tq_weight *scale = &layer->weight[0], *zero = &layer->weight[1];
    const bool multiplies = state->scaling == TQ_AFFINE_MULTIPLY;
    state->period = scale->master != NULL  ? scale->shape.dim[0]
                    : zero->master != NULL ? zero->shape.dim[0]
                                           : 1;
    state->inner = (int64_t)tq_layer__option(layer, "inner", 0); /* 0: the kind has no such option */
    state->inner = state->inner < 1 ? 1 : state->inner;
    state->scales = calloc((size_t)state->period, 2 * sizeof *state->scales);
    state->zeros = calloc((size_t)state->period, sizeof *state->zeros);
    if (state->scales == NULL || state->zeros == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld scales", (long long)state->period);
    state->quick = true;
    for (int64_t i = 0; i < state->period; ++i) {
        const float s = scale_at(layer, i);
        state->scales[2 * i] = tq_bits__of(s);
        state->scales[2 * i + 1] = tq_bits__of(multiplies ? s : 1.0f / s);
        state->zeros[i] = zero->master != NULL ? (tq_i32)zero->master[i] : 0;
        state->quick = state->quick && abs(ilogbf(s)) <= SCALE_SPAN;
    }
    return TQ_OK;
}

/* Numbers (x - zero) * scale. */
static tq_range scaled_range(const tq_layer *layer, const tq_affine *state)
{
    const tq_range in = layer->input_range[0];
    tq_range out = tq_range__unknown();
    int grid = TQ_GRID_UNKNOWN, centered = in.grid; /* of scales; of x - zero */
    if (!in.finite)
        return out;
    double lowest = 0.0, highest = 0.0;
    for (int64_t i = 0; i < state->period; ++i) {
        const double s = (double)scale_at(layer, i) * (1.0 + 0x1p-23), zero = state->zeros[i];
        const tq_range one = tq_range__measure(&(float){scale_at(layer, i)}, 1);
        const tq_range center = tq_range__measure(&(float){(float)zero}, 1);
        lowest = fmin(lowest, s * (in.lowest - zero));
        highest = fmax(highest, s * (in.highest - zero));
        grid = i == 0 || one.grid < grid ? one.grid : grid;
        centered = center.grid < centered ? center.grid : centered;
    }
    if (scale_at(layer, 0) == 1.0f && state->period == 1) /* exact: integers without their zero point */
        lowest = fmin(0.0, in.lowest - state->zeros[0]), highest = fmax(0.0, in.highest - state->zeros[0]);
    out.finite = fmax(-lowest, highest) < 0x1p127;
    out.lowest = lowest;
    out.highest = highest;
    out.grid = centered != TQ_GRID_UNKNOWN && centered + grid > -149 ? centered + grid : TQ_GRID_UNKNOWN;
    return out;
}

static tq_range output_range(const tq_layer *layer, const tq_affine *state)
{
    tq_range from = tq_range__unknown();
    if (state->codes) {
        from = (tq_range){.lowest = fmin(state->lowest, 0), .highest = fmax(state->highest, 0)};
        from.finite = layer->input_range[0].finite;
        return from;
    }
    if (!tq_quantizer_is_none(&state->format)) {
        from.finite = layer->input_range[0].finite;
        from = tq_range__quantized(from, &state->format);
        from.members = (tq_quantizer){0};
        return from;
    }
    if (state->scaling == TQ_AFFINE_PLAIN)
        return layer->input_range[0];
    return state->centers ? scaled_range(layer, state) : from;
}

static tq_status make_kernel(const tq_layer *layer, tq_affine *state)
{
    tq_program_text text = {0};
    tq_program_text__define(&text, "TQ_CENTERS", "%d", state->centers);
    tq_program_text__define(&text, "TQ_ADDS", "%d", state->adds);
    tq_program_text__define(&text, "TQ_CODES", "%d", state->codes);
    tq_program_text__define(&text, "TQ_SCALES", "%d", (int)state->scaling);
    tq_program_text__define(&text, "TQ_FORMATS", "%d", !tq_quantizer_is_none(&state->format));
    tq_program_text__define(&text, "TQ_QUICK", "%d", state->quick);
    tq_quantizer__bind(&text, "TQ_FORMAT", &state->format);
    tq_program_text__add(&text, "quantizers/int.cl");
    tq_program_text__add(&text, "layers/affine.cl");
    const tq_status status = tq_kernel__create(&state->kernel, layer->context, &text, "affine");
    tq_program_text__free(&text);
    return status;
}

tq_status tq_affine__plan(tq_layer *layer)
{
    tq_affine *state = layer->state;
    const tq_range in = layer->input_range[0];
    TQ_TRY(take_weights(layer, state));
    const bool coarse = in.grid != TQ_GRID_UNKNOWN && in.grid >= FINEST && in.finite;
    if (layer->kind->weights == NULL && state->codes) /* scales that are not known yet */
        state->quick = false;
    state->quick =
        state->quick && state->scaling != TQ_AFFINE_PLAIN && (state->codes || (state->centers && coarse));
    state->baked = tq_quantizer__bake(&state->format);
    layer->output_range = output_range(layer, state);
    TQ_TRY(tq_memory__of(&state->scale_memory, layer->context, state->scales,
                         (size_t)state->period * 2 * sizeof *state->scales));
    TQ_TRY(tq_memory__of(&state->zero_memory, layer->context, state->zeros,
                         (size_t)state->period * sizeof *state->zeros));
    return make_kernel(layer, state);
}

tq_status tq_affine__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    tq_affine *state = layer->state;
    const tq_u64 period = (tq_u64)state->period, inner = (tq_u64)state->inner;
    const tq_u64 first = tq_layer__first_element(layer);
    const tq_i32 lowest = state->lowest, highest = state->highest;
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]),
                                     TQ_TENSOR(output),
                                     TQ_MEMORY(state->scale_memory),
                                     TQ_MEMORY(state->zero_memory),
                                     TQ_VALUE(period),
                                     TQ_VALUE(inner),
                                     TQ_VALUE(first),
                                     TQ_VALUE(lowest),
                                     TQ_VALUE(highest),
                                     TQ_VALUE(state->nan),
                                     TQ_VALUE(state->baked.words)};
    return tq_kernel__run_elements(state->kernel, tq_shape_count(&layer->output), arguments,
                                   TQ_COUNT(arguments));
}

static tq_u32 element(const tq_affine *state, tq_u32 bits, int64_t place)
{
    const tq_exact scale = tq_exact_of(state->scales[2 * place]);
    const tq_i32 zero = state->zeros[place];
    if (state->centers)
        bits = tq_carrier_sum(bits, tq_int_number(-zero, TQ_ONE_BITS));
    if (state->scaling == TQ_AFFINE_DIVIDE)
        bits = tq_exact_to_carrier(tq_exact_divide(tq_exact_of(bits), scale));
    if (state->scaling == TQ_AFFINE_MULTIPLY)
        bits = tq_exact_to_carrier(tq_exact_multiply(tq_exact_of(bits), scale));
    if (state->adds && bits == TQ_SIGN_BIT)
        bits = 0;
    if (!tq_quantizer_is_none(&state->format))
        bits = state->baked.apply(tq_exact_of(bits), state->baked.words, state->baked.structure, 0);
    if ((bits & ~TQ_SIGN_BIT) > TQ_INFINITY_BITS)
        return state->nan;
    if (state->codes) {
        const tq_i32 code = tq_int_round(bits, TQ_ROUND_EVEN, 0, 0) + zero;
        bits = tq_int_number(code < state->lowest    ? state->lowest
                             : code > state->highest ? state->highest
                                                     : code,
                             TQ_ONE_BITS);
    }
    return bits;
}

tq_status tq_affine__reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_affine *state = layer->state;
    const uint64_t first = tq_layer__first_element(layer);
    for (int64_t i = 0; i < tq_shape_count(&layer->output); ++i) {
        const uint64_t place = (first + (uint64_t)i) / (uint64_t)state->inner % (uint64_t)state->period;
        output[i] = tq_bits__number(element(state, tq_bits__of(inputs[0][i]), (int64_t)place));
    }
    return TQ_OK;
}

void tq_affine__release(tq_layer *layer)
{
    tq_affine *state = layer->state;
    tq_kernel__destroy(state->kernel);
    tq_memory__release(state->scale_memory);
    tq_memory__release(state->zero_memory);
    free(state->scales);
    free(state->zeros);
    *state = (tq_affine){.kernel = NULL};
}
