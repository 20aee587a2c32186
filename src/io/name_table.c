#include "io/name_table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "util/fail.h"

struct tq_name_slot {
    const char *name; /* NULL: empty */
    size_t number;
};

tq_status tq_name_table__create(tq_name_table *table, size_t most)
{
    size_t slots = 16;
    while (slots / 2 < most && slots <= SIZE_MAX / 4 / sizeof *table->slot)
        slots *= 2;
    table->mask = slots - 1;
    table->slot = slots / 2 < most ? NULL : calloc(slots, sizeof *table->slot);
    return table->slot != NULL ? TQ_OK : tq_status__fail(TQ_E_MEMORY, "no memory for %zu names", most);
}

void tq_name_table__free(tq_name_table *table)
{
    free(table->slot);
    *table = (tq_name_table){0};
}

/* The slot of a name, or the empty one where it belongs. */
static struct tq_name_slot *slot_of(const tq_name_table *table, const char *name)
{
    size_t at = (size_t)XXH3_64bits(name, strlen(name)) & table->mask;
    while (table->slot[at].name != NULL && strcmp(table->slot[at].name, name) != 0)
        at = (at + 1) & table->mask;
    return &table->slot[at];
}

size_t *tq_name_table__find(const tq_name_table *table, const char *name)
{
    struct tq_name_slot *slot = slot_of(table, name);
    return slot->name != NULL ? &slot->number : NULL;
}

void tq_name_table__put(tq_name_table *table, const char *name, size_t number)
{
    *slot_of(table, name) = (struct tq_name_slot){name, number};
}
