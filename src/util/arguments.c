#include "util/arguments.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/fail.h"
#include "util/number.h"
#include "util/text.h"

#define MOST_PARAMETERS 32

/* A reading of one text. */
typedef struct tq_reader {
    double *values;
    const tq_parameter *parameters;
    size_t count;
    const char *subject, *whole;
    size_t next; /* positional parameter */
    bool given[MOST_PARAMETERS];
} tq_reader;

/* A part of the text. */
typedef struct tq_piece {
    const char *start;
    size_t length;
} tq_piece;

static unsigned numbers_of(const tq_parameter *p)
{
    return p->count == 0 ? 1 : p->count;
}

static size_t offset_of(const tq_parameter *parameters, size_t index)
{
    size_t offset = 0;
    for (size_t i = 0; i < index; ++i)
        offset += numbers_of(&parameters[i]);
    return offset;
}

static int position(const tq_reader *r, const char *at)
{
    return (int)(at - r->whole) + 1;
}

/* "conv2d: option 'stride' at position 8" and so on. */
static void describe(char *to, size_t size, const tq_reader *r, const tq_parameter *p, const char *at)
{
    snprintf(to, size, "%s: '%s' at position %d", r->subject, p->name, position(r, at));
}

static tq_status bad_choice(const tq_reader *r, const tq_parameter *p, tq_piece piece)
{
    char where[256];
    tq_text names = {0};
    describe(where, sizeof where, r, p, piece.start);
    for (const char *const *choice = p->choices; *choice != NULL; ++choice)
        tq_text__print(&names, "%s%s", names.length > 0 ? ", " : "", *choice);
    const tq_status status =
        tq_status__fail(TQ_E_ARGUMENT, "%s is '%.*s', allowed: %s", where,
                        (int)(piece.length < 40 ? piece.length : 40), piece.start, tq_text__get(&names));
    tq_text__free(&names);
    return status;
}

static tq_status read_choice(const tq_reader *r, const tq_parameter *p, tq_piece piece, double *value)
{
    for (size_t i = 0; p->choices[i] != NULL; ++i)
        if (strlen(p->choices[i]) == piece.length && memcmp(p->choices[i], piece.start, piece.length) == 0) {
            *value = (double)i;
            return TQ_OK;
        }
    return bad_choice(r, p, piece);
}

static tq_status read_number(const tq_reader *r, const tq_parameter *p, tq_piece piece, double *value)
{
    char text[64], where[256], *end;
    describe(where, sizeof where, r, p, piece.start);
    if (piece.length == 0)
        return tq_status__fail(TQ_E_SYNTAX, "%s is missing, needs a number from %.9g to %.9g", where,
                               p->lowest, p->highest);
    snprintf(text, sizeof text, "%.*s", (int)(piece.length < sizeof text ? piece.length : sizeof text - 1),
             piece.start);
    const double number = tq_number__read(text, &end);
    const bool starts_well = strchr("+-.0123456789", text[0]) != NULL;
    if (*end != '\0' || !starts_well || piece.length >= sizeof text || !isfinite(number))
        return tq_status__fail(TQ_E_SYNTAX, "%s is '%s', needs a number from %.9g to %.9g", where, text,
                               p->lowest, p->highest);
    if (number < p->lowest || number > p->highest)
        return tq_status__fail(TQ_E_ARGUMENT, "%s is %s, allowed %.9g to %.9g", where, text, p->lowest,
                               p->highest);
    if (p->integer && number != floor(number))
        return tq_status__fail(TQ_E_ARGUMENT, "%s is %s, needs a whole number from %.9g to %.9g", where, text,
                               p->lowest, p->highest);
    *value = number;
    return TQ_OK;
}

/* Numbers joined by 'x'; the last is repeated. */
static tq_status read_list(const tq_reader *r, const tq_parameter *p, tq_piece piece, double *values)
{
    const unsigned most = numbers_of(p);
    unsigned given = 0;
    for (;;) {
        const char *cut = most > 1 ? memchr(piece.start, 'x', piece.length) : NULL;
        const tq_piece one = {piece.start, cut != NULL ? (size_t)(cut - piece.start) : piece.length};
        if (given == most)
            return tq_status__fail(TQ_E_ARGUMENT, "%s: '%s' at position %d has more than %u numbers",
                                   r->subject, p->name, position(r, piece.start), most);
        TQ_TRY(read_number(r, p, one, &values[given++]));
        if (cut == NULL)
            break;
        piece = (tq_piece){cut + 1, piece.length - one.length - 1};
    }
    for (unsigned i = given; i < most; ++i)
        values[i] = values[given - 1];
    return TQ_OK;
}

static tq_status read_value(tq_reader *r, size_t index, tq_piece piece)
{
    const tq_parameter *p = &r->parameters[index];
    double *value = r->values + offset_of(r->parameters, index);
    if (r->given[index])
        return tq_status__fail(TQ_E_SYNTAX, "%s: '%s' is given twice, again at position %d", r->subject,
                               p->name, position(r, piece.start));
    r->given[index] = true;
    return p->choices != NULL ? read_choice(r, p, piece, value) : read_list(r, p, piece, value);
}

static tq_status unknown_key(const tq_reader *r, tq_piece key)
{
    tq_text names = {0};
    for (size_t i = 0; i < r->count; ++i)
        tq_text__print(&names, "%s%s", i > 0 ? ", " : "", r->parameters[i].name);
    const tq_status status =
        tq_status__fail(TQ_E_NAME, "%s: '%.*s' at position %d is not a parameter; parameters: %s", r->subject,
                        (int)(key.length < 40 ? key.length : 40), key.start, position(r, key.start),
                        r->count > 0 ? tq_text__get(&names) : "none");
    tq_text__free(&names);
    return status;
}

static tq_status read_key(tq_reader *r, tq_piece piece, const char *equals)
{
    const tq_piece key = {piece.start, (size_t)(equals - piece.start)};
    const tq_piece value = {equals + 1, piece.length - key.length - 1};
    for (size_t i = 0; i < r->count; ++i)
        if (strlen(r->parameters[i].name) == key.length &&
            memcmp(r->parameters[i].name, key.start, key.length) == 0)
            return read_value(r, i, value);
    return unknown_key(r, key);
}

static tq_status read_positional(tq_reader *r, tq_piece piece)
{
    while (r->next < r->count && r->parameters[r->next].key_only)
        ++r->next;
    if (r->next == r->count)
        return tq_status__fail(TQ_E_SYNTAX, "%s: '%.*s' at position %d is one value too many", r->subject,
                               (int)(piece.length < 40 ? piece.length : 40), piece.start,
                               position(r, piece.start));
    return read_value(r, r->next++, piece);
}

static tq_status read_piece(tq_reader *r, tq_piece piece, bool positional)
{
    const char *equals = memchr(piece.start, '=', piece.length);
    if (equals != NULL)
        return read_key(r, piece, equals);
    if (!positional)
        return tq_status__fail(TQ_E_SYNTAX, "%s: '%.*s' at position %d needs the form key=value", r->subject,
                               (int)(piece.length < 40 ? piece.length : 40), piece.start,
                               position(r, piece.start));
    return read_positional(r, piece);
}

static tq_status check_required(const tq_reader *r)
{
    for (size_t i = 0; i < r->count; ++i)
        if (r->parameters[i].required && !r->given[i])
            return tq_status__fail(TQ_E_SYNTAX,
                                   "%s: '%s' is missing at position %d, needs a number from %.9g to %.9g",
                                   r->subject, r->parameters[i].name, (int)strlen(r->whole) + 1,
                                   r->parameters[i].lowest, r->parameters[i].highest);
    return TQ_OK;
}

tq_status tq_arguments__parse(double *values, const tq_parameter *parameters, size_t count,
                              const char *subject, const char *whole, const char *text, bool positional)
{
    tq_reader r = {
        .values = values, .parameters = parameters, .count = count, .subject = subject, .whole = whole};
    for (size_t i = 0, at = 0; i < count; ++i)
        for (unsigned j = 0; j < numbers_of(&parameters[i]); ++j)
            values[at++] = parameters[i].initial;
    while (*text != '\0') {
        const tq_piece piece = {text, strcspn(text, ",")};
        TQ_TRY(read_piece(&r, piece, positional));
        text += piece.length;
        if (*text == ',' && *++text == '\0')
            return tq_status__fail(TQ_E_SYNTAX, "%s: nothing follows the comma at position %d", subject,
                                   position(&r, text) - 1);
    }
    return check_required(&r);
}

static void print_number(tq_text *out, double value)
{
    char text[40];
    tq_number__print(text, sizeof text, 9, value);
    if (tq_number__read(text, NULL) != value)
        tq_number__print(text, sizeof text, 17, value);
    tq_text__print(out, "%s", text);
}

static void print_value(tq_text *out, const tq_parameter *p, const double *values)
{
    if (p->choices != NULL) {
        tq_text__print(out, "%s", p->choices[(size_t)values[0]]);
        return;
    }
    for (unsigned i = 0; i < numbers_of(p); ++i) {
        if (i > 0)
            tq_text__print(out, "x");
        print_number(out, values[i]);
    }
}

static bool is_initial(const tq_parameter *p, const double *values)
{
    for (unsigned i = 0; i < numbers_of(p); ++i)
        if (values[i] != p->initial)
            return false;
    return true;
}

/* Positional parameters are printed up to and including this index - 1. */
static size_t positional_end(const double *values, const tq_parameter *parameters, size_t count)
{
    size_t end = 0;
    for (size_t i = 0; i < count && !parameters[i].key_only; ++i)
        if (parameters[i].required || !is_initial(&parameters[i], values + offset_of(parameters, i)))
            end = i + 1;
    return end;
}

size_t tq_arguments__print(char *to, size_t size, const double *values, const tq_parameter *parameters,
                           size_t count)
{
    tq_text out = {0};
    const size_t end = positional_end(values, parameters, count);
    for (size_t i = 0; i < count; ++i) {
        const double *value = values + offset_of(parameters, i);
        if (i >= end && is_initial(&parameters[i], value))
            continue;
        tq_text__print(&out, ",");
        if (i >= end)
            tq_text__print(&out, "%s=", parameters[i].name);
        print_value(&out, &parameters[i], value);
    }
    const int length = snprintf(to, size, "%s", tq_text__get(&out));
    tq_text__free(&out);
    return length < 0 ? 0 : (size_t)length;
}
