/* Batch norm on the host: the factors of channels, and the reference of training. */
#include "layers/batch.h"

#include <math.h>

/* A channel's elements, and what is known of it. */
typedef struct channel {
    const tq_layer *layer;
    const float *x, *g; /* of its first element */
    int64_t size, step, number;
    float mean, inverse;
} channel;

static channel channel_of(const tq_layer *layer, const float *x, const float *g, int64_t number)
{
    const tq_batchnorm *state = layer->state;
    return (channel){.layer = layer,
                     .x = x + number,
                     .g = g + number,
                     .size = tq_shape_count(&layer->input[0]) / state->channels,
                     .step = state->channels,
                     .number = number};
}

/* The host's additions are correctly rounded (IEEE 754). */
static float deviation(const channel *c, int64_t k)
{
    return c->x[k * c->step] - c->mean;
}

static float normalized(const channel *c, int64_t k)
{
    return tq_backward__product(deviation(c, k), c->inverse);
}

static float add_up(const channel *c, const tq_backward_slots *slots, int kind)
{
    tq_backward_sum sum = tq_backward_sum__of(c->layer, slots);
    tq_backward_sum__start(&sum, tq_batch__first(c->layer) + (tq_u64)c->number);
    for (int64_t k = 0; k < c->size; ++k) {
        const tq_u32 number = (tq_u32)k;
        if (kind == TQ_OF_INPUT)
            tq_backward_sum__add(&sum, c->x[k * c->step], number);
        else if (kind == TQ_OF_GRADIENT)
            tq_backward_sum__add(&sum, c->g[k * c->step], number);
        else if (kind == TQ_OF_SQUARES)
            tq_backward_sum__add_product(&sum, deviation(c, k), deviation(c, k), number);
        else
            tq_backward_sum__add_product(&sum, c->g[k * c->step], normalized(c, k), number);
    }
    return tq_backward_sum__total(&sum);
}

static float quotient(float sum, int64_t size)
{
    const tq_exact count = {.significand = (tq_u64)size};
    return tq_bits__number(tq_exact_to_carrier(tq_exact_divide(tq_exact_of(tq_bits__of(sum)), count)));
}

static float rounded(tq_exact v)
{
    return tq_bits__number(tq_exact_to_carrier(v));
}

static tq_exact number_of(float x)
{
    return tq_exact_of(tq_bits__of(x));
}

/* Steps draw from their own stream: the channel's index, the number of the step. */
static tq_exact apply(const tq_batchnorm *state, const tq_baked *slot, tq_exact v, tq_u64 index, tq_u32 step)
{
    return tq_exact_of(tq_inner__apply(&state->inner, slot, v, index, step, TQ_STREAM_INNER));
}

static tq_exact product(const tq_batchnorm *state, tq_exact a, tq_exact b, tq_u64 index, tq_u32 step)
{
    const tq_exact v = tq_exact_multiply(a, b);
    /* An unrounded product has to become a number that memory holds. */
    return state->inner.fused ? tq_exact_of(tq_exact_to_carrier(v))
                              : apply(state, &state->inner.product, v, index, step);
}

void tq_batch__make_factors(const tq_layer *layer, int64_t channel, tq_u64 index, tq_batch_channel *made)
{
    const tq_batchnorm *state = layer->state;
    const tq_inner *inner = &state->inner;
    const tq_exact one = {.significand = 1};
    /* The host's binary32 addition and square root are correctly rounded (IEEE 754). */
    const float biased = made->variance + (float)tq_layer__option(layer, "epsilon", 0);
    const tq_exact root = apply(state, &inner->result, number_of(sqrtf(biased)), index, 0);
    const tq_exact reciprocal = number_of(rounded(tq_exact_divide(one, root)));
    const tq_exact inverse = apply(state, &inner->result, reciprocal, index, 1);
    const tq_exact gamma = number_of(layer->weight[TQ_BATCH_GAMMA].values[channel]);
    const tq_exact factor = product(state, inverse, gamma, index, 2);
    tq_exact shift = product(state, number_of(made->mean), factor, index, 3);
    shift.negative ^= 1;
    shift = tq_exact_add(number_of(layer->weight[TQ_BATCH_BETA].values[channel]), shift);
    made->inverse = rounded(inverse);
    made->factor = rounded(factor);
    made->rest = rounded(inner->exact_sum ? shift : apply(state, &inner->sum, shift, index, 4));
}

/* RESULT of the mean of a sum. */
static float statistic(const channel *c, tq_u64 index, tq_u32 stream, int kind, tq_u32 draw)
{
    const tq_batchnorm *state = c->layer->state;
    const tq_backward_slots slots = tq_batch__forward_slots(c->layer, stream);
    const float mean = quotient(add_up(c, &slots, kind), c->size);
    return rounded(apply(state, &state->inner.result, number_of(mean), index, draw));
}

void tq_batch__prepare_host(const tq_layer *layer, const float *x, int64_t number, tq_batch_channel *made)
{
    const tq_u64 index = tq_batch__first(layer) + (tq_u64)number;
    channel c = channel_of(layer, x, x, number);
    c.mean = made->mean = statistic(&c, index, TQ_BATCH_STREAM_MEAN, TQ_OF_INPUT, TQ_BATCH_DRAW_MEAN);
    made->variance = statistic(&c, index, TQ_BATCH_STREAM_VARIANCE, TQ_OF_SQUARES, TQ_BATCH_DRAW_VARIANCE);
    tq_batch__make_factors(layer, number, index, made);
}

static void by_input(const channel *c, float factor, float *to)
{
    tq_backward_slots slots = tq_backward__slots(c->layer, 0);
    const float share = quotient(add_up(c, &slots, TQ_OF_GRADIENT), c->size);
    slots.stream += 8;
    const float slope = quotient(add_up(c, &slots, TQ_OF_PRODUCTS), c->size);
    for (int64_t k = 0; k < c->size; ++k) {
        const float u = c->g[k * c->step] - share;
        tq_exact w = tq_exact_multiply(number_of(normalized(c, k)), number_of(slope));
        w.negative ^= 1;
        to[c->number + k * c->step] = tq_backward__product(rounded(tq_exact_add(w, number_of(u))), factor);
    }
}

/* RESULT of a weight's gradients: one sample. */
static void quantize_gradients(const tq_layer *layer, const tq_backward_slots *slots, float *to)
{
    const tq_batchnorm *state = layer->state;
    const tq_layer_quantizers *q = &layer->quantizers;
    tq_quantizer__array(to, to, state->channels, &q->update.result, q->seed, q->id | slots->id,
                        slots->stream + TQ_STREAM_RESULT, tq_batch__first(layer));
}

static void by_weights(const channel *c, const tq_host_gradients *gradients)
{
    for (size_t i = TQ_BATCH_GAMMA; i <= TQ_BATCH_BETA; ++i) {
        const tq_backward_slots slots = tq_batch__update_slots(c->layer, i);
        if (gradients->weight_gradient[i] != NULL)
            gradients->weight_gradient[i][c->number] =
                add_up(c, &slots, i == TQ_BATCH_GAMMA ? TQ_OF_PRODUCTS : TQ_OF_GRADIENT);
    }
}

tq_status tq_batch__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients)
{
    const tq_batchnorm *state = layer->state;
    for (int64_t i = 0; i < state->channels; ++i) {
        channel c = channel_of(layer, gradients->input[0], gradients->output_gradient, i);
        tq_batch_channel made;
        tq_batch__prepare_host(layer, gradients->input[0], i, &made);
        c.mean = made.mean;
        c.inverse = made.inverse;
        by_weights(&c, gradients);
        if (gradients->input_gradient[0] != NULL)
            by_input(&c, made.factor, gradients->input_gradient[0]);
    }
    for (size_t i = TQ_BATCH_GAMMA; i <= TQ_BATCH_BETA; ++i) {
        const tq_backward_slots slots = tq_batch__update_slots(layer, i);
        if (gradients->weight_gradient[i] != NULL)
            quantize_gradients(layer, &slots, gradients->weight_gradient[i]);
    }
    if (gradients->input_gradient[0] != NULL)
        tq_backward__result_host(layer, 0, gradients->input_gradient[0], gradients->input_gradient[0]);
    return TQ_OK;
}
