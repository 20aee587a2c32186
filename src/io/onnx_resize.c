/* Resize and Upsample: to the nearest elements, or linear between them. */
#include <stdlib.h>

#include "io/onnx_graph.h"
#include "layers/coordinate.h"

typedef struct resizing {
    float scale[TQ_MAX_RANK];  /* 0: by sizes */
    int64_t size[TQ_MAX_RANK]; /* of the output */
    int linear, coordinates, nearest;
} resizing;

static tq_status read_scales(const tq_onnx_value *list, int rank, float *scales)
{
    float *read;
    if (tq_shape_count(&list->shape) != rank)
        return tq_status__fail(TQ_E_FORMAT, "%lld scales for %d dimensions",
                               (long long)tq_shape_count(&list->shape), rank);
    TQ_TRY(tq_onnx__floats(list, &read));
    for (int i = 0; i < rank; ++i)
        scales[i] = read[i];
    free(read);
    return TQ_OK;
}

static tq_status read_sizes(const tq_onnx_node *node, size_t i, int rank, int64_t *sizes)
{
    size_t count;
    TQ_TRY(tq_onnx__list(node, i, "", sizes, TQ_MAX_RANK, &count));
    if (count != (size_t)rank)
        return tq_status__fail(TQ_E_FORMAT, "%zu sizes for %d dimensions", count, rank);
    return TQ_OK;
}

/* Output sizes from scales, as ONNX says: rounded down. */
static tq_status apply_scales(const tq_shape *from, resizing *r)
{
    for (int i = 0; i < from->rank; ++i) {
        const double size = (double)from->dim[i] * r->scale[i];
        if (!(size >= 1.0 && size <= INT32_MAX))
            return tq_status__fail(TQ_E_UNSUPPORTED,
                                   "dimension %d of %lld indices, scaled by %.9g, supported: 1 to %d", i,
                                   (long long)from->dim[i], (double)r->scale[i], INT32_MAX);
        r->size[i] = (int64_t)size;
    }
    return TQ_OK;
}

static tq_status check_sizes(const tq_shape *from, const resizing *r)
{
    for (int i = 0; i < from->rank; ++i)
        if (r->size[i] < 1 || r->size[i] > INT32_MAX)
            return tq_status__fail(TQ_E_UNSUPPORTED, "size %lld of dimension %d, supported: 1 to %d",
                                   (long long)r->size[i], i, INT32_MAX);
    return TQ_OK;
}

static void print_options(tq_text *to, const tq_onnx_value *input, const resizing *r)
{
    tq_shape size = {.rank = input->shape.rank};
    bool scaled = false;
    for (int i = 0; i < size.rank; ++i) {
        size.dim[i] =
            r->size[i] == input->shape.dim[i] && i == 0 ? 0 : r->size[i]; /* any number of samples */
        scaled = scaled || r->scale[i] != 0.0f;
    }
    tq_onnx__print_list(to, "size", size.dim, size.rank);
    for (int i = 0; scaled && i < size.rank; ++i)
        tq_text__print(to, "%s%.9g", i > 0 ? "x" : ",scale=", (double)r->scale[i]);
    tq_text__print(to, ",coordinates=%s", tq_coordinate_choices[r->coordinates]);
    if (!r->linear)
        tq_text__print(to, ",nearest=%s", tq_nearest_choices[r->nearest]);
}

static tq_status add_nearest(tq_onnx_node *node, const tq_onnx_value *input, const resizing *r)
{
    tq_text options = {0};
    const tq_shape shape = tq_shape_of(input->shape.rank, r->size);
    if (shape.dim[0] != input->shape.dim[0])
        TQ_TRY(tq_onnx__fix_batch(node));
    print_options(&options, input, r);
    return tq_onnx__add_move(node, "resizenearest", &options, input, 0, &shape);
}

/* Rows and columns of an image; a line is an image of one row. */
static tq_status add_linear(tq_onnx_node *node, const resizing *r)
{
    tq_onnx_value image;
    bool line;
    tq_text options = {0};
    TQ_TRY(tq_onnx__as_image(node, 0, &image, &line));
    const int at[2] = {2, line ? 2 : 3}; /* dimensions of rows and columns */
    const int64_t rows = line ? 1 : r->size[at[0]], columns = r->size[at[1]];
    if (r->size[0] != image.shape.dim[0] || r->size[1] != image.shape.dim[1])
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "samples or channels change in mode linear; supported: rows and columns");
    tq_text__print(&options, "size=%lldx%lld", (long long)rows, (long long)columns);
    if (r->scale[at[1]] != 0.0f)
        tq_text__print(&options, ",scale=%.9gx%.9g", line ? 1.0 : (double)r->scale[at[0]],
                       (double)r->scale[at[1]]);
    tq_text__print(&options, ",coordinates=%s", tq_coordinate_choices[r->coordinates]);
    TQ_TRY(tq_onnx__add_options(node, "resizelinear", &image, &options));
    const tq_shape shape = tq_shape_of(4, (const int64_t[]){r->size[0], r->size[1], rows, columns});
    return tq_onnx__image_output(node, &shape, line);
}

static tq_status resize(tq_onnx_node *node, const tq_onnx_value *input, const resizing *r)
{
    if (tq_onnx__int(node, "exclude_outside", 0) != 0 && r->linear)
        return tq_status__fail(TQ_E_UNSUPPORTED, "attribute 'exclude_outside' is 1, supported: 0");
    return r->linear ? add_linear(node, r) : add_nearest(node, input, r);
}

/* Before opset 11 there is the input and scales, and the arithmetic of Upsample. */
tq_status tq_onnx__import_resize(tq_onnx_node *node)
{
    static const char *const modes[] = {"nearest", "linear", NULL};
    const tq_onnx_value *input, *scales;
    const size_t scale_input = node->onnx->opset < 11 ? 1 : 2;
    resizing r = {.coordinates = node->onnx->opset < 11 ? 3 : 0, .nearest = node->onnx->opset < 11 ? 2 : 0};
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    TQ_TRY(tq_onnx__choice(node, "mode", modes, &r.linear));
    if (node->onnx->opset >= 11) {
        TQ_TRY(
            tq_onnx__choice(node, "coordinate_transformation_mode", tq_coordinate_choices, &r.coordinates));
        TQ_TRY(tq_onnx__choice(node, "nearest_mode", tq_nearest_choices, &r.nearest));
    }
    if (tq_onnx__has_input(node, 3)) {
        TQ_TRY(read_sizes(node, 3, input->shape.rank, r.size));
        TQ_TRY(check_sizes(&input->shape, &r));
        return resize(node, input, &r);
    }
    TQ_TRY(tq_onnx__constant(node, scale_input, &scales));
    TQ_TRY(read_scales(scales, input->shape.rank, r.scale));
    TQ_TRY(apply_scales(&input->shape, &r));
    return resize(node, input, &r);
}

/* Scales are an attribute before opset 9. */
tq_status tq_onnx__import_upsample(tq_onnx_node *node)
{
    static const char *const modes[] = {"nearest", "linear", NULL};
    const tq_onnx_value *input, *scales;
    const Onnx__AttributeProto *list = tq_onnx__attribute(node, "scales");
    resizing r = {.coordinates = 3, .nearest = 2};
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    TQ_TRY(tq_onnx__choice(node, "mode", modes, &r.linear));
    if (tq_onnx__has_input(node, 1)) {
        TQ_TRY(tq_onnx__constant(node, 1, &scales));
        TQ_TRY(read_scales(scales, input->shape.rank, r.scale));
    } else if (list != NULL && list->n_floats == (size_t)input->shape.rank) {
        for (size_t i = 0; i < list->n_floats; ++i)
            r.scale[i] = list->floats[i];
    } else {
        return tq_status__fail(TQ_E_FORMAT, "operator 'Upsample' needs a scale for each dimension");
    }
    TQ_TRY(apply_scales(&input->shape, &r));
    return resize(node, input, &r);
}
