/* Marks around the commands of a context, for the runtime's own files. All do nothing while the profile is
 * off. */
#ifndef TQ_RUNTIME_MARK_H
#define TQ_RUNTIME_MARK_H

#include "runtime/internal.h"

/* A command that is being queued. */
typedef struct tq_mark {
    double begun;            /* host, seconds */
    cl_event event, *wanted; /* `wanted` goes to the enqueueing call: &event, or NULL */
} tq_mark;

void tq_profile__begin(const tq_context *c, tq_mark *mark);
/* The command of `mark` has been queued on `queue`, or not. */
void tq_profile__end(tq_context *c, cl_command_queue queue, tq_mark *mark, bool queued, const char *step,
                     double macs, double bytes);
/* Macs of the layer, to the first launch that binds its output; 0 to others. Only while the profile is on. */
double tq_profile__take_macs(tq_context *c, const tq_tensor *bound);
/* A call on behalf of the profile has failed: tq_profile_read will tell the first. */
void tq_profile__fault(tq_context *c, const char *call, cl_int code);
void tq_profile__free(tq_context *c);

/* The context option. */
tq_status tq_profile__set(tq_context *c, const char *value);
/* Properties of the queues that the context makes. */
cl_command_queue_properties tq_profile__properties(const tq_context *c);

#endif
