/* dropout: the identity; in training some elements are 0, the others larger. */
#include "layers/backward.h"
#include "layers/lanes.h"
#include "layers/reorder.h"

#include "tensorquant/kernels/layers/dropout.cl"

static const tq_parameter options[] = {
    {.name = "rate",
     .initial = 0,
     .lowest = 0,
     .highest = 0.9990234375,
     .help = "part of the elements that are 0 in training"},
};

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    *output = layer->input[0];
    return TQ_OK;
}

/* What is done to an element: kernels/layers/dropout.cl. */
typedef struct mask {
    tq_u32 scale, limit, key[2];
    tq_u64 first;
} mask;

static mask mask_of(const tq_layer *layer)
{
    const double rate = tq_layer__option(layer, "rate", 0);
    const tq_layer_quantizers *q = &layer->quantizers;
    return (mask){.scale = tq_bits__of((float)(1.0 / (1.0 - rate))),
                  .limit = (tq_u32)(rate * 0x1p32),
                  .key = {(tq_u32)q->seed, (tq_u32)(q->seed >> 32) ^ q->id},
                  .first = tq_layer__first_element(layer)};
}

static bool drops(const tq_layer *layer)
{
    return layer->training && tq_layer__option(layer, "rate", 0) > 0.0;
}

static tq_status plan(tq_layer *layer)
{
    layer->output_range = drops(layer) ? tq_range__unknown() : layer->input_range[0];
    return TQ_OK;
}

static tq_status drop(const tq_layer *layer, const tq_tensor *from, tq_tensor *to)
{
    const mask m = mask_of(layer);
    const tq_argument arguments[] = {TQ_TENSOR(from),   TQ_TENSOR(to),   TQ_VALUE(m.scale),
                                     TQ_VALUE(m.limit), TQ_VALUE(m.key), TQ_VALUE(m.first)};
    tq_kernel *kernel;
    TQ_TRY(tq_layer__plain_kernel(layer, &kernel, "layers/dropout.cl", "dropout"));
    return tq_kernel__run_elements(kernel, tq_shape_count(&layer->output), arguments, TQ_COUNT(arguments));
}

static void drop_host(const tq_layer *layer, const float *from, float *to)
{
    const mask m = mask_of(layer);
    for (int64_t i = 0; i < tq_shape_count(&layer->output); ++i)
        to[i] = tq_bits__number(
            tq_dropped(tq_bits__of(from[i]), m.scale, m.limit, m.key[0], m.key[1], m.first + (tq_u64)i));
}

static tq_status forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    return drops(layer) ? drop(layer, inputs[0], output) : tq_reorder__forward(layer, inputs, output);
}

static tq_status reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    if (!drops(layer))
        return tq_reorder__reference(layer, inputs, output);
    drop_host(layer, inputs[0], output);
    return TQ_OK;
}

static tq_status backward(tq_layer *layer, const tq_gradients *gradients)
{
    tq_tensor *to = gradients->input_gradient[0];
    if (!drops(layer) || to == NULL)
        return tq_reorder__backward(layer, gradients);
    TQ_TRY(drop(layer, gradients->output_gradient, to));
    return tq_backward__result(layer, 0, to, to);
}

static tq_status backward_reference(const tq_layer *layer, const tq_host_gradients *gradients)
{
    float *to = gradients->input_gradient[0];
    if (!drops(layer) || to == NULL)
        return tq_reorder__backward_reference(layer, gradients);
    drop_host(layer, gradients->output_gradient, to);
    tq_backward__result_host(layer, 0, to, to);
    return TQ_OK;
}

const tq_layer_kind tq_layer_dropout = {
    .name = "dropout",
    .summary = "the identity; in training some elements are 0",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .keeps_finite = true,
    .shape = shape,
    .plan = plan,
    .forward = forward,
    .reference = reference,
    .backward = backward,
    .backward_reference = backward_reference,
};
