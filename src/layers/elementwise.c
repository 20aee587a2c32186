#include "layers/elementwise.h"

#include <string.h>

#include "tensorquant/kernels/layers/maximum.cl"

#define CPU_RUN 64 /* elements of a CPU's work-item, at most; elsewhere neighbours read neighbours */

tq_u64 tq_layer__first_element(const tq_layer *layer)
{
    return layer->first_sample * (tq_u64)(tq_shape_count(&layer->output) / layer->output.dim[0]);
}

tq_pieces tq_layer__pieces(const tq_layer *layer, tq_u64 length)
{
    const bool cpu = strcmp(tq_context__target(layer->context)->type, "cpu") == 0;
    const tq_u64 longest = cpu ? CPU_RUN : 1, count = (length + longest - 1) / longest;
    return (tq_pieces){.count = count, .run = (tq_u32)((length + count - 1) / count)};
}

tq_status tq_layer__plain_kernel(const tq_layer *layer, tq_kernel **kernel, const char *file,
                                 const char *name)
{
    return tq_context__plain_kernel(kernel, layer->context, &file, 1, name);
}

tq_status tq_layer__inner_kernel(const tq_layer *layer, tq_kernel **kernel, const char *const *files,
                                 size_t count, const char *name)
{
    tq_program_text text = {0};
    return tq_layer__inner_kernel_of(layer, kernel, &text, files, count, name);
}

tq_status tq_layer__inner_kernel_of(const tq_layer *layer, tq_kernel **kernel, tq_program_text *text,
                                    const char *const *files, size_t count, const char *name)
{
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    tq_program_text__define(text, "TQ_FUSED", "%d", tq_accumulation__fused(a));
    tq_program_text__define(text, "TQ_EXACT_SUM", "%d", a->exact_sum);
    tq_quantizer__bind(text, "TQ_PRODUCT", &a->product);
    tq_quantizer__bind(text, "TQ_SUM", &a->sum);
    tq_quantizer__bind(text, "TQ_RESULT", &a->result);
    for (size_t i = 0; i < count; ++i)
        tq_program_text__add(text, files[i]);
    const tq_status status = tq_kernel__create(kernel, layer->context, text, name);
    tq_program_text__free(text);
    return status;
}

tq_u32 tq_bits__largest(const float *x, int64_t count)
{
    tq_u32 order = 0;
    for (int64_t i = 0; i < count; ++i) {
        const tq_u32 other = tq_order_of(tq_bits__of(x[i]));
        order = other > order ? other : order;
    }
    return tq_bits_of_order(order);
}

tq_u32 tq_inner__apply(const tq_inner *inner, const tq_baked *slot, tq_exact v, tq_u64 index, tq_u32 number,
                       tq_u32 stream)
{
    const tq_u32 draw = slot->random_bits > 0
                            ? tq_draw(inner->key0, inner->key1, index, number, stream, slot->random_bits)
                            : 0;
    return slot->apply(v, slot->words, slot->structure, draw);
}

tq_u32 tq_inner__apply_element(const tq_inner *inner, const tq_baked *slot, tq_exact v, tq_u64 element,
                               tq_u32 stream)
{
    const tq_u32 draw = slot->random_bits > 0
                            ? tq_element_draw(inner->key0, inner->key1, element, stream, slot->random_bits)
                            : 0;
    return slot->apply(v, slot->words, slot->structure, draw);
}

tq_u64 tq_layer__most_steps(const tq_layer *layer)
{
    return tq_device__most_rounds(tq_context__target(layer->context)) / TQ_STEP_ROUNDS;
}

tq_status tq_layer__check_steps(const tq_layer *layer, tq_u64 steps)
{
    const tq_u64 most = tq_layer__most_steps(layer);
    if (steps <= most)
        return TQ_OK;
    return tq_status__fail(TQ_E_UNSUPPORTED, "%llu steps for each output; this device allows %llu",
                           (unsigned long long)steps, (unsigned long long)most);
}
