#include "io/npy_header.h"

#include <stdio.h>
#include <string.h>

#include "util/fail.h"

#define MAGIC      "\x93NUMPY"
#define MAGIC_SIZE 6

/* The dictionary's text and the place reached in it. */
typedef struct cursor {
    const char *at, *end;
} cursor;

static tq_status damaged(const char *what)
{
    return tq_status__fail(TQ_E_FORMAT, "damaged .npy header: %s", what);
}

static void skip_blanks(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n'))
        ++c->at;
}

/* Takes `token` if it comes next. */
static bool take(cursor *c, const char *token)
{
    const size_t length = strlen(token);
    skip_blanks(c);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, token, length) != 0)
        return false;
    c->at += length;
    return true;
}

static tq_status read_string(cursor *c, char *to, size_t size)
{
    const char quote = take(c, "'") ? '\'' : take(c, "\"") ? '"' : '\0';
    const char *end = quote == '\0' ? NULL : memchr(c->at, quote, (size_t)(c->end - c->at));
    if (end == NULL || (size_t)(end - c->at) >= size)
        return damaged("a quoted text is missing or too long");
    snprintf(to, size, "%.*s", (int)(end - c->at), c->at);
    c->at = end + 1;
    return TQ_OK;
}

static tq_status read_type(cursor *c, tq_npy_header *header)
{
    skip_blanks(c);
    if (c->at < c->end && *c->at == '[')
        return tq_status__fail(TQ_E_UNSUPPORTED, "a .npy file with records is not supported");
    return read_string(c, header->type, sizeof header->type);
}

static tq_status read_order(cursor *c, tq_npy_header *header)
{
    header->fortran_order = take(c, "True");
    return header->fortran_order || take(c, "False") ? TQ_OK
                                                     : damaged("'fortran_order' is not a truth value");
}

static tq_status read_dimension(cursor *c, tq_shape *shape)
{
    int64_t value = 0;
    const char *start = c->at;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; ++c->at) {
        if (value > (INT64_MAX - 9) / 10)
            return damaged("a dimension is too large");
        value = 10 * value + (*c->at - '0');
    }
    if (c->at == start)
        return damaged("a dimension is not a number");
    if (shape->rank == TQ_MAX_RANK)
        return tq_status__fail(TQ_E_UNSUPPORTED, "a .npy array of more than %d dimensions is not supported",
                               TQ_MAX_RANK);
    shape->dim[shape->rank++] = value;
    return TQ_OK;
}

static tq_status read_shape(cursor *c, tq_npy_header *header)
{
    header->shape = (tq_shape){0};
    if (!take(c, "("))
        return damaged("'shape' is not a tuple");
    while (!take(c, ")")) {
        TQ_TRY(read_dimension(c, &header->shape));
        if (!take(c, ",") && !(c->at < c->end && *c->at == ')'))
            return damaged("'shape' is not a tuple of numbers");
    }
    return TQ_OK;
}

static const struct {
    const char *name;
    tq_status (*read)(cursor *, tq_npy_header *);
} keys[] = {{"descr", read_type}, {"fortran_order", read_order}, {"shape", read_shape}};

static tq_status read_entry(cursor *c, tq_npy_header *header, unsigned *seen)
{
    char name[16];
    TQ_TRY(read_string(c, name, sizeof name));
    for (size_t i = 0; i < TQ_COUNT(keys); ++i) {
        if (strcmp(name, keys[i].name) != 0)
            continue;
        if (!take(c, ":") || (*seen & 1u << i))
            return damaged("a key without a value, or given twice");
        *seen |= 1u << i;
        return keys[i].read(c, header);
    }
    return damaged("an unknown key");
}

static tq_status read_dictionary(cursor *c, tq_npy_header *header)
{
    unsigned seen = 0;
    if (!take(c, "{"))
        return damaged("it is not a dictionary");
    while (!take(c, "}")) {
        TQ_TRY(read_entry(c, header, &seen));
        if (!take(c, ",") && !(c->at < c->end && *c->at == '}'))
            return damaged("entries are not separated by commas");
    }
    return seen == 7 ? TQ_OK : damaged("'descr', 'fortran_order' or 'shape' is missing");
}

/* Finds where the dictionary starts and ends. */
static tq_status find_dictionary(const unsigned char *data, size_t size, size_t *start, size_t *length)
{
    if (size < MAGIC_SIZE + 4 || memcmp(data, MAGIC, MAGIC_SIZE) != 0)
        return tq_status__fail(TQ_E_FORMAT, "not a .npy file");
    const unsigned char *p = data + MAGIC_SIZE;
    if (p[0] < 1 || p[0] > 3 || p[1] != 0)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               ".npy format %d.%d is not supported; supported: 1.0, 2.0, 3.0", p[0], p[1]);
    *start = p[0] == 1 ? MAGIC_SIZE + 4 : MAGIC_SIZE + 6;
    if (size < *start)
        return damaged("the file ends in it");
    *length = (size_t)p[2] | (size_t)p[3] << 8;
    if (p[0] > 1)
        *length |= (size_t)p[4] << 16 | (size_t)p[5] << 24;
    return *length <= size - *start ? TQ_OK : damaged("the file ends in it");
}

tq_status tq_npy__read_header(const unsigned char *data, size_t size, tq_npy_header *header)
{
    size_t start = 0, length = 0;
    TQ_TRY(find_dictionary(data, size, &start, &length));
    cursor c = {(const char *)data + start, (const char *)data + start + length};
    *header = (tq_npy_header){.size = start + length};
    TQ_TRY(read_dictionary(&c, header));
    char text[160];
    tq_shape_print(text, sizeof text, &header->shape);
    if (tq_shape_count(&header->shape) == 0)
        return tq_status__fail(TQ_E_UNSUPPORTED, ".npy array of shape %s: needs 1 to 2^62 elements", text);
    return TQ_OK;
}

size_t tq_npy__write_header(char to[256], const tq_shape *shape)
{
    size_t at = MAGIC_SIZE + 4;
    at += (size_t)snprintf(to + at, 256 - at, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    for (int i = 0; i < shape->rank; ++i)
        at += (size_t)snprintf(to + at, 256 - at, "%lld%s", (long long)shape->dim[i],
                               i + 1 < shape->rank ? ", "
                               : shape->rank == 1  ? ","
                                                   : "");
    at += (size_t)snprintf(to + at, 256 - at, "), }");
    const size_t size = (at + 1 + 63) / 64 * 64, length = size - MAGIC_SIZE - 4;
    memset(to + at, ' ', size - at - 1);
    to[size - 1] = '\n';
    memcpy(to, MAGIC "\x01\x00", MAGIC_SIZE + 2);
    to[MAGIC_SIZE + 2] = (char)(length & 255);
    to[MAGIC_SIZE + 3] = (char)(length >> 8);
    return size;
}
