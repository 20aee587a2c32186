#include "layers/contract.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

tq_status tq_contract__check_channels(const tq_layer *layer)
{
    if (layer->input[0].rank != 4)
        return tq_status__fail(TQ_E_SHAPE, "input has rank %d, needs 4 (samples, rows, columns, channels)",
                               layer->input[0].rank);
    const tq_shape *w = &layer->weight[0].shape;
    const int64_t groups = (int64_t)tq_layer__option(layer, "groups", 0), inputs = layer->input[0].dim[3];
    char weight[96], input[96];
    tq_shape_print(weight, sizeof weight, w);
    tq_shape_print(input, sizeof input, &layer->input[0]);
    if (inputs != w->dim[2] * groups || w->dim[3] % groups != 0)
        return tq_status__fail(
            TQ_E_SHAPE,
            "input %s (NHWC) does not fit weight %s with %lld groups: needs %lld input channels and "
            "output channels that are a multiple of the groups",
            input, weight, (long long)groups, (long long)(w->dim[2] * groups));
    if (layer->weight[1].master != NULL && layer->weight[1].shape.dim[0] != w->dim[3])
        return tq_status__fail(TQ_E_SHAPE, "bias has %lld elements, weight %s has %lld output channels",
                               (long long)layer->weight[1].shape.dim[0], weight, (long long)w->dim[3]);
    return TQ_OK;
}

tq_accumulation tq_contract__accumulation(const tq_layer *layer)
{
    tq_accumulation a = layer->quantizers.intrinsic;
    if (tq_accumulation_is_none(&a) && tq_layer__option(layer, "exact", 0) != 0.0)
        a.exact_sum = true;
    return a;
}

/* Numbers that exact sums give, rounded to binary32. Sums of 24 bits are not rounded; others grow by half a
 * last bit at most, and by half the smallest number. */
static tq_range exact_range(tq_range x, tq_range w, tq_range bias, int64_t terms)
{
    tq_range sum = tq_range__unknown();
    const bool on_grid = x.grid != TQ_GRID_UNKNOWN && w.grid != TQ_GRID_UNKNOWN && x.grid + w.grid > -149;
    const int grid = x.grid + w.grid < bias.grid ? x.grid + w.grid : bias.grid;
    const double most =
        (double)terms * tq_range__magnitude(x) * tq_range__magnitude(w) + tq_range__magnitude(bias);
    const double unrounded = on_grid ? ldexp(1.0, 24 + grid) : 0.0;
    const double bound = most <= unrounded ? most : most * (1 + 0x1p-23) + 0x1p-149;
    if (!x.finite || !w.finite || !bias.finite || bound > FLT_MAX)
        return sum;
    sum.finite = true;
    sum.highest = bound;
    sum.lowest = -bound;
    if (on_grid)
        sum.grid = grid;
    return sum;
}

tq_range tq_contract__range(const tq_layer *layer, tq_range w, tq_range bias, int64_t terms)
{
    const tq_accumulation accumulation = tq_contract__accumulation(layer), *a = &accumulation;
    const tq_range x = layer->input_range[0];
    tq_range from = tq_range__unknown();
    if (a->exact_sum && tq_quantizer_is_none(&a->product) && tq_quantizer_is_none(&a->result))
        return exact_range(x, w, bias, terms);
    from.finite = x.finite && w.finite && bias.finite && tq_accumulation__keeps_finite(a);
    return tq_range__quantized(from, &a->result);
}

/* With the weights that the host has. */
static tq_contraction_setup setup_of(const tq_layer *layer, const tq_geometry *geometry)
{
    return (tq_contraction_setup){.geometry = *geometry,
                                  .accumulation = tq_contract__accumulation(layer),
                                  .input = layer->input_range[0],
                                  .weight = layer->weight[0].values,
                                  .bias = layer->weight[1].values,
                                  .weight_range = &layer->weight[0].range,
                                  .bias_range = layer->weight[1].values ? &layer->weight[1].range : NULL,
                                  .seed = layer->quantizers.seed,
                                  .id = layer->quantizers.id};
}

void tq_contract__describe(tq_layer *layer, const tq_contraction_path *path)
{
    layer->path = path->name;
    layer->proof = path->proof;
    layer->instructions = path->instructions;
    layer->path_bound = path->bound;
    layer->otherwise = path->otherwise;
}

/* The contraction with the layer's tail. */
static tq_status make_contraction(tq_layer *layer, tq_contract *state)
{
    tq_contraction_setup setup = setup_of(layer, &state->geometry);
    tq_program_text tail = {0};
    if (layer->training) {
        setup.weight = setup.bias = NULL;
        setup.second = layer->weight[0].range;
        setup.entries = 1;
        setup.bounded = true;
    }
    tq_status status = tq_tail__plan(layer, &state->tail, &tail);
    setup.tail = &tail;
    setup.tail_words = state->tail.memory;
    if (status == TQ_OK)
        status = tq_contraction__create(&state->contraction, layer->context, &setup, &layer->reasons);
    tq_program_text__free(&tail);
    return status;
}

tq_status tq_contract__plan(tq_layer *layer, const tq_geometry *geometry)
{
    tq_contract *state = layer->state;
    const tq_range bias =
        layer->weight[1].values != NULL ? layer->weight[1].range : tq_range__measure(NULL, 0);
    layer->output_range =
        tq_contract__range(layer, layer->weight[0].range, bias, tq_geometry__terms(geometry));
    state->geometry = *geometry;
    if (!tq_contract__accumulation(layer).exact_sum && !layer->training)
        TQ_TRY(tq_fast_float__create(&state->fast, layer, geometry));
    if (state->fast == NULL)
        TQ_TRY(make_contraction(layer, state));
    if (layer->training)
        TQ_TRY(tq_contract__begins(&state->columns, layer->context, geometry->groups, 0,
                                   geometry->out_channels / geometry->groups));
    const tq_contraction_path path =
        state->fast != NULL ? tq_fast_float__path() : tq_contraction__path(state->contraction);
    tq_contract__describe(layer, &path);
    layer->macs = (int64_t)geometry->rows * geometry->out_channels * tq_geometry__terms(geometry);
    return TQ_OK;
}

tq_status tq_contract__begins(tq_memory **memory, tq_context *context, int64_t count, int64_t first,
                              int64_t step)
{
    const uint64_t bytes = (uint64_t)count * sizeof(tq_u64);
    tq_u64 *begin = malloc(bytes);
    if (begin == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld groups", (long long)count);
    for (int64_t i = 0; i < count; ++i)
        begin[i] = (tq_u64)(first + i * step);
    const tq_status status = tq_memory__of(memory, context, begin, bytes);
    free(begin);
    return status;
}

/* With the weights of the step. */
static tq_status forward_trained(tq_layer *layer, const tq_tensor *input, tq_tensor *output)
{
    const tq_contract *state = layer->state;
    const tq_geometry *g = &state->geometry;
    const tq_second second = {.tensor = layer->weight[0].trained,
                              .begin = state->columns,
                              .term_stride = g->out_channels,
                              .column_stride = 1,
                              .bias = layer->weight[1].trained};
    return tq_contraction__multiply(state->contraction, input, &second, output,
                                    layer->first_sample * (uint64_t)g->out_rows * (uint64_t)g->out_columns);
}

tq_status tq_contract__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    tq_contract *state = layer->state;
    if (layer->training)
        return forward_trained(layer, inputs[0], output);
    if (state->fast != NULL)
        return tq_fast_float__run(state->fast, layer, inputs[0], output);
    return tq_contraction__run(state->contraction, inputs[0], output, layer->first_sample);
}

tq_status tq_contract__reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_contract *state = layer->state;
    const tq_contraction_setup setup = setup_of(layer, &state->geometry);
    tq_contraction__reference(&setup, inputs[0], output, layer->first_sample);
    return TQ_OK;
}

void tq_contract__release(tq_layer *layer)
{
    tq_contract *state = layer->state;
    tq_fast_float__destroy(state->fast);
    tq_contraction__destroy(state->contraction);
    state->fast = NULL;
    state->contraction = NULL;
    tq_memory__release(state->columns);
    state->columns = NULL;
    tq_contract__release_backward(&state->backward);
    tq_tail__release(&state->tail);
}
