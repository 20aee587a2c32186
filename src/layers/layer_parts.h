/* What the files of the shared layer code know of each other. */
#ifndef TQ_LAYERS_LAYER_PARTS_H
#define TQ_LAYERS_LAYER_PARTS_H

#include "layers/kind.h"

/* Frees what a plan made. */
void tq_layer__unplan(tq_layer *layer);
/* "conv2d 'conv1': " before the error text. */
tq_status tq_layer__prefix(const tq_layer *layer, tq_status status);

#endif
