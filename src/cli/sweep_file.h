/*
 * The rows of a sweep, kept in a file: one JSON object in each line. A row is appended with one write and
 * synced, so an interruption costs at most the row at work; a last line that was cut is dropped when the file
 * is read again.
 */
#ifndef TQ_CLI_SWEEP_FILE_H
#define TQ_CLI_SWEEP_FILE_H

#include <jansson.h>
#include <stdint.h>

typedef struct tq_sweep_file {
    const char *path; /* NULL: nothing is kept */
    int descriptor;
    json_t *rows; /* those in the file */
} tq_sweep_file;

/* Reads the rows that are there and opens for appending; `path` may be NULL. Returns an exit code. */
int tq_sweep_file__open(tq_sweep_file *file, const char *path);
void tq_sweep_file__close(tq_sweep_file *file);

/* The row that has all of `key`'s members; NULL when there is none. Borrowed. */
json_t *tq_sweep_file__find(const tq_sweep_file *file, json_t *key);

/* Appends a row. Returns an exit code. */
int tq_sweep_file__append(const tq_sweep_file *file, const json_t *row);

/* Names a file's content: 16 hexadecimal digits of its FNV-1a hash. Returns an exit code. */
int tq_sweep_file__hash(char to[17], const char *path);

#endif
