/* Quantizing tensors on the device. */
#include <stdlib.h>

#include "quantizers/fit.h"
#include "runtime/launch.h"
#include "util/fail.h"

/* How a kernel is cut: vectors of so many lanes, so many of them for one work-item. */
typedef struct cut {
    int lanes, rows;
} cut;

/* As many vectors as one run or, where these are few, two runs of draws serve
 * (kernels/quantizers/element_draws.cl). */
static cut cut_of(const tq_context *context, const tq_quantizer *q)
{
    const int bits = tq_quantizer__random_bits(q);
    const int runs = bits > 8 ? 2 : 1;
    if (!tq_quantizer__has_vector(q))
        return (cut){1, 1};
    return (cut){tq_device__lanes(tq_context__target(context)), bits > 0 ? runs * 128 / bits : 4};
}

tq_status tq_fit__kernel(tq_kernel **kernel, tq_context *context, const tq_quantizer *q, const char *name)
{
    const cut c = cut_of(context, q);
    tq_program_text text = {0};
    tq_status status;
    tq_program_text__define(&text, "TQ_LANES", "%d", c.lanes);
    tq_program_text__define(&text, "TQ_ROWS", "%d", c.rows);
    tq_quantizer__bind(&text, "QUANTIZE", q);
    tq_program_text__add(&text, "layers/quantize.cl");
    status = tq_context__kernel(kernel, context, &text, name);
    tq_program_text__free(&text);
    return status;
}

/* What one call quantizes, and its draws. */
typedef struct task {
    tq_tensor *to;
    const tq_tensor *from;
    tq_u32 key0, key1, stream;
    tq_u64 first;
} task;

/* Elements start .. start+count-1 with a quantizer that needs no fit. */
static tq_status quantize_part(const task *t, const tq_quantizer *q, tq_u64 start, tq_u64 count)
{
    tq_context *const context = tq_tensor__context(t->to);
    const tq_words words = tq_quantizer__words(q);
    const tq_memory *const from = tq_tensor__memory(t->from), *const to = tq_tensor__memory(t->to);
    const tq_u64 from_offset = tq_tensor__offset(t->from) + start,
                 to_offset = tq_tensor__offset(t->to) + start;
    const tq_u64 first = t->first + start;
    const tq_argument arguments[] = {TQ_PART(from, count * 4), TQ_VALUE(from_offset), TQ_PART(to, count * 4),
                                     TQ_VALUE(to_offset),      TQ_VALUE(count),       TQ_VALUE(words),
                                     TQ_VALUE(t->key0),        TQ_VALUE(t->key1),     TQ_VALUE(t->stream),
                                     TQ_VALUE(first)};
    const cut c = cut_of(context, q);
    const tq_u64 step = (tq_u64)(c.lanes * c.rows);
    tq_kernel *kernel;
    TQ_TRY(tq_fit__kernel(&kernel, context, q, "quantize_elements"));
    return tq_kernel__run_flat(kernel, (first % step + count + step - 1) / step, arguments,
                               TQ_COUNT(arguments));
}

/* Every part is fitted, then quantized by itself. All are fitted before anything is written: `to` may be
 * `from`. */
static tq_status quantize_fitted(const task *t, const tq_quantizer *q, tq_u64 length, tq_u64 parts)
{
    tq_quantizer *const fitted = calloc(parts, sizeof *fitted);
    tq_status status;
    if (!fitted)
        return tq_status__fail(TQ_E_MEMORY, "no host memory for %llu quantizers", (unsigned long long)parts);
    status = tq_fit__parts(fitted, t->from, q, length, parts);
    for (tq_u64 p = 0; p < parts && status == TQ_OK; ++p)
        status = quantize_part(t, &fitted[p], p * length, length);
    free(fitted);
    return status;
}

/* On the host: a scale for each channel is for weights, which are quantized once. */
static tq_status quantize_channels(const task *t, const tq_quantizer *q, uint64_t seed, uint32_t id,
                                   int64_t count)
{
    float *const values = malloc((size_t)count * sizeof *values);
    tq_status status;
    if (!values)
        return tq_status__fail(TQ_E_MEMORY, "no host memory for %lld numbers", (long long)count);
    status = tq_tensor_read(t->from, values, count);
    if (status == TQ_OK)
        status = tq_quantizer__channels(values, values, count, tq_shape__channels(tq_tensor_shape(t->from)),
                                        q, seed, id, t->stream);
    if (status == TQ_OK)
        status = tq_tensor_write(t->to, values, count);
    free(values);
    return status;
}

tq_status tq_quantizer__tensor(tq_tensor *to, const tq_tensor *from, const tq_quantizer *q, uint64_t seed,
                               uint32_t id, uint32_t stream, uint64_t first, int64_t samples)
{
    const tq_u64 count = (tq_u64)tq_shape_count(tq_tensor_shape(from));
    const task t = {.to = to,
                    .from = from,
                    .key0 = (tq_u32)seed,
                    .key1 = (tq_u32)(seed >> 32) ^ id,
                    .stream = stream,
                    .first = first};
    const bool in_place =
        tq_tensor__memory(to) == tq_tensor__memory(from) && tq_tensor__offset(to) == tq_tensor__offset(from);
    if (tq_quantizer_is_none(q) && in_place)
        return TQ_OK;
    if (tq_quantizer__per_channel(q) && samples == 1)
        return quantize_channels(&t, q, seed, id, (int64_t)count);
    if (!tq_quantizer__needs_fit(q))
        return quantize_part(&t, q, 0, count);
    if (samples < 1 || count % (tq_u64)samples != 0)
        return tq_status__fail(TQ_E_ARGUMENT, "%lld samples do not divide a tensor of %llu elements",
                               (long long)samples, (unsigned long long)count);
    return quantize_fitted(&t, q, count / (tq_u64)samples, (tq_u64)samples);
}

tq_status tq_tensor_quantize(tq_tensor *to, const tq_tensor *from, const tq_quantizer *q, uint64_t seed)
{
    int64_t to_count, from_count;
    if (!to || !from || !q)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_tensor_quantize: an argument is NULL");
    to_count = tq_shape_count(tq_tensor_shape(to));
    from_count = tq_shape_count(tq_tensor_shape(from));
    if (to_count != from_count)
        return tq_status__fail(TQ_E_SHAPE, "tq_tensor_quantize: from has %lld elements, to has %lld",
                               (long long)from_count, (long long)to_count);
    if (tq_tensor__context(to) != tq_tensor__context(from))
        return tq_status__fail(TQ_E_ARGUMENT, "tq_tensor_quantize: the tensors are of two contexts");
    return tq_quantizer__tensor(to, from, q, seed, 0, TQ_STREAM_ELEMENT, 0, 1);
}
