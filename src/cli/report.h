/* What the program says: faults on stderr, JSON on stdout. All return an exit code (command.h). */
#ifndef TQ_CLI_REPORT_H
#define TQ_CLI_REPORT_H

#include <jansson.h>

#include "tensorquant/status.h"
#include "tensorquant/tensor.h"

/* Digits of a real number in JSON. */
#define TQ_REAL_DIGITS 12

/* TQ_OK: 0. Else says the library's text; 2 when what the user wrote is wrong, 1 when the world is. */
int tq_report__status(tq_status status);

/* Says a text of the program's own; 2. */
__attribute__((format(printf, 1, 2))) int tq_report__usage(const char *format, ...);

/* Says a text of the program's own; 1. */
__attribute__((format(printf, 1, 2))) int tq_report__failure(const char *format, ...);

/* Prints a JSON value and drops the reference; NULL means that there was no memory for it. */
int tq_report__json(json_t *value);

/* A JSON number, or null where JSON has none for it. */
json_t *tq_report__real(double value);

/* A JSON list of the dimensions. */
json_t *tq_report__shape(const tq_shape *shape);

#endif
