/* Operators that make one number from many: ReduceMean and the like, ArgMax, GlobalMaxPool, LpPool over an
 * image. */
#include <stdio.h>
#include <string.h>

#include "io/onnx_graph.h"

static const struct {
    const char *operator, * kind;
} rows[] = {
    {"ArgMax", "argmax"},         {"ArgMin", "argmin"},       {"ReduceMax", "reducemax"},
    {"ReduceMean", "reducemean"}, {"ReduceMin", "reducemin"}, {"ReduceSum", "reducesum"},
};

static const char *kind_of(const tq_onnx_node *node)
{
    size_t row = 0;
    while (strcmp(rows[row].operator, node->proto->op_type) != 0)
        ++row;
    return rows[row].kind;
}

/* The shape that is left; the axes as a list for the layer's options. */
static tq_status reduce_shape(const tq_shape *in, const int64_t *axes, size_t count, bool keepdims,
                              tq_shape *shape)
{
    *shape = (tq_shape){0};
    for (int i = 0; i < in->rank; ++i) {
        bool reduced = false;
        for (size_t j = 0; j < count; ++j)
            reduced = reduced || axes[j] == i;
        if (!reduced || keepdims)
            shape->dim[shape->rank++] = reduced ? 1 : in->dim[i];
    }
    if (shape->rank == 0)
        return tq_status__fail(TQ_E_UNSUPPORTED, "the result is a scalar; supported: attribute 'keepdims' 1");
    return TQ_OK;
}

/* Adds the layer over `axes`, which are numbered from 0. */
static tq_status add_reduction(tq_onnx_node *node, const tq_onnx_value *input, const int64_t *axes,
                               size_t count, const char *more)
{
    const bool keepdims = tq_onnx__int(node, "keepdims", 1) != 0;
    tq_shape shape;
    tq_text options = {0};
    TQ_TRY(reduce_shape(&input->shape, axes, count, keepdims, &shape));
    for (size_t i = 0; i < count; ++i)
        if (axes[i] == 0)
            TQ_TRY(tq_onnx__fix_batch(node));
    tq_onnx__print_list(&options, *more != '\0' ? "axis" : "axes", axes, (int)count);
    tq_text__print(&options, ",keepdims=%d,order=nchw%s", keepdims, more);
    tq_status status = tq_text__status(&options);
    if (status == TQ_OK)
        status = tq_onnx__add(node, kind_of(node), tq_text__get(&options), input->layer);
    tq_text__free(&options);
    return status == TQ_OK ? tq_onnx__layer_output(node, &shape) : status;
}

#define MOST_AXES 4 /* that the layers take */

/* Whether the axes are a list without any. */
static bool has_no_axes(const tq_onnx_node *node)
{
    const tq_onnx_value *list =
        tq_onnx__has_input(node, 1) ? tq_onnx__find(node->onnx, node->proto->input[1]) : NULL;
    return list != NULL && list->role == TQ_ONNX_CONSTANT && list->source->n_dims == 1 &&
           list->source->dims[0] == 0;
}

/* Without axes all dimensions, or with `noop_with_empty_axes` none. */
tq_status tq_onnx__import_reduce(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    int64_t axes[TQ_MAX_RANK];
    size_t count = 0;
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    if (!has_no_axes(node))
        TQ_TRY(tq_onnx__list(node, 1, "axes", axes, TQ_MAX_RANK, &count));
    if (count == 0 && tq_onnx__int(node, "noop_with_empty_axes", 0) != 0)
        return tq_onnx__alias(node, input);
    if (count == 0)
        while (count < (size_t)input->shape.rank) {
            axes[count] = (int64_t)count;
            ++count;
        }
    if (count > MOST_AXES)
        return tq_status__fail(TQ_E_UNSUPPORTED, "%zu axes, supported: up to %d", count, MOST_AXES);
    for (size_t i = 0; i < count; ++i)
        TQ_TRY(tq_onnx__check_axis(&axes[i], input->shape.rank));
    return add_reduction(node, input, axes, count, "");
}

/* The place is a number of the tensor; ONNX's is an integer. */
tq_status tq_onnx__import_place(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    int64_t axis = tq_onnx__int(node, "axis", 0);
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    TQ_TRY(tq_onnx__check_axis(&axis, input->shape.rank));
    return add_reduction(node, input, &axis, 1,
                         tq_onnx__int(node, "select_last_index", 0) != 0 ? ",last=1" : ",last=0");
}

/* One number of each image. */
static tq_status add_global(tq_onnx_node *node, const char *kind, const char *options)
{
    tq_onnx_value input;
    bool line;
    TQ_TRY(tq_onnx__as_image(node, 0, &input, &line));
    TQ_TRY(tq_onnx__add(node, kind, options, input.layer));
    const tq_shape shape = tq_shape_of(4, (const int64_t[]){input.shape.dim[0], input.shape.dim[1], 1, 1});
    return tq_onnx__image_output(node, &shape, line);
}

tq_status tq_onnx__import_global_average_pool(tq_onnx_node *node)
{
    return add_global(node, "globalavgpool", "");
}

tq_status tq_onnx__import_global_max_pool(tq_onnx_node *node)
{
    return add_global(node, "globalmaxpool", "");
}

tq_status tq_onnx__import_global_lp_pool(tq_onnx_node *node)
{
    const int64_t p = tq_onnx__int(node, "p", 2);
    char options[32];
    snprintf(options, sizeof options, "p=%lld", (long long)p);
    return add_global(node, "globallppool", options);
}
