#include "layers/batch.h"

#define MOST_ELEMENTS (1 << 24) /* of a channel: any binary32 integer */

tq_u64 tq_batch__first(const tq_layer *layer)
{
    const tq_batchnorm *state = layer->state;
    return layer->first_sample * state->channels;
}

tq_backward_slots tq_batch__update_slots(const tq_layer *layer, size_t weight)
{
    return (tq_backward_slots){&layer->quantizers.update, TQ_ID_UPDATE, (tq_u32)(8 * weight)};
}

tq_backward_slots tq_batch__forward_slots(const tq_layer *layer, tq_u32 stream)
{
    return (tq_backward_slots){&layer->quantizers.intrinsic, 0, stream};
}

/* Elements of a channel. */
static tq_u64 size_of(const tq_layer *layer)
{
    const tq_batchnorm *state = layer->state;
    return (tq_u64)tq_shape_count(&layer->input[0]) / state->channels;
}

static tq_status check(const tq_layer *layer)
{
    const tq_layer_quantizers *q = &layer->quantizers;
    const tq_u64 size = size_of(layer);
    if (size > MOST_ELEMENTS)
        return tq_status__fail(TQ_E_SHAPE, "a channel of %llu numbers in a batch, at most %d",
                               (unsigned long long)size, MOST_ELEMENTS);
    if (q->intrinsic.exact_sum || q->backward.exact_sum || q->update.exact_sum)
        return tq_layer__check_steps(layer, size);
    return TQ_OK;
}

tq_status tq_batch__plan(tq_layer *layer)
{
    tq_batchnorm *state = layer->state;
    TQ_TRY(check(layer));
    return tq_memory__create(&state->statistics, layer->context, (uint64_t)TQ_ROWS * state->channels * 4);
}

static tq_status kernel_of(const tq_layer *layer, const tq_backward_slots *slots, tq_kernel **kernel,
                           const char *name)
{
    static const char *const files[] = {"math.cl", "layers/batch.cl"};
    tq_program_text text = {0};
    return tq_backward__kernel(layer, slots, kernel, &text, files, TQ_COUNT(files), name);
}

/* Where a sum goes: a row of the statistics, or a tensor. */
typedef struct target {
    const tq_memory *memory;
    tq_u64 offset;
} target;

static tq_status add_up(const tq_layer *layer, const tq_backward_slots *slots, tq_u32 kind,
                        const tq_tensor *x, const tq_tensor *g, target to)
{
    const tq_batchnorm *state = layer->state;
    const tq_backward_words words = tq_backward__words(layer, slots);
    const tq_u64 first = tq_batch__first(layer), size = size_of(layer), most = tq_layer__most_steps(layer);
    tq_u64 begin, end = 0;
    tq_kernel *kernel;
    TQ_TRY(kernel_of(layer, slots, &kernel, "batch_sums"));
    const tq_argument arguments[] = {TQ_TENSOR(x),         TQ_TENSOR(g),        TQ_MEMORY(state->statistics),
                                     TQ_MEMORY(to.memory), TQ_VALUE(to.offset), TQ_VALUE(kind),
                                     TQ_VALUE(begin),      TQ_VALUE(end),       TQ_VALUE(words.product),
                                     TQ_VALUE(words.sum),  TQ_VALUE(words.key), TQ_VALUE(words.stream),
                                     TQ_VALUE(first)};
    for (begin = 0; begin < size; begin = end) {
        end = size - begin > most ? begin + most : size;
        TQ_TRY(tq_kernel__run_elements(kernel, state->channels, arguments, TQ_COUNT(arguments)));
    }
    return TQ_OK;
}

static tq_status add_row(const tq_layer *layer, const tq_backward_slots *slots, tq_u32 kind,
                         const tq_tensor *x, const tq_tensor *g)
{
    const tq_batchnorm *state = layer->state;
    return add_up(layer, slots, kind, x, g,
                  (target){state->statistics, (tq_u64)TQ_ROW_SUM * state->channels});
}

/* The mean of the row's numbers; `plain`: without RESULT. */
static tq_status divide(const tq_layer *layer, const tq_backward_slots *slots, tq_u32 row, tq_u32 number,
                        tq_u32 plain)
{
    const tq_batchnorm *state = layer->state;
    const tq_backward_words words = tq_backward__words(layer, slots);
    const tq_u64 first = tq_batch__first(layer), size = size_of(layer);
    tq_kernel *kernel;
    TQ_TRY(kernel_of(layer, slots, &kernel, "batch_mean"));
    const tq_argument arguments[] = {
        TQ_MEMORY(state->statistics), TQ_VALUE(row),       TQ_VALUE(size),   TQ_VALUE(plain),
        TQ_VALUE(words.result),       TQ_VALUE(words.key), TQ_VALUE(number), TQ_VALUE(first)};
    return tq_kernel__run_elements(kernel, state->channels, arguments, TQ_COUNT(arguments));
}

static tq_status make_factors(const tq_layer *layer, const tq_backward_slots *slots)
{
    const tq_batchnorm *state = layer->state;
    const tq_backward_words words = tq_backward__words(layer, slots);
    const tq_weight *weight = layer->weight;
    const tq_u64 first = tq_batch__first(layer), padded = state->channels + state->lanes.count;
    const float epsilon = (float)tq_layer__option(layer, "epsilon", 0);
    const float keep = (float)tq_layer__option(layer, "momentum", 0), share = 1.0f - keep;
    tq_kernel *kernel;
    TQ_TRY(kernel_of(layer, slots, &kernel, "batch_factors"));
    const tq_argument arguments[] = {TQ_MEMORY(state->statistics),
                                     TQ_TENSOR(weight[TQ_BATCH_GAMMA].trained),
                                     TQ_TENSOR(weight[TQ_BATCH_BETA].trained),
                                     TQ_TENSOR(weight[TQ_BATCH_MEAN].average),
                                     TQ_TENSOR(weight[TQ_BATCH_VARIANCE].average),
                                     TQ_MEMORY(state->factor),
                                     TQ_MEMORY(state->rest),
                                     TQ_VALUE(epsilon),
                                     TQ_VALUE(keep),
                                     TQ_VALUE(share),
                                     TQ_VALUE(padded),
                                     TQ_VALUE(words.product),
                                     TQ_VALUE(words.sum),
                                     TQ_VALUE(words.result),
                                     TQ_VALUE(words.key),
                                     TQ_VALUE(first)};
    return tq_kernel__run_elements(kernel, state->channels, arguments, TQ_COUNT(arguments));
}

tq_status tq_batch__prepare(const tq_layer *layer, const tq_tensor *x)
{
    const tq_backward_slots mean = tq_batch__forward_slots(layer, TQ_BATCH_STREAM_MEAN);
    const tq_backward_slots variance = tq_batch__forward_slots(layer, TQ_BATCH_STREAM_VARIANCE);
    for (size_t i = 0; i < TQ_BATCH_WEIGHTS; ++i)
        if (layer->weight[i].trained == NULL && layer->weight[i].average == NULL)
            return tq_status__fail(TQ_E_STATE, "weight '%s' is not there for training",
                                   layer->kind->weights[i].name);
    TQ_TRY(add_row(layer, &mean, TQ_OF_INPUT, x, x));
    TQ_TRY(divide(layer, &mean, TQ_ROW_MEAN, TQ_BATCH_DRAW_MEAN, 0));
    TQ_TRY(add_row(layer, &variance, TQ_OF_SQUARES, x, x));
    TQ_TRY(divide(layer, &variance, TQ_ROW_VARIANCE, TQ_BATCH_DRAW_VARIANCE, 0));
    return make_factors(layer, &mean);
}

static tq_status by_input(const tq_layer *layer, const tq_gradients *gradients)
{
    const tq_batchnorm *state = layer->state;
    const tq_tensor *x = gradients->input[0], *g = gradients->output_gradient;
    tq_tensor *to = gradients->input_gradient[0];
    tq_backward_slots slots = tq_backward__slots(layer, 0);
    const tq_u64 channels = state->channels;
    tq_kernel *kernel;
    if (to == NULL)
        return TQ_OK;
    TQ_TRY(add_row(layer, &slots, TQ_OF_GRADIENT, x, g));
    TQ_TRY(divide(layer, &slots, TQ_ROW_SHARE, 0, 1));
    slots.stream += 8;
    TQ_TRY(add_row(layer, &slots, TQ_OF_PRODUCTS, x, g));
    TQ_TRY(divide(layer, &slots, TQ_ROW_SLOPE, 0, 1));
    TQ_TRY(kernel_of(layer, &slots, &kernel, "batch_gradient"));
    const tq_argument arguments[] = {TQ_TENSOR(x), TQ_TENSOR(g), TQ_TENSOR(to), TQ_MEMORY(state->statistics),
                                     TQ_VALUE(channels)};
    TQ_TRY(tq_kernel__run_elements(kernel, tq_shape_count(&layer->input[0]), arguments, TQ_COUNT(arguments)));
    return tq_backward__result(layer, 0, to, to);
}

tq_status tq_batch__backward(tq_layer *layer, const tq_gradients *gradients)
{
    const tq_layer_quantizers *q = &layer->quantizers;
    for (size_t i = TQ_BATCH_GAMMA; i <= TQ_BATCH_BETA; ++i) {
        tq_tensor *to = gradients->weight_gradient[i];
        const tq_backward_slots slots = tq_batch__update_slots(layer, i);
        if (to == NULL)
            continue;
        TQ_TRY(add_up(layer, &slots, i == TQ_BATCH_GAMMA ? TQ_OF_PRODUCTS : TQ_OF_GRADIENT,
                      gradients->input[0], gradients->output_gradient,
                      (target){tq_tensor__memory(to), tq_tensor__offset(to)}));
        TQ_TRY(tq_quantizer__tensor(to, to, &q->update.result, q->seed, q->id | slots.id,
                                    slots.stream + TQ_STREAM_RESULT, tq_batch__first(layer), 1));
    }
    return by_input(layer, gradients);
}
