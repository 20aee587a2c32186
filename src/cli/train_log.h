/* The log of a training: a file of JSON objects, one a line. */
#ifndef TQ_CLI_TRAIN_LOG_H
#define TQ_CLI_TRAIN_LOG_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

typedef struct tq_train_log {
    FILE *file; /* NULL: none is kept */
    const char *path;
} tq_train_log;

/*
 * Opens the log; `path` may be NULL. Rows of up to `steps` steps stay, the rest goes: it will be written
 * again. All return an exit code.
 */
int tq_train_log__open(tq_train_log *log, const char *path, int64_t steps);

/* Adds a row, and drops the reference to it. */
int tq_train_log__add(tq_train_log *log, json_t *row);
int tq_train_log__close(tq_train_log *log);

#endif
