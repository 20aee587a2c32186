#include "elements.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/launch.h"
#include "tensorquant/layer.h"
#include "util/fail.h"

#define GOAL     0.9
#define CHANNELS 64
#define WINDOW   "kernel=3,pads=1"

static const tq_bench_element elements[] = {
    {"copy kernel", TQ_ELEMENT_COPY_KERNEL, "", 0, true, NULL, NULL},
    {"memcpy", TQ_ELEMENT_MEMCPY, "", 0, true, NULL, NULL},
    {"nearest,16,8", TQ_ELEMENT_QUANTIZER, "nearest,16,8", GOAL, true, NULL, NULL},
    {"down,16,8", TQ_ELEMENT_QUANTIZER, "down,16,8", GOAL, false, NULL, NULL},
    {"even 8 bits", TQ_ELEMENT_QUANTIZER, "fixed,8,4,round=even", GOAL, false, NULL, NULL},
    {"stochastic,16,8", TQ_ELEMENT_QUANTIZER, "stochastic,16,8", GOAL, false, NULL, NULL},
    {"bf16", TQ_ELEMENT_QUANTIZER, "bf16", GOAL, false, NULL, NULL},
    {"fp16", TQ_ELEMENT_QUANTIZER, "fp16", GOAL, false, NULL, NULL},
    {"e4m3", TQ_ELEMENT_QUANTIZER, "e4m3", GOAL, false, NULL, NULL},
    {"e5m2", TQ_ELEMENT_QUANTIZER, "e5m2", GOAL, false, NULL, NULL},
    {"log", TQ_ELEMENT_QUANTIZER, "log", GOAL, false, NULL, NULL},
    {"sparse,0.1", TQ_ELEMENT_QUANTIZER, "sparse,0.1", GOAL, false, NULL, NULL},
    {"binary", TQ_ELEMENT_QUANTIZER, "binary", GOAL, false, NULL, NULL},
    {"ternary,1,0.5", TQ_ELEMENT_QUANTIZER, "ternary,1,0.5", GOAL, false, NULL, NULL},
    {"relu", TQ_ELEMENT_LAYER, "relu", GOAL, true, NULL, NULL},
    {"add", TQ_ELEMENT_LAYER, "add", GOAL, true, NULL, NULL},
    {"add nearest,16,8", TQ_ELEMENT_LAYER, "add", GOAL, false, NULL, "nearest,16,8"},
    {"add bf16", TQ_ELEMENT_LAYER, "add", GOAL, false, NULL, "bf16"},
    {"batchnorm", TQ_ELEMENT_LAYER, "batchnorm", GOAL, true, NULL, NULL},
    {"batchnorm nearest,16,8", TQ_ELEMENT_LAYER, "batchnorm", GOAL, false, NULL, "nearest,16,8"},
    {"batchnorm bf16", TQ_ELEMENT_LAYER, "batchnorm", GOAL, false, NULL, "bf16"},
    {"avgpool 3x3", TQ_ELEMENT_LAYER, "avgpool2d", GOAL, true, WINDOW, NULL},
    {"avgpool 3x3 nearest,16,8", TQ_ELEMENT_LAYER, "avgpool2d", GOAL, false, WINDOW, "nearest,16,8"},
    {"avgpool 3x3 bf16", TQ_ELEMENT_LAYER, "avgpool2d", GOAL, false, WINDOW, "bf16"},
    {"globalavgpool", TQ_ELEMENT_LAYER, "globalavgpool", GOAL, true, NULL, NULL},
    {"maxpool 3x3", TQ_ELEMENT_LAYER, "maxpool2d", GOAL, true, WINDOW, NULL},
};

/* The fastest of what was tried: no more than a load and a store for each work item. */
static const char copy_text[] = "__kernel void copy(__global const float *restrict x, const ulong x_offset,\n"
                                "                   __global float *restrict y, const ulong y_offset)\n"
                                "{\n"
                                "    const ulong i = get_global_id(0);\n"
                                "    y[y_offset + i] = x[x_offset + i];\n"
                                "}\n";
static const tq_source copy_source = {"bench/copy.cl", copy_text, sizeof copy_text - 1};

typedef struct element_state element_state;
typedef tq_status element_step(element_state *s);

struct element_state {
    tq_context *context;
    element_step *step;
    int64_t count;
    tq_shape in, out;
    float *from, *to;
    tq_tensor *x, *y;
    tq_kernel *copy;
    tq_quantizer quantizer;
    tq_layer *layer;
};

const tq_bench_element *tq_bench_element__at(size_t i)
{
    return i < TQ_COUNT(elements) ? &elements[i] : NULL;
}

static void destroy(void *opaque)
{
    element_state *s = opaque;
    tq_layer_destroy(s->layer);
    tq_kernel__destroy(s->copy);
    tq_tensor_destroy(s->x);
    tq_tensor_destroy(s->y);
    free(s->from);
    free(s->to);
    free(s);
}

static tq_status step_copy(element_state *s)
{
    const size_t global[3] = {(size_t)s->count, 1, 1}, local[3] = {tq_context__local_size(s->context), 1, 1};
    const tq_argument arguments[] = {TQ_TENSOR(s->x), TQ_TENSOR(s->y)};
    return tq_kernel__run(s->copy, global, local, arguments, TQ_COUNT(arguments));
}

static tq_status step_memcpy(element_state *s)
{
    memcpy(s->to, s->from, (size_t)s->count * sizeof *s->to);
    __asm__ volatile("" : : "r"(s->to) : "memory"); /* the copy is not to be left out */
    return TQ_OK;
}

static tq_status step_quantizer(element_state *s)
{
    return tq_tensor_quantize(s->y, s->x, &s->quantizer, 1);
}

static tq_status step_layer(element_state *s)
{
    return tq_layer_forward(s->layer, (const tq_tensor *const[]){s->x, s->x}, s->y);
}

static tq_status run(void *opaque, int64_t times)
{
    element_state *s = opaque;
    for (int64_t i = 0; i < times; ++i)
        TQ_TRY(s->step(s));
    return tq_context_finish(s->context);
}

static tq_status prepare_copy(element_state *s, const tq_bench_element *element)
{
    tq_program_text text = {0};
    (void)element;
    tq_program_text__add_source(&text, &copy_source);
    const tq_status status = tq_kernel__create(&s->copy, s->context, &text, "copy");
    tq_program_text__free(&text);
    return status;
}

static tq_status prepare_memcpy(element_state *s, const tq_bench_element *element)
{
    (void)element;
    TQ_TRY(tq_numbers__create(&s->from, s->count, 8.0));
    return tq_numbers__create(&s->to, s->count, 8.0);
}

static tq_status prepare_quantizer(element_state *s, const tq_bench_element *element)
{
    return tq_quantizer_parse(&s->quantizer, element->what);
}

/* Statistics for batch normalization; other kinds have no such weights. */
static tq_status set_weights(tq_layer *layer, int64_t channels)
{
    static const char *const names[] = {"gamma", "beta", "mean", "variance"};
    const tq_shape shape = tq_shape_of(1, &channels);
    float values[CHANNELS];
    tq_numbers__fill(values, channels, 1.0);
    for (size_t i = 0; i < TQ_COUNT(names); ++i) {
        for (int64_t c = 0; i == 3 && c < channels; ++c)
            values[c] = 1.0f + values[c] * values[c];
        TQ_TRY(tq_layer_set_weight(layer, names[i], &shape, values));
    }
    return TQ_OK;
}

/* As many numbers as the work has, as square images. */
static tq_shape images_of(int64_t count)
{
    const int64_t side = count >= 32 * 32 * CHANNELS ? 32 : 4;
    return tq_shape_of(4, (const int64_t[]){count / (side * side * CHANNELS), side, side, CHANNELS});
}

static int inputs_of(const tq_bench_element *element)
{
    return strcmp(element->what, "add") == 0 ? 2 : 1;
}

static tq_status prepare_layer(element_state *s, const tq_bench_element *element)
{
    tq_layer_quantizers q = {.seed = 1};
    tq_shape shapes[2];
    shapes[0] = shapes[1] = s->in = images_of(s->count);
    if (element->intrinsic != NULL)
        TQ_TRY(tq_accumulation_parse(&q.intrinsic, element->intrinsic));
    TQ_TRY(tq_layer_create(&s->layer, s->context, element->what, "timed", element->options));
    if (strcmp(element->what, "batchnorm") == 0)
        TQ_TRY(set_weights(s->layer, CHANNELS));
    TQ_TRY(tq_layer_plan(s->layer, shapes, (size_t)inputs_of(element), &q));
    return tq_layer_output_shape(s->layer, &s->out);
}

static const struct {
    element_step *step;
    tq_status (*prepare)(element_state *s, const tq_bench_element *element);
} kinds[] = {[TQ_ELEMENT_COPY_KERNEL] = {step_copy, prepare_copy},
             [TQ_ELEMENT_MEMCPY] = {step_memcpy, prepare_memcpy},
             [TQ_ELEMENT_QUANTIZER] = {step_quantizer, prepare_quantizer},
             [TQ_ELEMENT_LAYER] = {step_layer, prepare_layer}};

static tq_status create_tensors(element_state *s)
{
    float *numbers;
    TQ_TRY(tq_tensor_create(&s->x, s->context, &s->in));
    TQ_TRY(tq_tensor_create(&s->y, s->context, &s->out));
    TQ_TRY(tq_numbers__create(&numbers, s->count, 8.0));
    const tq_status status = tq_tensor_write(s->x, numbers, s->count);
    free(numbers);
    return status;
}

tq_status tq_bench_element__subject(tq_subject *subject, const tq_bench_element *element, const tq_work *work,
                                    tq_context *context)
{
    const tq_shape shape = tq_work__input(work);
    element_state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a kernel to time");
    s->context = context;
    s->count = tq_shape_count(&shape);
    s->in = s->out = shape;
    s->step = kinds[element->kind].step;
    *subject = (tq_subject){.format = element->name,
                            .path = "",
                            .plain = element->kind == TQ_ELEMENT_COPY_KERNEL,
                            .amount = (double)s->count * 2.0 * sizeof(float), /* read and written */
                            .goal = element->goal,
                            .run = run,
                            .destroy = destroy,
                            .state = s};
    TQ_TRY(kinds[element->kind].prepare(s, element));
    if (s->layer != NULL) /* the window of a pool is read from memory once, where its rows fit a cache */
        subject->amount = (double)(s->count * inputs_of(element) + tq_shape_count(&s->out)) * sizeof(float);
    return element->kind == TQ_ELEMENT_MEMCPY ? TQ_OK : create_tensors(s);
}
