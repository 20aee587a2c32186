/* What operators need around their layers: constants as tensors, and layers that bring tensors into order. */
#include <stdio.h>
#include <stdlib.h>

#include "io/onnx_fold.h"
#include "layers/kind.h"
#include "network/graph.h"

/* Numbers of four dimensions go from NCHW to NHWC. */
tq_status tq_onnx__place(tq_onnx *onnx, const char *wanted, tq_onnx_value *constant)
{
    static const int as_they_are[] = {0, 1, 2, 3, 4, 5}, to_nhwc[] = {0, 2, 3, 1};
    float *values = NULL, *permuted = NULL;
    tq_shape shape;
    const char *name;
    const tq_shape one = tq_shape_of(1, (const int64_t[]){1});
    const tq_shape *given = constant->shape.rank == 0 ? &one : &constant->shape;
    if (constant->role != TQ_ONNX_CONSTANT || constant->layer != NULL)
        return TQ_OK;
    TQ_TRY(tq_onnx__unique_name(onnx, wanted, &name));
    TQ_TRY(tq_onnx__floats(constant, &values));
    tq_status status =
        tq_onnx__permute(values, given, given->rank == 4 ? to_nhwc : as_they_are, &permuted, &shape);
    free(values);
    if (status == TQ_OK)
        status = tq_network_add_constant(onnx->network, name, &shape, permuted);
    free(permuted);
    constant->layer = name;
    return status;
}

tq_status tq_onnx__operand(const tq_onnx_node *node, size_t i, const tq_onnx_value **value)
{
    tq_onnx *onnx = node->onnx;
    TQ_TRY(tq_onnx__input(node, i, value));
    return tq_onnx__place(onnx, node->proto->input[i], &onnx->value[*value - onnx->value]);
}

tq_shape tq_onnx__shape_of_rank(const tq_shape *shape, int rank)
{
    tq_shape wanted = {.rank = rank};
    const int missing = rank - shape->rank;
    for (int d = 0; d < rank; ++d)
        wanted.dim[d] = d < missing ? 1 : shape->dim[d - missing];
    return wanted;
}

tq_status tq_onnx__operand_of_rank(const tq_onnx_node *node, size_t i, int rank, tq_onnx_value *value)
{
    const tq_onnx_value *given;
    TQ_TRY(tq_onnx__input(node, i, &given));
    const tq_shape wanted = tq_onnx__shape_of_rank(&given->shape, rank);
    const int missing = rank - given->shape.rank;
    if (given->role != TQ_ONNX_CONSTANT)
        return tq_onnx__reshaped(node, given, &wanted, value);
    TQ_TRY(missing > 0 ? TQ_OK : tq_onnx__operand(node, i, &given));
    *value = *given;
    if (missing <= 0)
        return TQ_OK;
    value->shape = wanted;
    value->layer = NULL; /* there may be one of the other shape */
    return tq_onnx__place(node->onnx, node->proto->input[i], value);
}

tq_status tq_onnx__add_helper(const tq_onnx_node *node, const char *kind, const char *options,
                              const tq_onnx_value *input, const tq_shape *shape, tq_onnx_value *value)
{
    char wanted[256];
    const char *name;
    snprintf(wanted, sizeof wanted, "%.180s_moved", node->name);
    TQ_TRY(tq_onnx__unique_name(node->onnx, wanted, &name));
    TQ_TRY(tq_network__add_helper(node->onnx->network, kind, name, options, input->layer));
    *value = (tq_onnx_value){.role = TQ_ONNX_TENSOR, .shape = *shape, .layer = name, .computed = true};
    return TQ_OK;
}

tq_status tq_onnx__turned(const tq_onnx_node *node, const tq_onnx_value *input, const int *order,
                          tq_onnx_value *value)
{
    char options[96];
    tq_shape shape = input->shape, axes = {.rank = shape.rank};
    bool moves = false;
    for (int i = 0; i < shape.rank; ++i) {
        moves = moves || order[i] != i;
        axes.dim[i] = order[i];
        shape.dim[i] = input->shape.dim[order[i]];
    }
    *value = *input;
    if (!moves)
        return TQ_OK;
    if (order[0] != 0)
        TQ_TRY(tq_onnx__fix_batch(node));
    char text[64];
    tq_shape_print(text, sizeof text, &axes);
    snprintf(options, sizeof options, "axes=%s,order=nchw", text);
    return tq_onnx__add_helper(node, "transpose", options, input, &shape, value);
}

/* A rank-4 tensor is NCHW in the file and NHWC in the network: elements keep the order that the file gives
 * them. */
static tq_status reshape_options(const tq_onnx_node *node, const tq_onnx_value *value, const tq_shape *shape,
                                 const char **kind, char options[192])
{
    char from[160], to[160];
    tq_shape wanted = *shape;
    tq_shape_print(from, sizeof from, &value->shape);
    tq_shape_print(to, sizeof to, shape);
    if (tq_shape_count(shape) != tq_shape_count(&value->shape))
        return tq_status__fail(TQ_E_SHAPE, "shape %s cannot become %s", from, to);
    if (shape->rank < 1)
        return tq_status__fail(TQ_E_UNSUPPORTED, "from shape %s to a scalar: not supported", from);
    if (shape->dim[0] != value->shape.dim[0])
        TQ_TRY(tq_onnx__fix_batch(node));
    else
        wanted.dim[0] = 0; /* as many samples as come in */
    tq_shape_print(to, sizeof to, &wanted);
    *kind = wanted.dim[0] == 0 && shape->rank == 2 ? "flatten" : "reshape";
    if (**kind == 'f')
        snprintf(options, 192, "axis=1,order=nchw");
    else
        snprintf(options, 192, "rank=%d,shape=%s,order=nchw", shape->rank, to);
    return TQ_OK;
}

tq_status tq_onnx__reshaped(const tq_onnx_node *node, const tq_onnx_value *input, const tq_shape *shape,
                            tq_onnx_value *value)
{
    const char *kind;
    char options[192];
    *value = *input;
    if (tq_shape_equal(&input->shape, shape))
        return TQ_OK;
    TQ_TRY(reshape_options(node, input, shape, &kind, options));
    return tq_onnx__add_helper(node, kind, options, input, shape, value);
}

tq_status tq_onnx__reshape(tq_onnx_node *node, const tq_onnx_value *value, const tq_shape *shape)
{
    const char *kind;
    char options[192];
    tq_onnx_value made = *value;
    made.shape = *shape;
    if (value->role == TQ_ONNX_CONSTANT)
        made.layer = NULL; /* a constant of the network has the other shape */
    if (tq_shape_equal(&value->shape, shape) ||
        (value->role == TQ_ONNX_CONSTANT && tq_shape_count(shape) == tq_shape_count(&value->shape)))
        return tq_onnx__alias(node, &made);
    TQ_TRY(reshape_options(node, value, shape, &kind, options));
    TQ_TRY(tq_onnx__add(node, kind, options, value->layer));
    return tq_onnx__layer_output(node, shape);
}

void tq_onnx__print_list(tq_text *to, const char *name, const int64_t *numbers, int rank)
{
    tq_text__print(to, "%s%s=", to->length > 0 ? "," : "", name);
    for (int i = 0; i < rank; ++i)
        tq_text__print(to, "%s%lld", i > 0 ? "x" : "", (long long)numbers[i]);
}

tq_status tq_onnx__add_move(tq_onnx_node *node, const char *kind, tq_text *options,
                            const tq_onnx_value *input, size_t i, const tq_shape *shape)
{
    if (input->role == TQ_ONNX_TENSOR) {
        tq_text__print(options, ",order=nchw");
        TQ_TRY(tq_onnx__add_options(node, kind, input, options));
        return tq_onnx__layer_output_of(node, i, shape);
    }
    tq_status status = tq_text__status(options);
    if (status == TQ_OK)
        status = tq_onnx__fold_move(node, kind, tq_text__get(options), input, i, shape);
    tq_text__free(options);
    return status;
}

/* The image of one row. */
static tq_shape image_of(const tq_shape *line)
{
    return tq_shape_of(4, (const int64_t[]){line->dim[0], line->dim[1], 1, line->dim[2]});
}

tq_status tq_onnx__as_image(const tq_onnx_node *node, size_t i, tq_onnx_value *image, bool *line)
{
    const tq_onnx_value *found =
        tq_onnx__has_input(node, i) ? tq_onnx__find(node->onnx, node->proto->input[i]) : NULL;
    *line = found != NULL && found->role == TQ_ONNX_TENSOR && found->shape.rank == 3;
    if (*line && found->image != NULL) {
        *image = (tq_onnx_value){.role = TQ_ONNX_TENSOR,
                                 .shape = image_of(&found->shape),
                                 .layer = found->image,
                                 .computed = true};
        return TQ_OK;
    }
    TQ_TRY(tq_onnx__tensor(node, i, &found));
    *image = *found;
    char text[160];
    tq_shape_print(text, sizeof text, &found->shape);
    if (!*line && found->shape.rank != 4)
        return tq_status__fail(
            TQ_E_UNSUPPORTED,
            "operator '%s': input '%s' has shape %s, supported: samples, channels and one or two "
            "dimensions (3 or 4 in all)",
            node->proto->op_type, node->proto->input[i], text);
    if (!*line)
        return TQ_OK;
    const tq_shape shape = image_of(&found->shape);
    return tq_onnx__reshaped(node, found, &shape, image);
}

tq_status tq_onnx__image_output(tq_onnx_node *node, const tq_shape *shape, bool line)
{
    const tq_shape row = {.rank = 3, .dim = {shape->dim[0], shape->dim[1], shape->dim[3]}};
    const tq_onnx_value value = {
        .role = TQ_ONNX_TENSOR, .shape = row, .image = node->layer, .computed = true};
    if (!line)
        return tq_onnx__layer_output(node, shape);
    return tq_onnx__define(node->onnx, node->proto->output[0], &value);
}

tq_status tq_onnx__settle(const tq_onnx_node *node, const tq_onnx_value *value)
{
    tq_onnx_value row, image = *value;
    if (value->role != TQ_ONNX_TENSOR || value->layer != NULL)
        return TQ_OK;
    image.shape = image_of(&value->shape);
    image.layer = value->image;
    TQ_TRY(tq_onnx__reshaped(node, &image, &value->shape, &row));
    node->onnx->value[value - node->onnx->value].layer = row.layer;
    return TQ_OK;
}
