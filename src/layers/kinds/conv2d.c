/*
 * conv2d: y[n,r,c,o] = RESULT(b[o] + SUM over (i,j,q) of PRODUCT(x[n, r*s+i*d-p, c*s+j*d-p, q] *
 * w[i,j,q,o])), kernel row i, kernel column j and input channel q ascending, q within the group of o.
 */
#include "layers/contract.h"
#include "layers/window.h"

static const tq_parameter options[] = {
    TQ_WINDOW_STRIDE,
    TQ_WINDOW_DILATION,
    {.name = "pads",
     .initial = 0,
     .lowest = 0,
     .highest = 4096,
     .count = 4,
     .integer = true,
     .help = "zeros at the top x left x bottom x right"},
    TQ_WINDOW_AUTO_PAD,
    {.name = "groups",
     .initial = 1,
     .lowest = 1,
     .highest = 65536,
     .integer = true,
     .help = "groups of channels"},
    TQ_CONTRACT_EXACT,
};

static const tq_weight_info weights[] = {
    {"weight", 4, false, "kernel rows, kernel columns, input channels / groups, output channels"},
    {"bias", 1, true, "output channels"},
};

static tq_axis axis_of(const tq_layer *layer, int which)
{
    return (tq_axis){.size = layer->input[0].dim[1 + which],
                     .kernel = layer->weight[0].shape.dim[which],
                     .stride = (int64_t)tq_layer__option(layer, "stride", (size_t)which),
                     .dilation = (int64_t)tq_layer__option(layer, "dilation", (size_t)which),
                     .pad_before = (int64_t)tq_layer__option(layer, "pads", (size_t)which),
                     .pad_after = (int64_t)tq_layer__option(layer, "pads", (size_t)which + 2)};
}

static tq_status resolve(const tq_layer *layer, tq_axis axis[2], int64_t outputs[2])
{
    const int auto_pad = (int)tq_layer__option(layer, "auto_pad", 0);
    for (int i = 0; i < 2; ++i) {
        axis[i] = axis_of(layer, i);
        TQ_TRY(tq_axis__resolve(&axis[i], auto_pad, false, &outputs[i]));
    }
    return TQ_OK;
}

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    tq_axis axis[2];
    int64_t outputs[2];
    TQ_TRY(tq_contract__check_channels(layer));
    TQ_TRY(resolve(layer, axis, outputs));
    *output = tq_shape_of(
        4, (const int64_t[]){layer->input[0].dim[0], outputs[0], outputs[1], layer->weight[0].shape.dim[3]});
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    tq_axis axis[2];
    int64_t outputs[2];
    const tq_shape *in = &layer->input[0], *out = &layer->output;
    TQ_TRY(resolve(layer, axis, outputs));
    const int64_t rows = out->dim[0] * out->dim[1] * out->dim[2];
    if (rows > INT32_MAX || in->dim[1] > INT32_MAX || in->dim[2] > INT32_MAX)
        return tq_status__fail(TQ_E_SHAPE, "%lld output pixels in a batch, at most %d", (long long)rows,
                               INT32_MAX);
    const tq_geometry geometry = {
        .rows = (int32_t)rows,
        .in_rows = (int32_t)in->dim[1],
        .in_columns = (int32_t)in->dim[2],
        .in_channels = (int32_t)in->dim[3],
        .kernel_rows = (int32_t)axis[0].kernel,
        .kernel_columns = (int32_t)axis[1].kernel,
        .stride_rows = (int32_t)axis[0].stride,
        .stride_columns = (int32_t)axis[1].stride,
        .dilation_rows = (int32_t)axis[0].dilation,
        .dilation_columns = (int32_t)axis[1].dilation,
        .pad_top = (int32_t)axis[0].pad_before,
        .pad_left = (int32_t)axis[1].pad_before,
        .out_rows = (int32_t)out->dim[1],
        .out_columns = (int32_t)out->dim[2],
        .out_channels = (int32_t)out->dim[3],
        .group_inputs = (int32_t)layer->weight[0].shape.dim[2],
        .groups = (int32_t)tq_layer__option(layer, "groups", 0),
    };
    return tq_contract__plan(layer, &geometry);
}

const tq_layer_kind tq_layer_conv2d = {
    .name = "conv2d",
    .summary = "two-dimensional convolution with strides, dilation, groups and bias",
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
