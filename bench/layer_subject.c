/* A layer with weights, or with two inputs, planned as inside a network, as a subject. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats.h"
#include "layers/kind.h"

/* The exact integer paths are slow: they get a part of the work. */
#define SLOW_MACS (INT64_C(1) << 22)
/* Runs that may wait in the queue. */
#define QUEUE 256

typedef struct layer_state {
    tq_context *context;
    tq_layer *layer;
    tq_tensor *x[2], *y; /* x[1]: the second input of a matmul, else NULL */
} layer_state;

static void destroy(void *opaque)
{
    layer_state *s = opaque;
    tq_tensor_destroy(s->x[0]);
    tq_tensor_destroy(s->x[1]);
    tq_tensor_destroy(s->y);
    tq_layer_destroy(s->layer);
    free(s);
}

static tq_status run(void *opaque, int64_t times)
{
    layer_state *s = opaque;
    for (int64_t i = 1; i <= times; ++i) {
        TQ_TRY(tq_layer_forward(s->layer, (const tq_tensor *const *)s->x, s->y));
        if (i % QUEUE == 0)
            TQ_TRY(tq_context_finish(s->context));
    }
    return tq_context_finish(s->context);
}

/* Numbers of a quantizer, at most `size`. */
static tq_status make_operand(float **numbers, int64_t count, const char *quantizer, double size)
{
    tq_quantizer q;
    TQ_TRY(tq_quantizer_parse(&q, quantizer));
    TQ_TRY(tq_numbers__create(numbers, count, size));
    tq_quantize_array(*numbers, *numbers, count, &q, 0);
    return TQ_OK;
}

static tq_status set_weight(layer_state *s, const tq_bench_format *format, const tq_work *work)
{
    const tq_shape shape = tq_work__weight(work);
    float *numbers;
    TQ_TRY(make_operand(&numbers, tq_shape_count(&shape), format->weight, format->weight_size));
    const tq_status status = tq_layer_set_weight(s->layer, "weight", &shape, numbers);
    free(numbers);
    return status;
}

static tq_status create_layer(layer_state *s, const tq_bench_format *format, const tq_work *work)
{
    static const char *const kinds[] = {
        [TQ_WORK_CONV] = "conv2d", [TQ_WORK_DENSE] = "dense", [TQ_WORK_MATMUL] = "matmul"};
    char options[80] = "";
    if (work->kind == TQ_WORK_CONV)
        snprintf(options, sizeof options, "pads=%lld,groups=%lld", (long long)work->pad,
                 (long long)work->groups);
    TQ_TRY(tq_layer_create(&s->layer, s->context, kinds[work->kind], "timed", options));
    return work->kind == TQ_WORK_MATMUL ? TQ_OK : set_weight(s, format, work);
}

static tq_status describe(tq_range *range, const char *quantizer, double size)
{
    tq_quantizer q;
    TQ_TRY(tq_quantizer_parse(&q, quantizer));
    *range = tq_range__unknown();
    range->finite = true;
    range->lowest = -size;
    range->highest = size;
    *range = tq_range__quantized(*range, &q);
    range->lowest = fmax(range->lowest, -size);
    range->highest = fmin(range->highest, size);
    return TQ_OK;
}

static tq_status plan(layer_state *s, const tq_bench_format *format, const tq_work *work)
{
    const tq_shape shapes[] = {tq_work__input(work), tq_work__weight(work)};
    tq_layer_quantizers quantizers = {.seed = 1, .id = 1};
    tq_range ranges[2];
    TQ_TRY(describe(&ranges[0], format->input, format->input_size));
    TQ_TRY(describe(&ranges[1], format->weight, format->weight_size));
    TQ_TRY(tq_accumulation_parse(&quantizers.intrinsic, format->arithmetic));
    return tq_layer__plan(s->layer, shapes, ranges, work->kind == TQ_WORK_MATMUL ? 2 : 1, &quantizers);
}

static tq_status create_input(layer_state *s, size_t i, const char *quantizer, double size)
{
    const int64_t count = tq_shape_count(&s->layer->input[i]);
    float *numbers;
    TQ_TRY(tq_tensor_create(&s->x[i], s->context, &s->layer->input[i]));
    TQ_TRY(make_operand(&numbers, count, quantizer, size));
    const tq_status status = tq_tensor_write(s->x[i], numbers, count);
    free(numbers);
    return status;
}

static tq_status create_tensors(layer_state *s, const tq_bench_format *format)
{
    TQ_TRY(tq_tensor_create(&s->y, s->context, &s->layer->output));
    TQ_TRY(create_input(s, 0, format->input, format->input_size));
    return s->layer->input_count == 1 ? TQ_OK : create_input(s, 1, format->weight, format->weight_size);
}

static bool is_slow(const tq_layer *layer)
{
    return strcmp(tq_layer_path(layer), "general") == 0 || strcmp(tq_layer_path(layer), "wide") == 0;
}

static tq_status prepare(tq_subject *subject, const tq_bench_format *format, const tq_work *work)
{
    layer_state *s = subject->state;
    TQ_TRY(create_layer(s, format, work));
    TQ_TRY(plan(s, format, work));
    if (is_slow(s->layer) && tq_work__macs(work) > SLOW_MACS) {
        const tq_work part = tq_work__part(work, SLOW_MACS);
        subject->part = true;
        TQ_TRY(plan(s, format, &part));
        subject->amount = (double)tq_work__macs(&part);
    }
    return create_tensors(s, format);
}

tq_status tq_bench_format__subject(tq_subject *subject, const tq_bench_format *format, const tq_work *work,
                                   tq_context *context)
{
    layer_state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a layer to time");
    s->context = context;
    *subject = (tq_subject){.format = format->name,
                            .plain = format == tq_bench_format__at(0),
                            .amount = (double)tq_work__macs(work),
                            .goal = format->goal,
                            .run = run,
                            .destroy = destroy,
                            .state = s};
    TQ_TRY(prepare(subject, format, work));
    subject->path = tq_layer_path(s->layer);
    return TQ_OK;
}
