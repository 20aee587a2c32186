/* Names with a number each, found by hashing. Names are borrowed. */
#ifndef TQ_IO_NAME_TABLE_H
#define TQ_IO_NAME_TABLE_H

#include <stddef.h>

#include "tensorquant/status.h"

typedef struct tq_name_table {
    struct tq_name_slot *slot;
    size_t mask; /* number of slots - 1 */
} tq_name_table;

/* Makes an empty table for up to `most` names. TQ_E_MEMORY. */
tq_status tq_name_table__create(tq_name_table *table, size_t most);
void tq_name_table__free(tq_name_table *table);

/* The place of a name's number, to read or change; NULL when the name is not there. */
size_t *tq_name_table__find(const tq_name_table *table, const char *name);

/* Adds a name that is not there. At most as many as the table was made for. */
void tq_name_table__put(tq_name_table *table, const char *name, size_t number);

#endif
