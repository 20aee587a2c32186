/* Parameters from a whole tensor. */
#ifndef TQ_QUANTIZERS_FIT_H
#define TQ_QUANTIZERS_FIT_H

#include "quantizers/bind.h"

/* `*fitted` is q with its parameters from a tensor of `count` numbers, whose magnitudes have this sum by the
 * tree. */
void tq_fit__from_sum(tq_quantizer *fitted, const tq_quantizer *q, tq_u32 sum, tq_u64 count);

/* Magnitudes of the lowest and the highest finite number, bits; 0 where none is negative or positive. */
typedef struct tq_extremes {
    tq_u32 lowest, highest;
} tq_extremes;

/* Whether a range is what q is fitted to. */
bool tq_fit__needs_range(const tq_quantizer *q);
/* Of x[0], x[stride], ... */
tq_extremes tq_fit__extremes(const float *x, int64_t count, int64_t stride);
void tq_fit__from_extremes(tq_quantizer *fitted, const tq_quantizer *q, tq_extremes extremes);

/* fitted[p]: q fitted to part p of the tensor, `parts` parts of `length` numbers, by the device. */
tq_status tq_fit__parts(tq_quantizer *fitted, const tq_tensor *from, const tq_quantizer *q, uint64_t length,
                        uint64_t parts);

/* The kernel of kernels/layers/quantize.cl for q; borrowed from the context. */
tq_status tq_fit__kernel(tq_kernel **kernel, tq_context *context, const tq_quantizer *q, const char *name);

#endif
