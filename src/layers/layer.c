/* What all layer kinds share: creation, options, weights, state checks. Planning and running: layer_plan.c,
 * layer_run.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layers/layer_parts.h"

size_t tq_layer_kind_count(void)
{
    size_t count = 0;
    while (tq_layer_kinds[count] != NULL)
        ++count;
    return count;
}

const char *tq_layer_kind_name(size_t i)
{
    return i < tq_layer_kind_count() ? tq_layer_kinds[i]->name : "";
}

const char *tq_layer_kind_summary(size_t i)
{
    return i < tq_layer_kind_count() ? tq_layer_kinds[i]->summary : "";
}

bool tq_layer_weight(const tq_layer *layer, size_t i, const char **name, tq_shape *shape)
{
    for (size_t w = 0; w < layer->kind->weight_count; ++w) {
        if (layer->weight[w].master == NULL || i-- > 0)
            continue;
        *name = layer->kind->weights[w].name;
        *shape = layer->weight[w].shape;
        return true;
    }
    return false;
}

static const tq_layer_kind *find_kind(const char *name)
{
    for (const tq_layer_kind *const *kind = tq_layer_kinds; *kind != NULL; ++kind)
        if (strcmp((*kind)->name, name) == 0)
            return *kind;
    return NULL;
}

static tq_status unknown_kind(const char *name)
{
    tq_text names = {0};
    for (const tq_layer_kind *const *kind = tq_layer_kinds; *kind != NULL; ++kind)
        tq_text__print(&names, "%s%s", names.length > 0 ? ", " : "", (*kind)->name);
    const tq_status status =
        tq_status__fail(TQ_E_NAME, "there is no layer kind '%.60s'; kinds: %s", name, tq_text__get(&names));
    tq_text__free(&names);
    return status;
}

tq_status tq_layer__prefix(const tq_layer *layer, tq_status status)
{
    return status == TQ_OK ? TQ_OK : tq_status__prefix(status, "%s '%s'", layer->kind->name, layer->name);
}

static tq_status read_options(tq_layer *layer, const char *options)
{
    const char *text = options == NULL ? "" : options;
    return tq_arguments__parse(layer->option, layer->kind->options, layer->kind->option_count, "options",
                               text, text, false);
}

tq_status tq_layer_create(tq_layer **layer, tq_context *context, const char *kind, const char *name,
                          const char *options)
{
    if (layer == NULL || context == NULL || kind == NULL || name == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_layer_create: NULL argument");
    *layer = NULL;
    const tq_layer_kind *found = find_kind(kind);
    if (found == NULL)
        return unknown_kind(kind);
    if (name[0] == '\0' || strlen(name) > 255)
        return tq_status__fail(TQ_E_ARGUMENT, "a layer's name has %zu bytes, allowed 1 to 255", strlen(name));
    tq_layer *made = calloc(1, sizeof *made);
    if (made == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for layer '%s'", name);
    made->kind = found;
    made->context = context;
    made->path = made->proof = made->otherwise = "";
    snprintf(made->name, sizeof made->name, "%s", name);
    const tq_status status = tq_layer__prefix(made, read_options(made, options));
    if (status != TQ_OK)
        tq_layer_destroy(made);
    else
        *layer = made;
    return status;
}

void tq_layer_destroy(tq_layer *layer)
{
    if (layer == NULL)
        return;
    tq_layer__unplan(layer);
    for (size_t i = 0; i < TQ_LAYER_WEIGHTS; ++i) {
        free(layer->weight[i].master);
        free(layer->weight[i].values);
    }
    free(layer);
}

static int find_weight(const tq_layer *layer, const char *name)
{
    for (size_t i = 0; i < layer->kind->weight_count; ++i)
        if (strcmp(layer->kind->weights[i].name, name) == 0)
            return (int)i;
    return -1;
}

static tq_status unknown_weight(const tq_layer *layer, const char *name)
{
    tq_text names = {0};
    for (size_t i = 0; i < layer->kind->weight_count; ++i)
        tq_text__print(&names, "%s%s", i > 0 ? ", " : "", layer->kind->weights[i].name);
    const tq_status status = tq_status__fail(TQ_E_NAME, "there is no weight '%.60s'; weights: %s", name,
                                             names.length > 0 ? tq_text__get(&names) : "none");
    tq_text__free(&names);
    return status;
}

static tq_status set_weight(tq_layer *layer, const char *name, const tq_shape *shape, const float *values)
{
    const int index = find_weight(layer, name);
    char text[160];
    if (index < 0)
        return unknown_weight(layer, name);
    const tq_weight_info *info = &layer->kind->weights[index];
    tq_shape_print(text, sizeof text, shape);
    if (shape->rank != info->rank || tq_shape_count(shape) == 0)
        return tq_status__fail(TQ_E_SHAPE, "weight '%s' has shape %s, needs rank %d (%s)", name, text,
                               info->rank, info->axes);
    const size_t bytes = (size_t)tq_shape_count(shape) * sizeof *values;
    float *copy = malloc(bytes);
    if (copy == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for weight '%s' of %zu bytes", name, bytes);
    memcpy(copy, values, bytes);
    tq_layer__unplan(layer);
    free(layer->weight[index].master);
    free(layer->weight[index].values);
    layer->weight[index] = (tq_weight){.shape = *shape, .master = copy};
    return TQ_OK;
}

tq_status tq_layer_set_weight(tq_layer *layer, const char *weight, const tq_shape *shape, const float *values)
{
    if (layer == NULL || weight == NULL || shape == NULL || values == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_layer_set_weight: NULL argument");
    return tq_layer__prefix(layer, set_weight(layer, weight, shape, values));
}

double tq_layer__option(const tq_layer *layer, const char *name, size_t j)
{
    size_t offset = 0;
    for (size_t i = 0; i < layer->kind->option_count; ++i) {
        const tq_parameter *p = &layer->kind->options[i];
        if (strcmp(p->name, name) == 0)
            return layer->option[offset + j];
        offset += p->count == 0 ? 1 : p->count;
    }
    return 0.0;
}

const char *tq_layer_path(const tq_layer *layer)
{
    return layer->planned ? layer->path : "";
}

const char *tq_layer_path_reasons(const tq_layer *layer)
{
    return layer->planned ? tq_text__get(&layer->reasons) : "";
}

tq_layer_path_info tq_layer_path_details(const tq_layer *layer)
{
    return (tq_layer_path_info){.name = layer->path,
                                .proof = layer->proof,
                                .instructions = layer->instructions,
                                .bound = layer->path_bound,
                                .otherwise = layer->otherwise};
}

int64_t tq_layer_macs(const tq_layer *layer)
{
    return layer->planned ? layer->macs : 0;
}

const char *tq_layer_name(const tq_layer *layer)
{
    return layer->name;
}

const char *tq_layer_kind_of(const tq_layer *layer)
{
    return layer->kind->name;
}
