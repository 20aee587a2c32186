#include "runtime/merge.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/token.h"
#include "util/fail.h"

static int compare(const void *a, const void *b)
{
    const tq_token *const x = a, *const y = b;
    const size_t length = x->length < y->length ? x->length : y->length;
    const int order = memcmp(x->start, y->start, length);
    return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

static void add_name(tq_names *names, const tq_token *name)
{
    if (names->count == names->capacity) {
        const size_t capacity = names->capacity == 0 ? 256 : 2 * names->capacity;
        tq_token *const grown = realloc(names->name, capacity * sizeof *grown);
        if (grown == NULL) {
            names->failed = true;
            return;
        }
        names->name = grown;
        names->capacity = capacity;
    }
    names->name[names->count++] = *name;
}

static void sort(tq_names *names)
{
    if (names->count > 0)
        qsort(names->name, names->count, sizeof *names->name, compare);
}

static bool holds(const tq_names *names, const tq_token *name)
{
    return names->count > 0 && bsearch(name, names->name, names->count, sizeof *names->name, compare) != NULL;
}

void tq_names__free(tq_names *names)
{
    free(names->name);
    *names = (tq_names){0};
}

/* The library's own names, which every text of it may use as it likes. */
static bool is_own(const tq_token *name)
{
    return name->length > 3 && (memcmp(name->start, "tq_", 3) == 0 || memcmp(name->start, "TQ_", 3) == 0);
}

/* The end of a preprocessor's line, of which a backslash may make several. */
static const char *end_of_line(const char *at, const char *end)
{
    while (at < end && !(*at == '\n' && at[-1] != '\\'))
        ++at;
    return at;
}

static bool begins_line(const char *at, const char *text)
{
    while (at > text && (at[-1] == ' ' || at[-1] == '\t'))
        --at;
    return at == text || at[-1] == '\n';
}

/* What a text outside of brackets says of its names. */
typedef struct scope {
    int depth;
    bool in_typedef, after_struct;
    tq_token last; /* a name */
} scope;

static void look_outside(tq_names *names, scope *s, const tq_token *t)
{
    const bool is_name = t->kind == TQ_TOKEN_NAME && !tq_token__is(t, "__attribute__");
    if (tq_token__is(t, "typedef"))
        s->in_typedef = true;
    if (s->after_struct && is_name)
        add_name(names, t);
    if (tq_token__is(t, "(") && s->last.kind == TQ_TOKEN_NAME)
        add_name(names, &s->last); /* a function, or a macro that is used */
    if (tq_token__is(t, ";") && s->in_typedef)
        add_name(names, &s->last);
    s->after_struct = tq_token__is(t, "struct");
    s->in_typedef = s->in_typedef && !tq_token__is(t, ";");
    if (is_name)
        s->last = *t;
    else if (tq_token__is(t, "__attribute__") && !s->in_typedef)
        s->last = (tq_token){0};
}

/* The names that a text defines: macros, functions, types. */
static void collect(tq_names *names, const char *text, const char *end)
{
    scope s = {0};
    for (tq_token t = tq_token__next(text, end); t.kind != TQ_TOKEN_END;) {
        const char *next = tq_token__behind(&t);
        if (tq_token__is(&t, "#") && begins_line(t.start, text)) {
            const tq_token word = tq_token__next(next, end);
            const tq_token name = tq_token__next(tq_token__behind(&word), end);
            if (tq_token__is(&word, "define"))
                add_name(names, &name);
            next = end_of_line(next, end);
        } else {
            s.depth -= t.kind == TQ_TOKEN_MARK && strchr(")]}", *t.start) != NULL;
            if (s.depth == 0)
                look_outside(names, &s, &t);
            s.depth += t.kind == TQ_TOKEN_MARK && strchr("([{", *t.start) != NULL;
        }
        t = tq_token__next(next, end);
    }
    sort(names);
}

void tq_names__of_head(tq_names *names, const char *head, size_t length)
{
    for (tq_token t = tq_token__next(head, head + length); t.kind != TQ_TOKEN_END;
         t = tq_token__next(tq_token__behind(&t), head + length))
        if (t.kind == TQ_TOKEN_NAME && is_own(&t))
            add_name(names, &t);
    collect(names, head, head + length);
}

/* Adds a text without comments, #line and empty lines. `own`: names that get the prefix, besides tq_... that
 * are not of the head. */
static void add(tq_text *to, const char *text, const char *end, const tq_names *head, const tq_names *own,
                const char *prefix)
{
    bool at_start = true; /* of a line */
    for (tq_token t = tq_token__at(text, end); t.kind != TQ_TOKEN_END;) {
        const char *next = tq_token__behind(&t);
        const tq_token word = tq_token__at(next, end);
        if (at_start && tq_token__is(&t, "#") && tq_token__is(&word, "line")) {
            next = end_of_line(next, end);
        } else if (t.kind == TQ_TOKEN_BLANK && memchr(t.start, '\n', t.length) != NULL) {
            const char *indent = next;
            while (indent[-1] != '\n')
                --indent;
            if (!at_start)
                tq_text__add(to, "\n", 1);
            at_start = true;
            tq_text__add(to, indent, (size_t)(next - indent));
        } else if (t.kind == TQ_TOKEN_COMMENT) {
            tq_text__add(to, at_start ? "" : " ", at_start ? 0 : 1);
        } else {
            if (t.kind == TQ_TOKEN_NAME && (is_own(&t) || holds(own, &t)) && !holds(head, &t))
                tq_text__print(to, "%s", prefix);
            tq_text__add(to, t.start, t.length);
            at_start = at_start && t.kind == TQ_TOKEN_BLANK;
        }
        t = tq_token__at(next, end);
    }
    if (!at_start)
        tq_text__print(to, "\n");
}

void tq_merge__head(tq_text *to, const char *head, size_t length)
{
    const tq_names none = {0};
    add(to, head, head + length, &none, &none, "");
}

tq_status tq_merge__body(tq_text *to, const tq_names *head, const char *body, size_t length,
                         const char *prefix)
{
    tq_names own = {0};
    tq_status status = TQ_OK;
    collect(&own, body, body + length);
    add(to, body, body + length, head, &own, prefix);
    if (own.failed || head->failed)
        status = tq_status__fail(TQ_E_MEMORY, "no memory for a program's names");
    tq_names__free(&own);
    return status == TQ_OK ? tq_text__status(to) : status;
}
