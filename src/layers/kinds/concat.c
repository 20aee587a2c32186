/* concat: the inputs one behind the other along a dimension. */
#include <string.h>

#include "layers/backward.h"
#include "layers/reorder.h"

typedef struct tq_concat {
    tq_kernel *kernel; /* the context's */
} tq_concat;

static const tq_parameter options[] = {
    {.name = "axis",
     .initial = 1,
     .lowest = 0,
     .highest = TQ_MAX_RANK - 1,
     .integer = true,
     .help = "the dimension in which inputs differ"},
    TQ_REORDER_ORDER,
};

/* An input without samples, a constant, is repeated for each. */
static bool fits(const tq_shape *first, const tq_shape *other, int axis)
{
    bool fit = first->rank == other->rank;
    for (int d = 0; fit && d < first->rank; ++d)
        fit = d == axis || first->dim[d] == other->dim[d] ||
              (d == 0 && (first->dim[d] == 1 || other->dim[d] == 1));
    return fit;
}

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const int axis = (int)tq_layer__option(layer, "axis", 0);
    tq_shape out = tq_reorder__sequence(layer, &layer->input[0]);
    char first[160], other[160];
    tq_shape_print(first, sizeof first, &out);
    if (axis >= out.rank)
        return tq_status__fail(TQ_E_SHAPE, "axis is %d, the first input %s has %d dimensions", axis, first,
                               out.rank);
    for (size_t i = 1; i < layer->input_count; ++i) {
        const tq_shape in = tq_reorder__sequence(layer, &layer->input[i]);
        tq_shape_print(other, sizeof other, &in);
        if (!fits(&out, &in, axis))
            return tq_status__fail(TQ_E_SHAPE,
                                   "inputs 0 and %zu are %s and %s: they may differ in dimension %d only", i,
                                   first, other, axis);
        out.dim[axis] += in.dim[axis];
        if (axis != 0 && in.dim[0] > out.dim[0])
            out.dim[0] = in.dim[0];
    }
    *output = tq_reorder__stored(layer, &out);
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    tq_concat *state = layer->state;
    layer->output_range = layer->input_range[0];
    for (size_t i = 1; i < layer->input_count; ++i)
        layer->output_range = tq_range__join(layer->output_range, layer->input_range[i]);
    return tq_layer__plain_kernel(layer, &state->kernel, "layers/move.cl", "copy_rows");
}

/* The dimension as it lies in memory. */
static int axis_in_memory(const tq_layer *layer)
{
    return tq_reorder__stored_axis(tq_reorder__is_nchw(layer), layer->output.rank,
                                   (int)tq_layer__option(layer, "axis", 0));
}

/* Elements of a row: the dimensions from `axis` on. */
static int64_t row_of(const tq_shape *shape, int axis)
{
    int64_t elements = 1;
    for (int i = axis; i < shape->rank; ++i)
        elements *= shape->dim[i];
    return elements;
}

static tq_status copy(const tq_layer *layer, const tq_tensor *from, tq_tensor *to, tq_u64 length,
                      tq_u64 begin)
{
    const tq_concat *state = layer->state;
    const tq_u64 pitch = (tq_u64)row_of(&layer->output, axis_in_memory(layer));
    const tq_pieces pieces = tq_layer__pieces(layer, length);
    const tq_u64 rows = (tq_u64)tq_shape_count(tq_tensor_shape(from)) / length;
    const tq_u64 all = (tq_u64)tq_shape_count(&layer->output) / pitch;
    const tq_argument arguments[] = {TQ_TENSOR(from),        TQ_TENSOR(to),       TQ_VALUE(begin),
                                     TQ_VALUE(length),       TQ_VALUE(pitch),     TQ_VALUE(rows),
                                     TQ_VALUE(pieces.count), TQ_VALUE(pieces.run)};
    return tq_kernel__run_elements(state->kernel, (int64_t)(all * pieces.count), arguments,
                                   TQ_COUNT(arguments));
}

static tq_status forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const int axis = axis_in_memory(layer);
    tq_u64 begin = 0;
    for (size_t i = 0; i < layer->input_count; ++i) {
        const tq_u64 length = (tq_u64)row_of(&layer->input[i], axis);
        TQ_TRY(copy(layer, inputs[i], output, length, begin));
        begin += length;
    }
    return TQ_OK;
}

static tq_status reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const int axis = axis_in_memory(layer);
    const int64_t pitch = row_of(&layer->output, axis), rows = tq_shape_count(&layer->output) / pitch;
    for (int64_t row = 0; row < rows; ++row)
        for (size_t i = 0; i < layer->input_count; ++i) {
            const int64_t length = row_of(&layer->input[i], axis);
            const int64_t there = tq_shape_count(&layer->input[i]) / length;
            memcpy(output, inputs[i] + row % there * length, (size_t)length * sizeof *output);
            output += length;
        }
    return TQ_OK;
}

/* A constant that is repeated for each sample has none. */
static tq_status check_gradient(const tq_layer *layer, size_t input)
{
    const int64_t samples = layer->output.dim[0], own = layer->input[input].dim[0];
    if (tq_layer__option(layer, "axis", 0) > 0.0 && own != samples)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "input %zu has %lld samples, the output %lld: a constant has no gradient",
                               input, (long long)own, (long long)samples);
    return TQ_OK;
}

static tq_status take(const tq_layer *layer, size_t input, const tq_tensor *from, tq_tensor *to, tq_u64 begin)
{
    const int axis = axis_in_memory(layer);
    const tq_u64 pitch = (tq_u64)row_of(&layer->output, axis);
    const tq_u64 length = (tq_u64)row_of(&layer->input[input], axis);
    const tq_u64 rows = (tq_u64)tq_shape_count(&layer->output) / pitch;
    const tq_pieces pieces = tq_layer__pieces(layer, length);
    const tq_argument arguments[] = {TQ_TENSOR(from),     TQ_TENSOR(to),   TQ_VALUE(begin),
                                     TQ_VALUE(length),    TQ_VALUE(pitch), TQ_VALUE(pieces.count),
                                     TQ_VALUE(pieces.run)};
    tq_kernel *kernel;
    TQ_TRY(check_gradient(layer, input));
    TQ_TRY(tq_layer__plain_kernel(layer, &kernel, "layers/move.cl", "take_rows"));
    TQ_TRY(tq_kernel__run_elements(kernel, (int64_t)(rows * pieces.count), arguments, TQ_COUNT(arguments)));
    return tq_backward__result(layer, input, to, to);
}

static tq_status backward(tq_layer *layer, const tq_gradients *gradients)
{
    const int axis = axis_in_memory(layer);
    tq_u64 begin = 0;
    for (size_t i = 0; i < layer->input_count; ++i) {
        tq_tensor *to = gradients->input_gradient[i];
        if (to != NULL)
            TQ_TRY(take(layer, i, gradients->output_gradient, to, begin));
        begin += (tq_u64)row_of(&layer->input[i], axis);
    }
    return TQ_OK;
}

static tq_status backward_reference(const tq_layer *layer, const tq_host_gradients *gradients)
{
    const int axis = axis_in_memory(layer);
    const int64_t pitch = row_of(&layer->output, axis), rows = tq_shape_count(&layer->output) / pitch;
    int64_t begin = 0;
    for (size_t i = 0; i < layer->input_count; ++i) {
        const int64_t length = row_of(&layer->input[i], axis);
        float *to = gradients->input_gradient[i];
        if (to != NULL) {
            TQ_TRY(check_gradient(layer, i));
            for (int64_t row = 0; row < rows; ++row)
                memcpy(to + row * length, gradients->output_gradient + row * pitch + begin,
                       (size_t)length * sizeof *to);
            tq_backward__result_host(layer, i, to, to);
        }
        begin += length;
    }
    return TQ_OK;
}

const tq_layer_kind tq_layer_concat = {
    .name = "concat",
    .summary = "tensors one behind the other along a dimension",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = TQ_LAYER_INPUTS,
    .keeps_finite = true,
    .state_size = sizeof(tq_concat),
    .shape = shape,
    .plan = plan,
    .forward = forward,
    .reference = reference,
    .backward = backward,
    .backward_reference = backward_reference,
};
