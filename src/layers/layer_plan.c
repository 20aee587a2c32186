#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers/layer_parts.h"

void tq_layer__unplan(tq_layer *layer)
{
    if (layer->state != NULL && layer->kind->release != NULL)
        layer->kind->release(layer);
    free(layer->state);
    layer->state = NULL;
    tq_text__free(&layer->reasons);
    layer->path = layer->proof = layer->otherwise = "";
    layer->instructions = 0.0;
    layer->path_bound = INFINITY;
    layer->gradient_range = tq_range__unknown();
    layer->macs = 0;
    layer->result_taken = layer->extrinsic_taken = layer->relu_taken = false;
    layer->planned = false;
}

static tq_status check_inputs(const tq_layer *layer, const tq_shape *inputs, size_t count)
{
    const tq_layer_kind *kind = layer->kind;
    if (count < kind->inputs_least || count > kind->inputs_most)
        return tq_status__fail(TQ_E_SHAPE, "%zu inputs, allowed %zu to %zu", count, kind->inputs_least,
                               kind->inputs_most);
    for (size_t i = 0; i < count; ++i)
        if (tq_shape_count(&inputs[i]) == 0)
            return tq_status__fail(TQ_E_SHAPE, "input %zu has an invalid shape", i);
    if (inputs[0].rank == 0)
        return tq_status__fail(TQ_E_SHAPE, "input 0 has rank 0, needs a dimension for the samples");
    for (size_t i = 0; i < kind->weight_count; ++i)
        if (!kind->weights[i].optional && layer->weight[i].master == NULL)
            return tq_status__fail(TQ_E_STATE, "weight '%s' is not set", kind->weights[i].name);
    return TQ_OK;
}

tq_status tq_layer__shape(const tq_layer *layer, const tq_shape *inputs, size_t count, tq_shape *output)
{
    tq_layer probe = *layer;
    probe.input_count = count;
    for (size_t i = 0; i < count; ++i)
        probe.input[i] = inputs[i];
    return tq_layer__prefix(layer, layer->kind->shape(&probe, output));
}

/* Numbers that come singly have no tensor to take a scale from, and only weights have channels. */
static tq_status check_slot(const tq_quantizer *q, const char *slot, bool single)
{
    char text[256];
    tq_quantizer_print(text, sizeof text, q);
    if (tq_quantizer__per_channel(q))
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "quantizer '%s' as %s: channels have scales of their own in weights only",
                               text, slot);
    if (single && tq_quantizer__needs_fit(q) && q->kind->fit_range != NULL)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "quantizer '%s' as %s: numbers come singly there, and it takes its scale from "
                               "a whole tensor; give the scale",
                               text, slot);
    return TQ_OK;
}

static tq_status check_slots(const tq_layer_quantizers *q, bool inner)
{
    TQ_TRY(check_slot(&q->intrinsic.product, "product", inner));
    TQ_TRY(check_slot(&q->intrinsic.sum, "sum", inner));
    TQ_TRY(check_slot(&q->intrinsic.result, "result", inner));
    return check_slot(&q->extrinsic, "extrinsic quantizer", false);
}

static bool same_draws(const tq_layer_quantizers *a, const tq_layer_quantizers *b)
{
    return a->seed == b->seed && a->id == b->id;
}

/* Whether the values that are there are those that `q` gives. */
static bool is_quantized(const tq_weight *weight, const tq_layer_quantizers *q)
{
    return weight->values != NULL && tq_quantizer_equal(&weight->by.weights, &q->weights) &&
           (tq_quantizer__random_bits(&q->weights) == 0 || same_draws(&weight->by, q));
}

static tq_status quantize_values(tq_layer *layer, size_t i)
{
    tq_weight *weight = &layer->weight[i];
    const tq_layer_quantizers *q = &layer->quantizers;
    const int64_t count = tq_shape_count(&weight->shape);
    if (is_quantized(weight, q))
        return TQ_OK;
    if (weight->values == NULL)
        weight->values = malloc((size_t)count * sizeof *weight->values);
    if (weight->values == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld quantized weights", (long long)count);
    TQ_TRY(tq_quantizer__channels(weight->values, weight->master, count, tq_shape__channels(&weight->shape),
                                  &q->weights, q->seed, q->id, (uint32_t)(TQ_STREAM_WEIGHT + i)));
    weight->by = *q;
    return TQ_OK;
}

/* What weights can become in training; the trainer sees to it that they are finite. */
static tq_range trained_range(const tq_quantizer *q)
{
    tq_range range = tq_range__unknown();
    range.finite = true;
    return tq_range__quantized(range, q);
}

static tq_status quantize_weight(tq_layer *layer, size_t i)
{
    tq_weight *weight = &layer->weight[i];
    TQ_TRY(quantize_values(layer, i));
    weight->range = layer->training ? trained_range(&layer->quantizers.weights)
                                    : tq_range__measure(weight->values, tq_shape_count(&weight->shape));
    return TQ_OK;
}

static tq_status quantize_weights(tq_layer *layer)
{
    for (size_t i = 0; i < layer->kind->weight_count && !layer->kind->keeps_weights; ++i)
        if (layer->weight[i].master != NULL)
            TQ_TRY(quantize_weight(layer, i));
    return TQ_OK;
}

static tq_status make_state(tq_layer *layer)
{
    if (layer->kind->state_size == 0)
        return TQ_OK;
    layer->state = calloc(1, layer->kind->state_size);
    return layer->state != NULL ? TQ_OK : tq_status__fail(TQ_E_MEMORY, "no memory for the layer's state");
}

/* The output's range after q; whether q changes nothing. */
static bool quantize_range(tq_layer *layer, const tq_quantizer *q)
{
    const bool done = tq_range__keeps(layer->output_range, q);
    layer->output_range = done ? layer->output_range : tq_range__quantized(layer->output_range, q);
    return done;
}

static tq_status plan(tq_layer *layer, const tq_shape *inputs, size_t count)
{
    const tq_layer_kind *kind = layer->kind;
    TQ_TRY(check_inputs(layer, inputs, count));
    TQ_TRY(check_slots(&layer->quantizers, kind->inner));
    TQ_TRY(kind->shape(layer, &layer->output));
    TQ_TRY(quantize_weights(layer));
    TQ_TRY(make_state(layer));
    layer->output_range = tq_range__unknown();
    if (kind->plan != NULL)
        TQ_TRY(kind->plan(layer));
    layer->result_is_done =
        kind->inner || quantize_range(layer, &layer->quantizers.intrinsic.result) || layer->result_taken;
    layer->extrinsic_is_done = quantize_range(layer, &layer->quantizers.extrinsic) || layer->extrinsic_taken;
    return TQ_OK;
}

static bool same_quantizers(const tq_layer_quantizers *a, const tq_layer_quantizers *b)
{
    return tq_quantizer_equal(&a->weights, &b->weights) && tq_quantizer_equal(&a->extrinsic, &b->extrinsic) &&
           tq_accumulation_equal(&a->intrinsic, &b->intrinsic) &&
           tq_accumulation_equal(&a->backward, &b->backward) &&
           tq_accumulation_equal(&a->update, &b->update) && same_draws(a, b);
}

void tq_layer__offer_relu(tq_layer *layer, const tq_layer_quantizers *quantizers)
{
    const tq_layer_quantizers none = {0}, *offered = quantizers != NULL ? quantizers : &none;
    if (layer->relu_follows != (quantizers != NULL) || !same_quantizers(&layer->relu_quantizers, offered))
        tq_layer__unplan(layer);
    layer->relu_follows = quantizers != NULL;
    layer->relu_quantizers = *offered;
}

void tq_layer__set_training(tq_layer *layer, bool training, bool is_first)
{
    tq_layer__unplan(layer);
    layer->training = training;
    layer->is_first = is_first;
    for (size_t i = 0; i < TQ_LAYER_WEIGHTS; ++i) {
        free(layer->weight[i].values);
        layer->weight[i].values = NULL;
        layer->weight[i].trained = NULL;
        layer->weight[i].average = NULL;
    }
}

/* Whether the plan that the layer has is the one asked for. */
static bool is_planned(const tq_layer *layer, const tq_shape *inputs, const tq_range *ranges, size_t count,
                       const tq_layer_quantizers *q)
{
    bool same = layer->planned && count == layer->input_count &&
                layer->options_set == tq_context__options_set(layer->context) &&
                same_quantizers(&layer->quantizers, q);
    for (size_t i = 0; same && i < count; ++i)
        same = tq_shape_equal(&layer->input[i], &inputs[i]) &&
               tq_range__equal(&layer->input_range[i], &ranges[i]);
    return same;
}

/* The path, and what there is to say of plain float by another library. */
static void say_path(const tq_layer *layer)
{
    const char *const kind = layer->kind->name, *line = strstr(tq_text__get(&layer->reasons), "clblast: ");
    if (layer->path[0] == '\0')
        return;
    if (layer->otherwise[0] != '\0')
        tq_context__say(layer->context, "%s '%s': path %s for inputs of at most %g, else %s", kind,
                        layer->name, layer->path, layer->path_bound, layer->otherwise);
    else
        tq_context__say(layer->context, "%s '%s': path %s", kind, layer->name, layer->path);
    if (line != NULL)
        tq_context__say(layer->context, "%s '%s': %.*s", kind, layer->name, (int)strcspn(line, "\n"), line);
}

tq_status tq_layer__plan(tq_layer *layer, const tq_shape *inputs, const tq_range *ranges, size_t count,
                         const tq_layer_quantizers *quantizers)
{
    const tq_layer_quantizers none = {0};
    quantizers = quantizers != NULL ? quantizers : &none;
    if (is_planned(layer, inputs, ranges, count, quantizers))
        return TQ_OK;
    tq_layer__unplan(layer);
    if (count > TQ_LAYER_INPUTS)
        return tq_layer__prefix(
            layer, tq_status__fail(TQ_E_SHAPE, "%zu inputs, allowed up to %d", count, TQ_LAYER_INPUTS));
    for (size_t i = 0; i < count; ++i) {
        layer->input[i] = inputs[i];
        layer->input_range[i] = ranges[i];
    }
    layer->input_count = count;
    layer->quantizers = *quantizers;
    layer->options_set = tq_context__options_set(layer->context);
    const tq_status status = plan(layer, inputs, count);
    if (status != TQ_OK)
        tq_layer__unplan(layer);
    layer->planned = status == TQ_OK;
    if (layer->planned)
        say_path(layer);
    return tq_layer__prefix(layer, status);
}

tq_status tq_layer_plan(tq_layer *layer, const tq_shape *inputs, size_t input_count,
                        const tq_layer_quantizers *quantizers)
{
    tq_range ranges[TQ_LAYER_INPUTS];
    if (layer == NULL || (inputs == NULL && input_count > 0))
        return tq_status__fail(TQ_E_ARGUMENT, "tq_layer_plan: NULL argument");
    for (size_t i = 0; i < TQ_LAYER_INPUTS; ++i)
        ranges[i] = tq_range__unknown();
    return tq_layer__plan(layer, inputs, ranges, input_count, quantizers);
}
