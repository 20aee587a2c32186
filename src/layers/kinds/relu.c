/* relu: max(x, 0). */
#include "layers/elementwise.h"

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    *output = layer->input[0];
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    layer->output_range = layer->input_range[0];
    layer->output_range.lowest = 0.0;
    return TQ_OK;
}

static tq_status forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]), TQ_TENSOR(output)};
    tq_kernel *kernel;
    TQ_TRY(tq_layer__plain_kernel(layer, &kernel, "layers/relu.cl", "relu"));
    return tq_layer__run_elements(layer, kernel, tq_shape_count(&layer->output), arguments,
                                  TQ_COUNT(arguments));
}

static tq_status reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    for (int64_t i = 0; i < tq_shape_count(&layer->output); ++i) {
        const float x = inputs[0][i];
        output[i] = x != x ? tq_bits__number(TQ_NAN_BITS) : x > 0.0f ? x : 0.0f;
    }
    return TQ_OK;
}

const tq_layer_kind tq_layer_relu = {
    .name = "relu",
    .summary = "max(x, 0)",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .plan = plan,
    .forward = forward,
    .reference = reference,
};
