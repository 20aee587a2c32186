/* A list of quantizer or accumulation strings, read from a text with spaces or semicolons between them. */
#ifndef TQ_CLI_FORMAT_LIST_H
#define TQ_CLI_FORMAT_LIST_H

#include <stddef.h>

enum { TQ_FORMAT_TEXT = 1024 };

typedef struct tq_format_list {
    size_t count;
    char (*text)[TQ_FORMAT_TEXT]; /* canonical */
} tq_format_list;

/* Returns an exit code. Separators inside braces belong to the string. */
int tq_format_list__parse(tq_format_list *list, const char *text);
void tq_format_list__free(tq_format_list *list);

#endif
