/* A lineup: everything that is timed side by side on one work. */
#ifndef TQ_BENCH_LINEUP_H
#define TQ_BENCH_LINEUP_H

#include "bench_options.h"
#include "subject.h"

#define TQ_LINEUP_MOST 64

typedef struct tq_lineup {
    tq_subject subject[TQ_LINEUP_MOST];
    size_t count;
    size_t left_out; /* rows that --quick had no time to build programs for */
} tq_lineup;

/* Zero-initialized before; destroy it also after a failure. */
tq_status tq_lineup__create(tq_lineup *lineup, const tq_work *work, const tq_bench_options *options,
                            tq_context *context);
void tq_lineup__destroy(tq_lineup *lineup);

/* The fastest of those that ratios may refer to, after measuring. */
const tq_subject *tq_lineup__reference(const tq_lineup *lineup);

#endif
