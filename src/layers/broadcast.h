/* Two tensors of one shape, made from two whose dimensions of 1 are repeated, counted from the last as in
 * NumPy. */
#ifndef TQ_LAYERS_BROADCAST_H
#define TQ_LAYERS_BROADCAST_H

#include "layers/kind.h"

/* The fewest dimensions that say it, as kernels/layers/pairwise.cl reads them. Strides count elements, 0
 * where it repeats. */
typedef struct tq_broadcast {
    tq_u64 rank; /* 1 or more */
    tq_u64 dim[TQ_MAX_RANK], stride[2][TQ_MAX_RANK];
} tq_broadcast;

/* TQ_E_SHAPE: they do not fit. `shape`: the output's. */
tq_status tq_broadcast__of(tq_broadcast *broadcast, const tq_shape *a, const tq_shape *b, tq_shape *shape);

/* Whether both are as large as the output. */
bool tq_broadcast__same(const tq_broadcast *broadcast);

/* Where element `i` of the output stands in operand 0 or 1. */
tq_u64 tq_broadcast__place(const tq_broadcast *broadcast, size_t operand, tq_u64 i);

#endif
