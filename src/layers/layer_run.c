#include "layers/elementwise.h"
#include "layers/layer_parts.h"

void tq_layer__set_first_sample(tq_layer *layer, uint64_t first_sample)
{
    layer->first_sample = first_sample;
}

static tq_status check_planned(const tq_layer *layer)
{
    return layer->planned ? TQ_OK : tq_status__fail(TQ_E_STATE, "the layer is not planned");
}

tq_status tq_layer_output_shape(const tq_layer *layer, tq_shape *shape)
{
    TQ_TRY(tq_layer__prefix(layer, check_planned(layer)));
    *shape = layer->output;
    return TQ_OK;
}

static tq_status check_shape(const char *what, const tq_tensor *tensor, const tq_shape *planned)
{
    char given[160], wanted[160];
    if (tensor == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "%s is NULL", what);
    tq_shape_print(given, sizeof given, tq_tensor_shape(tensor));
    tq_shape_print(wanted, sizeof wanted, planned);
    if (!tq_shape_equal(tq_tensor_shape(tensor), planned))
        return tq_status__fail(TQ_E_SHAPE, "%s has shape %s, planned was %s", what, given, wanted);
    return TQ_OK;
}

static tq_status check_run(const tq_layer *layer, const tq_tensor *const *inputs, const tq_tensor *output)
{
    TQ_TRY(check_planned(layer));
    for (size_t i = 0; i < layer->input_count; ++i) {
        TQ_TRY(check_shape("an input", inputs[i], &layer->input[i]));
        if (inputs[i] == output)
            return tq_status__fail(TQ_E_ARGUMENT, "the output is one of the inputs");
    }
    return check_shape("the output", output, &layer->output);
}

static tq_status quantize_output(const tq_layer *layer, tq_tensor *output, const tq_quantizer *q,
                                 uint32_t stream)
{
    return tq_quantizer__tensor(output, output, q, layer->quantizers.seed, layer->quantizers.id, stream,
                                tq_layer__first_element(layer), layer->output.dim[0]);
}

static tq_status forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    TQ_TRY(check_run(layer, inputs, output));
    TQ_TRY(layer->kind->forward(layer, inputs, output));
    if (!layer->result_is_done)
        TQ_TRY(quantize_output(layer, output, &layer->quantizers.intrinsic.result, TQ_STREAM_RESULT));
    if (!layer->extrinsic_is_done)
        TQ_TRY(quantize_output(layer, output, &layer->quantizers.extrinsic, TQ_STREAM_ELEMENT));
    return TQ_OK;
}

tq_status tq_layer_forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_profile_scope scope = {.layer = layer->name,
                                    .kind = layer->kind->name,
                                    .path = layer->path,
                                    .output = output,
                                    .macs = (double)layer->macs};
    tq_profile__enter(layer->context, &scope);
    const tq_status status = tq_layer__prefix(layer, forward(layer, inputs, output));
    tq_profile__leave(layer->context);
    return status;
}

static void quantize_array(const tq_layer *layer, float *output, const tq_quantizer *q, uint32_t stream)
{
    tq_quantizer__samples(output, output, tq_shape_count(&layer->output), layer->output.dim[0], q,
                          layer->quantizers.seed, layer->quantizers.id, stream,
                          tq_layer__first_element(layer));
}

tq_status tq_layer_reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    TQ_TRY(tq_layer__prefix(layer, check_planned(layer)));
    TQ_TRY(tq_layer__prefix(layer, layer->kind->reference(layer, inputs, output)));
    if (!layer->kind->inner)
        quantize_array(layer, output, &layer->quantizers.intrinsic.result, TQ_STREAM_RESULT);
    quantize_array(layer, output, &layer->quantizers.extrinsic, TQ_STREAM_ELEMENT);
    return TQ_OK;
}
