#include "layers/backward.h"

#include <stdlib.h>
#include <string.h>

#include "tensorquant/kernels/accumulate/wide_sum.cl"

struct tq_backward_sum {
    tq_inner inner;
    tq_wide wide;
    tq_u32 s, stream;
    tq_u64 index;
};

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
    const int64_t count = tq_shape_count(&layer->input[input]), samples = layer->input[input].dim[0];
    const int64_t each = count / samples;
    if (to != from)
        memcpy(to, from, (size_t)count * sizeof *to);
    if (tq_quantizer_is_none(&q->backward.result))
        return;
    for (int64_t i = 0; i < samples; ++i) {
        tq_quantizer fitted;
        float *sample = to + i * each;
        tq_quantizer__fit_host(&fitted, &q->backward.result, sample, each);
        tq_quantizer__array(sample, sample, each, &fitted, q->seed, q->id | TQ_ID_BACKWARD,
                            stream_of(input) + TQ_STREAM_RESULT,
                            tq_backward__first(layer, input) + (tq_u64)(i * each));
    }
}

/* Whether the device's own additions are the sums: kernels/layers/backward.cl, TQ_NATIVE. */
static bool is_native(const tq_layer *layer, const tq_accumulation *a)
{
    const tq_device_info *device = tq_context_device(layer->context);
    return device->subnormals && device->fma && !a->exact_sum && tq_quantizer_is_none(&a->sum) &&
           tq_context__paths(layer->context) != TQ_PATHS_GENERAL;
}

tq_status tq_backward__kernel(const tq_layer *layer, const tq_backward_slots *slots, tq_kernel **kernel,
                              tq_program_text *text, const char *const *files, size_t count, const char *name)
{
    const tq_accumulation *a = slots->accumulation;
    tq_program_text__define(text, "TQ_NATIVE", "%d", is_native(layer, a));
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

tq_status tq_backward_sum__create(tq_backward_sum **sum, const tq_layer *layer,
                                  const tq_backward_slots *slots)
{
    const tq_layer_quantizers *q = &layer->quantizers;
    *sum = calloc(1, sizeof **sum);
    if (*sum == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a sum");
    (*sum)->inner = tq_inner__of(slots->accumulation, q->seed, q->id | slots->id);
    (*sum)->stream = slots->stream;
    return TQ_OK;
}

void tq_backward_sum__destroy(tq_backward_sum *sum)
{
    free(sum);
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
