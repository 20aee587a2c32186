/* Operators that make one number from many: ReduceMean and the like, ArgMax, GlobalMaxPool, LpPool over an
 * image. */
#include <stdio.h>
#include <string.h>

#include "io/onnx_graph.h"

/* Layers in front of the reduction and behind it, NULL: none; `mul` is of the tensor with itself. */
static const struct {
    const char *operator, * before, *kind, *after;
} rows[] = {
    {"ArgMax", NULL, "argmax", NULL},
    {"ArgMin", NULL, "argmin", NULL},
    {"ReduceL1", "abs", "reducesum", NULL},
    {"ReduceL2", "mul", "reducesum", "sqrt"},
    {"ReduceMax", NULL, "reducemax", NULL},
    {"ReduceLogSum", NULL, "reducesum", "logarithm"},
    {"ReduceMean", NULL, "reducemean", NULL},
    {"ReduceMin", NULL, "reducemin", NULL},
    {"ReduceProd", NULL, "reduceprod", NULL},
    {"ReduceSum", NULL, "reducesum", NULL},
    {"ReduceSumSquare", "mul", "reducesum", NULL},
};

static size_t row_of(const tq_onnx_node *node)
{
    size_t row = 0;
    while (strcmp(rows[row].operator, node->proto->op_type) != 0)
        ++row;
    return row;
}

/* Adds a layer of the node; `value`, which may be one of its inputs, is its output. */
static tq_status add_layer(tq_onnx_node *node, const char *kind, const tq_onnx_value *a,
                           const tq_onnx_value *b, const tq_shape *shape, tq_onnx_value *value)
{
    const tq_shape made = *shape;
    TQ_TRY(tq_onnx__add_of(node, kind, "", (const tq_onnx_value *const[]){a, b}, b != NULL ? 2 : 1));
    *value = tq_onnx__result(node, &made);
    return TQ_OK;
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

typedef struct reduction {
    int64_t axes[TQ_MAX_RANK]; /* numbered from 0 */
    size_t count;
    bool keepdims;
    const char *more; /* options of those that give a place, else "" */
} reduction;

/* Adds the layer; `value`, which may be the input, is its output. */
static tq_status add_reduction(tq_onnx_node *node, const char *kind, const tq_onnx_value *input,
                               const reduction *r, tq_onnx_value *value)
{
    tq_shape shape;
    tq_text options = {0};
    TQ_TRY(reduce_shape(&input->shape, r->axes, r->count, r->keepdims, &shape));
    for (size_t i = 0; i < r->count; ++i)
        if (r->axes[i] == 0)
            TQ_TRY(tq_onnx__fix_batch(node));
    tq_onnx__print_list(&options, *r->more != '\0' ? "axis" : "axes", r->axes, (int)r->count);
    tq_text__print(&options, ",keepdims=%d,order=nchw%s", r->keepdims, r->more);
    TQ_TRY(tq_onnx__add_options(node, kind, input, &options));
    *value = tq_onnx__result(node, &shape);
    return TQ_OK;
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
static tq_status read_reduction(const tq_onnx_node *node, const tq_onnx_value *input, reduction *r)
{
    *r = (reduction){.keepdims = tq_onnx__int(node, "keepdims", 1) != 0, .more = ""};
    if (!has_no_axes(node))
        TQ_TRY(tq_onnx__list(node, 1, "axes", r->axes, TQ_MAX_RANK, &r->count));
    const bool all = r->count == 0 && tq_onnx__int(node, "noop_with_empty_axes", 0) == 0;
    while (all && r->count < (size_t)input->shape.rank) {
        r->axes[r->count] = (int64_t)r->count;
        ++r->count;
    }
    if (r->count > MOST_AXES)
        return tq_status__fail(TQ_E_UNSUPPORTED, "%zu axes, supported: up to %d", r->count, MOST_AXES);
    for (size_t i = 0; i < r->count; ++i)
        TQ_TRY(tq_onnx__check_axis(&r->axes[i], input->shape.rank));
    return TQ_OK;
}

tq_status tq_onnx__import_reduce(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    const size_t row = row_of(node);
    const char *before = rows[row].before, *after = rows[row].after;
    reduction r;
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    TQ_TRY(read_reduction(node, input, &r));
    tq_onnx_value value = *input;
    if (before != NULL)
        TQ_TRY(add_layer(node, before, &value, strcmp(before, "mul") == 0 ? &value : NULL, &value.shape,
                         &value));
    if (r.count > 0)
        TQ_TRY(add_reduction(node, rows[row].kind, &value, &r, &value));
    if (after != NULL)
        TQ_TRY(add_layer(node, after, &value, NULL, &value.shape, &value));
    return tq_onnx__alias(node, &value);
}

/* The largest number and the logarithm of the sum of exp(x - largest). */
tq_status tq_onnx__import_log_sum_exp(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    tq_onnx_value largest, value, output;
    tq_shape shape;
    reduction r;
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    const tq_onnx_value x = *input;
    TQ_TRY(read_reduction(node, &x, &r));
    if (r.count == 0)
        return tq_onnx__alias(node, &x); /* log(exp(x)) */
    TQ_TRY(reduce_shape(&x.shape, r.axes, r.count, r.keepdims, &shape));
    r.keepdims = true;
    TQ_TRY(add_reduction(node, "reducemax", &x, &r, &largest));
    TQ_TRY(add_layer(node, "sub", &x, &largest, &x.shape, &value));
    TQ_TRY(add_layer(node, "exp", &value, NULL, &x.shape, &value));
    TQ_TRY(add_reduction(node, "reducesum", &value, &r, &value));
    TQ_TRY(add_layer(node, "logarithm", &value, NULL, &value.shape, &value));
    TQ_TRY(add_layer(node, "add", &value, &largest, &value.shape, &value));
    TQ_TRY(tq_onnx__reshaped(node, &value, &shape, &output));
    return tq_onnx__alias(node, &output);
}

/* The place is a number of the tensor; ONNX's is an integer. */
tq_status tq_onnx__import_place(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    tq_onnx_value value;
    reduction r = {.axes = {tq_onnx__int(node, "axis", 0)},
                   .count = 1,
                   .keepdims = tq_onnx__int(node, "keepdims", 1) != 0,
                   .more = tq_onnx__int(node, "select_last_index", 0) != 0 ? ",last=1" : ",last=0"};
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    TQ_TRY(tq_onnx__check_axis(&r.axes[0], input->shape.rank));
    TQ_TRY(add_reduction(node, rows[row_of(node)].kind, input, &r, &value));
    return tq_onnx__alias(node, &value);
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
