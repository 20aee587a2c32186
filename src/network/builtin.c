#include "tensorquant/builtin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "network/graph.h"
#include "tensorquant/kernels/prelude.cl"

#define MOST_CLASSES 1000000
#define MOST_LAYERS  16

enum { CLASSES = 0, NONE = -1 }; /* as many outputs as classes; no weights */

typedef struct part {
    const char *kind, *name, *options;
    int64_t kernel, outputs; /* of kinds with weights */
} part;

/* Ordered by name. */
static const struct {
    const char *name, *summary;
    part part[MOST_LAYERS];
} builtins[] = {
    {"cifarnet",
     "64 and 64 maps of 5 x 5, 384 and 192 outputs",
     {{"conv2d", "conv1", "auto_pad=same_upper", 5, 64},
      {"relu", "relu1", "", 0, NONE},
      {"maxpool2d", "pool1", "kernel=2,stride=2", 0, NONE},
      {"conv2d", "conv2", "auto_pad=same_upper", 5, 64},
      {"relu", "relu2", "", 0, NONE},
      {"maxpool2d", "pool2", "kernel=2,stride=2", 0, NONE},
      {"flatten", "flatten", "order=nchw", 0, NONE},
      {"dense", "fc3", "", 1, 384},
      {"relu", "relu3", "", 0, NONE},
      {"dense", "fc4", "", 1, 192},
      {"relu", "relu4", "", 0, NONE},
      {"dense", "logits", "", 1, CLASSES}}},
    {"lenet",
     "20 and 50 maps of 5 x 5, 500 outputs",
     {{"conv2d", "conv1", "", 5, 20},
      {"relu", "relu1", "", 0, NONE},
      {"maxpool2d", "pool1", "kernel=2,stride=2", 0, NONE},
      {"conv2d", "conv2", "", 5, 50},
      {"relu", "relu2", "", 0, NONE},
      {"maxpool2d", "pool2", "kernel=2,stride=2", 0, NONE},
      {"flatten", "flatten", "order=nchw", 0, NONE},
      {"dense", "fc1", "", 1, 500},
      {"relu", "relu3", "", 0, NONE},
      {"dense", "fc2", "", 1, CLASSES}}},
    {"mlp",
     "256 and 128 outputs",
     {{"flatten", "flatten", "order=nchw", 0, NONE},
      {"dense", "fc1", "", 1, 256},
      {"relu", "relu1", "", 0, NONE},
      {"dense", "fc2", "", 1, 128},
      {"relu", "relu2", "", 0, NONE},
      {"dense", "fc3", "", 1, CLASSES}}},
};

size_t tq_builtin_count(void)
{
    return TQ_COUNT(builtins);
}

const char *tq_builtin_name(size_t i)
{
    return i < TQ_COUNT(builtins) ? builtins[i].name : NULL;
}

const char *tq_builtin_summary(size_t i)
{
    return i < TQ_COUNT(builtins) ? builtins[i].summary : NULL;
}

typedef struct making {
    tq_network *network;
    tq_shape shape; /* what the last layer gives, NHWC */
    int64_t classes;
    uint64_t seed;
    tq_u32 tensors; /* weight tensors so far */
} making;

/* Odd multiples of 2^-24 between -1 and 1 are binary32 numbers: only the product is rounded. */
static void draw(const making *m, float *to, int64_t count, double limit)
{
    const float factor = (float)limit;
    for (int64_t i = 0; i < count; ++i) {
        const tq_u32 bits =
            tq_element_draw((tq_u32)m->seed, (tq_u32)(m->seed >> 32), (tq_u64)i, m->tensors, 32);
        to[i] = ((float)(2 * (int32_t)(bits >> 8) + 1 - (1 << 24)) / 16777216.0f) * factor;
    }
}

static tq_status set_weights(making *m, const part *p, const tq_shape *shape)
{
    const int64_t count = tq_shape_count(shape), outputs = shape->dim[shape->rank - 1];
    const int64_t inputs = count / outputs, kernel = p->kernel * p->kernel;
    const double limit =
        p->outputs != CLASSES ? sqrt(6.0 / (double)inputs) : sqrt(6.0 / (double)(inputs + kernel * outputs));
    float *const values = calloc((size_t)count + (size_t)outputs, sizeof *values);
    if (values == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for the %lld weights of '%s'", (long long)count,
                               p->name);
    draw(m, values, count, limit);
    ++m->tensors;
    tq_status status = tq_network_set_weight(m->network, p->name, "weight", shape, values);
    if (status == TQ_OK)
        status = tq_network_set_weight(m->network, p->name, "bias", &(tq_shape){.rank = 1, .dim = {outputs}},
                                       values + count);
    free(values);
    return status;
}

static tq_status add_part(making *m, const part *p, const char *input)
{
    const int64_t outputs = p->outputs == CLASSES ? m->classes : p->outputs;
    const int64_t channels = m->shape.dim[m->shape.rank - 1];
    TQ_TRY(tq_network_add(m->network, p->kind, p->name, p->options, input));
    if (m->shape.rank == 4 && p->outputs != NONE)
        TQ_TRY(set_weights(m, p, &(tq_shape){.rank = 4, .dim = {p->kernel, p->kernel, channels, outputs}}));
    else if (p->outputs != NONE)
        TQ_TRY(set_weights(m, p, &(tq_shape){.rank = 2, .dim = {channels, outputs}}));
    return tq_layer__shape(m->network->value[m->network->value_count - 1].layer, &m->shape, 1, &m->shape);
}

static tq_status make(making *m, const tq_shape *sample, size_t which)
{
    const int64_t *const d = sample->dim;
    const tq_shape input = tq_shape_of(4, (const int64_t[]){1, d[0], d[1], d[2]});
    const char *last = "image";
    m->shape = tq_shape__to_nhwc(&input, TQ_NCHW);
    TQ_TRY(tq_network_add_input(m->network, last, &input, TQ_NCHW));
    for (const part *p = builtins[which].part; p < builtins[which].part + MOST_LAYERS && p->kind != NULL;
         ++p) {
        TQ_TRY(add_part(m, p, last));
        last = p->name;
    }
    return TQ_OK;
}

static tq_status find(const char *name, size_t *which)
{
    tq_text names = {0};
    for (*which = 0; *which < TQ_COUNT(builtins); ++*which)
        if (strcmp(builtins[*which].name, name) == 0)
            return TQ_OK;
    for (size_t i = 0; i < TQ_COUNT(builtins); ++i)
        tq_text__print(&names, "%s%s", i > 0 ? ", " : "", builtins[i].name);
    const tq_status status = tq_status__fail(TQ_E_NAME, "there is no built-in network '%.60s'; there are: %s",
                                             name, tq_text__get(&names));
    tq_text__free(&names);
    return status;
}

tq_status tq_network_create_builtin(tq_network **network, tq_context *context, const char *name,
                                    const tq_shape *sample, int64_t classes, uint64_t seed)
{
    making m = {.classes = classes, .seed = seed};
    size_t which;
    char text[160];
    if (network == NULL || context == NULL || name == NULL || sample == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_network_create_builtin: NULL argument");
    *network = NULL;
    TQ_TRY(find(name, &which));
    tq_shape_print(text, sizeof text, sample);
    if (sample->rank != 3 || tq_shape_count(sample) == 0)
        return tq_status__fail(TQ_E_SHAPE, "%s: a sample of shape %s; needed: channels x rows x columns",
                               name, text);
    if (classes < 1 || classes > MOST_CLASSES)
        return tq_status__fail(TQ_E_ARGUMENT, "%s: %lld classes, allowed 1 to %d", name, (long long)classes,
                               MOST_CLASSES);
    TQ_TRY(tq_network_create(&m.network, context));
    const tq_status status = make(&m, sample, which);
    if (status == TQ_OK) {
        *network = m.network;
        return TQ_OK;
    }
    tq_network_destroy(m.network);
    return tq_status__prefix(status, "%s of samples of shape %s", name, text);
}
