/* quantizelinear: code = saturate(round(x / scale) + zero), the quotient rounded to binary32, ties to even.
 */
#include "layers/affine.h"

static const char *const by_choices[] = {"divide", "multiply", NULL};

static const tq_parameter options[] = {
    TQ_AFFINE_TO,
    {.name = "bits", .initial = 8, .lowest = 1, .highest = 16, .integer = true, .help = "of an integer"},
    TQ_AFFINE_SIGNED,
    TQ_AFFINE_SATURATE,
    TQ_AFFINE_INNER,
    {.name = "by", .highest = 1, .choices = by_choices, .help = "what is done with the scale"}};

static const tq_weight_info weights[] = {
    {"scale", 1, true, "repeated over the elements"},
    {"zero", 1, true, "repeated over the elements"},
};

static tq_status plan(tq_layer *layer)
{
    tq_affine *state = layer->state;
    state->scaling = tq_layer__option(layer, "by", 0) != 0.0 ? TQ_AFFINE_MULTIPLY : TQ_AFFINE_DIVIDE;
    state->adds = true;
    TQ_TRY(tq_affine__target(layer, state, false));
    return tq_affine__plan(layer);
}

const tq_layer_kind tq_layer_quantizelinear = {
    .name = "quantizelinear",
    .summary = "codes of numbers: round(x / scale) + zero, as ONNX has it",
    .options = options,
    .option_count = TQ_COUNT(options),
    .weights = weights,
    .weight_count = TQ_COUNT(weights),
    .keeps_weights = true,
    .inputs_least = 1,
    .inputs_most = 1,
    .state_size = sizeof(tq_affine),
    .shape = tq_affine__shape,
    .plan = plan,
    .forward = tq_affine__forward,
    .reference = tq_affine__reference,
    .release = tq_affine__release,
};
