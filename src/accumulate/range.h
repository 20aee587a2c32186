/* What is known of the numbers of a tensor when a layer is planned, and from which fast paths are proven
 * right. */
#ifndef TQ_ACCUMULATE_RANGE_H
#define TQ_ACCUMULATE_RANGE_H

#include "quantizers/bind.h"
#include "tensorquant/accumulation.h"

#define TQ_GRID_UNKNOWN (-200)

/* Numbers are multiples of 2^grid in lowest .. highest. */
typedef struct tq_range {
    int grid;               /* TQ_GRID_UNKNOWN: any binary32 */
    double lowest, highest; /* -INFINITY, INFINITY when unknown; both ends include 0 */
    bool finite; /* proven: never NaN or infinite. Without it the other facts hold for finite numbers only */
    tq_quantizer members; /* `none`, or: every number is a result of this quantizer, or +0 */
} tq_range;

tq_range tq_range__unknown(void);
tq_range tq_range__join(tq_range a, tq_range b); /* numbers of either */

bool tq_range__equal(const tq_range *a, const tq_range *b);

/* Numbers that a quantizer gives for numbers of range `from`; finite when they are and it saturates or wraps.
 */
tq_range tq_range__quantized(tq_range from, const tq_quantizer *q);

/* Range of an array: exact. */
tq_range tq_range__measure(const float *values, int64_t count);

/* Whether q(x) = x for every number of the range: they are q's results already, and q keeps +0. */
bool tq_range__keeps(tq_range range, const tq_quantizer *q);

/* Largest magnitude. */
double tq_range__magnitude(tq_range range);

/* True when finite operands give finite product, sum and result whatever the operands are: all saturate or
 * wrap. */
bool tq_accumulation__keeps_finite(const tq_accumulation *a);

#endif
