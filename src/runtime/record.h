/*
 * What a network asks of a device, recorded instead of done: programs, kernels, and which layer launches
 * which. While a context records, kernels are not made and launches not queued; memory is real.
 */
#ifndef TQ_RUNTIME_RECORD_H
#define TQ_RUNTIME_RECORD_H

#include "runtime/launch.h"

typedef struct tq_recorded_program {
    tq_program_key hash; /* of the text */
    char prefix[16];     /* of the names in a joined text (merge.h), made of the hash */
    tq_text text;        /* all of it */
    tq_text defines;
} tq_recorded_program;

typedef struct tq_recorded_kernel {
    size_t program;
    char name[64];
} tq_recorded_kernel;

typedef struct tq_recorded_launch {
    char layer[128], kind[32], path[32];
    size_t kernel;
} tq_recorded_launch;

typedef struct tq_recording {
    tq_recorded_program *program;
    tq_recorded_kernel *kernel;
    tq_recorded_launch *launch; /* each kernel of a layer once */
    size_t programs, kernels, launches;
    const tq_profile_scope *scope; /* NULL outside layers */
} tq_recording;

/* Of a program's text, and the prefix that this gives. */
void tq_recorded_program__name(tq_recorded_program *program);

/* Number of the kernel `name` of this text, new or known. */
tq_status tq_recording__add(tq_recording *recording, const tq_program_text *text, const char *name,
                            size_t *kernel);
tq_status tq_recording__launch(tq_recording *recording, size_t kernel);

/* Begins and ends; the context has the shape `task` meanwhile. After the end nothing that was planned may be
 * run. */
tq_status tq_recording__begin(tq_context *context);
void tq_recording__end(tq_context *context);

#endif
