/*
 * convtranspose2d: a convolution with stride 1 over the image with zeros between its pixels (`stride` - 1 of
 * them) and around it: y[n,r,c,o] = RESULT(b[o] + SUM over (i,j,q) of PRODUCT(z[n, r+i*d, c+j*d, q] *
 * w[i,j,q,o])), kernel row i, kernel column j and input channel q ascending. The weight is the kernel turned
 * by half a turn.
 */
#include <stdlib.h>

#include "layers/contract.h"
#include "layers/move.h"
#include "layers/window.h"

/* The contraction comes first: its functions take the state for it. */
typedef struct tq_transposed {
    tq_contract contract;
    tq_moved moved;
    tq_tensor *stretched; /* z */
} tq_transposed;

static const tq_parameter options[] = {
    TQ_WINDOW_STRIDE,
    TQ_WINDOW_DILATION,
    {.name = "pads",
     .initial = 0,
     .lowest = -4096,
     .highest = 4096,
     .count = 4,
     .integer = true,
     .help = "cut from the output at the top x left x bottom x right; negative: added"},
    {.name = "output_padding",
     .initial = 0,
     .lowest = 0,
     .highest = 4096,
     .count = 2,
     .integer = true,
     .help = "added at the bottom x right"},
    {.name = "groups",
     .initial = 1,
     .lowest = 1,
     .highest = 65536,
     .integer = true,
     .help = "groups of channels"},
};

static const tq_weight_info weights[] = {
    {"weight", 4, false, "kernel rows, kernel columns, input channels / groups, output channels"},
    {"bias", 1, true, "output channels"},
};

/* One axis: the output, and z from which it is made. */
typedef struct axis {
    int64_t size, stride, dilation, kernel, outputs, stretched;
    int64_t before; /* zeros in front of the first pixel */
} axis;

static int64_t option(const tq_layer *layer, const char *name, int j)
{
    return (int64_t)tq_layer__option(layer, name, (size_t)j);
}

static axis axis_of(const tq_layer *layer, int which)
{
    axis a = {.size = layer->input[0].dim[1 + which],
              .stride = option(layer, "stride", which),
              .dilation = option(layer, "dilation", which),
              .kernel = layer->weight[0].shape.dim[which]};
    const int64_t extent = (a.kernel - 1) * a.dilation;
    a.before = extent - option(layer, "pads", which);
    a.stretched = a.before + (a.size - 1) * a.stride + 1 + extent - option(layer, "pads", which + 2) +
                  option(layer, "output_padding", which);
    a.outputs = a.stretched - extent;
    return a;
}

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape *in = &layer->input[0];
    TQ_TRY(tq_contract__check_channels(layer));
    const axis rows = axis_of(layer, 0), columns = axis_of(layer, 1);
    *output = tq_shape_of(
        4, (const int64_t[]){in->dim[0], rows.outputs, columns.outputs, layer->weight[0].shape.dim[3]});
    if (rows.outputs < 1 || columns.outputs < 1 || tq_shape_count(output) == 0 ||
        in->dim[0] * rows.outputs > INT32_MAX / columns.outputs || rows.stretched > INT32_MAX ||
        columns.stretched > INT32_MAX)
        return tq_status__fail(
            TQ_E_SHAPE, "%lld samples of %lld x %lld output pixels, each at least 1, all at most %d",
            (long long)in->dim[0], (long long)rows.outputs, (long long)columns.outputs, INT32_MAX);
    return TQ_OK;
}

/* The stretched image's indices: a pixel's, or -1 for a zero. */
static void stretch(tq_move *m, int d, const axis *a)
{
    for (int64_t i = 0; i < a->stretched; ++i) {
        const int64_t at = i - a->before, pixel = at / a->stride;
        const bool is_pixel = at >= 0 && at % a->stride == 0 && pixel < a->size;
        m->offset[d][i] = is_pixel ? pixel * m->step[d] : -1;
    }
}

static tq_status plan_stretched(tq_layer *layer, const axis *rows, const axis *columns)
{
    tq_transposed *state = layer->state;
    const tq_shape *in = &layer->input[0];
    const tq_shape z =
        tq_shape_of(4, (const int64_t[]){in->dim[0], rows->stretched, columns->stretched, in->dim[3]});
    tq_move *m = &state->moved.move;
    TQ_TRY(tq_move__create(m, in, &z, false));
    for (int d = 0; d < 4; d += 3)
        for (int64_t i = 0; i < z.dim[d]; ++i)
            m->offset[d][i] = i * m->step[d];
    stretch(m, 1, rows);
    stretch(m, 2, columns);
    TQ_TRY(tq_moved__plan(&state->moved, layer, 0.0f));
    return tq_tensor_create(&state->stretched, layer->context, &z);
}

static tq_status plan(tq_layer *layer)
{
    const axis rows = axis_of(layer, 0), columns = axis_of(layer, 1);
    const tq_shape *out = &layer->output;
    TQ_TRY(plan_stretched(layer, &rows, &columns));
    const tq_geometry geometry = {
        .rows = (int32_t)(out->dim[0] * out->dim[1] * out->dim[2]),
        .in_rows = (int32_t)rows.stretched,
        .in_columns = (int32_t)columns.stretched,
        .in_channels = (int32_t)layer->input[0].dim[3],
        .kernel_rows = (int32_t)rows.kernel,
        .kernel_columns = (int32_t)columns.kernel,
        .stride_rows = 1,
        .stride_columns = 1,
        .dilation_rows = (int32_t)rows.dilation,
        .dilation_columns = (int32_t)columns.dilation,
        .out_rows = (int32_t)out->dim[1],
        .out_columns = (int32_t)out->dim[2],
        .out_channels = (int32_t)out->dim[3],
        .group_inputs = (int32_t)layer->weight[0].shape.dim[2],
        .groups = (int32_t)option(layer, "groups", 0),
    };
    return tq_contract__plan(layer, &geometry);
}

static tq_status forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_transposed *state = layer->state;
    const tq_tensor *const z[] = {state->stretched};
    TQ_TRY(tq_moved__run(&state->moved, layer, inputs[0], state->stretched));
    return tq_contract__forward(layer, z, output);
}

static tq_status reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_transposed *state = layer->state;
    const tq_move *m = &state->moved.move;
    float *z = malloc((size_t)tq_shape_count(&m->to) * sizeof *z);
    if (z == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for the stretched image");
    tq_move__host(m, z, inputs[0], sizeof *z, &state->moved.constant);
    const tq_status status = tq_contract__reference(layer, (const float *const[]){z}, output);
    free(z);
    return status;
}

static void release(tq_layer *layer)
{
    tq_transposed *state = layer->state;
    tq_contract__release(layer);
    tq_moved__release(&state->moved);
    tq_tensor_destroy(state->stretched);
    state->stretched = NULL;
}

const tq_layer_kind tq_layer_convtranspose2d = {
    .name = "convtranspose2d",
    .summary = "two-dimensional transposed convolution",
    .options = options,
    .option_count = TQ_COUNT(options),
    .weights = weights,
    .weight_count = TQ_COUNT(weights),
    .inputs_least = 1,
    .inputs_most = 1,
    .inner = true,
    .state_size = sizeof(tq_transposed),
    .shape = shape,
    .plan = plan,
    .forward = forward,
    .reference = reference,
    .release = release,
};
