/* Gather with constant indices: a slice where they are a progression, else a list. */
#include <stdio.h>
#include <stdlib.h>

#include "io/onnx_fold.h"
#include "layers/move.h"

#define MOST_INDICES (1 << 24) /* a dimension's index is a binary32 in the layer */

/* Indices counted from the end become others. */
static tq_status read_indices(const tq_onnx_node *node, const tq_onnx_value *list, int64_t size,
                              int64_t *indices)
{
    size_t count;
    TQ_TRY(tq_onnx__integers(list, indices, (size_t)tq_shape_count(&list->shape), &count));
    for (size_t i = 0; i < count; ++i) {
        indices[i] += indices[i] < 0 ? size : 0;
        if (indices[i] < 0 || indices[i] >= size || size > MOST_INDICES)
            return tq_status__fail(
                TQ_E_UNSUPPORTED,
                "index %zu of '%s' is outside a dimension of %lld indices, or that has more than "
                "%d",
                i, node->proto->input[1], (long long)size, MOST_INDICES);
    }
    return TQ_OK;
}

static tq_status add_list(tq_onnx_node *node, const tq_onnx_value *input, int64_t axis,
                          const int64_t *indices, int64_t count)
{
    char options[64];
    float *values = malloc((size_t)count * sizeof *values);
    if (values == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld indices", (long long)count);
    for (int64_t i = 0; i < count; ++i)
        values[i] = (float)indices[i];
    snprintf(options, sizeof options, "axis=%lld,order=nchw", (long long)axis);
    tq_status status = tq_onnx__add(node, "gather", options, input->layer);
    if (status == TQ_OK)
        status = tq_onnx__set_weight(node, "indices", &(tq_shape){.rank = 1, .dim = {count}}, values);
    free(values);
    return status;
}

static tq_status add_progression(tq_onnx_node *node, const tq_onnx_value *input, int64_t axis, int64_t begin,
                                 int64_t step, int64_t number)
{
    int64_t first[TQ_MAX_RANK] = {0}, steps[TQ_MAX_RANK] = {1, 1, 1, 1, 1, 1}, count[TQ_MAX_RANK] = {0};
    tq_text options = {0};
    first[axis] = begin;
    steps[axis] = step;
    count[axis] = number;
    tq_onnx__print_list(&options, "first", first, input->shape.rank);
    tq_onnx__print_list(&options, "step", steps, input->shape.rank);
    tq_onnx__print_list(&options, "count", count, input->shape.rank);
    tq_text__print(&options, ",order=nchw");
    return tq_onnx__add_options(node, "slice", input, &options);
}

static tq_status add_layer(tq_onnx_node *node, const tq_onnx_value *input, int64_t axis,
                           const int64_t *indices, int64_t count)
{
    const int64_t step = count > 1 ? indices[1] - indices[0] : 1;
    bool regular = step != 0;
    for (int64_t i = 1; regular && i < count; ++i)
        regular = indices[i] - indices[i - 1] == step;
    return regular ? add_progression(node, input, axis, indices[0], step, count)
                   : add_list(node, input, axis, indices, count);
}

/* The list's dimensions take the axis's place. */
static tq_status result_shape(const tq_shape *input, int64_t axis, const tq_shape *list, tq_shape *shape)
{
    *shape = (tq_shape){.rank = 0};
    if (input->rank - 1 + list->rank > TQ_MAX_RANK)
        return tq_status__fail(TQ_E_UNSUPPORTED, "a result of %d dimensions, supported: up to %d",
                               input->rank - 1 + list->rank, TQ_MAX_RANK);
    for (int i = 0; i < axis; ++i)
        shape->dim[shape->rank++] = input->dim[i];
    for (int i = 0; i < list->rank; ++i)
        shape->dim[shape->rank++] = list->dim[i];
    for (int i = (int)axis + 1; i < input->rank; ++i)
        shape->dim[shape->rank++] = input->dim[i];
    return TQ_OK;
}

/* The same of a constant. */
static tq_status fold(const tq_onnx_node *node, const tq_onnx_value *input, int64_t axis,
                      const int64_t *indices, int64_t count, const tq_shape *wanted)
{
    tq_onnx_numbers from, to = {0};
    tq_move move;
    tq_shape shape = input->shape;
    const int64_t zero = 0;
    shape.dim[axis] = count;
    TQ_TRY(tq_onnx__numbers(input, &from));
    tq_status status = tq_move__create(&move, &input->shape, &shape, false);
    if (status == TQ_OK)
        status = tq_onnx__make_numbers(wanted, from.integers != NULL, &to);
    if (status == TQ_OK) {
        tq_move__take(&move, (int)axis, indices);
        if (to.integers != NULL)
            tq_move__host(&move, to.integers, from.integers, sizeof *to.integers, &zero);
        else
            tq_move__host(&move, to.floats, from.floats, sizeof *to.floats, &zero);
    }
    tq_move__free(&move);
    tq_onnx__free_numbers(&from);
    return tq_onnx__finish_numbers(node, 0, status, &to);
}

static tq_status gather(tq_onnx_node *node, const tq_onnx_value *input, const tq_onnx_value *list,
                        int64_t axis, int64_t *indices)
{
    const int64_t count = tq_shape_count(&list->shape);
    tq_shape shape, wanted;
    TQ_TRY(read_indices(node, list, input->shape.dim[axis], indices));
    TQ_TRY(result_shape(&input->shape, axis, &list->shape, &wanted));
    if (input->role == TQ_ONNX_CONSTANT)
        return fold(node, input, axis, indices, count, &wanted);
    if (axis == 0)
        TQ_TRY(tq_onnx__fix_batch(node));
    TQ_TRY(add_layer(node, input, axis, indices, count));
    shape = input->shape;
    shape.dim[axis] = count;
    const tq_onnx_value gathered = tq_onnx__result(node, &shape);
    tq_onnx_value result;
    TQ_TRY(tq_onnx__reshaped(node, &gathered, &wanted, &result));
    return tq_onnx__alias(node, &result);
}

tq_status tq_onnx__import_gather(tq_onnx_node *node)
{
    const tq_onnx_value *input, *list;
    int64_t axis = tq_onnx__int(node, "axis", 0);
    TQ_TRY(tq_onnx__input(node, 0, &input));
    TQ_TRY(tq_onnx__constant(node, 1, &list));
    TQ_TRY(tq_onnx__check_axis(&axis, input->shape.rank));
    int64_t *indices = malloc((size_t)tq_shape_count(&list->shape) * sizeof *indices);
    if (indices == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for the indices of '%s'", node->proto->input[1]);
    const tq_status status = gather(node, input, list, axis, indices);
    free(indices);
    return status;
}
