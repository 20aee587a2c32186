#include "layers/pairwise.h"

tq_status tq_pairwise__shape(const tq_layer *layer, tq_shape *output)
{
    tq_broadcast broadcast;
    return tq_broadcast__of(&broadcast, &layer->input[0], &layer->input[1], output);
}

/* The exact sum or product; of others what matters here is that it is a binary32. */
static tq_range exact_range(const tq_layer *layer, tq_vector_form form)
{
    const tq_range a = layer->input_range[0], b = layer->input_range[1];
    if (form == TQ_FORM_PRODUCT)
        return tq_range__product(a, b);
    return form == TQ_FORM_LARGER || form == TQ_FORM_SMALLER ? tq_range__join(a, b) : tq_range__sum(a, b);
}

/*
 * The exact number is known to be a binary32, or RESULT cannot tell the number rounded to odd from it.
 * Numbers that are not tame do no harm where nothing is rounded but to nearest.
 */
static void choose_form(const tq_layer *layer, tq_vector_form form, tq_lanes *v)
{
    const tq_quantizer *result = &layer->quantizers.intrinsic.result;
    const tq_range *in = layer->input_range, range = exact_range(layer, form);
    const bool selects = form == TQ_FORM_LARGER || form == TQ_FORM_SMALLER,
               multiplies = form == TQ_FORM_PRODUCT;
    const bool tame =
        tq_range__tame(in[0]) && tq_range__tame(in[1]) && (!multiplies || tq_range__tame(range));
    const bool subnormals = tq_context__target(layer->context)->subnormals;
    v->result = tq_lane_form__of(result, selects || tq_range__fits(range));
    v->fast =
        form != TQ_FORM_NONE && tq_lanes__allowed(layer->context, multiplies) && v->result != TQ_LANES_EXACT;
    v->wild = !selects && !tame && !(subnormals && v->result == TQ_LANES_NEAREST);
}

static tq_range output_range(const tq_layer *layer, tq_vector_form form)
{
    const tq_quantizer *result = &layer->quantizers.intrinsic.result;
    tq_range from = tq_range__unknown();
    if (form == TQ_FORM_LARGER || form == TQ_FORM_SMALLER)
        return tq_range__quantized(tq_range__join(layer->input_range[0], layer->input_range[1]), result);
    from.finite = form != TQ_FORM_NONE && layer->input_range[0].finite && layer->input_range[1].finite;
    return tq_quantizer_is_none(result) ? tq_range__unknown() : tq_range__quantized(from, result);
}

tq_status tq_pairwise__plan(tq_layer *layer)
{
    static const char *const files[] = {"layers/maximum.cl", "math.cl",       "functions.cl",
                                        "power.cl",          "operations.cl", "layers/pairwise.cl"};
    const tq_pairwise *kind = layer->kind->family;
    tq_pairwise_state *state = layer->state;
    tq_shape shape;
    tq_program_text text = {0};
    TQ_TRY(tq_broadcast__of(&state->broadcast, &layer->input[0], &layer->input[1], &shape));
    TQ_TRY(tq_memory__of(&state->geometry, layer->context, &state->broadcast, sizeof state->broadcast));
    state->inner = tq_inner__of(&layer->quantizers.intrinsic, layer->quantizers.seed, layer->quantizers.id);
    layer->output_range = output_range(layer, kind->form);
    choose_form(layer, kind->form, &state->lanes);
    tq_lanes__define(&state->lanes, layer, &text, tq_shape_count(&layer->output));
    tq_program_text__define(&text, "TQ_SAME", "%d", tq_broadcast__same(&state->broadcast));
    tq_program_text__define(&text, "TQ_OPERATION", "%s", kind->function);
    tq_program_text__define(&text, "TQ_FORM", "%d", (int)kind->form);
    const tq_status status = tq_tail__plan(layer, &state->lanes.tail, &text);
    return tq_lanes__kernel(&state->lanes, layer, &text, status, files, TQ_COUNT(files), "pairwise");
}

tq_status tq_pairwise__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_pairwise_state *state = layer->state;
    const tq_u32 key[2] = {state->inner.key0, state->inner.key1};
    const tq_u64 first = tq_layer__first_element(layer);
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]),
                                     TQ_TENSOR(inputs[1]),
                                     TQ_TENSOR(output),
                                     TQ_MEMORY(state->geometry),
                                     TQ_VALUE(state->inner.result.words),
                                     TQ_VALUE(key),
                                     TQ_MEMORY(state->lanes.tail.memory),
                                     TQ_VALUE(first)};
    return tq_lanes__run(&state->lanes, layer, tq_shape_count(&layer->output), arguments,
                         TQ_COUNT(arguments));
}

tq_status tq_pairwise__reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_pairwise *kind = layer->kind->family;
    const tq_pairwise_state *state = layer->state;
    const tq_broadcast *broadcast = &state->broadcast;
    for (int64_t i = 0; i < tq_shape_count(&layer->output); ++i) {
        const tq_u32 a = tq_bits__of(inputs[0][tq_broadcast__place(broadcast, 0, (tq_u64)i)]);
        const tq_u32 b = tq_bits__of(inputs[1][tq_broadcast__place(broadcast, 1, (tq_u64)i)]);
        output[i] = tq_bits__number(
            tq_inner__apply_element(&state->inner, &state->inner.result, kind->apply(a, b),
                                    tq_layer__first_element(layer) + (tq_u64)i, TQ_STREAM_RESULT));
    }
    return TQ_OK;
}

void tq_pairwise__release(tq_layer *layer)
{
    tq_pairwise_state *state = layer->state;
    tq_lanes__release(&state->lanes);
    tq_memory__release(state->geometry);
    tq_memory__release(state->groups[0]);
    tq_memory__release(state->groups[1]);
    state->geometry = state->groups[0] = state->groups[1] = NULL;
}
