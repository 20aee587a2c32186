/*
 * Programs joined to one text, for compilers that make one binary of all kernels (docs/fpga.md). A program's
 * text is a head that all share (the prelude and task.cl) and a body with the program's structure as defines;
 * in the joined text the names that a body defines have the program's prefix, and comments are left out.
 */
#ifndef TQ_RUNTIME_MERGE_H
#define TQ_RUNTIME_MERGE_H

#include "util/text.h"

/* Names, sorted. Zero-initialized is empty; the characters are borrowed. */
typedef struct tq_names {
    struct tq_token *name;
    size_t count, capacity;
    bool failed; /* out of memory */
} tq_names;

/* The names that the head defines: bodies may use them as they are. */
void tq_names__of_head(tq_names *names, const char *head, size_t length);
void tq_names__free(tq_names *names);

/* Adds the head, without #line. */
void tq_merge__head(tq_text *to, const char *head, size_t length);
/* Adds a body, its names behind `prefix`. */
tq_status tq_merge__body(tq_text *to, const tq_names *head, const char *body, size_t length,
                         const char *prefix);

#endif
