/*
 * dynamicquantizelinear: 8-bit codes of a whole tensor whose scale and zero point are taken from it, as ONNX
 * has it; or that scale, or that zero point. The device finds the extremes, the host waits for them.
 */
#include "layers/affine.h"
#include "quantizers/fit.h"

typedef struct dynamic {
    tq_affine affine; /* first: the family's functions see it alone */
    tq_quantizer unfitted;
} dynamic;

enum { PART_CODES, PART_SCALE, PART_ZERO };

static const char *const parts[] = {"codes", "scale", "zero", NULL};
static const tq_parameter options[] = {
    {.name = "part", .highest = PART_ZERO, .choices = parts, .help = "what is computed"}};

static int part_of(const tq_layer *layer)
{
    return (int)tq_layer__option(layer, "part", 0);
}

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    *output = part_of(layer) == PART_CODES ? layer->input[0] : tq_shape_of(1, (const int64_t[]){1});
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    dynamic *state = layer->state;
    state->affine.scaling = TQ_AFFINE_DIVIDE;
    state->affine.codes = true;
    state->affine.highest = 255;
    state->affine.nan = TQ_NAN_BITS;
    TQ_TRY(tq_quantizer_parse(&state->unfitted, "int,8,signed=0"));
    TQ_TRY(tq_affine__plan(layer));
    layer->output_range.finite = part_of(layer) == PART_ZERO || layer->input_range[0].finite;
    if (part_of(layer) == PART_SCALE)
        layer->output_range = tq_range__unknown();
    return TQ_OK;
}

static float part_of_fitted(const tq_layer *layer, const tq_quantizer *fitted)
{
    return (float)fitted->value[part_of(layer) == PART_SCALE ? 1 : 2];
}

static tq_status forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const dynamic *state = layer->state;
    tq_quantizer fitted;
    TQ_TRY(
        tq_fit__parts(&fitted, inputs[0], &state->unfitted, (uint64_t)tq_shape_count(&layer->input[0]), 1));
    if (part_of(layer) != PART_CODES) {
        const float number = part_of_fitted(layer, &fitted);
        return tq_tensor_write(output, &number, 1);
    }
    const float scale = (float)fitted.value[1];
    const tq_u32 scales[2] = {tq_bits__of(scale), tq_bits__of(1.0f / scale)};
    const tq_i32 zero = (tq_i32)fitted.value[2];
    TQ_TRY(tq_memory__write(state->affine.scale_memory, 0, scales, sizeof scales));
    TQ_TRY(tq_memory__write(state->affine.zero_memory, 0, &zero, sizeof zero));
    return tq_affine__forward(layer, inputs, output);
}

static tq_status reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const dynamic *state = layer->state;
    tq_quantizer fitted;
    tq_quantizer__fit_host(&fitted, &state->unfitted, inputs[0], tq_shape_count(&layer->input[0]));
    if (part_of(layer) != PART_CODES) {
        *output = part_of_fitted(layer, &fitted);
        return TQ_OK;
    }
    state->affine.scales[0] = tq_bits__of((float)fitted.value[1]);
    state->affine.zeros[0] = (tq_i32)fitted.value[2];
    return tq_affine__reference(layer, inputs, output);
}

const tq_layer_kind tq_layer_dynamicquantizelinear = {
    .name = "dynamicquantizelinear",
    .summary = "8-bit codes of a whole tensor by its own range, as ONNX has it",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .state_size = sizeof(dynamic),
    .shape = shape,
    .plan = plan,
    .forward = forward,
    .reference = reference,
    .release = tq_affine__release,
};
