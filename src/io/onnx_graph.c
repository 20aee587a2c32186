#include "io/onnx_graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 200 /* of a network's name, before a suffix */

const char *tq_onnx__text(const char *text)
{
    return text != NULL ? text : "";
}

static size_t count_outputs(const Onnx__GraphProto *graph)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->n_node; ++i)
        count += graph->node[i]->n_output;
    return count;
}

/* Each input of a node may make a constant or a helper, each output a layer. */
static size_t count_inputs(const Onnx__GraphProto *graph)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->n_node; ++i)
        count += graph->node[i]->n_input;
    return count;
}

static void note_outputs(tq_onnx *onnx, size_t node)
{
    const Onnx__NodeProto *proto = onnx->graph->node[node];
    for (size_t i = 0; i < proto->n_output; ++i)
        if (*tq_onnx__text(proto->output[i]) != '\0' &&
            tq_name_table__find(&onnx->later, proto->output[i]) == NULL)
            tq_name_table__put(&onnx->later, proto->output[i], node);
}

tq_status tq_onnx__create(tq_onnx *onnx, const Onnx__GraphProto *graph, size_t extra_count)
{
    const size_t outputs = count_outputs(graph), inputs = count_inputs(graph);
    const size_t values = outputs + graph->n_input + graph->n_initializer + extra_count;
    onnx->graph = graph;
    onnx->value_capacity = values;
    onnx->value = calloc(values + 1, sizeof *onnx->value);
    if (onnx->value == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %zu values", values);
    TQ_TRY(tq_name_table__create(&onnx->values, values));
    TQ_TRY(tq_name_table__create(&onnx->later, outputs));
    TQ_TRY(tq_name_table__create(&onnx->names, graph->n_input + 4 * (inputs + outputs + 1)));
    for (size_t i = 0; i < graph->n_node; ++i)
        note_outputs(onnx, i);
    return TQ_OK;
}

void tq_onnx__free(tq_onnx *onnx)
{
    tq_owned__free(&onnx->owned);
    free(onnx->value);
    tq_name_table__free(&onnx->values);
    tq_name_table__free(&onnx->later);
    tq_name_table__free(&onnx->names);
    *onnx = (tq_onnx){0};
}

tq_status tq_onnx__define(tq_onnx *onnx, const char *name, const tq_onnx_value *value)
{
    if (value->role == TQ_ONNX_TENSOR && tq_shape_count(&value->shape) == 0)
        return tq_status__fail(TQ_E_SHAPE, "the output has no elements, or more than 2^62");
    if (*tq_onnx__text(name) == '\0')
        return tq_status__fail(TQ_E_FORMAT, "the graph has a value without a name");
    if (tq_name_table__find(&onnx->values, name) != NULL)
        return tq_status__fail(TQ_E_FORMAT, "'%s' is defined twice", name);
    tq_name_table__put(&onnx->values, name, onnx->value_count);
    onnx->value[onnx->value_count++] = *value;
    return TQ_OK;
}

const tq_onnx_value *tq_onnx__find(const tq_onnx *onnx, const char *name)
{
    const size_t *number = tq_name_table__find(&onnx->values, name);
    return number != NULL ? &onnx->value[*number] : NULL;
}

tq_status tq_onnx__keep(tq_onnx *onnx, void *memory)
{
    if (!tq_owned__keep(&onnx->owned, memory))
        return tq_status__fail(TQ_E_MEMORY, "no memory for the import of a graph");
    return TQ_OK;
}

/* Copies a name: commas separate names in the network; no cut within a UTF-8 character. */
static void clean_name(char to[NAME_BYTES], const char *from)
{
    size_t length = strlen(from);
    if (length >= NAME_BYTES)
        for (length = NAME_BYTES - 1; length > 1 && ((unsigned char)from[length] & 0xC0) == 0x80;)
            --length;
    for (size_t i = 0; i < length; ++i)
        to[i] = from[i];
    to[length] = '\0';
    for (char *comma = to; (comma = strchr(comma, ',')) != NULL;)
        *comma = '_';
}

tq_status tq_onnx__unique_name(tq_onnx *onnx, const char *wanted, const char **name)
{
    char base[NAME_BYTES], *made = malloc(NAME_BYTES + 32);
    TQ_TRY(tq_onnx__keep(onnx, made));
    clean_name(base, *wanted != '\0' ? wanted : "unnamed");
    snprintf(made, NAME_BYTES, "%s", base);
    size_t *last = tq_name_table__find(&onnx->names, base);
    while (tq_name_table__find(&onnx->names, made) != NULL)
        snprintf(made, NAME_BYTES + 32, "%s_%zu", base, ++*last);
    tq_name_table__put(&onnx->names, made, 1);
    *name = made;
    return TQ_OK;
}
