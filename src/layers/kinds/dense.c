/*
 * dense: y[...,o] = RESULT(b[o] + SUM over i of PRODUCT(x[...,i] * w[i,o])), i ascending: over the last
 * dimension, whatever stands in front.
 */
#include "layers/contract.h"

static const tq_parameter options[] = {TQ_CONTRACT_EXACT};

static const tq_weight_info weights[] = {
    {"weight", 2, false, "inputs, outputs"},
    {"bias", 1, true, "outputs"},
};

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape *in = &layer->input[0], *w = &layer->weight[0].shape;
    char input[96], weight[96];
    tq_shape_print(input, sizeof input, in);
    tq_shape_print(weight, sizeof weight, w);
    if (in->rank < 2 || in->dim[in->rank - 1] != w->dim[0])
        return tq_status__fail(TQ_E_SHAPE, "input %s does not fit weight %s: needs samples x ... x %lld",
                               input, weight, (long long)w->dim[0]);
    if (layer->weight[1].master != NULL && layer->weight[1].shape.dim[0] != w->dim[1])
        return tq_status__fail(TQ_E_SHAPE, "bias has %lld elements, weight %s has %lld outputs",
                               (long long)layer->weight[1].shape.dim[0], weight, (long long)w->dim[1]);
    *output = *in;
    output->dim[in->rank - 1] = w->dim[1];
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    const int64_t terms = layer->weight[0].shape.dim[0], outputs = layer->weight[0].shape.dim[1];
    const int64_t rows = tq_shape_count(&layer->input[0]) / terms; /* of all samples: a column of an image */
    const int64_t sample_rows = rows / layer->input[0].dim[0];
    if (rows > INT32_MAX || terms > INT32_MAX || outputs > INT32_MAX)
        return tq_status__fail(TQ_E_SHAPE, "%lld rows, %lld inputs and %lld outputs, each at most %d",
                               (long long)rows, (long long)terms, (long long)outputs, INT32_MAX);
    tq_geometry geometry = tq_geometry__product(rows, terms, outputs);
    geometry.in_rows = geometry.out_rows = (int32_t)sample_rows;
    return tq_contract__plan(layer, &geometry);
}

const tq_layer_kind tq_layer_dense = {
    .name = "dense",
    .summary = "fully connected layer with bias",
    .options = options,
    .option_count = TQ_COUNT(options),
    .weights = weights,
    .weight_count = TQ_COUNT(weights),
    .inputs_least = 1,
    .inputs_most = 1,
    .keeps_finite = true,
    .inner = true,
    .state_size = sizeof(tq_contract),
    .shape = shape,
    .plan = plan,
    .forward = tq_contract__forward,
    .reference = tq_contract__reference,
    .plan_backward = tq_contract__plan_backward,
    .backward = tq_contract__backward,
    .backward_reference = tq_contract__backward_reference,
    .release = tq_contract__release,
};
