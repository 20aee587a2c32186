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

static bool lifetimes_meet(const tq_slot *a, const tq_slot *b)
{
    return a->from <= b->to && b->from <= a->to;
}

/* Slots that have been placed, by offset. */
typedef struct tq_placed {
    const tq_slot **slot;
    size_t count;
} tq_placed;

/* Lowest offset at which a slot meets none that is placed. */
static void first_fit(tq_placed *placed, tq_slot *slot)
{
    slot->offset = 0;
    if (slot->size == 0)
        return;
    for (size_t i = 0; i < placed->count; ++i) {
        const tq_slot *other = placed->slot[i];
        if (!lifetimes_meet(slot, other))
            continue;
        if (slot->offset + slot->size <= other->offset)
            break;
        if (other->offset + other->size > slot->offset)
            slot->offset = other->offset + other->size;
    }
    size_t at = placed->count++;
    for (; at > 0 && placed->slot[at - 1]->offset > slot->offset; --at)
        placed->slot[at] = placed->slot[at - 1];
    placed->slot[at] = slot;
}

/* The value with which value i is computed. */
static size_t written_at(const tq_value *value, size_t i)
{
    return value->producer == SIZE_MAX ? i : value->producer;
}

/* Elements that a value takes. The input is not here: each run has its own. */
static uint64_t size_of(const tq_value *value)
{
    return value->source == TQ_SOURCE_INPUT ? 0 : (uint64_t)tq_shape_count(&value->shape);
}

static uint64_t place_slots(const tq_network *network, tq_slot *slot, const tq_slot **order)
{
    tq_placed placed = {order, 0};
    uint64_t end = 0;
    for (size_t i = 0; i < network->value_count; ++i) {
        const tq_value *value = &network->value[i];
        const uint64_t count = size_of(value);
        /* Constants and kept values live from the start, because they are written before the first layer
         * runs. */
        const uint64_t stored = value->relu == SIZE_MAX ? count : 0; /* else only the relu's output is */
        slot[i] = (tq_slot){.size = (stored + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT,
                            .from = value->source == TQ_SOURCE_LAYER ? written_at(value, i) : 0,
                            .to = value->last_use};
        first_fit(&placed, &slot[i]);
        end = slot[i].offset + slot[i].size > end ? slot[i].offset + slot[i].size : end;
    }
    return end;
}

/* A block of at least so many elements: the one that is there, unless it is much too large. */
static tq_status make_block(tq_network *network, uint64_t elements)
{
    if (network->block != NULL && elements <= network->block_elements &&
        network->block_elements / 2 <= elements)
        return TQ_OK;
    tq_memory__release(network->block);
    network->block = NULL;
    network->block_elements = elements;
    return tq_memory__create(&network->block, network->context, elements * sizeof(float));
}

static tq_status make_views(tq_network *network, const tq_slot *slot, uint64_t elements)
{
    TQ_TRY(make_block(network, elements));
    for (size_t i = 0; i < network->value_count; ++i) {
        tq_value *value = &network->value[i];
        if (value->source != TQ_SOURCE_INPUT)
            TQ_TRY(tq_tensor__view(&value->tensor, network->block, slot[i].offset, &value->shape));
    }
    return TQ_OK;
}

/* Too much for one allocation: every tensor has its own. */
static tq_status make_tensors(tq_network *network)
{
    for (size_t i = 0; i < network->value_count; ++i) {
        tq_value *value = &network->value[i];
        if (value->source != TQ_SOURCE_INPUT)
            TQ_TRY(tq_tensor_create(&value->tensor, network->context, &value->shape));
    }
    return TQ_OK;
}

static const tq_value *largest_value(const tq_network *network)
{
    const tq_value *largest = &network->value[0];
    for (size_t i = 1; i < network->value_count; ++i)
        if (size_of(&network->value[i]) > size_of(largest))
            largest = &network->value[i];
    return largest;
}

tq_status tq_network__check_largest(const tq_network *network)
{
    const tq_device_info *device = tq_context_device(network->context);
    const tq_value *largest = largest_value(network);
    char shape[128];
    if (size_of(largest) <= device->max_allocation / sizeof(float))
        return TQ_OK;
    tq_shape_print(shape, sizeof shape, &largest->shape);
    return tq_status__fail(TQ_E_MEMORY,
                           "'%s': its output of %s numbers, %.0f bytes, is more than '%s' allocates at once: "
                           "%llu bytes; a batch has %lld samples",
                           largest->name, shape, (double)size_of(largest) * sizeof(float), device->name,
                           (unsigned long long)device->max_allocation, (long long)network->batch);
}

/* That all of them fit, before any is made. What the last plan left is given up where it is too small. */
static tq_status check_sum(const tq_network *network, uint64_t elements)
{
    const tq_device_info *device = tq_context_device(network->context);
    const tq_value *largest = largest_value(network);
    const uint64_t kept = network->block != NULL ? network->block_elements * sizeof(float) : 0;
    const uint64_t left = tq_context__free_memory(network->context) + kept;
    if (elements <= left / sizeof(float))
        return TQ_OK;
    return tq_status__fail(
        TQ_E_MEMORY,
        "the tensors of a batch of %lld samples need %.0f bytes, of which '%s' needs %.0f; '%s' has %llu of "
        "its %llu bytes left",
        (long long)network->batch, (double)elements * sizeof(float), largest->name,
        (double)size_of(largest) * sizeof(float), device->name, (unsigned long long)left,
        (unsigned long long)device->global_memory);
}

/* One block, or, where that is too much for one allocation, a tensor for each value. */
static tq_status make_all(tq_network *network, const tq_slot *slot, uint64_t shared)
{
    const uint64_t limit = tq_context_device(network->context)->max_allocation / sizeof(float);
    uint64_t apart = 0;
    for (size_t i = 0; i < network->value_count; ++i)
        apart += size_of(&network->value[i]);
    TQ_TRY(check_sum(network, shared <= limit ? shared : apart));
    if (shared <= limit)
        return make_views(network, slot, shared);
    tq_memory__release(network->block);
    network->block = NULL;
    network->block_elements = 0;
    return make_tensors(network);
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
    const tq_slot **order = calloc(network->value_count, sizeof *order);
    if (slot == NULL || order == NULL) {
        free(order);
        free(slot);
        return tq_status__fail(TQ_E_MEMORY, "no memory to place %zu tensors", network->value_count);
    }
    find_last_uses(network);
    const uint64_t elements = place_slots(network, slot, order);
    free(order);
    const tq_status status = make_all(network, slot, elements);
    free(slot);
    return status == TQ_OK ? write_constants(network) : status;
}
