#include "layers/normalize.h"

#include <math.h>
#include <stdlib.h>

#include "tensorquant/kernels/accumulate/wide_sum.cl"
#include "tensorquant/kernels/math.cl"

#define PASSES 3 /* over a group */

static const float *beta_of(const tq_layer *layer)
{
    const tq_normalize_state *state = layer->state;
    const float *values = layer->weight[TQ_NORMALIZE_BETA].values;
    return values != NULL ? values : state->zeros;
}

static tq_status upload_weights(tq_layer *layer)
{
    tq_normalize_state *state = layer->state;
    const tq_u64 count = (tq_u64)layer->weight[TQ_NORMALIZE_GAMMA].shape.dim[0];
    state->zeros = calloc(count, sizeof *state->zeros);
    if (state->zeros == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %llu numbers", (unsigned long long)count);
    TQ_TRY(tq_memory__of(&state->gamma, layer->context, layer->weight[TQ_NORMALIZE_GAMMA].values,
                         count * sizeof(float)));
    return tq_memory__of(&state->beta, layer->context, beta_of(layer), count * sizeof(float));
}

tq_status tq_normalize__plan(tq_layer *layer)
{
    static const char *const files[] = {"accumulate/wide_sum.cl", "math.cl", "layers/groups.cl",
                                        "layers/normalize.cl"};
    tq_normalize_state *state = layer->state;
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    state->size = tq_groups__size(&state->groups);
    state->epsilon = tq_bits__of((float)tq_layer__option(layer, "epsilon", 0));
    state->inner = tq_inner__of(a, layer->quantizers.seed, layer->quantizers.id);
    layer->output_range = tq_range__quantized(tq_range__unknown(), &a->result);
    TQ_TRY(tq_layer__check_steps(layer, PASSES * state->size));
    TQ_TRY(tq_groups__upload(&state->groups, layer, &state->memory));
    TQ_TRY(upload_weights(layer));
    return tq_layer__inner_kernel(layer, &state->kernel, files, TQ_COUNT(files), "normalize_groups");
}

tq_status tq_normalize__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_normalize_state *state = layer->state;
    const tq_inner *inner = &state->inner;
    const tq_u32 key[2] = {inner->key0, inner->key1};
    const tq_u64 first = tq_layer__first_element(layer), groups = tq_groups__count(&state->groups);
    const tq_u64 first_group = layer->first_sample * (groups / (tq_u64)layer->output.dim[0]);
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]),           TQ_TENSOR(output),
                                     TQ_MEMORY(state->memory),       TQ_MEMORY(state->gamma),
                                     TQ_MEMORY(state->beta),         TQ_VALUE(state->size),
                                     TQ_VALUE(state->channels),      TQ_VALUE(state->epsilon),
                                     TQ_VALUE(inner->product.words), TQ_VALUE(inner->sum.words),
                                     TQ_VALUE(inner->result.words),  TQ_VALUE(key),
                                     TQ_VALUE(first_group),          TQ_VALUE(first)};
    return tq_kernel__run_elements(state->kernel, (int64_t)groups, arguments, TQ_COUNT(arguments));
}

/* One group on the host. */
typedef struct group {
    const tq_normalize_state *state;
    const float *x;              /* the layer's input */
    tq_u64 start, number, first; /* its first element; of the group and of element 0 in the data set */
} group;

static tq_exact rounded(tq_exact v)
{
    return tq_exact_of(tq_exact_to_carrier(v));
}

static tq_exact product(const group *g, tq_exact v, tq_u64 element, tq_u32 number)
{
    const tq_inner *inner = &g->state->inner;
    return tq_exact_of(
        tq_inner__apply(inner, &inner->product, v, g->first + element, number, TQ_STREAM_PRODUCT));
}

static tq_exact sum(const group *g, tq_exact v, tq_u64 element, tq_u32 number)
{
    const tq_inner *inner = &g->state->inner;
    if (inner->exact_sum)
        return rounded(v);
    return tq_exact_of(tq_inner__apply(inner, &inner->sum, v, g->first + element, number, TQ_STREAM_SUM));
}

static tq_exact statistic(const group *g, tq_exact v, tq_u32 number)
{
    const tq_inner *inner = &g->state->inner;
    return tq_exact_of(
        tq_inner__apply(inner, &inner->result, rounded(v), g->number, number, TQ_STREAM_INNER));
}

static tq_exact deviation(const group *g, tq_exact minus_mean, tq_u64 element)
{
    return sum(g, tq_exact_add(tq_exact_of(tq_bits__of(g->x[element])), minus_mean), element, 1);
}

/* The mean of the numbers, or with `minus_mean` that of the squares of their deviations. */
static tq_exact average(const group *g, const tq_exact *minus_mean)
{
    const tq_inner *inner = &g->state->inner;
    const tq_exact count = {.significand = g->state->size};
    tq_wide wide;
    tq_exact s = {0};
    tq_wide_clear(&wide);
    for (tq_u64 i = 0; i < g->state->size; ++i) {
        const tq_u64 element = g->start + tq_groups__step(&g->state->groups, i);
        tq_exact v = tq_exact_of(tq_bits__of(g->x[element]));
        if (minus_mean != NULL) {
            v = deviation(g, *minus_mean, element);
            v = tq_exact_multiply(v, v);
            v = inner->fused ? v : product(g, v, element, 0);
        }
        if (inner->exact_sum)
            tq_wide_add(&wide, v);
        else
            s = sum(g, tq_exact_add(s, v), element, minus_mean != NULL ? 2 : 0);
    }
    return tq_exact_divide(inner->exact_sum ? tq_wide_value(&wide) : s, count);
}

static void normalize(const tq_layer *layer, const group *g, float *y)
{
    const tq_normalize_state *state = g->state;
    const tq_inner *inner = &state->inner;
    const tq_exact one = {.significand = 1};
    tq_exact minus_mean = statistic(g, average(g, NULL), 0);
    minus_mean.negative ^= 1;
    const tq_exact variance = statistic(g, average(g, &minus_mean), 1);
    const tq_exact biased = rounded(tq_exact_add(variance, tq_exact_of(state->epsilon)));
    /* The host's square root is correctly rounded (IEEE 754). */
    const float root = sqrtf(tq_bits__number(tq_exact_to_carrier(biased)));
    const tq_exact scale =
        statistic(g, tq_exact_divide(one, statistic(g, tq_exact_of(tq_bits__of(root)), 2)), 3);
    for (tq_u64 i = 0; i < state->size; ++i) {
        const tq_u64 element = g->start + tq_groups__step(&state->groups, i);
        const tq_u64 weight = state->channels > 0 ? g->number % state->channels : i;
        tq_exact v = tq_exact_multiply(deviation(g, minus_mean, element), scale);
        v = inner->fused ? rounded(v) : product(g, v, element, 1);
        v = tq_exact_multiply(v, tq_exact_of(tq_bits__of(layer->weight[TQ_NORMALIZE_GAMMA].values[weight])));
        v = inner->fused ? v : product(g, v, element, 2);
        v = tq_exact_add(v, tq_exact_of(tq_bits__of(beta_of(layer)[weight])));
        v = inner->exact_sum ? v : sum(g, v, element, 3);
        y[element] = tq_bits__number(
            tq_inner__apply_element(inner, &inner->result, v, g->first + element, TQ_STREAM_RESULT));
    }
}

tq_status tq_normalize__reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_normalize_state *state = layer->state;
    const tq_u64 groups = tq_groups__count(&state->groups);
    const tq_u64 first_group = layer->first_sample * (groups / (tq_u64)layer->output.dim[0]);
    for (tq_u64 i = 0; i < groups; ++i) {
        const group g = {state, inputs[0], tq_groups__start(&state->groups, i), first_group + i,
                         tq_layer__first_element(layer)};
        normalize(layer, &g, output);
    }
    return TQ_OK;
}

void tq_normalize__release(tq_layer *layer)
{
    tq_normalize_state *state = layer->state;
    tq_kernel__destroy(state->kernel);
    tq_memory__release(state->memory);
    tq_memory__release(state->gamma);
    tq_memory__release(state->beta);
    free(state->zeros);
    *state = (tq_normalize_state){0};
}
