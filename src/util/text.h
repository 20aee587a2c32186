/* A growable string. Zero-initialized is empty. Out of memory is remembered and reported once by
 * tq_text__status. */
#ifndef TQ_UTIL_TEXT_H
#define TQ_UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "tensorquant/status.h"

typedef struct tq_text {
    char *data; /* NUL-terminated; NULL while empty */
    size_t length, capacity;
    bool failed;
} tq_text;

void tq_text__add(tq_text *text, const char *data, size_t length);
__attribute__((format(printf, 2, 3))) void tq_text__print(tq_text *text, const char *format, ...);
tq_status tq_text__status(const tq_text *text);
const char *tq_text__get(const tq_text *text); /* never NULL */
void tq_text__free(tq_text *text);

#endif
