#include "layers/reduce.h"

#include "layers/reorder.h"
#include "tensorquant/kernels/accumulate/wide_sum.cl"
#include "tensorquant/kernels/layers/maximum.cl"

#define MOST_ELEMENTS (1 << 24) /* of a group: any binary32 integer */

const tq_parameter tq_reduce_options[3] = {
    {.name = "axes",
     .initial = 1,
     .lowest = 0,
     .highest = TQ_MAX_RANK - 1,
     .count = 4,
     .integer = true,
     .required = true,
     .help = "dimensions that become one number"},
    {.name = "keepdims",
     .initial = 1,
     .lowest = 0,
     .highest = 1,
     .integer = true,
     .help = "0: the dimensions go"},
    {.name = "order",
     .initial = 0,
     .lowest = 0,
     .highest = 1,
     .choices = tq_order_choices,
     .help = "how dimensions of a rank-4 tensor are numbered"},
};

const tq_parameter tq_arg_options[4] = {
    {.name = "axis",
     .initial = 1,
     .lowest = 0,
     .highest = TQ_MAX_RANK - 1,
     .integer = true,
     .required = true,
     .help = "dimension of which the place is given"},
    {.name = "keepdims",
     .initial = 1,
     .lowest = 0,
     .highest = 1,
     .integer = true,
     .help = "0: the dimensions go"},
    {.name = "order",
     .initial = 0,
     .lowest = 0,
     .highest = 1,
     .choices = tq_order_choices,
     .help = "how dimensions of a rank-4 tensor are numbered"},
    {.name = "last",
     .initial = 0,
     .lowest = 0,
     .highest = 1,
     .integer = true,
     .help = "1: of equal numbers the last"},
};

static tq_reduction reduction_of(const tq_layer *layer)
{
    return *(const tq_reduction *)layer->kind->family;
}

static bool gives_place(const tq_layer *layer)
{
    return reduction_of(layer) == TQ_REDUCE_ARGMAX || reduction_of(layer) == TQ_REDUCE_ARGMIN;
}

/* The axes as bits, by the order. */
static unsigned read_axes(const tq_layer *layer)
{
    unsigned axes = 0;
    for (size_t i = 0; i < (gives_place(layer) ? 1u : 4u); ++i)
        axes |= 1u << (int)tq_layer__option(layer, gives_place(layer) ? "axis" : "axes", i);
    return axes;
}

/* The dimensions that stay, of the input in memory, in the sequence of the output in memory; returns how
 * many. */
static int find_outer(const tq_layer *layer, unsigned inside, int outer[TQ_MAX_RANK])
{
    const bool nchw = tq_reorder__is_nchw(layer), keeps = tq_layer__option(layer, "keepdims", 0) > 0.0;
    const int rank = layer->input[0].rank;
    int stays[TQ_MAX_RANK], count = 0;
    for (int i = 0; i < rank; ++i) {
        const int stored = keeps ? i : tq_reorder__stored_axis(nchw, rank, i);
        if (!(inside >> stored & 1))
            stays[count++] = stored;
    }
    /* The others stay as ones, and these in the input's sequence; or these are counted, and stored, anew. */
    for (int i = 0; i < count; ++i)
        outer[i] = stays[keeps ? i : tq_reorder__counted_axis(nchw, count, i)];
    return count;
}

static int resolve(const tq_layer *layer, unsigned *inside, int outer[TQ_MAX_RANK])
{
    const unsigned axes = read_axes(layer);
    const int rank = layer->input[0].rank;
    *inside = 0;
    for (int i = 0; i < rank; ++i)
        if (axes >> i & 1)
            *inside |= 1u << tq_reorder__stored_axis(tq_reorder__is_nchw(layer), rank, i);
    return find_outer(layer, *inside, outer);
}

tq_status tq_reduce__shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape *in = &layer->input[0];
    int outer[TQ_MAX_RANK];
    unsigned inside;
    if (read_axes(layer) >> in->rank != 0)
        return tq_status__fail(TQ_E_SHAPE, "an axis is not below the input's rank, %d", in->rank);
    const int count = resolve(layer, &inside, outer);
    const tq_groups groups = tq_groups__of(in, inside, outer, count);
    if (tq_groups__size(&groups) > MOST_ELEMENTS)
        return tq_status__fail(TQ_E_SHAPE, "%llu numbers become one, at most %d",
                               (unsigned long long)tq_groups__size(&groups), MOST_ELEMENTS);
    *output = *in;
    if (tq_layer__option(layer, "keepdims", 0) > 0.0) {
        for (int i = 0; i < in->rank; ++i)
            output->dim[i] = inside >> i & 1 ? 1 : in->dim[i];
        return TQ_OK;
    }
    output->rank = count > 0 ? count : 1;
    output->dim[0] = 1;
    for (int i = 0; i < count; ++i)
        output->dim[i] = in->dim[outer[i]];
    return TQ_OK;
}

/* Before RESULT. */
static tq_range range_of(const tq_layer *layer, tq_u64 size)
{
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    const tq_reduction reduction = reduction_of(layer);
    tq_range from = tq_range__unknown();
    if (gives_place(layer))
        return (tq_range){.grid = 0, .highest = (double)size, .finite = true};
    if (reduction == TQ_REDUCE_MAX || reduction == TQ_REDUCE_MIN)
        return layer->input_range[0];
    from.finite =
        reduction != TQ_REDUCE_PRODUCT && layer->input_range[0].finite && tq_accumulation__keeps_finite(a);
    return from;
}

tq_status tq_reduce__plan(tq_layer *layer)
{
    static const char *const files[] = {"accumulate/wide_sum.cl", "layers/maximum.cl", "layers/groups.cl",
                                        "layers/reduce.cl"};
    tq_reduce_state *state = layer->state;
    tq_program_text text = {0};
    int outer[TQ_MAX_RANK];
    unsigned inside;
    const int count = resolve(layer, &inside, outer);
    state->groups = tq_groups__of(&layer->input[0], inside, outer, count);
    state->size = tq_groups__size(&state->groups);
    state->last = gives_place(layer) && tq_layer__option(layer, "last", 0) > 0.0;
    state->inner = tq_inner__of(&layer->quantizers.intrinsic, layer->quantizers.seed, layer->quantizers.id);
    layer->output_range =
        tq_range__quantized(range_of(layer, state->size), &layer->quantizers.intrinsic.result);
    TQ_TRY(tq_layer__check_steps(layer, state->size));
    TQ_TRY(tq_groups__upload(&state->groups, layer, &state->memory));
    tq_program_text__define(&text, "TQ_REDUCTION", "%d", (int)reduction_of(layer));
    return tq_layer__inner_kernel_of(layer, &state->kernel, &text, files, TQ_COUNT(files), "reduce");
}

tq_status tq_reduce__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_reduce_state *state = layer->state;
    const tq_inner *inner = &state->inner;
    const tq_u32 key[2] = {inner->key0, inner->key1};
    const tq_u64 first = tq_layer__first_element(layer);
    const tq_baked *step = reduction_of(layer) == TQ_REDUCE_PRODUCT ? &inner->product : &inner->sum;
    const tq_argument arguments[] = {
        TQ_TENSOR(inputs[0]),          TQ_TENSOR(output),     TQ_MEMORY(state->memory),
        TQ_VALUE(state->size),         TQ_VALUE(state->last), TQ_VALUE(step->words),
        TQ_VALUE(inner->result.words), TQ_VALUE(key),         TQ_VALUE(first)};
    return tq_kernel__run_elements(state->kernel, tq_shape_count(&layer->output), arguments,
                                   TQ_COUNT(arguments));
}

static tq_exact add_up(const tq_reduce_state *state, const float *x, tq_u64 index)
{
    const tq_inner *inner = &state->inner;
    tq_wide wide;
    tq_u32 s = 0;
    tq_wide_clear(&wide);
    for (tq_u64 i = 0; i < state->size; ++i) {
        const tq_exact number = tq_exact_of(tq_bits__of(x[tq_groups__step(&state->groups, i)]));
        if (inner->exact_sum)
            tq_wide_add(&wide, number);
        else
            s = tq_inner__apply(inner, &inner->sum, tq_exact_add(tq_exact_of(s), number), index, (tq_u32)i,
                                TQ_STREAM_SUM);
    }
    return inner->exact_sum ? tq_wide_value(&wide) : tq_exact_of(s);
}

static tq_exact multiply(const tq_reduce_state *state, const float *x, tq_u64 index)
{
    const tq_inner *inner = &state->inner;
    tq_exact p = {.significand = 1};
    for (tq_u64 i = 0; i < state->size; ++i) {
        const tq_exact number = tq_exact_of(tq_bits__of(x[tq_groups__step(&state->groups, i)]));
        p = tq_exact_of(tq_inner__apply(inner, &inner->product, tq_exact_multiply(p, number), index,
                                        (tq_u32)i, TQ_STREAM_PRODUCT));
    }
    return p;
}

/* An integer that orders like the number, or the other way round; a NaN is the largest. For places zeros are
 * equal. */
static tq_u32 rank_of(tq_u32 bits, bool places, bool least)
{
    const tq_u32 order = tq_order_of(places && bits == TQ_SIGN_BIT ? 0 : bits);
    return least && order != 0xFFFFFFFFu ? 0xFFFFFFFEu - order : order;
}

static tq_exact select_one(const tq_reduce_state *state, const float *x, tq_reduction reduction)
{
    const bool least = reduction == TQ_REDUCE_MIN || reduction == TQ_REDUCE_ARGMIN;
    const bool places = reduction == TQ_REDUCE_ARGMAX || reduction == TQ_REDUCE_ARGMIN;
    tq_u32 best = 0;
    tq_u64 at = 0;
    for (tq_u64 i = 0; i < state->size; ++i) {
        const tq_u32 rank = rank_of(tq_bits__of(x[tq_groups__step(&state->groups, i)]), places, least);
        if (i == 0 || rank > best || (state->last && rank == best)) {
            best = rank;
            at = i;
        }
    }
    return places ? (tq_exact){.significand = at}
                  : tq_exact_of(tq_bits__of(x[tq_groups__step(&state->groups, at)]));
}

tq_status tq_reduce__reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_reduce_state *state = layer->state;
    const tq_inner *inner = &state->inner;
    const tq_reduction reduction = reduction_of(layer);
    for (int64_t i = 0; i < tq_shape_count(&layer->output); ++i) {
        const float *x = inputs[0] + tq_groups__start(&state->groups, (tq_u64)i);
        const tq_u64 index = tq_layer__first_element(layer) + (tq_u64)i;
        const tq_exact count = {.significand = state->size};
        const bool sums = reduction == TQ_REDUCE_SUM || reduction == TQ_REDUCE_MEAN;
        tq_exact v = sums                             ? add_up(state, x, index)
                     : reduction == TQ_REDUCE_PRODUCT ? multiply(state, x, index)
                                                      : select_one(state, x, reduction);
        if (reduction == TQ_REDUCE_MEAN)
            v = tq_exact_of(tq_exact_to_carrier(tq_exact_divide(v, count)));
        output[i] =
            tq_bits__number(tq_inner__apply_element(inner, &inner->result, v, index, TQ_STREAM_RESULT));
    }
    return TQ_OK;
}

void tq_reduce__release(tq_layer *layer)
{
    tq_reduce_state *state = layer->state;
    tq_kernel__destroy(state->kernel);
    tq_memory__release(state->memory);
    *state = (tq_reduce_state){0};
}
