#include "network/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

tq_status tq_network_create(tq_network **network, tq_context *context)
{
    if (network != NULL)
        *network = NULL;
    if (network == NULL || context == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_network_create: NULL argument");
    *network = calloc(1, sizeof **network);
    if (*network == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a network");
    (*network)->context = context;
    (*network)->output = SIZE_MAX;
    return TQ_OK;
}

void tq_network_destroy(tq_network *network)
{
    if (network == NULL)
        return;
    tq_network__unplan(network);
    for (size_t i = 0; i < network->value_count; ++i) {
        free(network->value[i].constant);
        tq_layer_destroy(network->value[i].layer);
    }
    free(network->value);
    free(network);
}

size_t tq_network__find(const tq_network *network, const char *name)
{
    for (size_t i = 0; i < network->value_count; ++i)
        if (strcmp(network->value[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

size_t tq_network__output(const tq_network *network)
{
    size_t last = network->value_count - 1;
    if (network->output != SIZE_MAX)
        return network->output;
    while (last > 0 && network->value[last].source != TQ_SOURCE_LAYER)
        --last; /* a constant may have been added behind the last layer */
    return last;
}

size_t tq_network__input(const tq_network *network)
{
    for (size_t i = 0; i < network->value_count; ++i)
        if (network->value[i].source == TQ_SOURCE_INPUT)
            return i;
    return SIZE_MAX;
}

size_t tq_network__layer_value(const tq_network *network, size_t i)
{
    for (size_t v = 0; v < network->value_count; ++v)
        if (network->value[v].source == TQ_SOURCE_LAYER && i-- == 0)
            return v;
    return SIZE_MAX;
}

size_t tq_network__count_uses(const tq_network *network, size_t i)
{
    size_t uses = i == tq_network__output(network);
    for (size_t j = 0; j < network->value_count; ++j)
        for (size_t k = 0; k < network->value[j].input_count; ++k)
            uses += network->value[j].input[k] == i;
    return uses;
}

static tq_status check_name(const tq_network *network, const char *name)
{
    const size_t length = name == NULL ? 0 : strlen(name);
    if (length == 0 || length > 255)
        return tq_status__fail(TQ_E_ARGUMENT, "a name has %zu bytes, allowed 1 to 255", length);
    if (strchr(name, ',') != NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "name '%s' has a comma", name);
    if (tq_network__find(network, name) != SIZE_MAX)
        return tq_status__fail(TQ_E_NAME, "name '%s' is taken", name);
    return TQ_OK;
}

/* Appends an empty value of this name. */
static tq_status append(tq_network *network, const char *name, tq_value_source source, tq_value **value)
{
    TQ_TRY(check_name(network, name));
    if (network->value_count == network->value_capacity) {
        const size_t capacity = network->value_capacity == 0 ? 16 : 2 * network->value_capacity;
        tq_value *grown = realloc(network->value, capacity * sizeof *grown);
        if (grown == NULL)
            return tq_status__fail(TQ_E_MEMORY, "no memory for %zu values", capacity);
        network->value = grown;
        network->value_capacity = capacity;
    }
    tq_network__unplan(network);
    *value = &network->value[network->value_count++];
    **value = (tq_value){.source = source};
    snprintf((*value)->name, sizeof(*value)->name, "%s", name);
    return TQ_OK;
}

static tq_status check_shape(const char *name, const tq_shape *shape)
{
    char text[96];
    if (shape == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "'%s': NULL shape", name);
    tq_shape_print(text, sizeof text, shape);
    if (tq_shape_count(shape) == 0 || shape->rank < 1)
        return tq_status__fail(TQ_E_SHAPE, "'%s': shape %s is not valid: rank 1 to %d, dimensions at least 1",
                               name, text, TQ_MAX_RANK);
    return TQ_OK;
}

tq_status tq_network_add_input(tq_network *network, const char *name, const tq_shape *shape, tq_layout layout)
{
    tq_value *value;
    TQ_TRY(check_shape(name ? name : "", shape));
    TQ_TRY(append(network, name, TQ_SOURCE_INPUT, &value));
    value->given = *shape;
    value->layout = layout;
    return TQ_OK;
}

tq_status tq_network_add_constant(tq_network *network, const char *name, const tq_shape *shape,
                                  const float *values)
{
    tq_value *value;
    TQ_TRY(check_shape(name ? name : "", shape));
    if (values == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "'%s': NULL values", name ? name : "");
    const size_t bytes = (size_t)tq_shape_count(shape) * sizeof *values;
    float *copy = malloc(bytes);
    if (copy == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for constant '%s' of %zu bytes", name, bytes);
    memcpy(copy, values, bytes);
    const tq_status status = append(network, name, TQ_SOURCE_CONSTANT, &value);
    if (status != TQ_OK) {
        free(copy);
        return status;
    }
    value->given = *shape;
    value->constant = copy;
    return TQ_OK;
}

/* Finds the values whose names stand in `inputs`, separated by commas. */
static tq_status find_inputs(const tq_network *network, const char *layer, const char *inputs,
                             tq_value *value)
{
    const char *rest = inputs == NULL ? "" : inputs;
    for (bool more = *rest != '\0'; more;) {
        char name[256];
        const size_t length = strcspn(rest, ",");
        if (value->input_count == TQ_LAYER_INPUTS)
            return tq_status__fail(TQ_E_ARGUMENT, "layer '%s' has more than %d inputs", layer,
                                   TQ_LAYER_INPUTS);
        snprintf(name, sizeof name, "%.*s", (int)length, rest);
        const size_t found = tq_network__find(network, name);
        if (found == SIZE_MAX)
            return tq_status__fail(
                TQ_E_NAME, "layer '%s': input '%s' is neither an input nor an earlier layer", layer, name);
        value->input[value->input_count++] = found;
        more = rest[length] == ',';
        rest += length + more;
    }
    return TQ_OK;
}

tq_status tq_network_add(tq_network *network, const char *kind, const char *name, const char *options,
                         const char *inputs)
{
    tq_value made = {0}, *value;
    tq_layer *layer;
    TQ_TRY(check_name(network, name));
    TQ_TRY(find_inputs(network, name, inputs, &made));
    TQ_TRY(tq_layer_create(&layer, network->context, kind, name, options));
    const tq_status status = append(network, name, TQ_SOURCE_LAYER, &value);
    if (status != TQ_OK) {
        tq_layer_destroy(layer);
        return status;
    }
    value->layer = layer;
    memcpy(value->input, made.input, sizeof made.input);
    value->input_count = made.input_count;
    return TQ_OK;
}

tq_status tq_network__add_helper(tq_network *network, const char *kind, const char *name, const char *options,
                                 const char *inputs)
{
    TQ_TRY(tq_network_add(network, kind, name, options, inputs));
    network->value[network->value_count - 1].is_helper = true;
    return TQ_OK;
}

tq_status tq_network_fix_batch(tq_network *network, int64_t batch)
{
    if (network == NULL || batch < 1 || batch > TQ_MOST_BATCH)
        return tq_status__fail(TQ_E_ARGUMENT, "a fixed batch of %lld, allowed 1 to %d", (long long)batch,
                               TQ_MOST_BATCH);
    tq_network__unplan(network);
    network->fixed_batch = batch;
    return TQ_OK;
}

int64_t tq_network_fixed_batch(const tq_network *network)
{
    return network->fixed_batch;
}

static tq_status find_layer(const tq_network *network, const char *layer, size_t *value)
{
    *value = layer == NULL ? SIZE_MAX : tq_network__find(network, layer);
    if (*value == SIZE_MAX || network->value[*value].source != TQ_SOURCE_LAYER)
        return tq_status__fail(TQ_E_NAME, "there is no layer '%s'", layer == NULL ? "" : layer);
    return TQ_OK;
}

tq_status tq_network_set_weight(tq_network *network, const char *layer, const char *weight,
                                const tq_shape *shape, const float *values)
{
    size_t value;
    TQ_TRY(find_layer(network, layer, &value));
    TQ_TRY(tq_layer_set_weight(network->value[value].layer, weight, shape, values));
    tq_network__unplan(network);
    return TQ_OK;
}

tq_status tq_network_set_output(tq_network *network, const char *layer)
{
    size_t value;
    TQ_TRY(find_layer(network, layer, &value));
    tq_network__unplan(network);
    network->output = value;
    return TQ_OK;
}

size_t tq_network_layer_count(const tq_network *network)
{
    size_t count = 0;
    for (size_t i = 0; i < network->value_count; ++i)
        count += network->value[i].source == TQ_SOURCE_LAYER;
    return count;
}

const tq_layer *tq_network_layer(const tq_network *network, size_t i)
{
    const size_t value = tq_network__layer_value(network, i);
    return value == SIZE_MAX ? NULL : network->value[value].layer;
}
