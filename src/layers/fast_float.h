/*
 * Contractions without quantizers by another library's matrix product (runtime/gemm.h), where the context
 * option `float` and the table of devices have it. Results are near the exact ones, not the same bits.
 *
 * A dense layer, or a 1x1 convolution without strides and pads, is one product. Other convolutions of one
 * group are unfolded into memory (im2col) in slabs of rows, each slab one product. The bias is written first
 * and added to.
 */
#ifndef TQ_LAYERS_FAST_FLOAT_H
#define TQ_LAYERS_FAST_FLOAT_H

#include "accumulate/contraction.h"
#include "layers/kind.h"

typedef struct tq_fast_float tq_fast_float;

/*
 * Plans, and runs one product so that programs exist. `*fast` is NULL where the own loop is to run; when a
 * product was asked for, the layer's reasons then have a line why. Weights 0 and 1 are weight and bias.
 */
tq_status tq_fast_float__create(tq_fast_float **fast, tq_layer *layer, const tq_geometry *geometry);
tq_status tq_fast_float__run(const tq_fast_float *fast, const tq_layer *layer, const tq_tensor *x,
                             tq_tensor *y);
tq_contraction_path tq_fast_float__path(void);
void tq_fast_float__destroy(tq_fast_float *fast);

#endif
