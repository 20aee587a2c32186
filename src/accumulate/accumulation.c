#include "tensorquant/accumulation.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "util/fail.h"
#include "util/text.h"

tq_accumulation tq_accumulation_of(const tq_quantizer *q)
{
    return (tq_accumulation){.product = *q, .sum = *q, .result = *q};
}

bool tq_accumulation_is_none(const tq_accumulation *a)
{
    return tq_quantizer_is_none(&a->product) && tq_quantizer_is_none(&a->sum) &&
           tq_quantizer_is_none(&a->result) && !a->exact_sum;
}

bool tq_accumulation_equal(const tq_accumulation *a, const tq_accumulation *b)
{
    return tq_quantizer_equal(&a->product, &b->product) && tq_quantizer_equal(&a->sum, &b->sum) &&
           tq_quantizer_equal(&a->result, &b->result) && a->exact_sum == b->exact_sum && a->fused == b->fused;
}

/* One key of the JSON object: reads its value into `*a`. */
typedef tq_status key_reader(tq_accumulation *a, const json_t *value);

static tq_status read_quantizer(tq_quantizer *q, const char *key, const json_t *value)
{
    if (!json_is_string(value))
        return tq_status__fail(TQ_E_SYNTAX, "accumulation key '%s' needs a quantizer string", key);
    const tq_status status = tq_quantizer_parse(q, json_string_value(value));
    return status == TQ_OK ? TQ_OK : tq_status__prefix(status, "accumulation key '%s'", key);
}

static tq_status read_product(tq_accumulation *a, const json_t *value)
{
    return read_quantizer(&a->product, "product", value);
}

static tq_status read_sum(tq_accumulation *a, const json_t *value)
{
    a->exact_sum = json_is_string(value) && strcmp(json_string_value(value), "exact") == 0;
    return a->exact_sum ? TQ_OK : read_quantizer(&a->sum, "sum", value);
}

static tq_status read_result(tq_accumulation *a, const json_t *value)
{
    return read_quantizer(&a->result, "result", value);
}

static tq_status read_order(tq_accumulation *a, const json_t *value)
{
    (void)a;
    if (!json_is_string(value) || strcmp(json_string_value(value), "sequential") != 0)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "accumulation key 'order': only \"sequential\" is supported");
    return TQ_OK;
}

static tq_status read_fused(tq_accumulation *a, const json_t *value)
{
    if (!json_is_boolean(value))
        return tq_status__fail(TQ_E_SYNTAX, "accumulation key 'fused' needs true or false");
    a->fused = json_is_true(value);
    return TQ_OK;
}

static const struct {
    const char *name;
    key_reader *read;
} keys[] = {{"product", read_product},
            {"sum", read_sum},
            {"result", read_result},
            {"order", read_order},
            {"fused", read_fused}};

static tq_status read_key(tq_accumulation *a, const char *name, const json_t *value)
{
    for (size_t i = 0; i < TQ_COUNT(keys); ++i)
        if (strcmp(keys[i].name, name) == 0)
            return keys[i].read(a, value);
    return tq_status__fail(
        TQ_E_NAME, "accumulation key '%.40s' is unknown; keys: product, sum, result, order, fused", name);
}

static tq_status read_object(tq_accumulation *a, json_t *object)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return tq_status__fail(TQ_E_SYNTAX, "an accumulation is a quantizer string or a JSON object");
    json_object_foreach(object, name, value) TQ_TRY(read_key(a, name, value));
    if (a->fused && !tq_quantizer_is_none(&a->product))
        return tq_status__fail(TQ_E_ARGUMENT,
                               "accumulation: fused leaves no product to quantize; product must be \"none\"");
    return TQ_OK;
}

tq_status tq_accumulation_parse(tq_accumulation *a, const char *text)
{
    json_error_t error;
    tq_accumulation read = {0};
    if (a == NULL || text == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_accumulation_parse: NULL argument");
    if (text[strspn(text, " \t\r\n")] != '{') {
        tq_quantizer q;
        TQ_TRY(tq_quantizer_parse(&q, text));
        *a = tq_accumulation_of(&q);
        return TQ_OK;
    }
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL)
        return tq_status__fail(TQ_E_SYNTAX, "accumulation '%.60s': line %d, column %d: %s", text, error.line,
                               error.column, error.text);
    const tq_status status = read_object(&read, object);
    json_decref(object);
    if (status == TQ_OK)
        *a = read;
    return status;
}

static void print_slot(tq_text *out, const char *name, const tq_quantizer *q)
{
    char text[256];
    if (tq_quantizer_is_none(q))
        return;
    tq_quantizer_print(text, sizeof text, q);
    tq_text__print(out, "%s\"%s\": \"%s\"", out->length > 1 ? ", " : "", name, text);
}

static void print_object(tq_text *out, const tq_accumulation *a)
{
    tq_text__print(out, "{");
    print_slot(out, "product", &a->product);
    if (a->exact_sum)
        tq_text__print(out, "%s\"sum\": \"exact\"", out->length > 1 ? ", " : "");
    else
        print_slot(out, "sum", &a->sum);
    print_slot(out, "result", &a->result);
    if (a->fused)
        tq_text__print(out, "%s\"fused\": true", out->length > 1 ? ", " : "");
    tq_text__print(out, "}");
}

size_t tq_accumulation_print(char *to, size_t size, const tq_accumulation *a)
{
    tq_text out = {0};
    const tq_accumulation uniform = tq_accumulation_of(&a->product);
    if (tq_accumulation_equal(a, &uniform))
        return tq_quantizer_print(to, size, &a->product);
    print_object(&out, a);
    const int length = snprintf(to, size, "%s", tq_text__get(&out));
    tq_text__free(&out);
    return length < 0 ? 0 : (size_t)length;
}
