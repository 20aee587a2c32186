#include "runtime/program.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "runtime/binaries.h"
#include "runtime/internal.h"
#include "runtime/mark.h"
#include "runtime/memory.h"
#include "runtime/task.h"
#include "util/clock.h"
#include "util/fail.h"

/* TQ_SUBNORMALS tells kernels whether binary32 arithmetic keeps subnormal numbers. */
/* -w: some compilers warn of vectors wider than the device's registers, and a driver has been met that tells
 * on stderr that there were warnings. */
static const char *options_of(const tq_context *c)
{
    return tq_context__target(c)->subnormals ? "-w -cl-std=CL1.2 -DTQ_SUBNORMALS=1" : "-w -cl-std=CL1.2";
}

void tq_program_text__define(tq_program_text *text, const char *name, const char *value_format, ...)
{
    char value[512];
    va_list arguments;
    va_start(arguments, value_format);
    vsnprintf(value, sizeof value, value_format, arguments);
    va_end(arguments);
    tq_text__print(&text->defines, "#define %s %s\n", name, value);
}

void tq_program_text__add_source(tq_program_text *text, const tq_source *source)
{
    for (size_t i = 0; i < text->part_count; ++i)
        if (strcmp(text->part[i].name, source->name) == 0)
            return;
    if (text->part_count == TQ_COUNT(text->part)) {
        if (text->status == TQ_OK)
            text->status =
                tq_status__fail(TQ_E_UNSUPPORTED, "a program of more than %zu parts", text->part_count);
        return;
    }
    text->part[text->part_count++] = *source;
}

void tq_program_text__add(tq_program_text *text, const char *embedded_name)
{
    const tq_source *source = tq_source__find(embedded_name);
    if (source != NULL)
        tq_program_text__add_source(text, source);
    else if (text->status == TQ_OK)
        text->status = tq_status__fail(TQ_E_NAME, "the library has no kernel file '%s'", embedded_name);
}

void tq_program_text__cut(tq_program_text *text, size_t defines, size_t parts)
{
    text->defines.length = defines;
    if (text->defines.data != NULL)
        text->defines.data[defines] = '\0';
    text->part_count = parts;
}

void tq_program_text__append(tq_program_text *text, const tq_program_text *more)
{
    tq_text__add(&text->defines, tq_text__get(&more->defines), more->defines.length);
    for (size_t i = 0; i < more->part_count; ++i)
        tq_program_text__add_source(text, &more->part[i]);
    if (text->status == TQ_OK)
        text->status = more->status;
}

void tq_program_text__free(tq_program_text *text)
{
    tq_text__free(&text->defines);
    *text = (tq_program_text){0};
}

static void join_part(tq_text *joined, const tq_source *part, bool task)
{
    tq_text__print(joined, "#line 1 \"%s\"\n", part->name);
    if (task)
        tq_task__rewrite(joined, part->text, part->length);
    else
        tq_text__add(joined, part->text, part->length);
    tq_text__print(joined, "\n");
}

tq_status tq_program_text__join(const tq_program_text *text, bool task, tq_text *joined)
{
    TQ_TRY(text->status);
    join_part(joined, tq_source__find("prelude.cl"), false);
    join_part(joined, tq_source__find(task ? "task.cl" : "items.cl"), false);
    tq_text__add(joined, tq_text__get(&text->defines), text->defines.length);
    for (size_t i = 0; i < text->part_count; ++i)
        join_part(joined, &text->part[i], task);
    TQ_TRY(tq_text__status(&text->defines));
    return tq_text__status(joined);
}

tq_program_key tq_program_key__of(const void *bytes, size_t size)
{
    const XXH128_hash_t hash = XXH3_128bits(bytes, size);
    return (tq_program_key){hash.low64, hash.high64};
}

bool tq_program_key__same(tq_program_key a, tq_program_key b)
{
    return a.low == b.low && a.high == b.high;
}

void tq_program_key__print(char to[33], tq_program_key key)
{
    snprintf(to, 33, "%016llx%016llx", (unsigned long long)key.high, (unsigned long long)key.low);
}

/* The key hashes every fact that could change what the compiler gives. */
static tq_program_key key_of(const tq_context *c, const tq_text *joined)
{
    tq_text facts = {0};
    tq_text__print(&facts, "1\n%s\n%s\n%s\n%s\n%s\n%s\n%u\n", tq_version(), options_of(c), c->info.name,
                   c->info.platform, c->info.version, c->info.driver, (unsigned)sizeof(void *));
    tq_text__add(&facts, tq_text__get(joined), joined->length);
    const tq_program_key key = tq_program_key__of(tq_text__get(&facts), facts.length);
    tq_text__free(&facts);
    return key;
}

/* The first lines of the build log. */
static tq_status build_failure(const tq_context *c, cl_program program, cl_int code)
{
    char log[6000] = "";
    size_t end = 0;
    int lines = 0;
    size_t size = 0;
    clGetProgramBuildInfo(program, c->device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size);
    char *all = calloc(size + 1, 1);
    if (all != NULL &&
        clGetProgramBuildInfo(program, c->device, CL_PROGRAM_BUILD_LOG, size, all, NULL) == CL_SUCCESS)
        snprintf(log, sizeof log, "%s", all);
    free(all);
    while (log[end] != '\0' && lines < 20)
        lines += log[end++] == '\n';
    while (end > 0 && log[end - 1] == '\n')
        --end;
    return tq_status__fail(TQ_E_BUILD, "clBuildProgram failed on '%s': %s (%d)\n%.*s", c->info.name,
                           tq_opencl__name(code), (int)code, (int)end, log);
}

static tq_status build_source(const tq_context *c, const tq_text *joined, cl_program *program)
{
    cl_int code;
    const char *text = tq_text__get(joined);
    *program = clCreateProgramWithSource(c->context, 1, &text, &joined->length, &code);
    if (code != CL_SUCCESS)
        return tq_opencl__fail("clCreateProgramWithSource", code, &c->info);
    code = clBuildProgram(*program, 1, &c->device, options_of(c), NULL, NULL);
    if (code == CL_SUCCESS)
        return TQ_OK;
    const tq_status status = build_failure(c, *program, code);
    clReleaseProgram(*program);
    *program = NULL;
    return status;
}

/* NULL for any fault. */
static cl_program load_binary(const tq_context *c, tq_program_key key)
{
    size_t size;
    cl_int code, binary_code = CL_SUCCESS;
    unsigned char *binary = tq_cache__is_used(c) ? tq_cache__read(c->cache, key, &size) : NULL;
    if (binary == NULL)
        return NULL;
    const unsigned char *start = binary;
    cl_program program =
        clCreateProgramWithBinary(c->context, 1, &c->device, &size, &start, &binary_code, &code);
    free(binary);
    if (code == CL_SUCCESS && binary_code == CL_SUCCESS &&
        clBuildProgram(program, 1, &c->device, options_of(c), NULL, NULL) == CL_SUCCESS)
        return program;
    if (code == CL_SUCCESS)
        clReleaseProgram(program);
    return NULL;
}

/* A program's binary: malloc'ed, or NULL. */
static unsigned char *binary_of(cl_program program, size_t *size)
{
    if (clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof *size, size, NULL) != CL_SUCCESS ||
        *size == 0)
        return NULL;
    unsigned char *binary = malloc(*size);
    if (binary != NULL &&
        clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) == CL_SUCCESS)
        return binary;
    free(binary);
    return NULL;
}

static void save_binary(const tq_context *c, tq_program_key key, cl_program program)
{
    size_t size = 0;
    unsigned char *const binary = tq_cache__is_used(c) ? binary_of(program, &size) : NULL;
    if (binary != NULL)
        tq_cache__write(c->cache, key, binary, size);
    free(binary);
}

tq_status tq_program__compile(const tq_context *c, const tq_text *text, unsigned char **binary, size_t *size)
{
    cl_program program;
    TQ_TRY(build_source(c, text, &program));
    *binary = binary_of(program, size);
    clReleaseProgram(program);
    return *binary != NULL ? TQ_OK
                           : tq_status__fail(TQ_E_OPENCL, "'%s' gives no binary of a program", c->info.name);
}

static tq_status load_or_build(tq_program *made, tq_context *c, const tq_text *joined, bool unkept)
{
    made->program = unkept ? NULL : load_binary(c, made->key);
    if (made->program != NULL) {
        ++c->counts.from_disk;
        return TQ_OK;
    }
    TQ_TRY(build_source(c, joined, &made->program));
    ++c->counts.built;
    if (!unkept)
        save_binary(c, made->key, made->program);
    return TQ_OK;
}

/* A key of what tq_program_text__join would join, without joining: planning and running look up by it. */
tq_program_key tq_program__key(const tq_context *c, const tq_program_text *text)
{
    tq_program_key part[2 * TQ_COUNT(text->part) + 2];
    size_t count = 0;
    part[count++] = (tq_program_key){.low = tq_context__is_task(c),
                                     .high = 2 * (uint64_t)c->binaries_set + (c->recording != NULL)};
    part[count++] = tq_program_key__of(tq_text__get(&text->defines), text->defines.length);
    for (size_t i = 0; i < text->part_count; ++i) {
        part[count++] = tq_program_key__of(text->part[i].name, strlen(text->part[i].name));
        part[count++] = tq_program_key__of(text->part[i].text, text->part[i].length);
    }
    return tq_program_key__of(part, count * sizeof *part);
}

tq_status tq_program_text__check(const tq_program_text *text)
{
    return text->status != TQ_OK ? text->status : tq_text__status(&text->defines);
}

static tq_program *find_program(tq_context *c, tq_program_key text)
{
    for (tq_program *p = c->programs; p != NULL; p = p->next)
        if (tq_program_key__same(p->text, text))
            return p;
    return NULL;
}

/* From binaries where the context has them, which is the only way where the device has no compiler. */
static tq_status obtain(tq_program *made, tq_context *c, const tq_text *joined, bool unkept)
{
    if (c->binaries != NULL) {
        TQ_TRY(tq_binaries__find(c->binaries, joined, &made->program, made->prefix));
        ++c->counts.from_disk;
        return TQ_OK;
    }
    if (!c->info.compiler)
        return tq_status__fail(TQ_E_DEVICE,
                               "device '%s' has no compiler; it runs from binaries, of which the option "
                               "'binaries' (`tq run --binaries DIR`) names the folder; `tq emit` makes it",
                               c->info.name);
    made->key = key_of(c, joined);
    return load_or_build(made, c, joined, unkept);
}

static tq_status make_program(tq_program *made, tq_context *c, const tq_program_text *text)
{
    tq_text joined = {0};
    tq_status status = tq_program_text__join(text, tq_context__is_task(c), &joined);
    if (status == TQ_OK)
        status = obtain(made, c, &joined, text->unkept);
    tq_text__free(&joined);
    return status;
}

tq_status tq_program_text__key(tq_program_key *key, const tq_context *c, const tq_program_text *text)
{
    tq_text joined = {0};
    const tq_status status = tq_program_text__join(text, tq_context__is_task(c), &joined);
    if (status == TQ_OK)
        *key = key_of(c, &joined);
    tq_text__free(&joined);
    return status;
}

/* The last part is what the program is for. */
static void say_program(const tq_context *c, const tq_program_text *text, const char *how, double seconds)
{
    const char *const name = text->part_count > 0 ? text->part[text->part_count - 1].name : "prelude.cl";
    if (seconds < 0.0)
        tq_context__say(c, "program of %s: %s", name, how);
    else
        tq_context__say(c, "program of %s: %s in %.3f s", name, how, seconds);
}

static tq_status make_and_say(tq_program *made, tq_context *c, const tq_program_text *text)
{
    const unsigned built = c->counts.built;
    const double begun = tq_clock__now();
    TQ_TRY(make_program(made, c, text));
    say_program(c, text, c->counts.built > built ? "built" : "found on disk", tq_clock__now() - begun);
    return TQ_OK;
}

tq_status tq_program__get(tq_context *c, const tq_program_text *text, const tq_program **program)
{
    TQ_TRY(tq_program_text__check(text));
    const tq_program_key key = tq_program__key(c, text);
    tq_program *entry = find_program(c, key);
    if (entry != NULL) {
        ++c->counts.from_memory;
        say_program(c, text, "found in memory", -1.0);
        *program = entry;
        return TQ_OK;
    }
    entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a program");
    const tq_status status = make_and_say(entry, c, text);
    if (status != TQ_OK) {
        free(entry);
        return status;
    }
    *program = entry;
    entry->text = key;
    entry->next = c->programs;
    c->programs = entry;
    return TQ_OK;
}
