/* dequantizelinear: y = (x - zero) * scale, both steps rounded to binary32. */
#include "layers/affine.h"

static const tq_parameter options[] = {TQ_AFFINE_INNER};

static const tq_weight_info weights[] = {
    {"scale", 1, true, "repeated over the elements"},
    {"zero", 1, true, "repeated over the elements"},
};

static tq_status plan(tq_layer *layer)
{
    tq_affine *state = layer->state;
    state->scaling = TQ_AFFINE_MULTIPLY;
    state->centers = true;
    state->nan = TQ_NAN_BITS;
    return tq_affine__plan(layer);
}

const tq_layer_kind tq_layer_dequantizelinear = {
    .name = "dequantizelinear",
    .summary = "numbers of codes: (x - zero) * scale, as ONNX has it",
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
