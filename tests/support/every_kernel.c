#include "support/every_kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/device_test.h"

/* A weight: its name and shape. */
typedef struct weight {
    const char *name;
    int rank;
    int64_t dim[4];
    float first, step; /* its numbers are first, first + step, ... up to 7 of them, again and again */
} weight;

#define NO_WEIGHTS                                                                                           \
    {                                                                                                        \
        {                                                                                                    \
            NULL, 0, {0}, 0, 0                                                                               \
        }                                                                                                    \
    }

typedef struct row {
    const char *kind, *name, *options, *inputs;
    weight weights[4];
} row;

/* x: 1 x 5 x 5 x 4. Behind rows: the output without the sample. */
static const row rows[] = {
    {"conv2d",
     "conv",
     "pads=1",
     "x",
     {{"weight", 4, {3, 3, 4, 6}, -0.5f, 0.125f}, {"bias", 1, {6}, -1, 0.5f}}},
    {"batchnorm",
     "norm",
     "",
     "conv",
     {{"gamma", 1, {6}, 0.5f, 0.25f},
      {"beta", 1, {6}, -1, 0.25f},
      {"mean", 1, {6}, -0.5f, 0.125f},
      {"variance", 1, {6}, 0.5f, 0.25f}}},
    {"prelu", "slope", "", "norm", {{"slope", 1, {6}, -0.5f, 0.25f}}},
    {"conv2d", "depth", "pads=1,groups=6", "slope", {{"weight", 4, {3, 3, 1, 6}, -0.25f, 0.125f}}},
    {"hardswish", "hard", "", "depth", NO_WEIGHTS},
    {"avgpool2d", "average", "kernel=2,stride=1", "hard", NO_WEIGHTS}, /* 4x4x6 */
    {"relu", "rectified", "", "average", NO_WEIGHTS},
    {"maxpool2d", "largest", "kernel=2,stride=1", "average", NO_WEIGHTS}, /* 3x3x6 */
    {"lrn", "response", "size=3,alpha=0.5,bias=1.5", "largest", NO_WEIGHTS},
    {"lppool2d", "lp", "kernel=2", "response", NO_WEIGHTS}, /* 2x2x6 */
    {"instancenorm",
     "instance",
     "epsilon=0.01",
     "lp",
     {{"gamma", 1, {6}, 0.5f, 0.25f}, {"beta", 1, {6}, -1, 0.25f}}},
    {"resizelinear", "linear", "scale=2x2", "instance", NO_WEIGHTS}, /* 4x4x6 */
    {"add", "sum", "", "linear,rectified", NO_WEIGHTS},
    {"tanh", "bent", "", "sum", NO_WEIGHTS},
    {"quantizelinear", "codes", "bits=8", "bent", {{"scale", 1, {1}, 0.0625f, 0}, {"zero", 1, {1}, 3, 0}}},
    {"dynamicquantizelinear", "dynamic", "part=codes", "codes", NO_WEIGHTS},
    {"pad", "frame", "before=0x1x0x0,after=0x0x1x0", "dynamic", NO_WEIGHTS}, /* 5x5x6 */
    {"concat", "both", "axis=3", "frame,depth", NO_WEIGHTS},                 /* 5x5x12 */
    {"transpose", "turned", "axes=0x1x3x2", "both", NO_WEIGHTS},             /* 5x12x5 */
    {"matmul", "product", "", "both,turned", NO_WEIGHTS},                    /* 5x5x5 */
    {"layernorm", "layer", "axis=3", "product", {{"gamma", 1, {5}, 0.5f, 0.25f}}},
    {"reducesum", "less", "axes=1,keepdims=0", "layer", NO_WEIGHTS}, /* 5x5 */
    {"softmax", "soft", "", "less", NO_WEIGHTS},
    {"flatten", "flat", "", "soft", NO_WEIGHTS},
    {"dense", "scores", "", "flat", {{"weight", 2, {25, 9}, -0.5f, 0.375f}, {"bias", 1, {9}, -1, 0.25f}}},
};

static void set_weight(tq_network *network, const char *layer, const weight *w)
{
    const tq_shape shape = tq_shape_of(w->rank, w->dim);
    const int64_t count = tq_shape_count(&shape);
    float *const values = tq_test_array(count);
    for (int64_t i = 0; i < count; ++i)
        values[i] = w->first + w->step * (float)(i % 7);
    tq_test_ok(tq_network_set_weight(network, layer, w->name, &shape, values));
    free(values);
}

tq_network *tq_every_make(tq_context *context)
{
    const tq_shape input = tq_shape_of(4, (const int64_t[]){1, EVERY_SIDE, EVERY_SIDE, EVERY_CHANNELS});
    tq_network *network;
    tq_test_ok(tq_network_create(&network, context));
    tq_test_ok(tq_network_add_input(network, "x", &input, TQ_NHWC));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        const row *const r = &rows[i];
        tq_test_ok(tq_network_add(network, r->kind, r->name, r->options, r->inputs));
        for (size_t j = 0; j < 4 && r->weights[j].name != NULL; ++j)
            set_weight(network, r->name, &r->weights[j]);
    }
    return network;
}

tq_plan tq_every_plan(tq_map **intrinsic, const char *map)
{
    *intrinsic = NULL;
    if (map != NULL)
        tq_test_ok(tq_map_parse(intrinsic, map));
    return (tq_plan){.batch = 1, .seed = 3, .intrinsic = *intrinsic};
}
