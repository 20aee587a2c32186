/* The quantizers of an update as a value: reading, printing, comparing. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tensorquant/optimizer.h"
#include "util/fail.h"
#include "util/text.h"

/* The slots by name, in the order in which they are printed. */
static const struct {
    const char *name;
    size_t offset;
} slots[] = {{"gradient", offsetof(tq_update, gradient)},
             {"state", offsetof(tq_update, state)},
             {"product", offsetof(tq_update, product)},
             {"value", offsetof(tq_update, value)},
             {"clip", offsetof(tq_update, clip)}};

static const tq_quantizer *slot_of(const tq_update *update, size_t i)
{
    return (const tq_quantizer *)(const void *)((const char *)update + slots[i].offset);
}

tq_update tq_update_of(const tq_quantizer *q)
{
    return (tq_update){.gradient = *q, .state = *q, .product = *q, .value = *q};
}

bool tq_update_equal(const tq_update *a, const tq_update *b)
{
    for (size_t i = 0; i < TQ_COUNT(slots); ++i)
        if (!tq_quantizer_equal(slot_of(a, i), slot_of(b, i)))
            return false;
    return true;
}

static tq_status read_key(tq_update *update, const char *name, const json_t *value)
{
    for (size_t i = 0; i < TQ_COUNT(slots); ++i) {
        if (strcmp(slots[i].name, name) != 0)
            continue;
        if (!json_is_string(value))
            return tq_status__fail(TQ_E_SYNTAX, "update key '%s' needs a quantizer string", name);
        tq_quantizer *q = (tq_quantizer *)(void *)((char *)update + slots[i].offset);
        const tq_status status = tq_quantizer_parse(q, json_string_value(value));
        return status == TQ_OK ? TQ_OK : tq_status__prefix(status, "update key '%s'", name);
    }
    return tq_status__fail(
        TQ_E_NAME, "update key '%.40s' is unknown; keys: gradient, state, product, value, clip", name);
}

static tq_status read_object(tq_update *update, json_t *object)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return tq_status__fail(TQ_E_SYNTAX, "an update is a quantizer string or a JSON object");
    json_object_foreach(object, name, value) TQ_TRY(read_key(update, name, value));
    return TQ_OK;
}

tq_status tq_update_parse(tq_update *update, const char *text)
{
    json_error_t error;
    tq_update read = {0};
    if (update == NULL || text == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_update_parse: %s is NULL", update ? "text" : "update");
    if (text[strspn(text, " \t\r\n")] != '{') {
        tq_quantizer q;
        TQ_TRY(tq_quantizer_parse(&q, text));
        *update = tq_update_of(&q);
        return TQ_OK;
    }
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL)
        return tq_status__fail(TQ_E_SYNTAX, "update '%.60s': line %d, column %d: %s", text, error.line,
                               error.column, error.text);
    const tq_status status = read_object(&read, object);
    json_decref(object);
    if (status == TQ_OK)
        *update = read;
    return status;
}

size_t tq_update_print(char *to, size_t size, const tq_update *update)
{
    const tq_update uniform = tq_update_of(&update->gradient);
    tq_text out = {0};
    char text[256];
    if (tq_update_equal(update, &uniform))
        return tq_quantizer_print(to, size, &update->gradient);
    tq_text__print(&out, "{");
    for (size_t i = 0; i < TQ_COUNT(slots); ++i) {
        if (tq_quantizer_is_none(slot_of(update, i)))
            continue;
        tq_quantizer_print(text, sizeof text, slot_of(update, i));
        tq_text__print(&out, "%s\"%s\": \"%s\"", out.length > 1 ? ", " : "", slots[i].name, text);
    }
    tq_text__print(&out, "}");
    const int length = snprintf(to, size, "%s", tq_text__get(&out));
    tq_text__free(&out);
    return length < 0 ? 0 : (size_t)length;
}
