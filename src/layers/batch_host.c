/* The reference of batch norm in training. */
#include "layers/batch.h"

#include <math.h>

float tq_batch__average(const tq_layer *layer, float old, float now)
{
    const float keep = (float)tq_layer__option(layer, "momentum", 0), share = 1.0f - keep;
    const tq_exact kept = tq_exact_multiply(tq_exact_of(tq_bits__of(old)), tq_exact_of(tq_bits__of(keep)));
    const tq_exact added = tq_exact_multiply(tq_exact_of(tq_bits__of(now)), tq_exact_of(tq_bits__of(share)));
    return tq_bits__number(tq_exact_to_carrier(tq_exact_add(kept, added)));
}

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

enum { OF_INPUT, OF_SQUARES, OF_GRADIENT, OF_PRODUCTS };

static tq_status add_up(const channel *c, const tq_backward_slots *slots, int kind, float *total)
{
    tq_backward_sum *sum;
    TQ_TRY(tq_backward_sum__create(&sum, c->layer, slots));
    tq_backward_sum__start(sum, tq_batch__first(c->layer) + (tq_u64)c->number);
    for (int64_t k = 0; k < c->size; ++k) {
        const tq_u32 number = (tq_u32)k;
        if (kind == OF_INPUT)
            tq_backward_sum__add(sum, c->x[k * c->step], number);
        else if (kind == OF_GRADIENT)
            tq_backward_sum__add(sum, c->g[k * c->step], number);
        else if (kind == OF_SQUARES)
            tq_backward_sum__add_product(sum, deviation(c, k), deviation(c, k), number);
        else
            tq_backward_sum__add_product(sum, c->g[k * c->step], normalized(c, k), number);
    }
    *total = tq_backward_sum__total(sum);
    tq_backward_sum__destroy(sum);
    return TQ_OK;
}

static float quotient(float sum, int64_t size)
{
    const tq_exact count = {.significand = (tq_u64)size};
    return tq_bits__number(tq_exact_to_carrier(tq_exact_divide(tq_exact_of(tq_bits__of(sum)), count)));
}

/* Steps of a channel: draw `number` of its stream. */
static tq_exact step(const channel *c, const tq_baked *slot, tq_exact v, tq_u32 number)
{
    const tq_batchnorm *state = c->layer->state;
    return tq_exact_of(tq_inner__apply(&state->inner, slot, v, tq_batch__first(c->layer) + (tq_u64)c->number,
                                       number, TQ_STREAM_INNER));
}

static tq_exact product(const channel *c, tq_exact a, tq_exact b, tq_u32 number)
{
    const tq_batchnorm *state = c->layer->state;
    const tq_exact v = tq_exact_multiply(a, b);
    return state->inner.fused ? tq_exact_of(tq_exact_to_carrier(v))
                              : step(c, &state->inner.product, v, number);
}

static float rounded(tq_exact v)
{
    return tq_bits__number(tq_exact_to_carrier(v));
}

static tq_exact number_of(float x)
{
    return tq_exact_of(tq_bits__of(x));
}

static tq_status measure(channel *c, tq_batch_channel *made)
{
    const tq_layer *layer = c->layer;
    const tq_batchnorm *state = layer->state;
    const tq_backward_slots mean = {&layer->quantizers.intrinsic, 0, TQ_BATCH_STREAM_MEAN};
    const tq_backward_slots variance = {&layer->quantizers.intrinsic, 0, TQ_BATCH_STREAM_VARIANCE};
    float sum;
    TQ_TRY(add_up(c, &mean, OF_INPUT, &sum));
    made->mean = c->mean =
        rounded(step(c, &state->inner.result, number_of(quotient(sum, c->size)), TQ_BATCH_DRAW_MEAN));
    TQ_TRY(add_up(c, &variance, OF_SQUARES, &sum));
    made->variance =
        rounded(step(c, &state->inner.result, number_of(quotient(sum, c->size)), TQ_BATCH_DRAW_VARIANCE));
    return TQ_OK;
}

tq_status tq_batch__prepare_host(const tq_layer *layer, const float *x, int64_t number,
                                 tq_batch_channel *made)
{
    const tq_batchnorm *state = layer->state;
    const tq_inner *inner = &state->inner;
    const tq_exact one = {.significand = 1};
    channel c = channel_of(layer, x, x, number);
    TQ_TRY(measure(&c, made));
    const float biased = made->variance + (float)tq_layer__option(layer, "epsilon", 0);
    const tq_exact root = step(&c, &inner->result, number_of(sqrtf(biased)), 0);
    const tq_exact reciprocal = number_of(rounded(tq_exact_divide(one, root)));
    const tq_exact inverse = step(&c, &inner->result, reciprocal, 1);
    const tq_exact factor = product(&c, inverse, number_of(layer->weight[TQ_BATCH_GAMMA].values[number]), 2);
    tq_exact shift = product(&c, number_of(made->mean), factor, 3);
    shift.negative ^= 1;
    shift = tq_exact_add(number_of(layer->weight[TQ_BATCH_BETA].values[number]), shift);
    made->inverse = rounded(inverse);
    made->factor = rounded(factor);
    made->rest = rounded(inner->exact_sum ? shift : step(&c, &inner->sum, shift, 4));
    return TQ_OK;
}

static tq_status by_weight(const channel *c, size_t weight, float *to)
{
    const tq_backward_slots slots = tq_batch__update_slots(c->layer, weight);
    return add_up(c, &slots, weight == TQ_BATCH_GAMMA ? OF_PRODUCTS : OF_GRADIENT, &to[c->number]);
}

static tq_status by_input(const channel *c, float factor, float *to)
{
    tq_backward_slots slots = tq_backward__slots(c->layer, 0);
    float share, slope;
    TQ_TRY(add_up(c, &slots, OF_GRADIENT, &share));
    slots.stream += 8;
    TQ_TRY(add_up(c, &slots, OF_PRODUCTS, &slope));
    share = quotient(share, c->size);
    slope = quotient(slope, c->size);
    for (int64_t k = 0; k < c->size; ++k) {
        const float u = c->g[k * c->step] - share;
        tq_exact w = tq_exact_multiply(number_of(normalized(c, k)), number_of(slope));
        w.negative ^= 1;
        to[c->number + k * c->step] = tq_backward__product(rounded(tq_exact_add(w, number_of(u))), factor);
    }
    return TQ_OK;
}

tq_status tq_batch__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients)
{
    const tq_batchnorm *state = layer->state;
    const tq_layer_quantizers *q = &layer->quantizers;
    for (int64_t i = 0; i < state->channels; ++i) {
        channel c = channel_of(layer, gradients->input[0], gradients->output_gradient, i);
        tq_batch_channel made;
        TQ_TRY(tq_batch__prepare_host(layer, gradients->input[0], i, &made));
        c.mean = made.mean;
        c.inverse = made.inverse;
        for (size_t w = TQ_BATCH_GAMMA; w <= TQ_BATCH_BETA; ++w)
            if (gradients->weight_gradient[w] != NULL)
                TQ_TRY(by_weight(&c, w, gradients->weight_gradient[w]));
        if (gradients->input_gradient[0] != NULL)
            TQ_TRY(by_input(&c, made.factor, gradients->input_gradient[0]));
    }
    for (size_t w = TQ_BATCH_GAMMA; w <= TQ_BATCH_BETA; ++w) {
        float *to = gradients->weight_gradient[w];
        tq_quantizer fitted;
        if (to == NULL || tq_quantizer_is_none(&q->update.result))
            continue;
        tq_quantizer__fit_host(&fitted, &q->update.result, to, state->channels);
        tq_quantizer__array(to, to, state->channels, &fitted, q->seed, q->id | TQ_ID_UPDATE,
                            (tq_u32)(8 * w) + TQ_STREAM_RESULT, tq_batch__first(layer));
    }
    if (gradients->input_gradient[0] != NULL)
        tq_backward__result_host(layer, 0, gradients->input_gradient[0], gradients->input_gradient[0]);
    return TQ_OK;
}
