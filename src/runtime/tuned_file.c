/* Tuned tiles as JSON. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/internal.h"
#include "util/fail.h"
#include "util/file.h"

#define FORMAT     1
#define MOST_BYTES ((size_t)1 << 20)
#define MOST_TILES 1000

/* A text member that fits; "" when it is missing. */
static tq_status read_text(char *to, size_t size, json_t *from, const char *key)
{
    const json_t *value = json_object_get(from, key);
    const char *text = value != NULL ? json_string_value(value) : "";
    if (text == NULL)
        return tq_status__fail(TQ_E_FORMAT, "'%s' is not a string", key);
    if (snprintf(to, size, "%s", text) >= (int)size)
        return tq_status__fail(TQ_E_FORMAT, "'%s' has %zu bytes, allowed below %zu", key, strlen(text), size);
    return TQ_OK;
}

static tq_status read_number(int *to, json_t *from, const char *key, int most)
{
    const json_t *value = json_object_get(from, key);
    const json_int_t number = json_integer_value(value);
    if (value == NULL)
        return tq_status__fail(TQ_E_FORMAT, "'%s' is missing, allowed: 1 to %d", key, most);
    if (!json_is_integer(value))
        return tq_status__fail(TQ_E_FORMAT, "'%s' is not a whole number, allowed: 1 to %d", key, most);
    if (number < 1 || number > most)
        return tq_status__fail(TQ_E_FORMAT, "'%s' is %lld, allowed: 1 to %d", key, (long long)number, most);
    *to = (int)number;
    return TQ_OK;
}

static tq_status check_work(const char *work)
{
    static const char *const works[] = {"", "many", "few", "depthwise"};
    for (size_t i = 0; i < TQ_COUNT(works); ++i)
        if (strcmp(work, works[i]) == 0)
            return TQ_OK;
    return tq_status__fail(TQ_E_FORMAT, "'work' is '%s', allowed: many, few, depthwise", work);
}

/* What was measured; wrong or missing values are no more than unknown. */
static void read_measures(tq_tuning_row *row, json_t *from)
{
    row->ratio = json_number_value(json_object_get(from, "ratio"));
    row->default_rows = (int)json_integer_value(json_object_get(from, "default_rows"));
    row->default_vectors = (int)json_integer_value(json_object_get(from, "default_vectors"));
}

static tq_status read_row(tq_tuning_row *row, json_t *from)
{
    const json_t *draws = json_object_get(from, "draws");
    *row = (tq_tuning_row){.draws = draws == NULL ? -1 : json_is_true(draws)};
    if (!json_is_object(from))
        return tq_status__fail(TQ_E_FORMAT, "not an object");
    TQ_TRY(read_text(row->path, sizeof row->path, from, "path"));
    TQ_TRY(read_text(row->work, sizeof row->work, from, "work"));
    if (row->path[0] == '\0')
        return tq_status__fail(TQ_E_FORMAT, "'path' is missing");
    if (draws != NULL && !json_is_boolean(draws))
        return tq_status__fail(TQ_E_FORMAT, "'draws' is neither true nor false");
    TQ_TRY(check_work(row->work));
    TQ_TRY(read_number(&row->rows, from, "rows", TQ_TUNING_ROWS));
    TQ_TRY(read_number(&row->vectors, from, "vectors", TQ_TUNING_VECTORS));
    read_measures(row, from);
    return TQ_OK;
}

static tq_status read_rows(tq_tuned *tuned, json_t *tiles)
{
    if (!json_is_array(tiles))
        return tq_status__fail(TQ_E_FORMAT, "'tiles' is not a list");
    if (json_array_size(tiles) > MOST_TILES)
        return tq_status__fail(TQ_E_FORMAT, "'tiles' has %zu members, allowed: up to %d",
                               json_array_size(tiles), MOST_TILES);
    for (size_t i = 0; i < json_array_size(tiles); ++i) {
        tq_tuning_row row;
        const tq_status status = read_row(&row, json_array_get(tiles, i));
        if (status != TQ_OK)
            return tq_status__prefix(status, "tile %zu", i + 1);
        TQ_TRY(tq_tuned__insert(tuned, tuned->count, &row));
    }
    return TQ_OK;
}

/* Whether a member names this device; one that is missing does unless it must be there. */
static tq_status check_fact(json_t *root, const char *key, const char *is, bool needed)
{
    const char *text = json_string_value(json_object_get(root, key));
    if (text == NULL && !needed && json_object_get(root, key) == NULL)
        return TQ_OK;
    if (text == NULL || strcmp(text, is) != 0)
        return tq_status__fail(TQ_E_FORMAT, "'%s' is '%s', this is '%s'", key, text != NULL ? text : "", is);
    return TQ_OK;
}

static tq_status read_root(tq_tuned *tuned, json_t *root, const tq_device_info *device, bool own)
{
    const json_t *format = json_object_get(root, "format");
    if (!json_is_object(root))
        return tq_status__fail(TQ_E_FORMAT, "needs a JSON object with 'format' and 'tiles'");
    if (!json_is_integer(format) || json_integer_value(format) != FORMAT)
        return tq_status__fail(TQ_E_FORMAT, "'format' is not %d, the only one that this version reads",
                               FORMAT);
    TQ_TRY(check_fact(root, "device", device->name, own));
    if (own) {
        TQ_TRY(check_fact(root, "version", tq_version(), true));
        TQ_TRY(check_fact(root, "platform", device->platform, true));
        TQ_TRY(check_fact(root, "driver", device->driver, true));
    }
    return read_rows(tuned, json_object_get(root, "tiles"));
}

tq_status tq_tuned__read(tq_tuned *tuned, const char *path, const tq_device_info *device, bool own)
{
    unsigned char *data;
    size_t size;
    json_error_t error;
    const size_t count = tuned->count;
    TQ_TRY(tq_file__read(path, MOST_BYTES, &data, &size));
    json_t *root = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, &error);
    free(data);
    tq_status status = root != NULL ? read_root(tuned, root, device, own)
                                    : tq_status__fail(TQ_E_FORMAT, "line %d, column %d: %s", error.line,
                                                      error.column, error.text);
    json_decref(root);
    if (status == TQ_OK)
        return TQ_OK;
    tuned->count = count;
    return tq_status__prefix(status, "tuned file '%s'", path);
}

static json_t *describe(const tq_tuning_row *row)
{
    json_t *to = json_pack("{s:s, s:i, s:i}", "path", row->path, "rows", row->rows, "vectors", row->vectors);
    if (row->work[0] != '\0')
        json_object_set_new(to, "work", json_string(row->work));
    if (row->draws >= 0)
        json_object_set_new(to, "draws", json_boolean(row->draws));
    if (row->ratio > 0) {
        json_object_set_new(to, "ratio", json_real(row->ratio));
        json_object_set_new(to, "default_rows", json_integer(row->default_rows));
        json_object_set_new(to, "default_vectors", json_integer(row->default_vectors));
    }
    return to;
}

tq_status tq_tuned__write(const tq_tuned *tuned, const char *path, const tq_device_info *device)
{
    json_t *tiles = json_array();
    for (size_t i = 0; i < tuned->count; ++i)
        json_array_append_new(tiles, describe(&tuned->row[i]));
    json_t *root =
        json_pack("{s:i, s:s, s:s, s:s, s:s, s:o}", "format", FORMAT, "version", tq_version(), "device",
                  device->name, "platform", device->platform, "driver", device->driver, "tiles", tiles);
    char *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(4));
    json_decref(root);
    if (text == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for the text of %zu tuned tiles", tuned->count);
    const tq_status status = tq_file__write(path, text, strlen(text), "\n", 1);
    free(text);
    return status;
}
