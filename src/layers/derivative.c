#include "layers/derivative.h"

#define NUMBERS_EACH 128 /* of a work-item; compilers make vectors of them */

tq_status tq_derivative__run(const tq_layer *layer, const tq_derivative *derivative,
                             const tq_gradients *gradients)
{
    static const char *const files[] = {"math.cl", "functions.cl", "derivatives.cl", "layers/derivative.cl"};
    tq_tensor *to = gradients->input_gradient[0];
    const tq_u32 a = tq_bits__of((float)layer->option[0]), b = tq_bits__of((float)layer->option[1]);
    const int64_t each = tq_context__tiled(layer->context) ? 1 : NUMBERS_EACH,
                  count = tq_shape_count(&layer->input[0]);
    const tq_u64 numbers = (tq_u64)count;
    tq_program_text text = {0};
    tq_kernel *kernel;
    if (to == NULL)
        return TQ_OK;
    const tq_argument arguments[] = {TQ_TENSOR(gradients->input[0]),
                                     TQ_TENSOR(gradients->output_gradient),
                                     TQ_TENSOR(to),
                                     TQ_VALUE(a),
                                     TQ_VALUE(b),
                                     TQ_VALUE(numbers)};
    tq_program_text__define(&text, "TQ_EACH", "%d", (int)each);
    tq_program_text__define(&text, "TQ_DERIVATIVE", "%s", derivative->name);
    for (size_t i = 0; i < TQ_COUNT(files); ++i)
        tq_program_text__add(&text, files[i]);
    const tq_status status = tq_context__kernel(&kernel, layer->context, &text, "derivative");
    tq_program_text__free(&text);
    TQ_TRY(status);
    TQ_TRY(tq_kernel__run_elements(kernel, (count + each - 1) / each, arguments, TQ_COUNT(arguments)));
    return tq_backward__result(layer, 0, to, to);
}

tq_status tq_derivative__reference(const tq_layer *layer, const tq_derivative *derivative,
                                   const tq_host_gradients *gradients)
{
    float *to = gradients->input_gradient[0];
    const tq_u32 a = tq_bits__of((float)layer->option[0]), b = tq_bits__of((float)layer->option[1]);
    if (to == NULL)
        return TQ_OK;
    for (int64_t i = 0; i < tq_shape_count(&layer->input[0]); ++i)
        to[i] = tq_bits__number(derivative->apply(tq_bits__of(gradients->output_gradient[i]),
                                                  tq_bits__of(gradients->input[0][i]), a, b));
    tq_backward__result_host(layer, 0, to, to);
    return TQ_OK;
}

tq_status tq_derivative__backward(tq_layer *layer, const tq_gradients *gradients)
{
    return tq_derivative__run(layer, layer->kind->derivative, gradients);
}

tq_status tq_derivative__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients)
{
    return tq_derivative__reference(layer, layer->kind->derivative, gradients);
}
