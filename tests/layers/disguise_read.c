/* TQ_DISGUISE taken apart. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layers/disguise.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

typedef enum form { TEXT, NUMBER, SWAP } form;

static const struct key {
    const char *name;
    size_t place;
    form form;
} keys[] = {
    {"platform", offsetof(disguise, platform), TEXT},
    {"of", offsetof(disguise, of), TEXT},
    {"name", offsetof(disguise, name), TEXT},
    {"vendor", offsetof(disguise, vendor), TEXT},
    {"version", offsetof(disguise, version), TEXT},
    {"driver", offsetof(disguise, driver), TEXT},
    {"prefix", offsetof(disguise, prefix), TEXT},
    {"option", offsetof(disguise, option), TEXT},
    {"swap", offsetof(disguise, swap), SWAP},
    {"type", offsetof(disguise, type), NUMBER},
    {"copies", offsetof(disguise, copies), NUMBER},
    {"none", offsetof(disguise, none), NUMBER},
    {"units", offsetof(disguise, units), NUMBER},
    {"width", offsetof(disguise, width), NUMBER},
    {"align", offsetof(disguise, align), NUMBER},
    {"unified", offsetof(disguise, unified), NUMBER},
    {"equally", offsetof(disguise, equally), NUMBER},
    {"available", offsetof(disguise, available), NUMBER},
    {"compiler", offsetof(disguise, compiler), NUMBER},
    {"linker", offsetof(disguise, linker), NUMBER},
    {"little", offsetof(disguise, little), NUMBER},
    {"fp64", offsetof(disguise, fp64), NUMBER},
    {"fma", offsetof(disguise, fma), NUMBER},
    {"denorm", offsetof(disguise, denorm), NUMBER},
    {"nearest", offsetof(disguise, nearest), NUMBER},
    {"group", offsetof(disguise, group), NUMBER},
    {"kernel-group", offsetof(disguise, kernel_group), NUMBER},
    {"memory", offsetof(disguise, memory), NUMBER},
    {"allocation", offsetof(disguise, allocation), NUMBER},
    {"local", offsetof(disguise, local), NUMBER},
    {"flush", offsetof(disguise, flush), NUMBER},
    {"flip", offsetof(disguise, flip), NUMBER},
};

static cl_ulong read_type(const char *text)
{
    static const struct {
        const char *name;
        cl_ulong type;
    } types[] = {{"cpu", CL_DEVICE_TYPE_CPU},
                 {"gpu", CL_DEVICE_TYPE_GPU},
                 {"accelerator", CL_DEVICE_TYPE_ACCELERATOR},
                 {"custom", CL_DEVICE_TYPE_CUSTOM}};
    for (size_t i = 0; i < COUNT(types); ++i)
        if (strcmp(types[i].name, text) == 0)
            return types[i].type;
    disguise_abort("there is no type '%s'", text);
}

static cl_ulong read_number(const char *key, const char *text)
{
    static const char units[] = "KMG";
    char *end;
    if (strcmp(key, "type") == 0)
        return read_type(text);
    cl_ulong number = strtoull(text, &end, 10);
    const char *unit = *end != '\0' ? strchr(units, *end) : NULL;
    if (unit != NULL) {
        number <<= 10 * (unit - units + 1);
        ++end;
    }
    if (end == text || *end != '\0' || text[0] == '-')
        disguise_abort("%s: '%s' is no number", key, text);
    return number;
}

static void set_swap(disguise *how, char *value)
{
    size_t i = 0;
    if (strstr(value, "=>") == NULL || value[0] == '=')
        disguise_abort("swap: '%s' is not OLD=>NEW", value);
    while (i < COUNT(how->swap) && how->swap[i] != NULL)
        ++i;
    if (i == COUNT(how->swap))
        disguise_abort("swap is given more than %zu times", i);
    how->swap[i] = value;
}

static void set(disguise *how, const struct key *key, char *value)
{
    void *place = (char *)how + key->place;
    if (key->form == SWAP)
        set_swap(how, value);
    else if (key->form == TEXT)
        *(char **)place = value;
    else
        *(cl_ulong *)place = read_number(key->name, value);
}

/* KEY=VALUE; the word stays, for texts are parts of it. */
static void read_word(disguise *how, char *word)
{
    char *value = strchr(word, '=');
    if (strcmp(word, "none") == 0) {
        how->none = 1;
        return;
    }
    if (value == NULL)
        disguise_abort("'%s' is not KEY=VALUE", word);
    *value++ = '\0';
    for (size_t i = 0; i < COUNT(keys); ++i)
        if (strcmp(keys[i].name, word) == 0) {
            set(how, &keys[i], value);
            return;
        }
    disguise_abort("there is no key '%s'", word);
}

/* The next word without its backslashes; *text is behind it, at its separator. */
static char *next_word(const char **text)
{
    char *word = malloc(strlen(*text) + 1), *to = word;
    if (word == NULL)
        disguise_abort("no memory");
    for (; **text != '\0' && **text != ',' && **text != '|'; ++*text) {
        if (**text == '\\' && (*text)[1] != '\0')
            ++*text;
        *to++ = **text;
    }
    *to = '\0';
    return word;
}

static disguise *as_it_is(void)
{
    disguise *how = calloc(1, sizeof *how);
    if (how == NULL)
        disguise_abort("no memory");
    for (size_t i = 0; i < COUNT(keys); ++i)
        if (keys[i].form == NUMBER)
            *(cl_ulong *)((char *)how + keys[i].place) = UNSET;
    return how;
}

/* What follows from what was said. */
static void complete(disguise *how)
{
    if (how->compiler == 0 && how->linker == UNSET)
        how->linker = 0;
    if (how->denorm == 0 && how->flush == UNSET)
        how->flush = 1;
}

disguise **disguise_read(const char *text, bool *turn)
{
    disguise **list = calloc(strlen(text) + 2, sizeof *list);
    size_t count = 0;
    *turn = false;
    for (disguise *how = as_it_is(); list != NULL;) {
        char *word = next_word(&text);
        const bool is_turn = strcmp(word, "turn") == 0;
        *turn |= is_turn;
        if (word[0] != '\0' && !is_turn)
            read_word(how, word);
        if (*text != ',' && !is_turn) {
            complete(how);
            list[count++] = how;
            how = as_it_is();
        }
        if (*text++ == '\0')
            return list;
    }
    disguise_abort("no memory");
}
