/* Layers and constants from which the output is not computed are taken away. */
#include <stdlib.h>

#include "network/graph.h"

/* Inputs stand before what is computed from them. */
static void mark(const tq_network *network, bool *needed)
{
    needed[tq_network__output(network)] = true;
    for (size_t i = network->value_count; i-- > 0;) {
        const tq_value *value = &network->value[i];
        needed[i] = needed[i] || value->source == TQ_SOURCE_INPUT;
        for (size_t k = 0; needed[i] && k < value->input_count; ++k)
            needed[value->input[k]] = true;
    }
}

/* Moves what stays to the front; number[i] is where value i is then. */
static void compact(tq_network *network, const bool *needed, size_t *number)
{
    size_t kept = 0;
    for (size_t i = 0; i < network->value_count; ++i) {
        tq_value *value = &network->value[i];
        number[i] = kept;
        if (!needed[i]) {
            tq_layer_destroy(value->layer);
            free(value->constant);
            continue;
        }
        for (size_t k = 0; k < value->input_count; ++k)
            value->input[k] = number[value->input[k]];
        if (kept != i)
            network->value[kept] = *value;
        ++kept;
    }
    network->value_count = kept;
}

tq_status tq_network__prune(tq_network *network)
{
    const size_t count = network->value_count;
    bool *needed = calloc(count + 1, sizeof *needed);
    size_t *number = calloc(count + 1, sizeof *number);
    tq_status status = TQ_OK;
    if (needed != NULL && number != NULL) {
        const size_t output = tq_network__output(network);
        tq_network__unplan(network);
        mark(network, needed);
        compact(network, needed, number);
        network->output = number[output];
    } else {
        status = tq_status__fail(TQ_E_MEMORY, "no memory to look at %zu values", count);
    }
    free(needed);
    free(number);
    return status;
}
