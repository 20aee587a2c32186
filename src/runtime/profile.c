#include "runtime/mark.h"
#include "runtime/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorquant/profile.h"
#include "util/clock.h"
#include "util/fail.h"

enum { PENDING = 1024 };

typedef enum mode { BY_EVENTS, BY_WALL } mode;

struct tq_profile {
    mode mode;
    tq_profile_row *row;
    size_t count, capacity, last; /* `last`: found last; the next is often the one behind it */
    tq_profile_scope scope;
    struct {
        cl_event event;
        size_t row;
        bool counts; /* in the total */
    } pending[PENDING];
    size_t pending_count;
    double first, end, busy; /* of the device's or host's clock */
    const char *failed_call; /* without which a command has no time; NULL: none */
    cl_int failed_code;
    bool no_memory; /* for a row */
};

static bool same_row(const tq_profile_row *row, const tq_profile_scope *scope, const char *step)
{
    return strcmp(row->step, step) == 0 && strcmp(row->layer, scope->layer) == 0 &&
           strcmp(row->path, scope->path) == 0;
}

static bool grow(struct tq_profile *p)
{
    const size_t capacity = p->capacity == 0 ? 64 : 2 * p->capacity;
    if (p->count < p->capacity)
        return true;
    tq_profile_row *grown = realloc(p->row, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    p->row = grown;
    p->capacity = capacity;
    return true;
}

/* Index of the row, a new one if need be; SIZE_MAX without memory. */
static size_t find_row(struct tq_profile *p, const tq_profile_scope *scope, const char *step)
{
    for (size_t i = 0; i < p->count; ++i) {
        const size_t at = (p->last + 1 + i) % p->count;
        if (same_row(&p->row[at], scope, step))
            return p->last = at;
    }
    if (!grow(p))
        return SIZE_MAX;
    tq_profile_row *row = &p->row[p->count];
    *row = (tq_profile_row){0};
    snprintf(row->layer, sizeof row->layer, "%s", scope->layer);
    snprintf(row->kind, sizeof row->kind, "%s", scope->kind);
    snprintf(row->path, sizeof row->path, "%s", scope->path);
    snprintf(row->step, sizeof row->step, "%s", step);
    return p->last = p->count++;
}

/* Busy is the time in which any command ran: some drivers let the times of commands in one queue overlap. */
static void add_time(struct tq_profile *p, size_t row, double start, double end, bool counts)
{
    p->row[row].device_seconds += end - start;
    if (!counts)
        return;
    const double from = start > p->end ? start : p->end;
    p->first = p->end == 0.0 || start < p->first ? start : p->first;
    p->busy += end > from ? end - from : 0.0;
    p->end = end > p->end ? end : p->end;
}

/* Whether a call succeeded; the first that did not is kept. */
static bool check(struct tq_profile *p, const char *call, cl_int code)
{
    if (code != CL_SUCCESS && p->failed_call == NULL) {
        p->failed_call = call;
        p->failed_code = code;
    }
    return code == CL_SUCCESS;
}

void tq_profile__fault(tq_context *c, const char *call, cl_int code)
{
    (void)check(c->profile, call, code);
}

static bool read_time(struct tq_profile *p, cl_event event, cl_profiling_info what, double *seconds)
{
    cl_ulong nanoseconds = 0;
    const cl_int code = clGetEventProfilingInfo(event, what, sizeof nanoseconds, &nanoseconds, NULL);
    *seconds = 1e-9 * (double)nanoseconds;
    return check(p, "clGetEventProfilingInfo", code);
}

static void collect_one(struct tq_profile *p, size_t i)
{
    double start, end;
    cl_event event = p->pending[i].event;
    if (check(p, "clWaitForEvents", clWaitForEvents(1, &event)) &&
        read_time(p, event, CL_PROFILING_COMMAND_START, &start) &&
        read_time(p, event, CL_PROFILING_COMMAND_END, &end))
        add_time(p, p->pending[i].row, start, end, p->pending[i].counts);
    clReleaseEvent(event);
}

static void collect(struct tq_profile *p)
{
    for (size_t i = 0; i < p->pending_count; ++i)
        collect_one(p, i);
    p->pending_count = 0;
}

void tq_profile__begin(const tq_context *c, tq_mark *mark)
{
    *mark = (tq_mark){0};
    if (c->profile == NULL)
        return;
    mark->begun = tq_clock__now();
    mark->wanted = c->profile->mode == BY_EVENTS ? &mark->event : NULL;
}

void tq_profile__end(tq_context *c, cl_command_queue queue, tq_mark *mark, bool queued, const char *step,
                     double macs, double bytes)
{
    static const tq_profile_scope outside = {.layer = "", .kind = "", .path = ""};
    struct tq_profile *p = c->profile;
    if (p == NULL || !queued)
        return;
    const double begun = mark->begun, returned = tq_clock__now();
    const bool launch = macs >= 0.0;
    const size_t row = find_row(p, launch && p->scope.layer != NULL ? &p->scope : &outside, step);
    if (p->mode == BY_WALL)
        (void)check(p, "clFinish", clFinish(queue));
    if (row == SIZE_MAX) {
        p->no_memory = true;
        if (mark->event != NULL)
            clReleaseEvent(mark->event);
        return;
    }
    ++p->row[row].launches;
    p->row[row].host_seconds += returned - begun;
    p->row[row].macs += launch ? macs : 0.0;
    p->row[row].bytes += bytes;
    if (p->mode == BY_WALL) {
        add_time(p, row, begun, tq_clock__now(), queue == c->queue);
        return;
    }
    if (mark->event == NULL)
        return; /* could not be kept, and has no time */
    if (p->pending_count == PENDING)
        collect(p);
    p->pending[p->pending_count].event = mark->event;
    p->pending[p->pending_count].row = row;
    p->pending[p->pending_count++].counts = queue == c->queue;
}

void tq_profile__enter(tq_context *c, const tq_profile_scope *scope)
{
    if (c->recording != NULL)
        c->recording->scope = scope;
    if (c->profile != NULL)
        c->profile->scope = *scope;
}

void tq_profile__leave(tq_context *c)
{
    if (c->recording != NULL)
        c->recording->scope = NULL;
    if (c->profile != NULL)
        c->profile->scope = (tq_profile_scope){0};
}

double tq_profile__take_macs(tq_context *c, const tq_tensor *bound)
{
    tq_profile_scope *scope = &c->profile->scope;
    const double macs = bound == scope->output ? scope->macs : 0.0;
    scope->macs -= macs;
    return macs;
}

static void destroy(struct tq_profile *p)
{
    if (p == NULL)
        return;
    collect(p);
    free(p->row);
    free(p);
}

void tq_profile__free(tq_context *c)
{
    destroy(c->profile);
    c->profile = NULL;
}

cl_command_queue_properties tq_profile__properties(const tq_context *c)
{
    return c->profile != NULL && c->profile->mode == BY_EVENTS ? CL_QUEUE_PROFILING_ENABLE : 0;
}

/* Events have times only in queues that were made for it. */
static tq_status queue_has_times(const tq_context *c, bool *times)
{
    cl_command_queue_properties has = 0;
    const cl_int code = clGetCommandQueueInfo(c->queue, CL_QUEUE_PROPERTIES, sizeof has, &has, NULL);
    *times = (has & CL_QUEUE_PROFILING_ENABLE) != 0;
    return code == CL_SUCCESS ? TQ_OK : tq_opencl__fail("clGetCommandQueueInfo", code, &c->info);
}

/* Queues with or without times, as the profile is now. */
static tq_status fit_queues(tq_context *c, bool times)
{
    tq_context__quiesce(c);
    if (c->uploads != NULL)
        clReleaseCommandQueue(c->uploads);
    c->uploads = NULL; /* made again when needed */
    return c->adopted_queue || times == (tq_profile__properties(c) != 0) ? TQ_OK
                                                                         : tq_context__remake_queue(c);
}

static tq_status make(struct tq_profile **made, mode mode)
{
    *made = calloc(1, sizeof **made);
    if (*made == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a profile");
    (*made)->mode = mode;
    return TQ_OK;
}

tq_status tq_profile__set(tq_context *c, const char *value)
{
    const bool events = strcmp(value, "on") == 0, wall = strcmp(value, "wall") == 0;
    struct tq_profile *made = NULL;
    bool times;
    if (!events && !wall && strcmp(value, "off") != 0)
        return tq_status__fail(TQ_E_ARGUMENT, "option 'profile' is '%s', allowed: off, on, wall", value);
    TQ_TRY(queue_has_times(c, &times));
    if (events && c->adopted_queue && !times)
        return tq_status__fail(TQ_E_ARGUMENT,
                               "option 'profile': the adopted command queue was made without "
                               "CL_QUEUE_PROFILING_ENABLE; adopt one that has it, or set 'wall'");
    if (events || wall)
        TQ_TRY(make(&made, events ? BY_EVENTS : BY_WALL));
    struct tq_profile *const old = c->profile;
    c->profile = made;
    const tq_status status = fit_queues(c, times);
    c->profile = status == TQ_OK ? made : old;
    destroy(status == TQ_OK ? old : made);
    return status;
}

static tq_status check_on(const tq_context *c)
{
    return c->profile != NULL
               ? TQ_OK
               : tq_status__fail(TQ_E_STATE, "the profile is off: set the context option 'profile' to 'on'");
}

tq_status tq_profile_read(tq_context *c, tq_profile_row *rows, size_t capacity, size_t *count,
                          tq_profile_total *total)
{
    if (c == NULL || count == NULL || (rows == NULL && capacity > 0))
        return tq_status__fail(TQ_E_ARGUMENT, "tq_profile_read: NULL argument");
    TQ_TRY(check_on(c));
    const struct tq_profile *p = c->profile;
    collect(c->profile);
    if (p->failed_call != NULL)
        return tq_status__prefix(tq_opencl__fail(p->failed_call, p->failed_code, &c->info),
                                 "the profile has no time for a command");
    if (p->no_memory)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a row of the profile");
    for (size_t i = 0; i < p->count && i < capacity; ++i)
        rows[i] = p->row[i];
    *count = p->count;
    if (total != NULL)
        *total = (tq_profile_total){.span = p->end - p->first, .busy = p->busy};
    return TQ_OK;
}

tq_status tq_profile_clear(tq_context *c)
{
    if (c == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_profile_clear: NULL argument");
    TQ_TRY(check_on(c));
    struct tq_profile *p = c->profile;
    collect(p);
    p->count = p->last = 0;
    p->first = p->end = p->busy = 0.0;
    p->failed_call = NULL;
    p->no_memory = false;
    return TQ_OK;
}
