/* Scales and zero points, inputs of ONNX's operators of integers. */
#ifndef TQ_IO_ONNX_SCALES_H
#define TQ_IO_ONNX_SCALES_H

#include "io/onnx_types.h"

typedef struct tq_onnx_scales {
    int64_t count; /* 1, or one for each index of an axis */
    float *scale, *zero;
    int32_t type, scale_type; /* data types of the zero point (0: there is none) and of the scale */
} tq_onnx_scales;

/* Reads constant inputs `scale` and `zero`, of which the second may be absent. Free them. */
tq_status tq_onnx__scales(const tq_onnx_node *node, size_t scale, size_t zero, tq_onnx_scales *scales);
/* A zero point alone: scale 1. */
tq_status tq_onnx__zero_point(const tq_onnx_node *node, size_t zero, tq_onnx_scales *scales);
void tq_onnx__free_scales(tq_onnx_scales *scales);

/* Elements of a tensor, as the network stores it, that share an index of `axis`. */
int64_t tq_onnx__inner(const tq_shape *shape, int64_t axis);

/* A layer quantizelinear or dequantizelinear with these scales, which no map acts on: `value` is its output.
 */
tq_status tq_onnx__add_scaled(const tq_onnx_node *node, const char *kind, const char *options,
                              const tq_onnx_value *input, const tq_onnx_scales *scales, tq_onnx_value *value);

#endif
