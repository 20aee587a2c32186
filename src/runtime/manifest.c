#include "runtime/manifest.h"

#include <stdio.h>
#include <string.h>

#include "runtime/task.h"

static bool same(const tq_token *a, const tq_token *b)
{
    return a->length == b->length && memcmp(a->start, b->start, a->length) == 0;
}

/* What a type's name stands for, where the text has one plain typedef of it; else the name. */
static tq_token resolve(const tq_token *type, const char *text, const char *end)
{
    tq_token found = *type;
    size_t count = 0;
    for (tq_token t = tq_token__next(text, end); t.kind != TQ_TOKEN_END;
         t = tq_token__next(tq_token__behind(&t), end)) {
        if (!tq_token__is(&t, "typedef"))
            continue;
        const tq_token from = tq_token__next(tq_token__behind(&t), end);
        const tq_token name = tq_token__next(tq_token__behind(&from), end);
        if (name.kind == TQ_TOKEN_NAME && same(&name, type) && ++count == 1)
            found = from;
    }
    return count == 1 ? found : *type;
}

/* The declaration without its name: `__global const uint *restrict`. */
static json_t *type_of(const tq_argument_text *argument, const char *text, const char *end)
{
    tq_text type = {0};
    for (tq_token t = tq_token__at(argument->start, argument->name.start); t.kind != TQ_TOKEN_END;
         t = tq_token__at(tq_token__behind(&t), argument->name.start)) {
        const bool own = t.kind == TQ_TOKEN_NAME && t.length > 3 && memcmp(t.start, "tq_", 3) == 0;
        const tq_token word = own ? resolve(&t, text, end) : t;
        if (t.kind == TQ_TOKEN_BLANK)
            tq_text__add(&type, " ", 1);
        else
            tq_text__add(&type, word.start, word.length);
    }
    while (type.length > 0 && type.data[type.length - 1] == ' ')
        --type.length;
    json_t *const string = json_stringn(tq_text__get(&type), type.length);
    tq_text__free(&type);
    return string;
}

static json_t *arguments_of(const tq_recorded_program *program, const char *name)
{
    const char *const text = tq_text__get(&program->text), *const end = text + program->text.length;
    json_t *const list = json_array();
    tq_kernel_text kernel = {.end = text};
    while (tq_kernel_text__find(&kernel, kernel.end, end))
        if (tq_token__is(&kernel.name, name)) {
            tq_argument_text argument;
            for (const char *at = kernel.arguments;
                 tq_argument_text__next(&argument, &at, kernel.arguments_end);)
                json_array_append_new(list,
                                      json_pack("{s:s%, s:o}", "name", argument.name.start,
                                                argument.name.length, "type", type_of(&argument, text, end)));
            break;
        }
    return list;
}

/* The blank behind NAME or NAME(PARAMETERS). */
static const char *end_of_macro(const char *name)
{
    const char *const end = name + strcspn(name, " (\n");
    return *end == '(' ? end + strcspn(end, ")\n") + 1 : end;
}

/* The lines `#define NAME VALUE`. */
static json_t *structure_of(const tq_recorded_program *program)
{
    json_t *const to = json_object();
    const char *const end = tq_text__get(&program->defines) + program->defines.length;
    for (const char *line = tq_text__get(&program->defines); line < end;) {
        const char *const stop = memchr(line, '\n', (size_t)(end - line));
        const char *const name = line + strlen("#define "), *const value = end_of_macro(name);
        char key[128];
        if (stop == NULL || value >= stop)
            break;
        snprintf(key, sizeof key, "%.*s", (int)(value - name), name);
        json_object_set_new(to, key, json_stringn(value + 1, (size_t)(stop - value - 1)));
        line = stop + 1;
    }
    return to;
}

static json_t *kernels_of(const tq_recording *r, size_t program)
{
    json_t *const list = json_array();
    char name[96];
    for (size_t i = 0; i < r->kernels; ++i) {
        if (r->kernel[i].program != program)
            continue;
        snprintf(name, sizeof name, "%s%s", r->program[program].prefix, r->kernel[i].name);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o}", "name", name, "kernel", r->kernel[i].name,
                                        "arguments", arguments_of(&r->program[program], r->kernel[i].name)));
    }
    return list;
}

json_t *tq_manifest__programs(const tq_recording *r)
{
    json_t *const list = json_array();
    for (size_t i = 0; i < r->programs; ++i) {
        char hash[33];
        tq_program_key__print(hash, r->program[i].hash);
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "hash", hash, "prefix",
                                              r->program[i].prefix, "structure", structure_of(&r->program[i]),
                                              "kernels", kernels_of(r, i)));
    }
    return list;
}

json_t *tq_manifest__launches(const tq_recording *r)
{
    json_t *const list = json_array();
    for (size_t i = 0; i < r->launches; ++i) {
        const tq_recorded_launch *const launch = &r->launch[i];
        const tq_recorded_kernel *const kernel = &r->kernel[launch->kernel];
        char name[96];
        snprintf(name, sizeof name, "%s%s", r->program[kernel->program].prefix, kernel->name);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "layer", launch->layer, "kind",
                                              launch->kind, "path", launch->path, "kernel", name));
    }
    return list;
}
