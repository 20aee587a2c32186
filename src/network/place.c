/* Memory plan: tensors share one block where their lifetimes do not meet. */
#include <stdlib.h>

#include "network/graph.h"

#define ALIGNMENT 256 /* elements: 1 KiB, more than any device's address alignment */

typedef struct tq_slot {
    uint64_t offset, size; /* elements */
    size_t from, to;       /* values: computed at `from`, last used at `to` */
} tq_slot;

static void find_last_uses(tq_network *network)
{
    for (size_t i = 0; i < network->value_count; ++i) {
        tq_value *value = &network->value[i];
        value->last_use = network->keep || value->source == TQ_SOURCE_CONSTANT ? SIZE_MAX : i;
        for (size_t j = 0; j < value->input_count; ++j) {
            tq_value *input = &network->value[value->input[j]];
            input->last_use = input->last_use > i ? input->last_use : i;
        }
    }
    network->value[tq_network__output(network)].last_use = SIZE_MAX;
}

static bool meet(const tq_slot *a, const tq_slot *b)
{
    const bool lifetimes = a->from <= b->to && b->from <= a->to;
    return lifetimes && a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

/* Lowest offset at which slot[last] meets none before it. */
static void first_fit(tq_slot *slot, size_t last)
{
    slot[last].offset = 0;
    for (size_t i = 0; i < last; ++i)
        if (meet(&slot[last], &slot[i])) {
            slot[last].offset = slot[i].offset + slot[i].size;
            i = SIZE_MAX; /* again from the first */
        }
}

/* The value with which value i is computed. */
static size_t written_at(const tq_value *value, size_t i)
{
    return value->producer == SIZE_MAX ? i : value->producer;
}

static uint64_t place_slots(const tq_network *network, tq_slot *slot)
{
    uint64_t end = 0;
    for (size_t i = 0; i < network->value_count; ++i) {
        const tq_value *value = &network->value[i];
        const uint64_t count = (uint64_t)tq_shape_count(&value->shape);
        /* Constants and kept values live from the start, because they are written before the first layer
         * runs. */
        const uint64_t stored = value->relu == SIZE_MAX ? count : 0; /* else only the relu's output is */
        slot[i] = (tq_slot){.size = (stored + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT,
                            .from = value->source == TQ_SOURCE_LAYER ? written_at(value, i) : 0,
                            .to = value->last_use};
        first_fit(slot, i);
        end = slot[i].offset + slot[i].size > end ? slot[i].offset + slot[i].size : end;
    }
    return end;
}

static tq_status make_views(tq_network *network, const tq_slot *slot, uint64_t elements)
{
    tq_memory *memory;
    tq_status status = tq_memory__create(&memory, network->context, elements * sizeof(float));
    for (size_t i = 0; status == TQ_OK && i < network->value_count; ++i)
        status = tq_tensor__view(&network->value[i].tensor, memory, slot[i].offset, &network->value[i].shape);
    tq_memory__release(memory);
    return status;
}

/* Too much for one allocation: every tensor has its own. */
static tq_status make_tensors(tq_network *network)
{
    for (size_t i = 0; i < network->value_count; ++i)
        TQ_TRY(tq_tensor_create(&network->value[i].tensor, network->context, &network->value[i].shape));
    return TQ_OK;
}

static tq_status write_constants(tq_network *network)
{
    for (size_t i = 0; i < network->value_count; ++i) {
        const tq_value *value = &network->value[i];
        if (value->source == TQ_SOURCE_CONSTANT)
            TQ_TRY(tq_tensor_write(value->tensor, value->constant, tq_shape_count(&value->shape)));
    }
    return TQ_OK;
}

tq_status tq_network__place(tq_network *network)
{
    tq_slot *slot = calloc(network->value_count, sizeof *slot);
    if (slot == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory to place %zu tensors", network->value_count);
    find_last_uses(network);
    const uint64_t elements = place_slots(network, slot);
    const uint64_t limit = tq_context_device(network->context)->max_allocation / sizeof(float);
    const tq_status status = elements <= limit ? make_views(network, slot, elements) : make_tensors(network);
    free(slot);
    return status == TQ_OK ? write_constants(network) : status;
}
