/*
 * Profile: where the time of a context's work goes, launch by launch.
 *
 * Switched on by tq_context_set(context, "profile", "on"): the device's own clock, by OpenCL events; or
 * "wall": the host's clock with a wait after each command, for queues and drivers without those events, which
 * forbids any overlap. Off, it costs nothing. On, launches and transfers are counted by layer and step until
 * tq_profile_clear.
 */
#ifndef TENSORQUANT_PROFILE_H
#define TENSORQUANT_PROFILE_H

#include "tensorquant/context.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One kernel of one layer, or one direction of transfers; sums over all launches since the profile was
 * cleared. */
typedef struct tq_profile_row {
    char layer[256]; /* "" for transfers and other work outside of layers */
    char kind[32];   /* of the layer */
    char path[32];   /* its accumulation path; "" for layers without one; "backward" for gradients */
    char step[64];   /* the kernel's name, "upload" or "download" */
    uint64_t launches;
    double device_seconds;
    double host_seconds; /* of the calls that queued them */
    double macs;         /* multiplications with weights */
    double bytes;        /* of the tensors that the launches read and write, of transfers */
} tq_profile_row;

/* All of it. Uploads of networks' inputs overlap with other work and count in none of these. */
typedef struct tq_profile_total {
    double span; /* seconds from the start of the first command to the end of the last */
    double busy; /* of these, seconds in which a command ran */
} tq_profile_total;

/*
 * Waits for the device and gives the rows in order of their first launch: up to `capacity` of them to `rows`
 * (may be NULL when it is 0), how many there are to `*count`. `total` may be NULL. TQ_E_STATE: the option
 * profile is off. TQ_E_OPENCL: the driver gave no time for a command; the text names the OpenCL call and its
 * code, and so it is until tq_profile_clear. TQ_E_MEMORY: no memory for a row; the same.
 */
TQ_API TQ_MUST_CHECK tq_status tq_profile_read(tq_context *context, tq_profile_row *rows, size_t capacity,
                                               size_t *count, tq_profile_total *total);

/* Forgets what was counted, after waiting for it. TQ_E_STATE: the option profile is off. */
TQ_API TQ_MUST_CHECK tq_status tq_profile_clear(tq_context *context);

#ifdef __cplusplus
}
#endif
#endif
