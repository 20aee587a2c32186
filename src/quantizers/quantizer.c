/* Quantizers as values: reading, printing, comparing, applying. */
#include "tensorquant/quantizer.h"

#include <stdio.h>
#include <string.h>

#include "quantizers/bind.h"
#include "quantizers/registry.h"
#include "util/arguments.h"
#include "util/fail.h"
#include "util/text.h"

static const tq_quantizer_kind *kind_of(const tq_quantizer *q)
{
    return q->kind ? q->kind : &tq_quantizer_none;
}

size_t tq_quantizer_kind_count(void)
{
    size_t count = 0;
    while (tq_quantizer_kinds[count])
        ++count;
    return count;
}

const tq_quantizer_kind *tq_quantizer_kind_at(size_t i)
{
    return i < tq_quantizer_kind_count() ? tq_quantizer_kinds[i] : NULL;
}

static const tq_quantizer_kind *find(const char *name, size_t length)
{
    for (size_t i = 0; tq_quantizer_kinds[i]; ++i) {
        const char *kind = tq_quantizer_kinds[i]->name;
        if (strlen(kind) == length && memcmp(kind, name, length) == 0)
            return tq_quantizer_kinds[i];
    }
    return NULL;
}

static tq_status unknown_kind(const char *name, size_t length)
{
    tq_text kinds = {0};
    tq_status status;
    for (size_t i = 0; tq_quantizer_kinds[i]; ++i)
        tq_text__print(&kinds, "%s%s", i ? ", " : "", tq_quantizer_kinds[i]->name);
    status = tq_status__fail(TQ_E_NAME, "quantizer '%.*s' at position 1 is no kind; kinds: %s",
                             (int)(length < 64 ? length : 64), name, tq_text__get(&kinds));
    tq_text__free(&kinds);
    return status;
}

/* `arguments` is a part of `whole`, the string that error positions refer to. */
static tq_status read_arguments(tq_quantizer *q, const tq_quantizer_kind *kind, const char *whole,
                                const char *arguments)
{
    tq_quantizer read = {.kind = kind};
    char subject[96], why[256] = "its values do not go together";
    snprintf(subject, sizeof subject, "quantizer '%s'", kind->name);
    TQ_TRY(tq_arguments__parse(read.value, kind->parameters, kind->parameter_count, subject, whole, arguments,
                               true));
    if (kind->check && !kind->check(read.value, why, sizeof why))
        return tq_status__fail(TQ_E_ARGUMENT, "%s: '%s' at position %d: %s", subject, arguments,
                               (int)(arguments - whole) + 1, why);
    if (kind->normalize)
        kind->normalize(read.value);
    *q = read;
    return TQ_OK;
}

tq_status tq_quantizer_parse(tq_quantizer *q, const char *text)
{
    const tq_quantizer_kind *kind;
    size_t length;
    if (!q || !text)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_quantizer_parse: %s is NULL", q ? "text" : "q");
    length = strcspn(text, ",");
    kind = find(text, length);
    if (!kind)
        return unknown_kind(text, length);
    if (text[length] == ',' && text[length + 1] == '\0')
        return tq_status__fail(TQ_E_SYNTAX, "quantizer '%s': nothing follows the comma at position %d",
                               kind->name, (int)length + 1);
    return read_arguments(q, kind, text, text + length + (text[length] == ','));
}

tq_status tq_quantizer_make(tq_quantizer *q, const tq_quantizer_kind *kind, const char *arguments)
{
    const char *text = arguments ? arguments : "";
    if (!q || !kind)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_quantizer_make: %s is NULL", q ? "kind" : "q");
    if (!kind->name || !kind->apply || !kind->bake || (!kind->function && kind != &tq_quantizer_none))
        return tq_status__fail(TQ_E_ARGUMENT, "quantizer kind '%s' lacks its name, function, apply or bake",
                               kind->name ? kind->name : "");
    if (kind->parameter_count > TQ_QUANTIZER_VALUES)
        return tq_status__fail(TQ_E_ARGUMENT, "quantizer kind '%s' has %zu parameters; there can be 0 to %d",
                               kind->name, kind->parameter_count, TQ_QUANTIZER_VALUES);
    return read_arguments(q, kind, text, text);
}

size_t tq_quantizer_print(char *to, size_t size, const tq_quantizer *q)
{
    const tq_quantizer_kind *kind = kind_of(q);
    const size_t length = strlen(kind->name);
    char *const rest = length < size ? to + length : NULL;
    if (size > 0)
        snprintf(to, size, "%s", kind->name);
    return length + tq_arguments__print(rest, rest ? size - length : 0, q->value, kind->parameters,
                                        kind->parameter_count);
}

bool tq_quantizer_is_none(const tq_quantizer *q)
{
    return kind_of(q) == &tq_quantizer_none;
}

bool tq_quantizer_equal(const tq_quantizer *a, const tq_quantizer *b)
{
    const tq_quantizer_kind *kind = kind_of(a);
    if (kind != kind_of(b))
        return false;
    for (size_t i = 0; i < kind->parameter_count; ++i) {
        if (a->value[i] != b->value[i])
            return false;
    }
    return true;
}

float tq_quantizer_apply(const tq_quantizer *q, float x, uint32_t draw)
{
    tq_u32 bits;
    if (tq_quantizer_is_none(q))
        return x;
    memcpy(&bits, &x, sizeof bits);
    bits = tq_quantizer__apply(q, tq_exact_of(bits), draw);
    memcpy(&x, &bits, sizeof x);
    return x;
}
