#include "runtime/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/internal.h"
#include "util/fail.h"

/* The array with room for one more of `count`, which is cleared; arrays grow to powers of two. NULL: no
 * memory, and the array is as it was. */
static void *grow(void *array, size_t count, size_t size)
{
    char *const grown =
        (count & (count - 1)) == 0 ? realloc(array, (count == 0 ? 1 : 2 * count) * size) : array;
    if (grown == NULL) {
        tq_status__fail(TQ_E_MEMORY, "no memory to record %zu programs or launches", count);
        return NULL;
    }
    memset(grown + count * size, 0, size);
    return grown;
}

void tq_recorded_program__name(tq_recorded_program *program)
{
    program->hash = tq_program_key__of(tq_text__get(&program->text), program->text.length);
    snprintf(program->prefix, sizeof program->prefix, "k%08x_", (unsigned)(program->hash.high >> 32));
}

static void free_program(tq_recorded_program *program)
{
    tq_text__free(&program->text);
    tq_text__free(&program->defines);
}

/* Two texts whose hashes begin alike would have the same names. */
static tq_status find_program(const tq_recording *r, const tq_recorded_program *program, size_t *index)
{
    for (*index = 0; *index < r->programs; ++*index) {
        const tq_recorded_program *const other = &r->program[*index];
        if (tq_program_key__same(other->hash, program->hash))
            return TQ_OK;
        if (strcmp(other->prefix, program->prefix) == 0)
            return tq_status__fail(TQ_E_UNSUPPORTED, "two programs are both named '%s'", other->prefix);
    }
    return TQ_OK;
}

static tq_status add_program(tq_recording *r, const tq_program_text *text, size_t *index)
{
    tq_recorded_program program = {0};
    tq_status status = tq_program_text__join(text, true, &program.text);
    tq_recorded_program__name(&program);
    tq_text__add(&program.defines, tq_text__get(&text->defines), text->defines.length);
    if (status == TQ_OK)
        status = tq_text__status(&program.defines);
    if (status == TQ_OK)
        status = find_program(r, &program, index);
    if (status != TQ_OK || *index < r->programs) {
        free_program(&program);
        return status;
    }
    tq_recorded_program *const grown = grow(r->program, r->programs, sizeof *grown);
    if (grown == NULL) {
        free_program(&program);
        return TQ_E_MEMORY;
    }
    r->program = grown;
    r->program[r->programs++] = program;
    return TQ_OK;
}

tq_status tq_recording__add(tq_recording *r, const tq_program_text *text, const char *name, size_t *kernel)
{
    size_t program = 0;
    TQ_TRY(add_program(r, text, &program));
    for (*kernel = 0; *kernel < r->kernels; ++*kernel)
        if (r->kernel[*kernel].program == program && strcmp(r->kernel[*kernel].name, name) == 0)
            return TQ_OK;
    tq_recorded_kernel *const grown = grow(r->kernel, r->kernels, sizeof *grown);
    if (grown == NULL)
        return TQ_E_MEMORY;
    r->kernel = grown;
    r->kernel[r->kernels].program = program;
    snprintf(r->kernel[r->kernels++].name, sizeof r->kernel->name, "%s", name);
    return TQ_OK;
}

tq_status tq_recording__launch(tq_recording *r, size_t kernel)
{
    static const tq_profile_scope outside = {.layer = "", .kind = "", .path = ""};
    const tq_profile_scope *const scope = r->scope != NULL ? r->scope : &outside;
    for (size_t i = 0; i < r->launches; ++i)
        if (r->launch[i].kernel == kernel && strcmp(r->launch[i].layer, scope->layer) == 0)
            return TQ_OK;
    tq_recorded_launch *const grown = grow(r->launch, r->launches, sizeof *grown);
    if (grown == NULL)
        return TQ_E_MEMORY;
    r->launch = grown;
    tq_recorded_launch *const launch = &r->launch[r->launches++];
    snprintf(launch->layer, sizeof launch->layer, "%s", scope->layer);
    snprintf(launch->kind, sizeof launch->kind, "%s", scope->kind);
    snprintf(launch->path, sizeof launch->path, "%s", scope->path);
    launch->kernel = kernel;
    return TQ_OK;
}

tq_status tq_recording__begin(tq_context *c)
{
    if (c->binaries != NULL)
        return tq_status__fail(TQ_E_STATE,
                               "the context runs from binaries; emitting needs one that does not");
    if (c->float_mode != TQ_FLOAT_EXACT)
        return tq_status__fail(TQ_E_STATE, "option 'float' is not 'exact': CLBlast's kernels are its own");
    c->recording = calloc(1, sizeof *c->recording);
    if (c->recording == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a recording");
    c->loop_before = c->loop;
    c->loop = TQ_LOOP_TASK;
    ++c->options_set;
    return TQ_OK;
}

void tq_recording__end(tq_context *c)
{
    tq_recording *const r = c->recording;
    for (size_t i = 0; i < r->programs; ++i)
        free_program(&r->program[i]);
    free(r->program);
    free(r->kernel);
    free(r->launch);
    free(r);
    c->recording = NULL;
    c->loop = c->loop_before;
    ++c->options_set;
    tq_context__forget_recorded(c);
}
