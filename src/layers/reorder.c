#include "layers/reorder.h"

#include "accumulate/common.h"
#include "layers/backward.h"

const char *const tq_order_choices[] = {"nhwc", "nchw", NULL};

bool tq_reorder__is_nchw(const tq_layer *layer)
{
    return tq_layer__option(layer, "order", 0) > 0.0;
}

int tq_reorder__stored_axis(bool nchw, int rank, int axis)
{
    return nchw && rank == 4 ? (const int[]){0, 3, 1, 2}[axis] : axis;
}

int tq_reorder__counted_axis(bool nchw, int rank, int axis)
{
    return nchw && rank == 4 ? (const int[]){0, 2, 3, 1}[axis] : axis;
}

void tq_reorder__strides(int64_t stride[TQ_MAX_RANK], const tq_shape *sequence, bool nchw)
{
    int64_t elements = 1;
    for (int i = sequence->rank - 1; i >= 0; --i) {
        const int counted = tq_reorder__counted_axis(nchw, sequence->rank, i);
        stride[counted] = elements;
        elements *= sequence->dim[counted];
    }
}

tq_shape tq_reorder__sequence(const tq_layer *layer, const tq_shape *s)
{
    if (s->rank != 4 || !tq_reorder__is_nchw(layer))
        return *s;
    return tq_shape_of(4, (const int64_t[]){s->dim[0], s->dim[3], s->dim[1], s->dim[2]});
}

tq_shape tq_reorder__stored(const tq_layer *layer, const tq_shape *s)
{
    if (s->rank != 4 || !tq_reorder__is_nchw(layer))
        return *s;
    return tq_shape_of(4, (const int64_t[]){s->dim[0], s->dim[2], s->dim[3], s->dim[1]});
}

/* Pixels and channels of a tensor that is stored in another order than its sequence; channels 1 when it is
 * not. */
typedef struct tq_order {
    tq_u32 pixels, channels;
} tq_order;

static tq_order order_of(const tq_layer *layer, const tq_shape *stored)
{
    if (stored->rank != 4 || !tq_reorder__is_nchw(layer))
        return (tq_order){1, 1};
    return (tq_order){(tq_u32)(stored->dim[1] * stored->dim[2]), (tq_u32)stored->dim[3]};
}

/* Elements after which both sides begin a sample. */
static int64_t block_of(tq_order from, tq_order to, int64_t count)
{
    const int64_t a = (int64_t)from.pixels * from.channels, b = (int64_t)to.pixels * to.channels;
    const int64_t larger = a > b ? a : b, smaller = a > b ? b : a;
    return larger % smaller == 0 ? larger : count;
}

#define MOST_RUN 64

static int64_t largest_divisor(int64_t of, int64_t most)
{
    while (of % most != 0)
        --most;
    return most;
}

/* Elements of a work-item: a divisor of the block's. */
static tq_u32 run_of(tq_order from, tq_order to, int64_t block)
{
    if (from.channels == 1 && to.channels == 1)
        return (tq_u32)largest_divisor(block, MOST_RUN);
    const int64_t run = to.channels > 1 ? to.channels : from.channels > 1 ? from.pixels : 1;
    return block % run == 0 && run <= MOST_RUN ? (tq_u32)run : 1;
}

tq_status tq_reorder__plan(tq_layer *layer)
{
    layer->output_range = layer->input_range[0];
    return TQ_OK;
}

/* Between tensors of the layer's two shapes, in either direction. */
static tq_status reorder(const tq_layer *layer, const tq_tensor *x, const tq_shape *x_shape, tq_tensor *y,
                         const tq_shape *y_shape)
{
    const tq_order from = order_of(layer, x_shape), to = order_of(layer, y_shape);
    const int64_t count = tq_shape_count(y_shape), elements = block_of(from, to, count);
    if (elements > UINT32_MAX)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "samples of %lld elements in another order, at most 2^32 - 1",
                               (long long)elements);
    const tq_u32 block = (tq_u32)elements, run = run_of(from, to, elements);
    const tq_argument arguments[] = {TQ_TENSOR(x),
                                     TQ_TENSOR(y),
                                     TQ_VALUE(block),
                                     TQ_VALUE(from.pixels),
                                     TQ_VALUE(from.channels),
                                     TQ_VALUE(to.pixels),
                                     TQ_VALUE(to.channels),
                                     TQ_VALUE(run)};
    tq_kernel *kernel;
    TQ_TRY(tq_common__kernel(&kernel, layer->context, "reorder"));
    return tq_kernel__run_elements(kernel, count / run, arguments, TQ_COUNT(arguments));
}

tq_status tq_reorder__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    return reorder(layer, inputs[0], &layer->input[0], output, &layer->output);
}

tq_status tq_reorder__backward(tq_layer *layer, const tq_gradients *gradients)
{
    tq_tensor *to = gradients->input_gradient[0];
    if (to == NULL)
        return TQ_OK;
    TQ_TRY(reorder(layer, gradients->output_gradient, &layer->output, to, &layer->input[0]));
    return tq_backward__result(layer, 0, to, to);
}

/* Where element number `sequence` lies. */
static int64_t stored_index(const tq_layer *layer, const tq_shape *stored, int64_t sequence)
{
    const tq_shape s = tq_reorder__sequence(layer, stored);
    if (stored->rank != 4 || !tq_reorder__is_nchw(layer))
        return sequence;
    const int64_t column = sequence % s.dim[3], row = sequence / s.dim[3] % s.dim[2];
    const int64_t channel = sequence / s.dim[3] / s.dim[2] % s.dim[1];
    const int64_t sample = sequence / s.dim[3] / s.dim[2] / s.dim[1];
    return ((sample * s.dim[2] + row) * s.dim[3] + column) * s.dim[1] + channel;
}

tq_status tq_reorder__reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    for (int64_t i = 0; i < tq_shape_count(&layer->output); ++i)
        output[stored_index(layer, &layer->output, i)] = inputs[0][stored_index(layer, &layer->input[0], i)];
    return TQ_OK;
}

tq_status tq_reorder__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients)
{
    float *to = gradients->input_gradient[0];
    if (to == NULL)
        return TQ_OK;
    for (int64_t i = 0; i < tq_shape_count(&layer->output); ++i)
        to[stored_index(layer, &layer->input[0], i)] =
            gradients->output_gradient[stored_index(layer, &layer->output, i)];
    tq_backward__result_host(layer, 0, to, to);
    return TQ_OK;
}
