/* Operators that keep the shape: BatchNormalization, Dropout, Identity, Relu. */
#include <stdio.h>
#include <stdlib.h>

#include "io/onnx_graph.h"

#define HIGHEST_RATE 0.9990234375f /* of the layer `dropout` */

static const char *const normalization_weights[] = {"gamma", "beta", "mean", "variance"};

/* Channels are the second dimension, also of two dimensions, where they are the last. */
tq_status tq_onnx__import_batch_normalization(tq_onnx_node *node)
{
    const tq_onnx_value *found = tq_onnx__find(node->onnx, tq_onnx__text(node->proto->input[0]));
    tq_onnx_value input;
    char options[64];
    bool line = false;
    if (found != NULL && found->role == TQ_ONNX_TENSOR && found->shape.rank == 2)
        input = *found;
    else
        TQ_TRY(tq_onnx__as_image(node, 0, &input, &line));
    if (tq_onnx__int(node, "training_mode", 0) != 0 || tq_onnx__int(node, "spatial", 1) != 1)
        return tq_status__fail(TQ_E_UNSUPPORTED, "supported: attributes 'training_mode' 0 and 'spatial' 1");
    const float momentum = tq_onnx__float(node, "momentum", 0.9f); /* of no use in inference */
    snprintf(options, sizeof options, "epsilon=%.9g,momentum=%.9g",
             (double)tq_onnx__float(node, "epsilon", 1e-5f),
             momentum >= 0.0f && momentum <= 1.0f ? (double)momentum : 0.9);
    TQ_TRY(tq_onnx__add(node, "batchnorm", options, input.layer));
    for (size_t i = 0; i < TQ_COUNT(normalization_weights); ++i)
        TQ_TRY(tq_onnx__set_vector(node, normalization_weights[i], i + 1, input.shape.dim[1]));
    return tq_onnx__image_output(node, &input.shape, line);
}

/* The part of the elements that training drops: input 1 from opset 12 on, an attribute before, a half
 * without. Inference does not need it: what cannot be read counts as 0, what is out of range as the nearest
 * that is not. */
static tq_status read_ratio(const tq_onnx_node *node, float *ratio)
{
    const tq_onnx_value *const given =
        tq_onnx__has_input(node, 1) ? tq_onnx__find(node->onnx, node->proto->input[1]) : NULL;
    float *value = NULL;
    *ratio = tq_onnx__has_input(node, 1) ? 0.0f : tq_onnx__float(node, "ratio", 0.5f);
    if (given != NULL && given->role == TQ_ONNX_CONSTANT && tq_shape_count(&given->shape) == 1) {
        TQ_TRY(tq_onnx__floats(given, &value));
        *ratio = value[0];
        free(value);
    }
    *ratio = *ratio > 0.0f ? *ratio : 0.0f; /* not a number, too */
    *ratio = *ratio < HIGHEST_RATE ? *ratio : HIGHEST_RATE;
    return TQ_OK;
}

tq_status tq_onnx__import_dropout(tq_onnx_node *node)
{
    const tq_onnx_value *training;
    int64_t value = 0;
    size_t count;
    float ratio;
    char options[32];
    if (tq_onnx__has_input(node, 2)) {
        TQ_TRY(tq_onnx__constant(node, 2, &training));
        TQ_TRY(tq_onnx__integers(training, &value, 1, &count));
    }
    if (value != 0)
        return tq_status__fail(TQ_E_UNSUPPORTED, "input 'training_mode' is true, supported: false");
    TQ_TRY(read_ratio(node, &ratio));
    snprintf(options, sizeof options, "rate=%.17g", (double)ratio);
    return tq_onnx__add_same(node, "dropout", options);
}

tq_status tq_onnx__import_identity(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    TQ_TRY(tq_onnx__input(node, 0, &input));
    return tq_onnx__alias(node, input);
}

tq_status tq_onnx__import_relu(tq_onnx_node *node)
{
    return tq_onnx__add_same(node, "relu", "");
}
