/* Memory that lives as long as its owner. */
#ifndef TQ_IO_OWNED_H
#define TQ_IO_OWNED_H

#include <stdbool.h>
#include <stddef.h>

/* Zero-initialized is empty. */
typedef struct tq_owned {
    void **memory;
    size_t count, capacity;
} tq_owned;

/* Takes malloc's memory. False: it is NULL, or there is no memory for the list, and it has been freed. */
bool tq_owned__keep(tq_owned *owned, void *memory);
void tq_owned__free(tq_owned *owned);

#endif
