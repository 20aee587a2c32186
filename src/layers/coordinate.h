/* Where an index of a resized dimension lies in the dimension that it is made from, as ONNX's Resize has it.
 */
#ifndef TQ_LAYERS_COORDINATE_H
#define TQ_LAYERS_COORDINATE_H

#include "layers/kind.h"

extern const char *const tq_coordinate_choices[], *const tq_nearest_choices[];

/* Of a resized dimension; both counts at least 1. */
typedef struct tq_scaling {
    int64_t from, to; /* indices */
    double scale;     /* to / from, about: what was asked for */
    int mode;         /* of tq_coordinate_choices */
} tq_scaling;

/* From options `size`, `scale`, `coordinates` of a layer for a dimension `d` of `from` indices. TQ_E_SHAPE.
 */
tq_status tq_scaling__of(const tq_layer *layer, int d, int64_t from, tq_scaling *scaling);

/* In binary64, between 0 and from - 1. */
double tq_scaling__place(const tq_scaling *scaling, int64_t index);
/* The whole index nearest to that, by a rule of tq_nearest_choices. */
int64_t tq_scaling__nearest(const tq_scaling *scaling, int64_t index, int rule);

#endif
