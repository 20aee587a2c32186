#include "support/digest_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/device_test.h"

/* Shapes: a list with spaces. NULL: of a kind that is not here, as many inputs as it takes at least, of the
 * shape ANY, and for each weight one number for each channel. */
static const struct {
    const char *kind, *options, *inputs, *weights;
} cases[] = {
    {"argmax", "axis=3", NULL, NULL},
    {"argmin", "axis=1", NULL, NULL},
    {"avgpool2d", "kernel=2,stride=1x2,pads=1", NULL, NULL},
    {"cast", "to=int,bits=4", NULL, NULL},
    {"concat", "axis=3", "2x3x3x5 2x3x3x2", NULL},
    {"conv2d", "pads=1", "2x4x4x3", "3x3x3x7 7"},
    {"convtranspose2d", "stride=2", "2x3x3x3", "2x2x3x5 5"},
    {"dense", "", "3x6", "6x9 9"},
    {"depthtospace", "block=2", "2x3x3x8", NULL},
    {"expand", "rank=4,shape=0x3x2x5", "2x1x1x5", NULL},
    {"gather", "axis=1", NULL, "4"},
    {"layernorm", "axis=3", NULL, NULL},
    {"lppool2d", "kernel=2", NULL, NULL},
    {"lrn", "size=3", NULL, NULL},
    {"matmul", "", "2x3x5 2x5x7", NULL},
    {"maxpool2d", "kernel=2,stride=2", NULL, NULL},
    {"pad", "before=0x1x0x2,after=0x0x1x-1,value=0.7", NULL, NULL},
    {"reducemax", "axes=1x2", NULL, NULL},
    {"reducemean", "axes=1x2", NULL, NULL},
    {"reducemin", "axes=3", NULL, NULL},
    {"reduceprod", "axes=1", NULL, NULL},
    {"reducesum", "axes=3", NULL, NULL},
    {"replicate", "repeats=1x2x1x3", NULL, NULL},
    {"reshape", "shape=0x-1", NULL, NULL},
    {"resizelinear", "size=5x4", NULL, NULL},
    {"resizenearest", "size=0x5x4x0", NULL, NULL},
    {"slice", "first=0x1x0x4,step=1x1x1x-2,count=0x2x0x0", NULL, NULL},
    {"softmax", "", "3x11", NULL},
    {"spacetodepth", "block=2", "2x4x4x3", NULL},
    {"transpose", "axes=0x2x3x1", NULL, NULL},
};

#define ANY      "2x3x3x5"
#define CHANNELS "5"

/* The shape at the head of a list, and where the next one begins. */
static const char *read_shape(tq_shape *shape, const char *list)
{
    *shape = (tq_shape){0};
    for (;; ++list) {
        char *end;
        shape->dim[shape->rank++] = strtoll(list, &end, 10);
        list = end;
        if (*list != 'x')
            return *list == ' ' ? list + 1 : NULL;
    }
}

static void set_weight(tq_layer *layer, size_t number, const tq_shape *shape)
{
    const char *name = layer->kind->weights[number].name;
    const int64_t count = tq_shape_count(shape);
    float *values = tq_test_array(count);
    for (int64_t i = 0; i < count; ++i) {
        values[i] = tq_test_number((uint32_t)(1000 * (number + 1) + (size_t)i));
        if (strcmp(name, "variance") == 0 || strcmp(name, "scale") == 0)
            values[i] = values[i] * values[i] + 0.125f;
        if (strcmp(name, "indices") == 0 || strcmp(name, "zero") == 0)
            values[i] = (float)((2 * i + 1) % 3);
    }
    tq_test_ok(tq_layer_set_weight(layer, name, shape, values));
    free(values);
}

static void set_weights(tq_layer *layer, const char *list)
{
    for (size_t i = 0; i < layer->kind->weight_count; ++i) {
        tq_shape shape;
        const char *rest = read_shape(&shape, list != NULL ? list : CHANNELS);
        set_weight(layer, i, &shape);
        list = list != NULL ? rest : NULL;
    }
}

static void plan(const tq_digest_layer *made, const tq_shape *in, const char *quantizer)
{
    tq_layer_quantizers q = {.seed = 0x123456789, .id = 4};
    tq_test_ok(tq_accumulation_parse(&q.intrinsic, quantizer));
    tq_test_ok(tq_layer_plan(made->layer, in, made->count, &q));
}

void tq_digest_layer_make(tq_digest_layer *made, tq_context *context, const tq_layer_kind *kind,
                          const char *quantizer)
{
    tq_shape in[TQ_LAYER_INPUTS];
    size_t row = 0;
    while (row < TQ_COUNT(cases) && strcmp(cases[row].kind, kind->name) != 0)
        ++row;
    const bool known = row < TQ_COUNT(cases);
    const char *inputs = known ? cases[row].inputs : NULL;
    *made = (tq_digest_layer){0};
    tq_test_ok(tq_layer_create(&made->layer, context, kind->name, "d", known ? cases[row].options : ""));
    do {
        const char *rest = read_shape(&in[made->count], inputs != NULL ? inputs : ANY);
        const int64_t count = tq_shape_count(&in[made->count]);
        float *x = made->x[made->count] = tq_test_array(count);
        for (int64_t i = 0; i < count; ++i)
            x[i] = 4 * tq_test_number((uint32_t)(10000 * made->count + (size_t)i));
        ++made->count;
        inputs = inputs != NULL ? rest : NULL;
    } while (inputs != NULL || made->count < kind->inputs_least);
    set_weights(made->layer, known ? cases[row].weights : NULL);
    plan(made, in, quantizer);
}

void tq_digest_layer_free(tq_digest_layer *made)
{
    for (size_t i = 0; i < made->count; ++i)
        free(made->x[i]);
    tq_layer_destroy(made->layer);
}

float *tq_digest_layer_reference(const tq_digest_layer *made)
{
    float *y = tq_test_array(tq_shape_count(&made->layer->output));
    tq_test_ok(tq_layer_reference(made->layer, (const float *const *)made->x, y));
    return y;
}

float *tq_digest_layer_forward(const tq_digest_layer *made)
{
    const int64_t count = tq_shape_count(&made->layer->output);
    float *to = tq_test_array(count);
    tq_tensor *x[TQ_LAYER_INPUTS];
    for (size_t i = 0; i < made->count; ++i)
        x[i] = tq_test_tensor(made->layer->context, &made->layer->input[i], made->x[i]);
    tq_tensor *y = tq_test_tensor(made->layer->context, &made->layer->output, NULL);
    tq_test_ok(tq_layer_forward(made->layer, (const tq_tensor *const *)x, y));
    tq_test_ok(tq_tensor_read(y, to, count));
    for (size_t i = 0; i < made->count; ++i)
        tq_tensor_destroy(x[i]);
    tq_tensor_destroy(y);
    return to;
}
