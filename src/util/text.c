#include "util/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/fail.h"

static bool reserve(tq_text *text, size_t more)
{
    size_t capacity = text->capacity == 0 ? 256 : text->capacity;
    if (text->failed || more > SIZE_MAX / 4 - text->length) {
        text->failed = true;
        return false;
    }
    while (capacity < text->length + more + 1)
        capacity *= 2;
    if (capacity != text->capacity) {
        char *grown = realloc(text->data, capacity);
        text->failed = grown == NULL;
        if (grown == NULL)
            return false;
        text->data = grown;
        text->capacity = capacity;
    }
    return true;
}

void tq_text__add(tq_text *text, const char *data, size_t length)
{
    if (!reserve(text, length))
        return;
    memcpy(text->data + text->length, data, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void tq_text__print(tq_text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length >= 0 && reserve(text, (size_t)length)) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

tq_status tq_text__status(const tq_text *text)
{
    return text->failed ? tq_status__fail(TQ_E_MEMORY, "no memory for a text of %zu bytes", text->length)
                        : TQ_OK;
}

const char *tq_text__get(const tq_text *text)
{
    return text->data != NULL ? text->data : "";
}

void tq_text__free(tq_text *text)
{
    free(text->data);
    *text = (tq_text){0};
}
