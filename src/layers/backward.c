#include "layers/backward.h"

static tq_u32 stream_of(size_t input)
{
    return (tq_u32)(8 * input);
}

tq_backward_slots tq_backward__slots(const tq_layer *layer, size_t input)
{
    return (tq_backward_slots){&layer->quantizers.backward, TQ_ID_BACKWARD, stream_of(input)};
}

tq_u64 tq_backward__first(const tq_layer *layer, size_t input)
{
    const tq_shape *in = &layer->input[input];
    return layer->first_sample * (tq_u64)(tq_shape_count(in) / in->dim[0]);
}

static bool saturates(const tq_quantizer *q)
{
    return !tq_quantizer_is_none(q) && tq_quantizer__format(q).overflow == TQ_OVERFLOW_SATURATE;
}

tq_range tq_backward__range(const tq_layer *layer)
{
    const tq_accumulation *a = &layer->quantizers.backward;
    tq_range range = tq_range__unknown();
    range.finite = layer->kind->keeps_finite && layer->gradient_range.finite &&
                   tq_accumulation__keeps_finite(a) && saturates(&a->result);
    for (size_t i = 0; i < layer->input_count; ++i)
        range.finite = range.finite && layer->input_range[i].finite;
    return tq_range__quantized(range, &a->result);
}

tq_status tq_backward__result(const tq_layer *layer, size_t input, tq_tensor *to, const tq_tensor *from)
{
    const tq_layer_quantizers *q = &layer->quantizers;
    return tq_quantizer__tensor(to, from, &q->backward.result, q->seed, q->id | TQ_ID_BACKWARD,
                                stream_of(input) + TQ_STREAM_RESULT, tq_backward__first(layer, input),
                                layer->input[input].dim[0]);
}

void tq_backward__result_host(const tq_layer *layer, size_t input, float *to, const float *from)
{
    const tq_layer_quantizers *q = &layer->quantizers;
    tq_quantizer__samples(to, from, tq_shape_count(&layer->input[input]), layer->input[input].dim[0],
                          &q->backward.result, q->seed, q->id | TQ_ID_BACKWARD,
                          stream_of(input) + TQ_STREAM_RESULT, tq_backward__first(layer, input));
}

/* Whether the device's own binary32 arithmetic may be used, and rounds as IEEE 754 says. */
static bool is_ieee(const tq_context *context)
{
    const tq_device_info *device = tq_context__target(context);
    return device->subnormals && device->fma && tq_context__paths(context) != TQ_PATHS_GENERAL;
}

tq_status tq_backward__kernel(const tq_layer *layer, const tq_backward_slots *slots, tq_kernel **kernel,
                              tq_program_text *text, const char *const *files, size_t count, const char *name)
{
    const tq_accumulation *a = slots->accumulation;
    const bool ieee = is_ieee(layer->context);
    tq_program_text__define(text, "TQ_IEEE", "%d", ieee);
    tq_program_text__define(text, "TQ_NATIVE", "%d", ieee && !a->exact_sum && tq_quantizer_is_none(&a->sum));
    tq_program_text__define(text, "TQ_FUSED", "%d", tq_accumulation__fused(a));
    tq_program_text__define(text, "TQ_EXACT_SUM", "%d", a->exact_sum);
    tq_quantizer__bind(text, "TQ_PRODUCT", &a->product);
    tq_quantizer__bind(text, "TQ_SUM", &a->sum);
    tq_quantizer__bind(text, "TQ_RESULT", &a->result);
    tq_program_text__add(text, "accumulate/wide_sum.cl");
    tq_program_text__add(text, "layers/backward.cl");
    for (size_t i = 0; i < count; ++i)
        tq_program_text__add(text, files[i]);
    const tq_status status = tq_context__kernel(kernel, layer->context, text, name);
    tq_program_text__free(text);
    return status;
}

tq_backward_words tq_backward__words(const tq_layer *layer, const tq_backward_slots *slots)
{
    const tq_layer_quantizers *q = &layer->quantizers;
    const tq_accumulation *a = slots->accumulation;
    return (tq_backward_words){.product = tq_quantizer__words(&a->product),
                               .sum = tq_quantizer__words(&a->sum),
                               .result = tq_quantizer__words(&a->result),
                               .key = {(tq_u32)q->seed, (tq_u32)(q->seed >> 32) ^ (q->id | slots->id)},
                               .stream = slots->stream};
}

tq_backward_sum tq_backward_sum__of(const tq_layer *layer, const tq_backward_slots *slots)
{
    const tq_layer_quantizers *q = &layer->quantizers;
    return (tq_backward_sum){.inner = tq_inner__of(slots->accumulation, q->seed, q->id | slots->id),
                             .stream = slots->stream};
}

void tq_backward_sum__start(tq_backward_sum *sum, tq_u64 index)
{
    sum->index = index;
    sum->s = 0;
    tq_wide_clear(&sum->wide);
}

static void add(tq_backward_sum *sum, tq_exact v, tq_u32 number)
{
    const tq_inner *inner = &sum->inner;
    if (inner->exact_sum)
        tq_wide_add(&sum->wide, v);
    else
        sum->s = tq_inner__apply(inner, &inner->sum, tq_exact_add(tq_exact_of(sum->s), v), sum->index, number,
                                 sum->stream + TQ_STREAM_SUM);
}

void tq_backward_sum__add(tq_backward_sum *sum, float x, tq_u32 number)
{
    add(sum, tq_exact_of(tq_bits__of(x)), number);
}

void tq_backward_sum__add_product(tq_backward_sum *sum, float x, float y, tq_u32 number)
{
    const tq_inner *inner = &sum->inner;
    const tq_exact v = tq_exact_multiply(tq_exact_of(tq_bits__of(x)), tq_exact_of(tq_bits__of(y)));
    add(sum,
        inner->fused ? v
                     : tq_exact_of(tq_inner__apply(inner, &inner->product, v, sum->index, number,
                                                   sum->stream + TQ_STREAM_PRODUCT)),
        number);
}

float tq_backward_sum__total(const tq_backward_sum *sum)
{
    const tq_exact v = sum->inner.exact_sum ? tq_wide_value(&sum->wide) : tq_exact_of(sum->s);
    return tq_bits__number(tq_exact_to_carrier(v));
}

float tq_backward__product(float a, float b)
{
    return tq_bits__number(tq_carrier_product(tq_bits__of(a), tq_bits__of(b)));
}
