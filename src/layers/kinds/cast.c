/* cast: integers are cut towards zero and wrap; floats are rounded to nearest, ties to even. */
#include "layers/affine.h"

static const tq_parameter options[] = {
    TQ_AFFINE_TO,
    {.name = "bits", .initial = 8, .lowest = 1, .highest = 24, .integer = true, .help = "of an integer"},
    TQ_AFFINE_SIGNED,
    TQ_AFFINE_SATURATE,
};

static tq_status plan(tq_layer *layer)
{
    TQ_TRY(tq_affine__target(layer, layer->state, true));
    return tq_affine__plan(layer);
}

const tq_layer_kind tq_layer_cast = {
    .name = "cast",
    .summary = "numbers in another type, as ONNX has it",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .state_size = sizeof(tq_affine),
    .shape = tq_affine__shape,
    .plan = plan,
    .forward = tq_affine__forward,
    .reference = tq_affine__reference,
    .release = tq_affine__release,
};
