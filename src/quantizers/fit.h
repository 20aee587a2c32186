/* Parameters from a whole tensor. */
#ifndef TQ_QUANTIZERS_FIT_H
#define TQ_QUANTIZERS_FIT_H

#include "quantizers/bind.h"

/* One binary32 addition of magnitudes by the tree; bits. */
tq_u32 tq_fit__add(tq_u32 a, tq_u32 b);

/* `*fitted` is q with its parameters from a tensor of `count` numbers, whose magnitudes have this sum by the
 * tree. */
void tq_fit__from_sum(tq_quantizer *fitted, const tq_quantizer *q, tq_u32 sum, tq_u64 count);

#endif
