#include "cli/format_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/report.h"
#include "tensorquant/accumulation.h"

static int is_separator(char c)
{
    return c == ' ' || c == ';' || c == '\n' || c == '\t';
}

/* Length of the string at the start of `text`. */
static size_t length_of(const char *text)
{
    int depth = 0;
    size_t length = 0;
    for (; text[length] != '\0' && (depth > 0 || !is_separator(text[length])); ++length)
        depth += (text[length] == '{') - (text[length] == '}');
    return length;
}

static int append(tq_format_list *list, const char *text, size_t length)
{
    char part[TQ_FORMAT_TEXT];
    tq_accumulation accumulation;
    if (length >= sizeof part)
        return tq_report__usage("--formats: a string of %zu bytes, at most %zu", length, sizeof part - 1);
    snprintf(part, sizeof part, "%.*s", (int)length, text);
    const int result = tq_report__status(tq_accumulation_parse(&accumulation, part));
    if (result != TQ_EXIT_OK)
        return result;
    void *const longer = realloc(list->text, (list->count + 1) * sizeof *list->text);
    if (longer == NULL)
        return tq_report__failure("no memory for the list of formats");
    list->text = longer;
    tq_accumulation_print(list->text[list->count++], TQ_FORMAT_TEXT, &accumulation);
    return TQ_EXIT_OK;
}

int tq_format_list__parse(tq_format_list *list, const char *text)
{
    int result = TQ_EXIT_OK;
    *list = (tq_format_list){0};
    while (result == TQ_EXIT_OK && *text != '\0') {
        const size_t length = length_of(text);
        if (length > 0)
            result = append(list, text, length);
        text += length + (text[length] != '\0');
    }
    if (result == TQ_EXIT_OK && list->count == 0)
        return tq_report__usage("--formats: the list is empty");
    return result;
}

void tq_format_list__free(tq_format_list *list)
{
    free(list->text);
}
