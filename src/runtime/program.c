#include "runtime/program.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "runtime/internal.h"
#include "runtime/mark.h"
#include "runtime/memory.h"
#include "util/clock.h"
#include "util/fail.h"

#define MOST_ARGUMENTS 20 /* of tq_kernel__run_elements */

/* TQ_SUBNORMALS tells kernels whether binary32 arithmetic keeps subnormal numbers. */
static const char *options_of(const tq_context *c)
{
    return c->info.subnormals ? "-cl-std=CL1.2 -DTQ_SUBNORMALS=1" : "-cl-std=CL1.2";
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

static void join_part(tq_text *joined, const tq_source *part)
{
    tq_text__print(joined, "#line 1 \"%s\"\n", part->name);
    tq_text__add(joined, part->text, part->length);
    tq_text__print(joined, "\n");
}

tq_status tq_program_text__join(const tq_program_text *text, tq_text *joined)
{
    TQ_TRY(text->status);
    join_part(joined, tq_source__find("prelude.cl"));
    tq_text__add(joined, tq_text__get(&text->defines), text->defines.length);
    for (size_t i = 0; i < text->part_count; ++i)
        join_part(joined, &text->part[i]);
    TQ_TRY(tq_text__status(&text->defines));
    return tq_text__status(joined);
}

/* The key hashes every fact that could change what the compiler gives. */
static tq_program_key key_of(const tq_context *c, const tq_text *joined)
{
    tq_text facts = {0};
    tq_text__print(&facts, "1\n%s\n%s\n%s\n%s\n%s\n%s\n%u\n", tq_version(), options_of(c), c->info.name,
                   c->info.platform, c->info.version, c->info.driver, (unsigned)sizeof(void *));
    tq_text__add(&facts, tq_text__get(joined), joined->length);
    const XXH128_hash_t hash = XXH3_128bits(tq_text__get(&facts), facts.length);
    tq_text__free(&facts);
    return (tq_program_key){hash.low64, hash.high64};
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
    unsigned char *binary = tq_cache__read(c->cache, key, &size);
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

static void save_binary(const tq_context *c, tq_program_key key, cl_program program)
{
    size_t size = 0;
    if (c->cache[0] == '\0' ||
        clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL) != CL_SUCCESS ||
        size == 0)
        return;
    unsigned char *binary = malloc(size);
    if (binary != NULL &&
        clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) == CL_SUCCESS)
        tq_cache__write(c->cache, key, binary, size);
    free(binary);
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

static tq_program_key hash(const void *bytes, size_t size)
{
    const XXH128_hash_t hash = XXH3_128bits(bytes, size);
    return (tq_program_key){hash.low64, hash.high64};
}

static bool same_key(tq_program_key a, tq_program_key b)
{
    return a.low == b.low && a.high == b.high;
}

/* A key of what tq_program_text__join would join, without joining: planning and running look up by it. */
static tq_program_key key_of_parts(const tq_program_text *text)
{
    tq_program_key part[2 * TQ_COUNT(text->part) + 1];
    size_t count = 0;
    part[count++] = hash(tq_text__get(&text->defines), text->defines.length);
    for (size_t i = 0; i < text->part_count; ++i) {
        part[count++] = hash(text->part[i].name, strlen(text->part[i].name));
        part[count++] = hash(text->part[i].text, text->part[i].length);
    }
    return hash(part, count * sizeof *part);
}

static tq_status check_text(const tq_program_text *text)
{
    return text->status != TQ_OK ? text->status : tq_text__status(&text->defines);
}

static tq_program *find_program(tq_context *c, tq_program_key text)
{
    for (tq_program *p = c->programs; p != NULL; p = p->next)
        if (same_key(p->text, text))
            return p;
    return NULL;
}

static tq_status make_program(tq_program *made, tq_context *c, const tq_program_text *text)
{
    tq_text joined = {0};
    tq_status status = tq_program_text__join(text, &joined);
    if (status == TQ_OK) {
        made->key = key_of(c, &joined);
        status = load_or_build(made, c, &joined, text->unkept);
    }
    tq_text__free(&joined);
    return status;
}

tq_status tq_program_text__key(tq_program_key *key, const tq_context *c, const tq_program_text *text)
{
    tq_text joined = {0};
    const tq_status status = tq_program_text__join(text, &joined);
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

static tq_status get_program(tq_context *c, const tq_program_text *text, cl_program *program)
{
    TQ_TRY(check_text(text));
    const tq_program_key key = key_of_parts(text);
    tq_program *entry = find_program(c, key);
    if (entry != NULL) {
        ++c->counts.from_memory;
        say_program(c, text, "found in memory", -1.0);
        *program = entry->program;
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
    *program = entry->program;
    entry->text = key;
    entry->next = c->programs;
    c->programs = entry;
    return TQ_OK;
}

struct tq_kernel {
    tq_context *context;
    cl_kernel kernel;
    size_t local; /* work-items of a group in one dimension */
    char name[64];
};

size_t tq_kernel__most_items(const tq_kernel *kernel)
{
    size_t most = 1;
    if (clGetKernelWorkGroupInfo(kernel->kernel, kernel->context->device, CL_KERNEL_WORK_GROUP_SIZE,
                                 sizeof most, &most, NULL) != CL_SUCCESS)
        return 1;
    return most;
}

/* A kernel that takes many registers may allow less than the device. */
static size_t fit_local(const tq_kernel *kernel)
{
    const size_t of_device = tq_context__local_size(kernel->context), most = tq_kernel__most_items(kernel);
    return most > 0 && most < of_device ? most : of_device;
}

size_t tq_kernel__local_size(const tq_kernel *kernel)
{
    return kernel->local;
}

tq_status tq_kernel__create(tq_kernel **kernel, tq_context *context, const tq_program_text *text,
                            const char *name)
{
    cl_program program = NULL;
    cl_int code;
    *kernel = NULL;
    TQ_TRY(get_program(context, text, &program));
    cl_kernel made = clCreateKernel(program, name, &code);
    if (code != CL_SUCCESS)
        return tq_status__prefix(tq_opencl__fail("clCreateKernel", code, &context->info), "kernel '%s'",
                                 name);
    *kernel = calloc(1, sizeof **kernel);
    if (*kernel == NULL) {
        clReleaseKernel(made);
        return tq_status__fail(TQ_E_MEMORY, "no memory for kernel '%s'", name);
    }
    (*kernel)->context = context;
    (*kernel)->kernel = made;
    (*kernel)->local = fit_local(*kernel);
    snprintf((*kernel)->name, sizeof(*kernel)->name, "%s", name);
    return TQ_OK;
}

void tq_kernel__destroy(tq_kernel *kernel)
{
    if (kernel == NULL)
        return;
    clReleaseKernel(kernel->kernel);
    free(kernel);
}

static tq_status add_entry(tq_kernel **kernel, tq_context *context, const tq_program_text *text,
                           const char *name)
{
    tq_cache_entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a kernel");
    const tq_status status = tq_kernel__create(kernel, context, text, name);
    if (status != TQ_OK) {
        free(entry);
        return status;
    }
    *entry = (tq_cache_entry){.next = context->kernels, .text = key_of_parts(text), .kernel = *kernel};
    context->kernels = entry;
    return TQ_OK;
}

tq_status tq_context__kernel(tq_kernel **kernel, tq_context *context, const tq_program_text *text,
                             const char *name)
{
    *kernel = NULL;
    TQ_TRY(check_text(text));
    const tq_program_key key = key_of_parts(text);
    for (const tq_cache_entry *entry = context->kernels; entry != NULL; entry = entry->next)
        if (same_key(entry->text, key) && strcmp(entry->kernel->name, name) == 0) {
            *kernel = entry->kernel;
            return TQ_OK;
        }
    return add_entry(kernel, context, text, name);
}

tq_status tq_context__plain_kernel(tq_kernel **kernel, tq_context *context, const char *const *files,
                                   size_t count, const char *name)
{
    tq_program_text text = {0};
    for (size_t i = 0; i < count; ++i)
        tq_program_text__add(&text, files[i]);
    const tq_status status = tq_context__kernel(kernel, context, &text, name);
    tq_program_text__free(&text);
    return status;
}

/* Sets one argument; a tensor is two. */
static cl_int set_argument(cl_kernel kernel, cl_uint *index, const tq_argument *argument)
{
    const tq_memory *memory =
        argument->tensor != NULL ? tq_tensor__memory(argument->tensor) : argument->memory;
    if (memory == NULL)
        return clSetKernelArg(kernel, (*index)++, argument->size, argument->value);
    cl_mem object = tq_memory__object(memory);
    cl_int code = clSetKernelArg(kernel, (*index)++, sizeof object, &object);
    if (code == CL_SUCCESS && argument->tensor != NULL) {
        const cl_ulong offset = tq_tensor__offset(argument->tensor);
        code = clSetKernelArg(kernel, (*index)++, sizeof offset, &offset);
    }
    return code;
}

static double bytes_of(const tq_argument *argument)
{
    if (argument->tensor != NULL)
        return 4.0 * (double)tq_shape_count(tq_tensor_shape(argument->tensor));
    return argument->memory != NULL ? (double)argument->size : 0.0;
}

/* What a launch works on, for the profile. */
static void note_launch(tq_kernel *kernel, tq_mark *mark, const tq_argument *arguments, size_t count)
{
    tq_context *c = kernel->context;
    double macs = 0.0, bytes = 0.0;
    if (c->profile == NULL)
        return;
    for (size_t i = 0; i < count; ++i) {
        bytes += bytes_of(&arguments[i]);
        macs += arguments[i].tensor != NULL ? tq_profile__take_macs(c, arguments[i].tensor) : 0.0;
    }
    tq_profile__end(c, c->queue, mark, true, kernel->name, macs, bytes);
}

tq_status tq_kernel__run(tq_kernel *kernel, const size_t global[3], const size_t local[3],
                         const tq_argument *arguments, size_t count)
{
    tq_context *c = kernel->context;
    cl_uint index = 0;
    tq_mark mark;
    tq_profile__begin(c, &mark);
    for (size_t i = 0; i < count; ++i) {
        const cl_int code = set_argument(kernel->kernel, &index, &arguments[i]);
        if (code != CL_SUCCESS)
            return tq_status__prefix(tq_opencl__fail("clSetKernelArg", code, &c->info),
                                     "kernel '%s', argument %u", kernel->name, index - 1);
    }
    const cl_int code =
        clEnqueueNDRangeKernel(c->queue, kernel->kernel, 3, NULL, global, local, 0, NULL, mark.wanted);
    if (code != CL_SUCCESS)
        return tq_status__prefix(tq_opencl__fail("clEnqueueNDRangeKernel", code, &c->info), "kernel '%s'",
                                 kernel->name);
    note_launch(kernel, &mark, arguments, count);
    return TQ_OK;
}

tq_status tq_kernel__run_flat(tq_kernel *kernel, uint64_t items, const tq_argument *arguments, size_t count)
{
    const size_t local = kernel->local;
    const size_t groups = (size_t)(items / local) + (items % local != 0);
    return tq_kernel__run(kernel, (const size_t[]){groups * local, 1, 1}, (const size_t[]){local, 1, 1},
                          arguments, count);
}

tq_status tq_kernel__run_elements(tq_kernel *kernel, int64_t elements, const tq_argument *arguments,
                                  size_t count)
{
    const cl_ulong all = (cl_ulong)elements;
    tq_argument with_count[MOST_ARGUMENTS + 1];
    memcpy(with_count, arguments, count * sizeof *arguments);
    with_count[count] = TQ_VALUE(all);
    return tq_kernel__run_flat(kernel, all, with_count, count + 1);
}
