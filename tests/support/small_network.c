#include "support/small_network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { CONV_WEIGHTS = 3 * 3 * SMALL_CHANNELS * SMALL_FILTERS, DENSE_WEIGHTS = SMALL_FLAT * SMALL_OUTPUT };

#define MUST(call)                                                                                           \
    if ((call) != TQ_OK)                                                                                     \
    fail_msg("%s", tq_error())

static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

void tq_small_data(float *to)
{
    uint32_t state = 1;
    for (int i = 0; i < SMALL_SAMPLES * SMALL_INPUT; ++i)
        to[i] = (float)((int)(next(&state) % 65) - 32) / 16;
}

/* Numbers in -1 .. 1. */
static void make_weights(float *to, int count, uint32_t state)
{
    for (int i = 0; i < count; ++i)
        to[i] = (float)((int)(next(&state) % 20001) - 10000) / 10000;
}

static void set_weights(tq_network *network, const char *layer, uint32_t seed, const tq_shape *shape)
{
    float weight[CONV_WEIGHTS + DENSE_WEIGHTS], bias[SMALL_OUTPUT];
    const tq_shape outputs = tq_shape_of(1, &shape->dim[shape->rank - 1]);
    make_weights(weight, (int)tq_shape_count(shape), seed);
    make_weights(bias, (int)outputs.dim[0], seed + 1);
    MUST(tq_network_set_weight(network, layer, "weight", shape, weight));
    MUST(tq_network_set_weight(network, layer, "bias", &outputs, bias));
}

tq_network *tq_small_make(tq_context *context, tq_layout layout)
{
    const tq_shape nhwc = tq_shape_of(4, (const int64_t[]){1, SMALL_SIDE, SMALL_SIDE, SMALL_CHANNELS});
    const tq_shape nchw = tq_shape_of(4, (const int64_t[]){1, SMALL_CHANNELS, SMALL_SIDE, SMALL_SIDE});
    const tq_shape conv = tq_shape_of(4, (const int64_t[]){3, 3, SMALL_CHANNELS, SMALL_FILTERS});
    const tq_shape dense = tq_shape_of(2, (const int64_t[]){SMALL_FLAT, SMALL_OUTPUT});
    tq_network *network;
    MUST(tq_network_create(&network, context));
    MUST(tq_network_add_input(network, "x", layout == TQ_NHWC ? &nhwc : &nchw, layout));
    MUST(tq_network_add(network, "conv2d", "conv", "pads=1", "x"));
    MUST(tq_network_add(network, "relu", "relu", NULL, "conv"));
    MUST(tq_network_add(network, "maxpool2d", "pool", "kernel=2,stride=2", "relu"));
    MUST(tq_network_add(network, "flatten", "flat", "", "pool"));
    MUST(tq_network_add(network, "dense", "dense", NULL, "flat"));
    set_weights(network, "conv", 11, &conv);
    set_weights(network, "dense", 22, &dense);
    return network;
}

static tq_map *map_of(const char *text)
{
    tq_map *map = NULL;
    if (text != NULL)
        MUST(tq_map_parse(&map, text));
    return map;
}

tq_status tq_small_try(tq_network *network, const tq_small_plan *plan)
{
    tq_map *const maps[3] = {map_of(plan->weights), map_of(plan->intrinsic), map_of(plan->extrinsic)};
    const tq_plan full = {.batch = plan->batch,
                          .weights = maps[0],
                          .intrinsic = maps[1],
                          .extrinsic = maps[2],
                          .seed = plan->seed,
                          .keep = plan->keep,
                          .input_largest = plan->input_largest};
    const tq_status status = tq_network_plan(network, &full);
    for (int i = 0; i < 3; ++i)
        tq_map_destroy(maps[i]);
    return status;
}

void tq_small_set(tq_network *network, const tq_small_plan *plan)
{
    MUST(tq_small_try(network, plan));
}

void tq_small_forward(tq_network *network, const float *data, int64_t step, float *to)
{
    for (int64_t i = 0; i < SMALL_SAMPLES; i += step) {
        const int64_t samples = step < SMALL_SAMPLES - i ? step : SMALL_SAMPLES - i;
        MUST(tq_network_forward(network, data + i * SMALL_INPUT, samples, i, to + i * SMALL_OUTPUT));
    }
}

/* --- By hand ------------------------------------------------------------------------------------------ */

/* The quantizers of one layer, as the maps say: the first rule that matches. */
typedef struct quantizers {
    tq_quantizer weights, extrinsic;
    tq_accumulation intrinsic;
} quantizers;

static tq_accumulation look_up(const char *text, const char *layer)
{
    tq_accumulation found = {0};
    tq_map *const map = map_of(text);
    const int rule = tq_map_find(map, layer);
    if (rule >= 0)
        (void)tq_map_rule(map, (size_t)rule, &found);
    tq_map_destroy(map);
    return found;
}

static quantizers quantizers_of(const tq_small_plan *plan, const char *layer)
{
    return (quantizers){look_up(plan->weights, layer).result, look_up(plan->extrinsic, layer).result,
                        look_up(plan->intrinsic, layer)};
}

static float apply(const tq_quantizer *q, float x)
{
    return tq_quantizer_is_none(q) ? x : tq_quantizer_apply(q, x, 0);
}

static float multiply_add(const tq_accumulation *a, float x, float w, float s)
{
    if (tq_quantizer_is_none(&a->product) && tq_quantizer_is_none(&a->sum))
        return fmaf(x, w, s);
    return apply(&a->sum, s + apply(&a->product, x * w));
}

static void load_weights(const quantizers *q, float *weight, int count, float *bias, int outputs,
                         uint32_t seed)
{
    make_weights(weight, count, seed);
    make_weights(bias, outputs, seed + 1);
    for (int i = 0; i < count; ++i)
        weight[i] = apply(&q->weights, weight[i]);
    for (int i = 0; i < outputs; ++i)
        bias[i] = apply(&q->weights, bias[i]);
}

static void finish(const quantizers *q, float *x, int count)
{
    for (int i = 0; i < count; ++i)
        x[i] = apply(&q->extrinsic, apply(&q->intrinsic.result, x[i]));
}

/* Pixel of the input; zero outside. */
static float pixel(const float *input, int row, int column, int channel)
{
    const bool inside = row >= 0 && row < SMALL_SIDE && column >= 0 && column < SMALL_SIDE;
    return inside ? input[(row * SMALL_SIDE + column) * SMALL_CHANNELS + channel] : 0.0f;
}

static void convolve(const quantizers *q, const float *input, float *output)
{
    float weight[CONV_WEIGHTS], bias[SMALL_FILTERS];
    load_weights(q, weight, CONV_WEIGHTS, bias, SMALL_FILTERS, 11);
    for (int at = 0; at < SMALL_CONV; ++at) {
        const int o = at % SMALL_FILTERS, column = at / SMALL_FILTERS % SMALL_SIDE;
        const int row = at / SMALL_FILTERS / SMALL_SIDE;
        float s = 0.0f;
        for (int k = 0; k < 9 * SMALL_CHANNELS; ++k) {
            const int i = k / SMALL_CHANNELS / 3, j = k / SMALL_CHANNELS % 3, channel = k % SMALL_CHANNELS;
            s = multiply_add(&q->intrinsic, pixel(input, row + i - 1, column + j - 1, channel),
                             weight[k * SMALL_FILTERS + o], s);
        }
        output[at] = s + bias[o];
    }
    finish(q, output, SMALL_CONV);
}

static void pool(const float *x, float *y)
{
    const int half = SMALL_SIDE / 2;
    for (int at = 0; at < SMALL_FLAT; ++at) {
        const int c = at % SMALL_FILTERS, column = at / SMALL_FILTERS % half, row = at / SMALL_FILTERS / half;
        float most = -INFINITY;
        for (int i = 0; i < 4; ++i) {
            const float one = x[((2 * row + i / 2) * SMALL_SIDE + 2 * column + i % 2) * SMALL_FILTERS + c];
            most = isnan(one) || one > most ? one : most;
            if (isnan(most))
                break;
        }
        y[at] = most;
    }
}

static void multiply(const quantizers *q, const float *x, float *output)
{
    float weight[DENSE_WEIGHTS], bias[SMALL_OUTPUT];
    load_weights(q, weight, DENSE_WEIGHTS, bias, SMALL_OUTPUT, 22);
    for (int o = 0; o < SMALL_OUTPUT; ++o) {
        float s = 0.0f;
        for (int k = 0; k < SMALL_FLAT; ++k)
            s = multiply_add(&q->intrinsic, x[k], weight[k * SMALL_OUTPUT + o], s);
        output[o] = s + bias[o];
    }
    finish(q, output, SMALL_OUTPUT);
}

void tq_small_by_hand(const tq_small_plan *plan, const float *input, float *output)
{
    const quantizers conv = quantizers_of(plan, "conv"), relu = quantizers_of(plan, "relu");
    const quantizers pooling = quantizers_of(plan, "pool"), flat = quantizers_of(plan, "flat");
    const quantizers dense = quantizers_of(plan, "dense");
    float large[SMALL_CONV], small[SMALL_FLAT];
    convolve(&conv, input, large);
    for (int i = 0; i < SMALL_CONV; ++i)
        large[i] = isnan(large[i]) || large[i] > 0.0f ? large[i] : 0.0f;
    finish(&relu, large, SMALL_CONV);
    pool(large, small);
    finish(&pooling, small, SMALL_FLAT);
    finish(&flat, small, SMALL_FLAT);
    multiply(&dense, small, output);
}
