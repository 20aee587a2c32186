/*
 * Layers that only change the shape. With order nchw a rank-4 tensor, NHWC in memory, is read and written in
 * the sequence sample, channel, row, column, as ONNX counts elements.
 */
#ifndef TQ_LAYERS_REORDER_H
#define TQ_LAYERS_REORDER_H

#include "layers/elementwise.h"

extern const char *const tq_order_choices[]; /* "nhwc", "nchw" */
/* The option of kinds that count dimensions: a row of their tables. */
#define TQ_REORDER_ORDER                                                                                     \
    {                                                                                                        \
        .name = "order", .initial = 0, .lowest = 0, .highest = 1, .choices = tq_order_choices,               \
        .help = "how a rank-4 tensor's dimensions are counted"                                               \
    }

/* A shape in the option's order from NHWC and back; ranks other than 4 are the same in both. */
tq_shape tq_reorder__sequence(const tq_layer *layer, const tq_shape *nhwc);
tq_shape tq_reorder__stored(const tq_layer *layer, const tq_shape *sequence);

/* Whether the layer's option counts dimensions of rank-4 tensors otherwise than they lie. */
bool tq_reorder__is_nchw(const tq_layer *layer);
/* Of a tensor of this rank: the stored dimension that counted dimension `axis` is, and the other way round.
 */
int tq_reorder__stored_axis(bool nchw, int rank, int axis);
int tq_reorder__counted_axis(bool nchw, int rank, int axis);
/* Elements in memory from one index of each counted dimension to the next; a shape as counted. */
void tq_reorder__strides(int64_t stride[TQ_MAX_RANK], const tq_shape *sequence, bool nchw);

tq_status tq_reorder__plan(tq_layer *layer);
tq_status tq_reorder__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
tq_status tq_reorder__reference(const tq_layer *layer, const float *const *inputs, float *output);
tq_status tq_reorder__backward(tq_layer *layer, const tq_gradients *gradients);
tq_status tq_reorder__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients);

#endif
