/* What a disguise does to program sources and build options. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layers/disguise.h"

static char *allocate(size_t bytes)
{
    char *text = malloc(bytes);
    if (text == NULL)
        disguise_abort("no memory for a source of %zu bytes", bytes);
    return text;
}

static char *join(const char *first, cl_uint count, const char **texts, const size_t *lengths)
{
    size_t bytes = strlen(first) + 1;
    for (cl_uint i = 0; i < count; ++i)
        bytes += lengths != NULL && lengths[i] != 0 ? lengths[i] : strlen(texts[i]);
    char *all = allocate(bytes), *to = all + strlen(first);
    strcpy(all, first);
    for (cl_uint i = 0; i < count; ++i) {
        const size_t length = lengths != NULL && lengths[i] != 0 ? lengths[i] : strlen(texts[i]);
        memcpy(to, texts[i], length);
        to += length;
    }
    *to = '\0';
    return all;
}

/* OLD=>NEW wherever OLD is; takes the text. */
static char *swap(char *text, const char *rule)
{
    const size_t old = (size_t)(strstr(rule, "=>") - rule), new = strlen(rule + old + 2);
    char *word = allocate(old + 1);
    memcpy(word, rule, old);
    word[old] = '\0';
    size_t found = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + old, word))
        ++found;
    char *changed = allocate(strlen(text) + found * new + 1), *to = changed;
    const char *from = text;
    for (const char *at = strstr(from, word); at != NULL; at = strstr(from, word)) {
        memcpy(to, from, (size_t)(at - from));
        to += at - from;
        memcpy(to, rule + old + 2, new);
        to += new;
        from = at + old;
    }
    strcpy(to, from);
    free(word);
    free(text);
    return changed;
}

char *disguise_source(const disguise *how, cl_uint count, const char **texts, const size_t *lengths)
{
    static const char no_double[] =
        "#undef cl_khr_fp64\n#define double this_device_has_no_binary64\n"
        "#define double2 this_device_has_no_binary64\n#define double4 this_device_has_no_binary64\n"
        "#define double8 this_device_has_no_binary64\n#define double16 this_device_has_no_binary64\n";
    const char *prefix = how->prefix != NULL ? how->prefix : "";
    char *first = allocate(sizeof no_double + strlen(prefix) + 16);
    sprintf(first, "%s%s%s", how->fp64 == 0 ? no_double : "", prefix, prefix[0] != '\0' ? "\n" : "");
    char *text = join(first, count, texts, lengths);
    free(first);
    for (size_t i = 0; i < sizeof how->swap / sizeof how->swap[0] && how->swap[i] != NULL; ++i)
        text = swap(text, how->swap[i]);
    return text;
}

char *disguise_options(const disguise *how, const char *options)
{
    const char *more = how->option != NULL ? how->option : "", *own = options != NULL ? options : "";
    char *all = allocate(strlen(own) + strlen(more) + 64);
    const bool flush = how->flush != UNSET && how->flush != 0;
    sprintf(all, "%s%s%s%s", own, flush ? " -cl-denorms-are-zero" : "", more[0] != '\0' ? " " : "", more);
    return all;
}
