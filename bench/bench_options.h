/* The command line of tq-bench. */
#ifndef TQ_BENCH_OPTIONS_H
#define TQ_BENCH_OPTIONS_H

#include <stdbool.h>

#include "work.h"

typedef struct tq_bench_options {
    tq_level level;
    bool json, help;
    const char *device;        /* NULL: the initial one */
    const char *work, *format; /* parts of names; "" for all */
} tq_bench_options;

/* False when the command line is wrong; then a text is on stderr. */
bool tq_bench_options__read(tq_bench_options *options, int argc, char **argv);
void tq_bench_options__help(void);

#endif
