#include "runtime/binaries.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/emission.h"
#include "runtime/record.h"
#include "util/fail.h"
#include "util/file.h"

#define MOST_BYTES ((size_t)1 << 30) /* of a file */

struct tq_binaries {
    char directory[1024];
    json_t *manifest;
    cl_program program;
};

void tq_binaries__close(tq_binaries *b)
{
    if (b == NULL)
        return;
    if (b->program != NULL)
        clReleaseProgram(b->program);
    json_decref(b->manifest);
    free(b);
}

/* A text below an object of the manifest, or in it; "" where there is none. */
static const char *text_of(const tq_binaries *b, const char *object, const char *key)
{
    const json_t *const from = object != NULL ? json_object_get(b->manifest, object) : b->manifest;
    const char *const text = json_string_value(json_object_get(from, key));
    return text != NULL ? text : "";
}

/* The command that makes the binary of the text, or the whole folder. */
static const char *command(const tq_binaries *b, bool only_binary)
{
    const char *const build = json_string_value(json_array_get(json_object_get(b->manifest, "build"), 0));
    if (only_binary && build != NULL)
        return build;
    if (only_binary && text_of(b, "binary", "hash")[0] == '\0')
        return "the compiler of the device";
    return text_of(b, NULL, "made_by");
}

static tq_status stale(const tq_binaries *b, const char *file, const char *why)
{
    return tq_status__fail(TQ_E_FORMAT,
                           "'%s/%s' is stale: %s; make it again, elsewhere or after removing it: %s",
                           b->directory, file, why, command(b, false));
}

static tq_status read(const tq_binaries *b, const char *file, unsigned char **data, size_t *size)
{
    char path[2048];
    snprintf(path, sizeof path, "%s/%s", b->directory, file);
    return tq_file__read(path, MOST_BYTES, data, size);
}

static tq_status read_manifest(tq_binaries *b)
{
    unsigned char *data;
    size_t size;
    json_error_t error;
    const tq_status status = read(b, TQ_EMIT_MANIFEST, &data, &size);
    if (status != TQ_OK)
        return tq_status__prefix(status, "no binaries (`tq emit` makes a folder of them)");
    b->manifest = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, &error);
    free(data);
    if (b->manifest == NULL)
        return tq_status__fail(TQ_E_FORMAT, "'%s/" TQ_EMIT_MANIFEST "', line %d, column %d: %s", b->directory,
                               error.line, error.column, error.text);
    const json_t *const format = json_object_get(b->manifest, "format");
    if (!json_is_integer(format) || json_integer_value(format) != TQ_EMIT_FORMAT)
        return tq_status__fail(TQ_E_FORMAT,
                               "'%s/" TQ_EMIT_MANIFEST
                               "': 'format' is not %d, the only one that this version reads",
                               b->directory, TQ_EMIT_FORMAT);
    return TQ_OK;
}

static tq_status check_version(const tq_binaries *b)
{
    char why[200];
    snprintf(why, sizeof why, "it was made by version %.60s of the library, and this is %s",
             text_of(b, NULL, "version"), tq_version());
    return strcmp(text_of(b, NULL, "version"), tq_version()) == 0 ? TQ_OK : stale(b, TQ_EMIT_MANIFEST, why);
}

static bool has_hash(const tq_binaries *b, const char *object, const unsigned char *data, size_t size)
{
    char hash[33];
    tq_program_key__print(hash, tq_program_key__of(data, size));
    return strcmp(text_of(b, object, "hash"), hash) == 0;
}

static tq_status check_text(const tq_binaries *b)
{
    unsigned char *data;
    size_t size;
    const tq_status status = read(b, TQ_EMIT_TEXT, &data, &size);
    if (status != TQ_OK)
        return tq_status__prefix(status, "binaries without their text (%s makes it)", command(b, false));
    const bool same = has_hash(b, "text", data, size);
    free(data);
    return same ? TQ_OK : stale(b, TQ_EMIT_TEXT, "it is not the text of the manifest");
}

/* Of a binary that the library built itself. */
static tq_status check_device(const tq_binaries *b, const tq_device_info *device)
{
    const char *const facts[][2] = {
        {"device", device->name}, {"version", device->version}, {"driver", device->driver}};
    const char *const file = text_of(b, "binary", "file");
    char why[400];
    for (size_t i = 0; i < TQ_COUNT(facts); ++i) {
        const char *const is = text_of(b, "binary", facts[i][0]);
        if (is[0] == '\0' || strcmp(is, facts[i][1]) == 0)
            continue;
        snprintf(why, sizeof why, "it is of %s '%.120s', and this is '%s'", facts[i][0], is, facts[i][1]);
        return stale(b, file, why);
    }
    return TQ_OK;
}

static tq_status load(tq_binaries *b, const tq_context *c, const unsigned char *data, size_t size)
{
    const char *const file = text_of(b, "binary", "file");
    cl_int code, binary_code = CL_SUCCESS;
    b->program = clCreateProgramWithBinary(c->context, 1, &c->device, &size, &data, &binary_code, &code);
    if (code == CL_SUCCESS && binary_code != CL_SUCCESS)
        code = binary_code;
    if (code != CL_SUCCESS)
        return tq_status__prefix(tq_opencl__fail("clCreateProgramWithBinary", code, &c->info), "'%s/%s'",
                                 b->directory, file);
    code = clBuildProgram(b->program, 1, &c->device, TQ_EMIT_OPTIONS, NULL, NULL);
    if (code != CL_SUCCESS)
        return tq_status__prefix(tq_opencl__fail("clBuildProgram", code, &c->info), "'%s/%s'", b->directory,
                                 file);
    return TQ_OK;
}

static tq_status load_binary(tq_binaries *b, const tq_context *c)
{
    const char *const file = text_of(b, "binary", "file");
    unsigned char *data;
    size_t size;
    tq_status status = read(b, file, &data, &size);
    if (status != TQ_OK)
        return tq_status__prefix(status, "no binary (%s makes it of %s)", command(b, true), TQ_EMIT_TEXT);
    if (text_of(b, "binary", "hash")[0] != '\0' && !has_hash(b, "binary", data, size))
        status = stale(b, file, "it is not the binary of the manifest");
    if (status == TQ_OK)
        status = check_device(b, &c->info);
    if (status == TQ_OK)
        status = load(b, c, data, size);
    free(data);
    return status;
}

tq_status tq_binaries__open(tq_binaries **binaries, const tq_context *c, const char *directory)
{
    tq_binaries *const b = calloc(1, sizeof *b);
    *binaries = NULL;
    if (b == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for binaries");
    tq_status status = TQ_OK;
    if (snprintf(b->directory, sizeof b->directory, "%s", directory) >= (int)sizeof b->directory)
        status =
            tq_status__fail(TQ_E_ARGUMENT, "option 'binaries': the path has %zu bytes, allowed below %zu",
                            strlen(directory), sizeof b->directory);
    if (status == TQ_OK)
        status = read_manifest(b);
    if (status == TQ_OK)
        status = check_version(b);
    if (status == TQ_OK)
        status = check_text(b);
    if (status == TQ_OK)
        status = load_binary(b, c);
    if (status == TQ_OK)
        *binaries = b;
    else
        tq_binaries__close(b);
    return status;
}

tq_status tq_binaries__find(const tq_binaries *b, const tq_text *text, cl_program *program, char prefix[16])
{
    const json_t *const programs = json_object_get(b->manifest, "programs");
    tq_recorded_program wanted = {.text = *text};
    char hash[33];
    tq_recorded_program__name(&wanted);
    tq_program_key__print(hash, wanted.hash);
    for (size_t i = 0; i < json_array_size(programs); ++i) {
        const char *const other = json_string_value(json_object_get(json_array_get(programs, i), "hash"));
        if (other == NULL || strcmp(other, hash) != 0)
            continue;
        clRetainProgram(b->program);
        *program = b->program;
        snprintf(prefix, 16, "%s", wanted.prefix);
        return TQ_OK;
    }
    return stale(b, TQ_EMIT_MANIFEST,
                 "it lacks a program that is wanted, so that model, maps or options are others than its own");
}

tq_status tq_binaries__lacks(const tq_binaries *b, const char *kernel)
{
    return tq_status__fail(
        TQ_E_FORMAT,
        "'%s/%s' is stale: it has no kernel '%s', so that it was built from another text than "
        "%s; make it again: %s",
        b->directory, text_of(b, "binary", "file"), kernel, TQ_EMIT_TEXT, command(b, true));
}
