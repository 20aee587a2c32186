#include "io/owned.h"

#include <stdlib.h>

static bool grow(tq_owned *owned)
{
    const size_t capacity = owned->capacity == 0 ? 64 : 2 * owned->capacity;
    void **grown = realloc(owned->memory, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    owned->memory = grown;
    owned->capacity = capacity;
    return true;
}

bool tq_owned__keep(tq_owned *owned, void *memory)
{
    if (memory == NULL)
        return false;
    if (owned->count == owned->capacity && !grow(owned)) {
        free(memory);
        return false;
    }
    owned->memory[owned->count++] = memory;
    return true;
}

void tq_owned__free(tq_owned *owned)
{
    for (size_t i = 0; i < owned->count; ++i)
        free(owned->memory[i]);
    free(owned->memory);
    *owned = (tq_owned){0};
}
