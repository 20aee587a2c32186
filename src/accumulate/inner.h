/* An accumulation worked out for loops on the host: functions, words, keys. */
#ifndef TQ_ACCUMULATE_INNER_H
#define TQ_ACCUMULATE_INNER_H

#include "quantizers/bind.h"
#include "tensorquant/accumulation.h"

typedef struct tq_inner {
    tq_baked product, sum, result;
    bool exact_sum;
    bool fused; /* products stay exact: asked for, or implied by an exact sum or by product and sum both none
                 */
    tq_u32 key0, key1;
} tq_inner;

tq_inner tq_inner__of(const tq_accumulation *a, uint64_t seed, uint32_t id);

/* Whether products enter the sum unrounded. */
bool tq_accumulation__fused(const tq_accumulation *a);

#endif
