/* Operators that keep the shape: Add, BatchNormalization, Dropout, Identity, Relu, Softmax. */
#include <stdio.h>
#include <stdlib.h>

#include "io/onnx_graph.h"

/* Adds a layer with one input whose output has the input's shape. */
static tq_status add_same(tq_onnx_node *node, const char *kind, const char *options)
{
    const tq_onnx_value *input;
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    TQ_TRY(tq_onnx__add(node, kind, options, input->layer));
    return tq_onnx__layer_output(node, &input->shape);
}

static tq_status add_pair(tq_onnx_node *node, const tq_shape *shape, const char *first, const char *second)
{
    tq_text inputs = {0};
    tq_text__print(&inputs, "%s,%s", first, second);
    tq_status status = tq_text__status(&inputs);
    if (status == TQ_OK)
        status = tq_onnx__add(node, "add", "", tq_text__get(&inputs));
    tq_text__free(&inputs);
    return status == TQ_OK ? tq_onnx__layer_output(node, shape) : status;
}

static tq_status add_tensors(tq_onnx_node *node, const tq_onnx_value *a, const tq_onnx_value *b)
{
    char first[160], second[160];
    tq_shape_print(first, sizeof first, &a->shape);
    tq_shape_print(second, sizeof second, &b->shape);
    if (!tq_shape_equal(&a->shape, &b->shape))
        return tq_status__fail(TQ_E_UNSUPPORTED, "adding %s and %s: only tensors of one shape are supported",
                               first, second);
    return add_pair(node, &a->shape, a->layer, b->layer);
}

/* Whether a constant is one number (for which *count is 1), or has one for each channel and is 1 elsewhere.
 */
static bool is_per_channel(const tq_shape *constant, const tq_shape *tensor, int64_t *count)
{
    const int missing = tensor->rank - constant->rank, channels = tensor->rank == 4 ? 1 : tensor->rank - 1;
    bool fits = missing >= 0 && channels > 0;
    for (int i = 0; fits && i < constant->rank; ++i)
        fits =
            constant->dim[i] == 1 || (missing + i == channels && constant->dim[i] == tensor->dim[channels]);
    *count = tq_shape_count(constant);
    return fits || (missing >= 0 && *count == 1);
}

/* The layer takes the channels last, and so one dimension says it all. */
static tq_status add_constant(tq_onnx_node *node, const tq_onnx_value *tensor, const tq_onnx_value *constant,
                              size_t input)
{
    char c[160], t[160];
    tq_shape shape = {.rank = 1};
    float *values = NULL;
    const char *name;
    tq_shape_print(c, sizeof c, &constant->shape);
    tq_shape_print(t, sizeof t, &tensor->shape);
    if (!is_per_channel(&constant->shape, &tensor->shape, &shape.dim[0]))
        return tq_status__fail(
            TQ_E_UNSUPPORTED,
            "adding a constant of shape %s to a tensor of shape %s: supported are one number, and "
            "one for each channel (dimension 1 of an image, else the last)",
            c, t);
    TQ_TRY(tq_onnx__unique_name(node->onnx, node->proto->input[input], &name));
    TQ_TRY(tq_onnx__floats(constant, &values));
    const tq_status status = tq_network_add_constant(node->onnx->network, name, &shape, values);
    free(values);
    return status == TQ_OK ? add_pair(node, &tensor->shape, tensor->layer, name) : status;
}

tq_status tq_onnx__import_add(tq_onnx_node *node)
{
    const tq_onnx_value *a, *b;
    TQ_TRY(tq_onnx__input(node, 0, &a));
    TQ_TRY(tq_onnx__input(node, 1, &b));
    if (a->role == TQ_ONNX_TENSOR && b->role == TQ_ONNX_TENSOR)
        return add_tensors(node, a, b);
    if (a->role == TQ_ONNX_TENSOR)
        return add_constant(node, a, b, 1);
    if (b->role == TQ_ONNX_TENSOR)
        return add_constant(node, b, a, 0);
    return tq_status__fail(TQ_E_UNSUPPORTED, "operator 'Add' of two constants is not supported");
}

static const char *const normalization_weights[] = {"gamma", "beta", "mean", "variance"};

tq_status tq_onnx__import_batch_normalization(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    char options[64];
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    if (input->shape.rank != 2)
        TQ_TRY(tq_onnx__need_rank(node, 0, input, 4));
    if (tq_onnx__int(node, "training_mode", 0) != 0 || tq_onnx__int(node, "spatial", 1) != 1)
        return tq_status__fail(TQ_E_UNSUPPORTED, "supported: attributes 'training_mode' 0 and 'spatial' 1");
    snprintf(options, sizeof options, "epsilon=%.9g", (double)tq_onnx__float(node, "epsilon", 1e-5f));
    TQ_TRY(add_same(node, "batchnorm", options));
    for (size_t i = 0; i < TQ_COUNT(normalization_weights); ++i)
        TQ_TRY(tq_onnx__set_vector(node, normalization_weights[i], i + 1, input->shape.dim[1]));
    return TQ_OK;
}

/* Of what is computed, which is float: the identity. */
tq_status tq_onnx__import_cast(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    const int64_t type = tq_onnx__int(node, "to", 0);
    TQ_TRY(tq_onnx__input(node, 0, &input));
    if (type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "a computed tensor is cast to data type %lld, supported: float (1)",
                               (long long)type);
    return tq_onnx__alias(node, input);
}

tq_status tq_onnx__import_dropout(tq_onnx_node *node)
{
    const tq_onnx_value *training;
    int64_t value = 0;
    size_t count;
    if (tq_onnx__has_input(node, 2)) {
        TQ_TRY(tq_onnx__constant(node, 2, &training));
        TQ_TRY(tq_onnx__integers(training, &value, 1, &count));
    }
    if (value != 0)
        return tq_status__fail(TQ_E_UNSUPPORTED, "input 'training_mode' is true, supported: false");
    return add_same(node, "dropout", "");
}

tq_status tq_onnx__import_identity(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    TQ_TRY(tq_onnx__input(node, 0, &input));
    return tq_onnx__alias(node, input);
}

tq_status tq_onnx__import_relu(tq_onnx_node *node)
{
    return add_same(node, "relu", "");
}

/*
 * The layer runs over the channels, the second dimension of an image and the last of other tensors. Before
 * opset 13 the operator joins all dimensions from `axis` on. Dimensions of 1 make no difference.
 */
tq_status tq_onnx__import_softmax(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    const tq_shape *s = &input->shape;
    const bool joins = node->onnx->opset < 13;
    const int64_t given = tq_onnx__int(node, "axis", joins ? 1 : -1),
                  axis = given < 0 ? given + s->rank : given;
    const int channels = s->rank == 4 ? 1 : s->rank - 1;
    bool same = axis >= 1 && axis < s->rank;
    for (int i = 1; i < s->rank; ++i) {
        const bool inside = joins ? i >= axis : i == axis;
        same = same && (s->dim[i] == 1 || inside == (i == channels));
    }
    if (!same)
        return tq_status__fail(
            TQ_E_UNSUPPORTED,
            "attribute 'axis' is %lld: supported is a softmax over the channels (axis 1 of an "
            "image, else the last)",
            (long long)given);
    return add_same(node, "softmax", "");
}
