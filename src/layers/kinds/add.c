/* add: y = RESULT(a + b), the exact sum rounded once; b may be one number, or one for each channel. */
#include "layers/lanes.h"

typedef struct tq_add {
    tq_lanes lanes;
    tq_inner inner;
    tq_u64 period; /* elements after which b repeats */
} tq_add;

static bool repeats(const tq_shape *a, const tq_shape *b)
{
    const int64_t count = tq_shape_count(b);
    return count == 1 ||
           (b->rank > 0 && a->rank > 0 && count == b->dim[b->rank - 1] && count == a->dim[a->rank - 1]);
}

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape *a = &layer->input[0], *b = &layer->input[1];
    char first[160], second[160];
    tq_shape_print(first, sizeof first, a);
    tq_shape_print(second, sizeof second, b);
    if (!tq_shape_equal(a, b) && !repeats(a, b))
        return tq_status__fail(TQ_E_SHAPE,
                               "inputs %s and %s: the second must be of the same shape, one number, or one "
                               "for each channel",
                               first, second);
    *output = *a;
    return TQ_OK;
}

/* The exact sum is known to be a binary32, or RESULT cannot tell the number rounded to odd from it. */
static void choose_form(const tq_layer *layer, tq_lanes *v)
{
    const tq_quantizer *result = &layer->quantizers.intrinsic.result;
    const tq_range *in = layer->input_range;
    const bool exact = tq_range__fits(tq_range__sum(in[0], in[1]));
    const bool tame = tq_range__tame(in[0]) && tq_range__tame(in[1]);
    const bool subnormals = tq_context_device(layer->context)->subnormals;
    v->result = tq_lane_form__of(result, exact);
    v->fast = tq_lanes__allowed(layer, false) && v->result != TQ_LANES_EXACT;
    v->wild = !tame && !(subnormals && v->result == TQ_LANES_NEAREST);
}

static tq_status plan(tq_layer *layer)
{
    static const char *const files[] = {"layers/add.cl"};
    tq_add *state = layer->state;
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    const int64_t count = tq_shape_count(&layer->output);
    tq_range from = tq_range__unknown();
    tq_program_text text = {0};
    state->period = (tq_u64)tq_shape_count(&layer->input[1]);
    state->inner = tq_inner__of(a, layer->quantizers.seed, layer->quantizers.id);
    from.finite = layer->input_range[0].finite && layer->input_range[1].finite;
    layer->output_range =
        tq_quantizer_is_none(&a->result) ? tq_range__unknown() : tq_range__quantized(from, &a->result);
    choose_form(layer, &state->lanes);
    tq_lanes__define(&state->lanes, layer, &text, count);
    tq_program_text__define(&text, "TQ_PERIOD", "%d",
                            state->period == (tq_u64)count ? 0
                            : state->period == 1           ? 1
                                                           : 2);
    const tq_status status = tq_tail__plan(layer, &state->lanes.tail, &text);
    return tq_lanes__kernel(&state->lanes, layer, &text, status, files, TQ_COUNT(files), "add");
}

static tq_status forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_add *state = layer->state;
    const tq_u32 key[2] = {state->inner.key0, state->inner.key1};
    const tq_u64 first = tq_layer__first_element(layer);
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]),
                                     TQ_TENSOR(inputs[1]),
                                     TQ_TENSOR(output),
                                     TQ_VALUE(state->period),
                                     TQ_VALUE(state->inner.result.words),
                                     TQ_VALUE(key),
                                     TQ_MEMORY(state->lanes.tail.memory),
                                     TQ_VALUE(first)};
    return tq_lanes__run(&state->lanes, layer, tq_shape_count(&layer->output), arguments,
                         TQ_COUNT(arguments));
}

static tq_status reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_add *state = layer->state;
    for (int64_t i = 0; i < tq_shape_count(&layer->output); ++i) {
        const tq_exact a = tq_exact_of(tq_bits__of(inputs[0][i]));
        const tq_exact b = tq_exact_of(tq_bits__of(inputs[1][(tq_u64)i % state->period]));
        output[i] = tq_bits__number(
            tq_inner__apply_element(&state->inner, &state->inner.result, tq_exact_add(a, b),
                                    tq_layer__first_element(layer) + (tq_u64)i, TQ_STREAM_RESULT));
    }
    return TQ_OK;
}

static void release(tq_layer *layer)
{
    tq_add *state = layer->state;
    tq_lanes__release(&state->lanes);
}

const tq_layer_kind tq_layer_add = {
    .name = "add",
    .summary = "the sum of two tensors",
    .inputs_least = 2,
    .inputs_most = 2,
    .inner = true,
    .state_size = sizeof(tq_add),
    .shape = shape,
    .plan = plan,
    .forward = forward,
    .reference = reference,
    .release = release,
};
