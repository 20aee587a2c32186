#include "runtime/emission.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/internal.h"
#include "runtime/manifest.h"
#include "runtime/merge.h"
#include "runtime/record.h"
#include "runtime/task.h"
#include "util/fail.h"
#include "util/file.h"

/* `build`: the commands that make the binary, in the folder. */
static const struct target {
    const char *name, *binary;
    bool here; /* the device builds it */
    const char *build[3];
} targets[] = {
    {"device", "kernels.bin", true, {NULL}},
    {"generic", "kernels.bin", false, {NULL}},
    {"intel",
     "kernels.aocx",
     false,
     {"aoc -march=emulator " TQ_EMIT_TEXT " -o kernels.aocx",
      "aoc -board=BOARD " TQ_EMIT_TEXT " -o kernels.aocx"}},
    {"pocl", "kernels.bin", true, {NULL}},
};

static const struct target *find_target(const tq_emission *how)
{
    const char *const name = how != NULL && how->target != NULL ? how->target : "generic";
    for (size_t i = 0; i < TQ_COUNT(targets); ++i)
        if (strcmp(targets[i].name, name) == 0)
            return &targets[i];
    return NULL;
}

tq_status tq_emission__check(const tq_context *c, const tq_emission *how, const char *directory)
{
    const struct target *const target = find_target(how);
    struct stat info;
    if (target == NULL)
        return tq_status__fail(TQ_E_NAME, "there is no target '%s'; targets: device, generic, intel, pocl",
                               how->target);
    if (strcmp(target->name, "pocl") == 0 && !tq_device__is_pocl(&c->info))
        return tq_status__fail(TQ_E_DEVICE,
                               "target 'pocl' builds on the device, and '%s' is one of '%s', not of PoCL",
                               c->info.name, c->info.platform);
    if (target->here && !c->info.compiler)
        return tq_status__fail(TQ_E_DEVICE, "target '%s' builds on the device, and '%s' has no compiler",
                               target->name, c->info.name);
    if (lstat(directory, &info) == 0)
        return tq_status__fail(TQ_E_FILE,
                               "'%s' exists already; what is in it may have taken hours, so that it is not "
                               "replaced: remove it or name another",
                               directory);
    return TQ_OK;
}

/* The text that all programs begin with. */
static tq_status get_head(tq_text *head)
{
    const tq_program_text nothing = {0};
    return tq_program_text__join(&nothing, true, head);
}

static void add_program(tq_text *to, const tq_recording *r, size_t program)
{
    tq_text__print(to, "\n/* Program %.9s: kernels", r->program[program].prefix);
    for (size_t i = 0; i < r->kernels; ++i)
        if (r->kernel[i].program == program)
            tq_text__print(to, " %s", r->kernel[i].name);
    tq_text__print(to, " */\n");
}

static bool is_recorded(const tq_recording *r, size_t program, const tq_token *name)
{
    for (size_t i = 0; i < r->kernels; ++i)
        if (r->kernel[i].program == program && tq_token__is(name, r->kernel[i].name))
            return true;
    return false;
}

/* A body without the kernels that nothing launches: each would take its part of an FPGA. */
static void add_used(tq_text *to, const tq_recording *r, size_t program, const char *text, const char *end)
{
    tq_kernel_text kernel;
    while (tq_kernel_text__find(&kernel, text, end)) {
        const bool used = is_recorded(r, program, &kernel.name);
        tq_text__add(to, text, (size_t)((used ? kernel.end : kernel.start) - text));
        text = kernel.end;
    }
    tq_text__add(to, text, (size_t)(end - text));
}

/* All programs as one text. */
static tq_status merge(tq_text *to, const tq_recording *r)
{
    tq_text head = {0};
    tq_names names = {0};
    tq_status status = get_head(&head);
    tq_names__of_head(&names, tq_text__get(&head), head.length);
    tq_text__print(
        to,
        "/*\n * Kernels of a network, written by TensorQuant CL %s for offline compilers (docs/fpga.md): "
        "OpenCL C 1.2, each\n * kernel a single work-item. " TQ_EMIT_MANIFEST
        " says what they are for.\n */\n",
        tq_version());
    tq_merge__head(to, tq_text__get(&head), head.length);
    for (size_t i = 0; status == TQ_OK && i < r->programs; ++i) {
        const tq_recorded_program *const p = &r->program[i];
        tq_text body = {0};
        add_program(to, r, i);
        add_used(&body, r, i, tq_text__get(&p->text) + head.length, tq_text__get(&p->text) + p->text.length);
        status = tq_text__status(&body);
        if (status == TQ_OK)
            status = tq_merge__body(to, &names, tq_text__get(&body), body.length, p->prefix);
        tq_text__free(&body);
    }
    tq_names__free(&names);
    tq_text__free(&head);
    return status;
}

/* A folder that is being written, and what is in it. */
typedef struct folder {
    char path[1100];
    const char *file[4];
    size_t files;
} folder;

static tq_status write_file(folder *f, const char *name, const void *bytes, size_t size)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    TQ_TRY(tq_file__write(path, bytes, size, "", 0));
    f->file[f->files++] = name;
    return TQ_OK;
}

static void remove_folder(const folder *f)
{
    char path[1200];
    for (size_t i = 0; i < f->files; ++i) {
        snprintf(path, sizeof path, "%s/%s", f->path, f->file[i]);
        unlink(path);
    }
    rmdir(f->path);
}

/* Builds the text on the device: the binary's hash and the device are noted in the manifest. */
static tq_status write_binary(tq_context *c, folder *f, const struct target *target, const tq_text *text,
                              json_t *manifest)
{
    unsigned char *binary = NULL;
    size_t size = 0;
    char hash[33];
    TQ_TRY(tq_program__compile(c, text, &binary, &size));
    tq_program_key__print(hash, tq_program_key__of(binary, size));
    json_object_set_new(manifest, "binary",
                        json_pack("{s:s, s:s, s:s, s:s, s:s}", "file", target->binary, "hash", hash, "device",
                                  c->info.name, "version", c->info.version, "driver", c->info.driver));
    const tq_status status = write_file(f, target->binary, binary, size);
    free(binary);
    return status;
}

static tq_status write_manifest(folder *f, json_t *manifest)
{
    char *const dumped = json_dumps(manifest, JSON_INDENT(1));
    if (dumped == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for the manifest");
    const tq_status status = write_file(f, TQ_EMIT_MANIFEST, dumped, strlen(dumped));
    free(dumped);
    return status;
}

static json_t *describe(const tq_recording *r, const tq_emission *how, const struct target *target,
                        const tq_text *text)
{
    char hash[33];
    json_t *const build = json_array();
    tq_program_key__print(hash, tq_program_key__of(tq_text__get(text), text->length));
    for (size_t i = 0; target->build[i] != NULL; ++i)
        json_array_append_new(build, json_string(target->build[i]));
    return json_pack("{s:i, s:s, s:s, s:s, s:{s:s, s:s, s:s}, s:o, s:{s:s}, s:o, s:o}", "format",
                     TQ_EMIT_FORMAT, "version", tq_version(), "made_by",
                     how != NULL && how->command != NULL ? how->command : "tq_network_emit", "target",
                     target->name, "text", "file", TQ_EMIT_TEXT, "hash", hash, "options", TQ_EMIT_OPTIONS,
                     "build", build, "binary", "file", target->binary, "programs", tq_manifest__programs(r),
                     "launches", tq_manifest__launches(r));
}

static tq_status fill(tq_context *c, folder *f, const tq_emission *how)
{
    const struct target *const target = find_target(how);
    tq_text text = {0};
    tq_status status = merge(&text, c->recording);
    if (status == TQ_OK)
        status = tq_text__status(&text);
    json_t *const manifest = describe(c->recording, how, target, &text);
    if (status == TQ_OK)
        status = write_file(f, TQ_EMIT_TEXT, tq_text__get(&text), text.length);
    if (status == TQ_OK && target->here)
        status = write_binary(c, f, target, &text, manifest);
    if (status == TQ_OK)
        status = write_manifest(f, manifest);
    json_decref(manifest);
    tq_text__free(&text);
    return status;
}

tq_status tq_emission__write(tq_context *c, const tq_emission *how, const char *directory)
{
    folder f = {.files = 0};
    const size_t length = strlen(directory);
    const int slash = length > 1 && directory[length - 1] == '/';
    if (snprintf(f.path, sizeof f.path, "%.*s.%ld", (int)length - slash, directory, (long)getpid()) >=
        (int)sizeof f.path)
        return tq_status__fail(TQ_E_ARGUMENT, "the folder's name has %zu bytes, allowed below 1000", length);
    if (mkdir(f.path, 0777) != 0)
        return tq_status__fail(TQ_E_FILE, "cannot make the folder '%s': %s", f.path, strerror(errno));
    tq_status status = fill(c, &f, how);
    if (status == TQ_OK && rename(f.path, directory) != 0)
        status =
            tq_status__fail(TQ_E_FILE, "cannot rename '%s' to '%s': %s", f.path, directory, strerror(errno));
    if (status != TQ_OK)
        remove_folder(&f);
    return status;
}
