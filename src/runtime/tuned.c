#include "runtime/tuned.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "runtime/internal.h"
#include "util/fail.h"

void tq_tuned__begin(tq_tuned *tuned)
{
    const char *file = getenv("TQ_TUNING");
    *tuned = (tq_tuned){.named = file != NULL};
    snprintf(tuned->file, sizeof tuned->file, "%s", file != NULL ? file : "");
}

void tq_tuned__free(tq_tuned *tuned)
{
    free(tuned->row);
    *tuned = (tq_tuned){0};
}

tq_status tq_tuned__insert(tq_tuned *tuned, size_t at, const tq_tuning_row *row)
{
    if (tuned->count == tuned->capacity) {
        const size_t capacity = tuned->capacity == 0 ? 16 : 2 * tuned->capacity;
        tq_tuning_row *grown = realloc(tuned->row, capacity * sizeof *grown);
        if (grown == NULL)
            return tq_status__fail(TQ_E_MEMORY, "no memory for %zu tuned tiles", capacity);
        tuned->row = grown;
        tuned->capacity = capacity;
    }
    memmove(tuned->row + at + 1, tuned->row + at, (tuned->count - at) * sizeof *row);
    tuned->row[at] = *row;
    ++tuned->count;
    return TQ_OK;
}

void tq_tuned__set_cache(tq_context *c)
{
    if (!c->tuned.named)
        tq_tuned__free(&c->tuned);
}

/* Everything that could change which tile is fast names the file. */
const char *tq_tuning_file(tq_context *c)
{
    char facts[600], *name = c->tuned.own;
    const tq_device_info *d = &c->info;
    snprintf(facts, sizeof facts, "1\n%s\n%s\n%s\n%s\n%s\n%u", tq_version(), d->name, d->platform, d->version,
             d->driver, d->compute_units);
    const int length = snprintf(name, sizeof c->tuned.own, "%s/tuning-%016llx.json", c->cache,
                                (unsigned long long)XXH3_64bits(facts, strlen(facts)));
    if (c->cache[0] == '\0' || length >= (int)sizeof c->tuned.own)
        name[0] = '\0';
    return name;
}

/* Whatever is wrong with the file of the cache makes it a miss, of which tq_error() shows nothing. */
static void read_own(tq_context *c)
{
    char text[8192];
    if (tq_tuning_file(c)[0] == '\0')
        return;
    snprintf(text, sizeof text, "%s", tq_error());
    if (tq_tuned__read(&c->tuned, c->tuned.own, &c->info, true) != TQ_OK)
        tq_status__fail(TQ_OK, "%s", text);
}

static tq_status read_once(tq_context *c)
{
    tq_tuned *tuned = &c->tuned;
    if (tuned->read)
        return TQ_OK;
    if (!tuned->named)
        read_own(c);
    else if (tuned->file[0] != '\0')
        TQ_TRY(tq_tuned__read(tuned, tuned->file, &c->info, false));
    tuned->read = true;
    return TQ_OK;
}

tq_status tq_tuned__set_file(tq_context *c, const char *value)
{
    tq_tuned fresh = {.named = true, .read = true};
    if (strlen(value) >= sizeof fresh.file)
        return tq_status__fail(TQ_E_ARGUMENT, "option 'tuning': the path has %zu bytes, allowed below %zu",
                               strlen(value), sizeof fresh.file);
    snprintf(fresh.file, sizeof fresh.file, "%s", value);
    if (value[0] != '\0')
        TQ_TRY(tq_tuned__read(&fresh, value, &c->info, false));
    tq_tuned__free(&c->tuned);
    c->tuned = fresh;
    return TQ_OK;
}

tq_status tq_tuning__find(tq_tile *tile, tq_context *c, const tq_tile_use *use)
{
    TQ_TRY(read_once(c));
    for (size_t i = 0; i < c->tuned.count; ++i) {
        const tq_tuning_row *row = &c->tuned.row[i];
        if (strcmp(row->path, use->path) == 0 &&
            (row->work[0] == '\0' || strcmp(row->work, use->work) == 0) &&
            (row->draws < 0 || row->draws == use->draws)) {
            *tile = (tq_tile){row->rows, row->vectors};
            return TQ_OK;
        }
    }
    return TQ_OK;
}

tq_status tq_tuning__set(tq_context *c, const tq_tuning_row *row)
{
    tq_tuned *tuned = &c->tuned;
    TQ_TRY(read_once(c));
    TQ_TRY(tq_tuned__insert(tuned, 0, row));
    ++c->options_set;
    for (size_t i = 1; i < tuned->count; ++i) {
        const tq_tuning_row *old = &tuned->row[i];
        if (strcmp(row->path, old->path) == 0 && strcmp(row->work, old->work) == 0 &&
            row->draws == old->draws) {
            memmove(tuned->row + i, tuned->row + i + 1, (tuned->count - i - 1) * sizeof *row);
            --tuned->count;
            return TQ_OK;
        }
    }
    return TQ_OK;
}

tq_status tq_tuning_read(tq_context *context, tq_tuning_row *rows, size_t capacity, size_t *count)
{
    if (context == NULL || count == NULL || (rows == NULL && capacity > 0))
        return tq_status__fail(TQ_E_ARGUMENT, "tq_tuning_read: NULL argument");
    TQ_TRY(read_once(context));
    *count = context->tuned.count;
    if (*count > 0 && capacity > 0)
        memcpy(rows, context->tuned.row, (*count < capacity ? *count : capacity) * sizeof *rows);
    return TQ_OK;
}

tq_status tq_tuning_write(tq_context *context, const char *path)
{
    if (context == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_tuning_write: the context is NULL");
    TQ_TRY(read_once(context));
    if (path != NULL)
        return tq_tuned__write(&context->tuned, path, &context->info);
    if (tq_tuning_file(context)[0] == '\0')
        return tq_status__fail(TQ_E_STATE,
                               "the context has no cache directory; name a file, or set the option "
                               "'cache'");
    tq_cache__make_directory(context->cache);
    return tq_tuned__write(&context->tuned, context->tuned.own, &context->info);
}
