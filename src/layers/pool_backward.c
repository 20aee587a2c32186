/* Gradients of pooling kinds. */
#include <string.h>

#include "layers/backward.h"
#include "layers/pool.h"
#include "tensorquant/kernels/layers/maximum.cl"

#define HOLDER_STEPS 2 /* of a window that may hold the element */

/* Windows that may hold an element, along an axis. */
static tq_u64 holders(int taps, int dilation, int stride)
{
    return (tq_u64)((int64_t)(taps - 1) * dilation / stride + 1);
}

/* The sums' form: of gradients nothing is known. */
static void choose_form(const tq_layer *layer, tq_lanes *v)
{
    const tq_pool *state = layer->state;
    const tq_accumulation *a = &layer->quantizers.backward;
    const bool subnormals = tq_context__target(layer->context)->subnormals;
    v->sum = a->exact_sum ? TQ_LANES_EXACT : tq_lane_form__of(&a->sum, false);
    v->wild = !subnormals || v->sum != TQ_LANES_NEAREST;
    v->fast = tq_lanes__allowed(layer->context, !state->largest) && v->sum != TQ_LANES_EXACT &&
              (subnormals || tq_lane_form__keeps_tame(&a->sum));
    v->count = v->fast ? tq_lanes__width(layer, layer->input[0].dim[3]) : 1;
}

static tq_status make_kernel(const tq_layer *layer, const tq_lanes *v, tq_kernel **kernel, const char *name)
{
    static const char *const files[] = {"layers/tail.cl", "layers/lanes.cl", "layers/lane_slots.cl",
                                        "layers/pool.cl", "layers/pool_backward.cl"};
    const tq_pool *state = layer->state;
    const tq_backward_slots slots = tq_backward__slots(layer, 0);
    tq_program_text text = {0};
    tq_program_text__add(&text, "quantizers/vector.cl");
    tq_program_text__define(&text, "TQ_LANES", "%u", v->count);
    tq_program_text__define(&text, "TQ_LARGEST", "%d", state->largest);
    tq_program_text__define(&text, "TQ_FAST", "%d", v->fast);
    tq_program_text__define(&text, "TQ_WILD", "%d", v->wild);
    tq_program_text__define(&text, "TQ_SUM_FORM", "%d", (int)v->sum);
    tq_program_text__define(&text, "TQ_PRODUCT_FORM", "%d", (int)TQ_LANES_NEAREST);
    tq_program_text__define(&text, "TQ_RESULT_FORM", "%d", (int)TQ_LANES_NEAREST);
    return tq_backward__kernel(layer, &slots, kernel, &text, files, TQ_COUNT(files), name);
}

/* Windows of the largest that lie side by side, so that each element is in one of them or in none. */
static bool lie_apart(const tq_pool *state)
{
    const tq_pool_geometry *g = &state->geometry;
    return state->largest && g->dilation_rows == 1 && g->dilation_columns == 1 &&
           g->stride_rows == g->kernel_rows && g->stride_columns == g->kernel_columns && g->pad_top == 0 &&
           g->pad_left == 0;
}

/* All pixels between a window and the next, or the image's end, after a look at its taps. */
static tq_u64 apart_steps(const tq_pool_geometry *g, const tq_lanes *v)
{
    const tq_u64 rows = (tq_u64)g->rows - (tq_u64)(g->out_rows - 1) * (tq_u64)g->stride_rows,
                 columns = (tq_u64)g->columns - (tq_u64)(g->out_columns - 1) * (tq_u64)g->stride_columns;
    const tq_u64 height = rows > (tq_u64)g->kernel_rows ? rows : (tq_u64)g->kernel_rows,
                 width = columns > (tq_u64)g->kernel_columns ? columns : (tq_u64)g->kernel_columns;
    return v->steps + height * width * (1 + v->count);
}

tq_status tq_pool__plan_backward(tq_layer *layer)
{
    tq_pool *state = layer->state;
    const tq_pool_geometry *g = &state->geometry;
    tq_lanes *share = &state->share, *gather = &state->gather;
    const tq_u64 steps = holders(g->kernel_rows, g->dilation_rows, g->stride_rows) *
                         holders(g->kernel_columns, g->dilation_columns, g->stride_columns);
    choose_form(layer, share);
    *gather = *share;
    share->steps = (tq_u64)g->kernel_rows * ((tq_u64)g->kernel_columns + 1);
    gather->steps = steps * HOLDER_STEPS * (gather->fast ? 1 + gather->count : 1);
    state->apart = lie_apart(state);
    if (state->apart) {
        gather->steps = apart_steps(g, share);
        TQ_TRY(tq_layer__check_steps(layer, gather->steps));
        return make_kernel(layer, gather, &gather->kernel, "pool_backward_apart");
    }
    TQ_TRY(tq_layer__check_steps(layer, share->steps));
    TQ_TRY(tq_layer__check_steps(layer, gather->steps));
    TQ_TRY(make_kernel(layer, share, &share->kernel, "pool_shares"));
    TQ_TRY(make_kernel(layer, gather, &gather->kernel, "pool_backward"));
    return tq_memory__create(&state->shares, layer->context,
                             (uint64_t)tq_pool__outputs(layer) * sizeof(tq_u32));
}

static tq_status share(const tq_layer *layer, const tq_gradients *gradients)
{
    const tq_pool *state = layer->state;
    const tq_pool_geometry *g = &state->geometry;
    /* The host's division is correctly rounded (IEEE 754). */
    const float reciprocal = 1.0f / (float)(g->kernel_rows * g->kernel_columns);
    const tq_argument arguments[] = {TQ_TENSOR(gradients->input[0]), TQ_TENSOR(gradients->output_gradient),
                                     TQ_MEMORY(state->shares), TQ_VALUE(state->geometry),
                                     TQ_VALUE(reciprocal)};
    return tq_lanes__run_pixels(&state->share, layer, tq_pool__outputs(layer) / g->channels, g->channels,
                                arguments, TQ_COUNT(arguments));
}

/* With the input where one pass looks at it, else with what the windows give. */
static tq_status gather(const tq_layer *layer, const tq_gradients *gradients)
{
    const tq_pool *state = layer->state;
    const tq_backward_slots slots = tq_backward__slots(layer, 0);
    const tq_backward_words words = tq_backward__words(layer, &slots);
    const tq_u64 first = tq_backward__first(layer, 0);
    const int64_t channels = state->geometry.channels;
    const int64_t elements = state->apart ? tq_pool__outputs(layer) : tq_shape_count(&layer->input[0]);
    const tq_argument apart[] = {TQ_TENSOR(gradients->input[0]), TQ_TENSOR(gradients->output_gradient),
                                 TQ_TENSOR(gradients->input_gradient[0])},
                      shared[] = {TQ_TENSOR(gradients->output_gradient),
                                  TQ_TENSOR(gradients->input_gradient[0]), TQ_MEMORY(state->shares)},
                      rest[] = {TQ_VALUE(state->geometry), TQ_VALUE(words.product), TQ_VALUE(words.sum),
                                TQ_VALUE(words.key),       TQ_VALUE(words.stream),  TQ_VALUE(first)};
    tq_argument arguments[TQ_COUNT(apart) + TQ_COUNT(rest)];
    memcpy(arguments, state->apart ? apart : shared, sizeof apart);
    memcpy(arguments + TQ_COUNT(apart), rest, sizeof rest);
    return tq_lanes__run_pixels(&state->gather, layer, elements / channels, channels, arguments,
                                TQ_COUNT(arguments));
}

tq_status tq_pool__backward(tq_layer *layer, const tq_gradients *gradients)
{
    const tq_pool *state = layer->state;
    tq_tensor *to = gradients->input_gradient[0];
    if (to == NULL)
        return TQ_OK;
    if (!state->apart)
        TQ_TRY(share(layer, gradients));
    TQ_TRY(gather(layer, gradients));
    return tq_backward__result(layer, 0, to, to);
}

/* What window number `output` gives to its tap at element `to`; false: nothing. */
static bool share_of(const tq_pool *state, const tq_host_gradients *gradients, int64_t output, int64_t to,
                     float *given)
{
    const tq_pool_geometry *g = &state->geometry;
    const tq_pool_window window = tq_pool__window(g, output);
    const float gradient = gradients->output_gradient[output];
    int64_t best = -1;
    int inside = 0;
    for (int tap = 0; tap < g->kernel_rows * g->kernel_columns; ++tap) {
        const int64_t at = tq_pool__tap(g, window, tap / g->kernel_columns, tap % g->kernel_columns);
        const float *x = gradients->input[0];
        if (at < 0)
            continue;
        ++inside;
        if (best < 0 || tq_order_of(tq_bits__of(x[at])) > tq_order_of(tq_bits__of(x[best])))
            best = at;
    }
    *given = gradient;
    if (state->largest)
        return best == to;
    const tq_exact divisor = {.significand = (tq_u64)tq_average__divisor(g, window, inside)};
    *given =
        tq_bits__number(tq_exact_to_carrier(tq_exact_divide(tq_exact_of(tq_bits__of(gradient)), divisor)));
    return true;
}

/* The window of an axis whose tap `tap` is pixel `at` of the padded image; -1: there is none. */
static int holder(int at, int tap, int dilation, int stride, int windows)
{
    const int64_t start = (int64_t)at - (int64_t)tap * dilation;
    return start < 0 || start % stride != 0 || start / stride >= windows ? -1 : (int)(start / stride);
}

/* Later taps are those of earlier windows. */
static float gradient_at(const tq_pool *state, const tq_host_gradients *gradients, int64_t to,
                         tq_backward_sum *sum)
{
    const tq_pool_geometry *g = &state->geometry;
    const int64_t channel = to % g->channels, pixel = to / g->channels, line = pixel / g->columns;
    const int row = (int)(line % g->rows) + g->pad_top, column = (int)(pixel % g->columns) + g->pad_left;
    for (int tap = g->kernel_rows * g->kernel_columns - 1; tap >= 0; --tap) {
        const int r = holder(row, tap / g->kernel_columns, g->dilation_rows, g->stride_rows, g->out_rows);
        const int c =
            holder(column, tap % g->kernel_columns, g->dilation_columns, g->stride_columns, g->out_columns);
        const int64_t output =
            ((line / g->rows * g->out_rows + r) * g->out_columns + c) * g->channels + channel;
        float given;
        if (r >= 0 && c >= 0 && share_of(state, gradients, output, to, &given))
            tq_backward_sum__add(sum, given, (tq_u32)tap);
    }
    return tq_backward_sum__total(sum);
}

tq_status tq_pool__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients)
{
    const tq_pool *state = layer->state;
    const tq_backward_slots slots = tq_backward__slots(layer, 0);
    float *to = gradients->input_gradient[0];
    tq_backward_sum sum = tq_backward_sum__of(layer, &slots);
    if (to == NULL)
        return TQ_OK;
    for (int64_t i = 0; i < tq_shape_count(&layer->input[0]); ++i) {
        tq_backward_sum__start(&sum, tq_backward__first(layer, 0) + (tq_u64)i);
        to[i] = gradient_at(state, gradients, i, &sum);
    }
    tq_backward__result_host(layer, 0, to, to);
    return TQ_OK;
}
