#include "tensorquant/map.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "util/fail.h"
#include "util/file.h"

#define MOST_RULES INT32_MAX
#define MOST_BYTES ((size_t)64 << 20) /* of a map's file */

typedef struct rule {
    char *pattern;
    tq_accumulation accumulation;
} rule;

struct tq_map {
    rule *rule;
    size_t count, capacity;
};

/* A JSON text and what to call it in errors. */
typedef struct document {
    const char *text, *name;
} document;

tq_status tq_map_create(tq_map **map)
{
    if (map == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_map_create: NULL argument");
    *map = calloc(1, sizeof **map);
    return *map != NULL ? TQ_OK : tq_status__fail(TQ_E_MEMORY, "no memory for a map");
}

void tq_map_destroy(tq_map *map)
{
    if (map == NULL)
        return;
    for (size_t i = 0; i < map->count; ++i)
        free(map->rule[i].pattern);
    free(map->rule);
    free(map);
}

static tq_status reserve(tq_map *map)
{
    const size_t capacity = map->capacity == 0 ? 8 : 2 * map->capacity;
    if (map->count < map->capacity)
        return TQ_OK;
    rule *grown = map->count < MOST_RULES ? realloc(map->rule, capacity * sizeof *grown) : NULL;
    if (grown == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a map of %zu rules", capacity);
    map->rule = grown;
    map->capacity = capacity;
    return TQ_OK;
}

tq_status tq_map_add(tq_map *map, const char *pattern, const tq_accumulation *accumulation)
{
    if (map == NULL || pattern == NULL || accumulation == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_map_add: NULL argument");
    TQ_TRY(reserve(map));
    const size_t size = strlen(pattern) + 1;
    char *copy = malloc(size);
    if (copy == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a pattern of %zu bytes", size);
    memcpy(copy, pattern, size);
    map->rule[map->count++] = (rule){copy, *accumulation};
    return TQ_OK;
}

size_t tq_map_count(const tq_map *map)
{
    return map->count;
}

const char *tq_map_rule(const tq_map *map, size_t i, tq_accumulation *accumulation)
{
    if (accumulation != NULL)
        *accumulation = map->rule[i].accumulation;
    return map->rule[i].pattern;
}

/* `*` stands for any run of bytes, `?` for one; on a mismatch the last `*` takes one byte more. */
static bool glob_matches(const char *pattern, const char *name)
{
    const char *star = NULL, *resume = NULL;
    while (*name != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            resume = name;
        } else if (*pattern == '?' || *pattern == *name) {
            ++pattern;
            ++name;
        } else if (star != NULL) {
            pattern = star + 1;
            name = ++resume;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

static bool matches(const char *pattern, const char *name)
{
    return strpbrk(pattern, "*?") != NULL ? glob_matches(pattern, name) : strstr(name, pattern) != NULL;
}

int tq_map_find(const tq_map *map, const char *layer_name)
{
    for (size_t i = 0; map != NULL && i < map->count; ++i)
        if (matches(map->rule[i].pattern, layer_name))
            return (int)i;
    return -1;
}

/* The closing quote of the string that opens at `at`. */
static const char *string_end(const char *at)
{
    for (++at; *at != '"'; ++at)
        at += *at == '\\';
    return at;
}

/* Start of key number `index` of the outermost object of valid JSON; jansson keeps no positions. */
static const char *find_key(const char *at, size_t index)
{
    bool key_follows = false;
    for (int depth = 0; *at != '\0'; ++at) {
        if (*at == '"') {
            if (key_follows && index-- == 0)
                break;
            key_follows = false;
            at = string_end(at);
        } else if (strchr("{[,", *at) != NULL) {
            depth += *at != ',';
            key_follows = depth == 1;
        } else {
            depth -= *at == '}' || *at == ']';
        }
    }
    return at;
}

static tq_status fail_at_rule(tq_status status, const document *from, size_t index, const char *pattern)
{
    int line = 1, column = 1;
    const char *key = find_key(from->text, index);
    for (const char *at = from->text; at < key; ++at) {
        column = *at == '\n' ? 1 : column + 1;
        line += *at == '\n';
    }
    return tq_status__prefix(status, "%s: line %d, column %d: pattern '%.80s'", from->name, line, column,
                             pattern);
}

static tq_status read_object(tq_accumulation *accumulation, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    if (text == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a JSON text");
    const tq_status status = tq_accumulation_parse(accumulation, text);
    free(text);
    return status;
}

static tq_status read_value(tq_accumulation *accumulation, const json_t *value)
{
    if (json_is_string(value))
        return tq_accumulation_parse(accumulation, json_string_value(value));
    if (json_is_object(value))
        return read_object(accumulation, value);
    return tq_status__fail(TQ_E_SYNTAX, "needs a quantizer string or an accumulation object");
}

static tq_status read_rules(tq_map *map, json_t *object, const document *from)
{
    const char *pattern;
    json_t *value;
    json_object_foreach(object, pattern, value)
    {
        tq_accumulation accumulation;
        tq_status status = read_value(&accumulation, value);
        if (status != TQ_OK)
            return fail_at_rule(status, from, map->count, pattern);
        TQ_TRY(tq_map_add(map, pattern, &accumulation));
    }
    return TQ_OK;
}

/* Whether the object has keys and all are keys of an accumulation. */
static bool is_accumulation(json_t *object)
{
    static const char *const keys[] = {"product", "sum", "result", "order", "fused"};
    size_t found = 0;
    for (size_t i = 0; i < TQ_COUNT(keys); ++i)
        found += json_object_get(object, keys[i]) != NULL;
    return found > 0 && found == json_object_size(object);
}

static tq_status add_everywhere(tq_map *map, const char *text)
{
    tq_accumulation accumulation;
    TQ_TRY(tq_accumulation_parse(&accumulation, text));
    return tq_map_add(map, "", &accumulation);
}

static tq_status read_json(tq_map *map, const document *from, bool is_inline)
{
    json_error_t error;
    tq_status status;
    json_t *root = json_loads(from->text, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        return tq_status__fail(TQ_E_SYNTAX, "%s: line %d, column %d: %s", from->name, error.line,
                               error.column, error.text);
    if (!json_is_object(root))
        status = tq_status__fail(TQ_E_SYNTAX, "%s: needs a JSON object {\"pattern\": \"quantizer\", ...}",
                                 from->name);
    else if (is_inline && is_accumulation(root))
        status = add_everywhere(map, from->text);
    else
        status = read_rules(map, root, from);
    json_decref(root);
    return status;
}

static tq_status read_file(tq_map *map, const char *path)
{
    unsigned char *text;
    size_t size;
    TQ_TRY(tq_file__read(path, MOST_BYTES, &text, &size));
    tq_status status;
    if (memchr(text, '\0', size) != NULL)
        status = tq_status__fail(TQ_E_SYNTAX, "%s: a zero byte; this is not JSON", path);
    else
        status = read_json(map, &(document){(const char *)text, path}, false);
    free(text);
    return status;
}

static bool is_json_path(const char *text)
{
    const size_t length = strlen(text);
    return length >= 5 && strcmp(text + length - 5, ".json") == 0;
}

static tq_status read_any(tq_map *map, const char *text)
{
    if (text[strspn(text, " \t\r\n")] == '{')
        return read_json(map, &(document){text, "map"}, true);
    return is_json_path(text) ? read_file(map, text) : add_everywhere(map, text);
}

tq_status tq_map_parse(tq_map **map, const char *text)
{
    if (map != NULL)
        *map = NULL;
    if (map == NULL || text == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_map_parse: NULL argument");
    tq_map *made;
    TQ_TRY(tq_map_create(&made));
    const tq_status status = read_any(made, text);
    if (status == TQ_OK)
        *map = made;
    else
        tq_map_destroy(made);
    return status;
}
