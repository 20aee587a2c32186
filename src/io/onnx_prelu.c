/* PRelu: the layer has a slope for each channel, or one. With slopes of other shapes it runs over rows, in
 * which helpers put the numbers of each sample, or of all. */
#include <stdlib.h>

#include "io/onnx_graph.h"
#include "layers/broadcast.h"

/* Slopes that are 1 everywhere but in the channels: the second dimension of an image, and the last of other
 * tensors. */
static bool is_per_channel(const tq_shape *slopes, const tq_shape *tensor)
{
    const int missing = tensor->rank - slopes->rank, channels = tensor->rank == 4 ? 1 : tensor->rank - 1;
    bool fits = missing >= 0;
    for (int i = 0; fits && i < slopes->rank; ++i)
        fits = slopes->dim[i] == 1 || (missing + i == channels && slopes->dim[i] == tensor->dim[channels]);
    return fits;
}

/* Adds the layer, with these slopes; `value` is its output. */
static tq_status add_prelu(tq_onnx_node *node, const tq_onnx_value *input, const float *slopes, int64_t count,
                           tq_onnx_value *value)
{
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){count});
    TQ_TRY(tq_onnx__add(node, "prelu", "", input->layer));
    *value = tq_onnx__result(node, &input->shape);
    return tq_onnx__set_weight(node, "slope", &shape, slopes);
}

/* The rows of which each has all slopes: samples, or one row where samples have slopes of their own. */
static tq_shape rows_of(const tq_shape *slopes, const tq_shape *tensor)
{
    const bool own = slopes->rank == tensor->rank && slopes->dim[0] != 1;
    const int64_t rows = own ? 1 : tensor->dim[0];
    return tq_shape_of(2, (const int64_t[]){rows, tq_shape_count(tensor) / rows});
}

static tq_status add_rows(tq_onnx_node *node, const tq_onnx_value *input, const tq_broadcast *broadcast,
                          const tq_shape *rows, const float *slopes)
{
    const tq_shape shape = input->shape;
    const int64_t count = rows->dim[1];
    tq_onnx_value row, made, output;
    TQ_TRY(tq_onnx__reshaped(node, input, rows, &row));
    float *each = malloc((size_t)count * sizeof *each);
    if (each == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld slopes", (long long)count);
    for (int64_t i = 0; i < count; ++i)
        each[i] = slopes[tq_broadcast__place(broadcast, 1, (tq_u64)i)];
    const tq_status status = add_prelu(node, &row, each, count, &made);
    free(each);
    TQ_TRY(status);
    TQ_TRY(tq_onnx__reshaped(node, &made, &shape, &output));
    return tq_onnx__alias(node, &output);
}

static tq_status add_channels(tq_onnx_node *node, const tq_onnx_value *input, const float *slopes,
                              int64_t count)
{
    tq_onnx_value output;
    TQ_TRY(add_prelu(node, input, slopes, count, &output));
    return tq_onnx__alias(node, &output);
}

tq_status tq_onnx__import_prelu(tq_onnx_node *node)
{
    const tq_onnx_value *input, *slopes;
    char given[160], tensor[160];
    tq_broadcast broadcast;
    tq_shape joined;
    float *values;
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    TQ_TRY(tq_onnx__constant(node, 1, &slopes));
    tq_shape_print(given, sizeof given, &slopes->shape);
    tq_shape_print(tensor, sizeof tensor, &input->shape);
    if (tq_broadcast__of(&broadcast, &input->shape, &slopes->shape, &joined) != TQ_OK ||
        !tq_shape_equal(&joined, &input->shape))
        return tq_status__fail(TQ_E_SHAPE,
                               "slopes of shape %s for a tensor of shape %s: counted from the last, their "
                               "dimensions must be the tensor's or 1",
                               given, tensor);
    const tq_shape rows = rows_of(&slopes->shape, &input->shape);
    TQ_TRY(tq_onnx__floats(slopes, &values));
    const tq_status status = is_per_channel(&slopes->shape, &input->shape)
                                 ? add_channels(node, input, values, tq_shape_count(&slopes->shape))
                                 : add_rows(node, input, &broadcast, &rows, values);
    free(values);
    return status;
}
