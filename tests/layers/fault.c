/*
 * An OpenCL layer that makes one call fail, and watches that what was made is released. It goes between the
 * loader and the driver of any program: OPENCL_LAYERS=build/tests/libfault.so PROGRAM, with these variables:
 *
 * TQ_FAULT=CALL:N:CODE[:lost]
 *     The N-th call (from 1) of this function, "*" for any, is not made but gives CODE, a name or a number;
 * with "lost" so do all calls after it, as of a device that is gone. TQ_FAULT_LOG=FILE Written at the end: a
 * line "count CALL N" for each function; "failed CALL N CODE" for the call that failed; and what the program
 * did wrong: "alive KIND N" objects were not released, "released KIND N" times once too often.
 *
 * A release that fails releases all the same: nobody could do more about it.
 */
#include "layers/fault.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const names[] = {
#define CALL(name) #name,
#include "layers/fault_calls.h"
#undef CALL
};

static const struct {
    const char *name;
    cl_int code;
} codes[] = {
    {"CL_DEVICE_NOT_FOUND", CL_DEVICE_NOT_FOUND},
    {"CL_DEVICE_NOT_AVAILABLE", CL_DEVICE_NOT_AVAILABLE},
    {"CL_MEM_OBJECT_ALLOCATION_FAILURE", CL_MEM_OBJECT_ALLOCATION_FAILURE},
    {"CL_OUT_OF_RESOURCES", CL_OUT_OF_RESOURCES},
    {"CL_OUT_OF_HOST_MEMORY", CL_OUT_OF_HOST_MEMORY},
    {"CL_BUILD_PROGRAM_FAILURE", CL_BUILD_PROGRAM_FAILURE},
    {"CL_INVALID_BINARY", CL_INVALID_BINARY},
};

static const char *const kind_names[] = {"device",  "context", "queue", "buffer",
                                         "program", "kernel",  "event"};

typedef struct object {
    struct object *next;
    void *handle;
    enum fault_kind kind;
    unsigned references;
} object;

/* A layer has no object to keep its state in: the loader calls bare functions. */
static struct {
    pthread_mutex_t lock;
    const cl_icd_dispatch *next;
    unsigned long count[FAULT_CALLS], all;
    int fail_call; /* FAULT_CALLS: any; -1: none */
    unsigned long fail_at;
    cl_int code;
    bool loses, lost, build_failed;
    int failed_call; /* -1: not yet */
    unsigned long failed_at;
    object *objects;
    unsigned long too_often[FAULT_KINDS];
} layer = {.lock = PTHREAD_MUTEX_INITIALIZER, .fail_call = -1, .failed_call = -1};

/* A device that is lost ends its commands: memory of the host that they use is free from then on. */
static void end_commands(void)
{
    for (const object *o = layer.objects; o != NULL; o = o->next)
        if (o->kind == QUEUE)
            layer.next->clFinish(o->handle);
}

cl_int fault_enter(enum fault_call call)
{
    pthread_mutex_lock(&layer.lock);
    ++layer.all;
    ++layer.count[call];
    const bool now = (layer.fail_call == FAULT_CALLS && layer.all == layer.fail_at) ||
                     (layer.fail_call == (int)call && layer.count[call] == layer.fail_at);
    if (now) {
        layer.failed_call = (int)call;
        layer.failed_at = layer.count[call];
        layer.lost = layer.loses;
        layer.build_failed |= call == OF_clBuildProgram;
        if (layer.lost)
            end_commands();
    }
    const cl_int code = now || layer.lost ? layer.code : CL_SUCCESS;
    pthread_mutex_unlock(&layer.lock);
    return code;
}

static object *find(const void *handle, enum fault_kind kind)
{
    object *o = layer.objects;
    while (o != NULL && (o->handle != handle || o->kind != kind))
        o = o->next;
    return o;
}

void *fault_made(void *handle, enum fault_kind kind)
{
    if (handle == NULL)
        return NULL;
    pthread_mutex_lock(&layer.lock);
    object *o = find(handle, kind);
    if (o == NULL && (o = calloc(1, sizeof *o)) != NULL) {
        *o = (object){.next = layer.objects, .handle = handle, .kind = kind};
        layer.objects = o;
    }
    if (o != NULL)
        ++o->references;
    pthread_mutex_unlock(&layer.lock);
    return handle;
}

bool fault_knows(const void *handle, enum fault_kind kind)
{
    pthread_mutex_lock(&layer.lock);
    const bool known = find(handle, kind) != NULL;
    pthread_mutex_unlock(&layer.lock);
    return known;
}

bool fault_releasing(void *handle, enum fault_kind kind)
{
    pthread_mutex_lock(&layer.lock);
    object *o = find(handle, kind);
    const bool known = o != NULL;
    if (!known) {
        ++layer.too_often[kind];
    } else if (--o->references == 0) {
        object **link = &layer.objects;
        while (*link != o)
            link = &(*link)->next;
        *link = o->next;
        free(o);
    }
    pthread_mutex_unlock(&layer.lock);
    return known;
}

static int number_of(const char *name)
{
    for (int i = 0; i < FAULT_CALLS; ++i)
        if (strcmp(names[i], name) == 0)
            return i;
    return strcmp(name, "*") == 0 ? FAULT_CALLS : -1;
}

static bool read_code(const char *text)
{
    char *end;
    layer.code = (cl_int)strtol(text, &end, 10);
    for (size_t i = 0; i < COUNT(codes); ++i)
        if (strcmp(codes[i].name, text) == 0)
            layer.code = codes[i].code;
    return layer.code < 0;
}

/* A fault that is not understood must not pass for one that did no harm. */
static void read_fault(const char *text)
{
    char name[64], code[64], rest[8] = "";
    const int parts =
        text == NULL ? 0 : sscanf(text, "%63[^:]:%lu:%63[^:]:%7s", name, &layer.fail_at, code, rest);
    layer.loses = strcmp(rest, "lost") == 0;
    layer.fail_call = parts >= 3 ? number_of(name) : -1;
    if (text == NULL ||
        (layer.fail_call >= 0 && layer.fail_at > 0 && read_code(code) && layer.loses == (parts == 4)))
        return;
    fprintf(stderr, "fault layer: TQ_FAULT is '%s', wanted: CALL:N:CODE[:lost]\n", text);
    abort();
}

static void print_objects(FILE *to)
{
    unsigned alive[FAULT_KINDS] = {0};
    for (const object *o = layer.objects; o != NULL; o = o->next)
        ++alive[o->kind];
    for (size_t i = 0; i < FAULT_KINDS; ++i) {
        if (alive[i] > 0)
            fprintf(to, "alive %s %u\n", kind_names[i], alive[i]);
        if (layer.too_often[i] > 0)
            fprintf(to, "released %s %lu\n", kind_names[i], layer.too_often[i]);
    }
}

__attribute__((destructor)) static void print_log(void)
{
    const char *const path = getenv("TQ_FAULT_LOG");
    FILE *const to = path != NULL ? fopen(path, "w") : NULL;
    if (to == NULL)
        return;
    for (size_t i = 0; i < FAULT_CALLS; ++i)
        fprintf(to, "count %s %lu\n", names[i], layer.count[i]);
    if (layer.failed_call >= 0)
        fprintf(to, "failed %s %lu %d\n", names[layer.failed_call], layer.failed_at, (int)layer.code);
    print_objects(to);
    fclose(to);
}

void fault_begin(const cl_icd_dispatch *next)
{
    layer.next = next;
    read_fault(getenv("TQ_FAULT"));
}

const cl_icd_dispatch *fault_next(void)
{
    return layer.next;
}

bool fault_failed_build(void)
{
    return layer.build_failed;
}
