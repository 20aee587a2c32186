#include "layers/pool.h"

static tq_axis axis_of(const tq_layer *layer, int which)
{
    const bool dilates = tq_layer__option(layer, "dilation", (size_t)which) > 0.0;
    return (tq_axis){.size = layer->input[0].dim[1 + which],
                     .kernel = (int64_t)tq_layer__option(layer, "kernel", (size_t)which),
                     .stride = (int64_t)tq_layer__option(layer, "stride", (size_t)which),
                     .dilation = dilates ? (int64_t)tq_layer__option(layer, "dilation", (size_t)which) : 1,
                     .pad_before = (int64_t)tq_layer__option(layer, "pads", (size_t)which),
                     .pad_after = (int64_t)tq_layer__option(layer, "pads", (size_t)which + 2)};
}

static tq_status check_input(const tq_layer *layer)
{
    const tq_shape *in = &layer->input[0];
    if (in->rank != 4)
        return tq_status__fail(TQ_E_SHAPE, "input has rank %d, needs 4 (samples, rows, columns, channels)",
                               in->rank);
    for (int i = 1; i < 4; ++i)
        if (in->dim[i] > INT32_MAX / 2)
            return tq_status__fail(TQ_E_SHAPE, "input dimension %d is %lld, at most %d", i,
                                   (long long)in->dim[i], INT32_MAX / 2);
    return TQ_OK;
}

tq_status tq_pool__resolve(const tq_layer *layer, tq_pool_geometry *g)
{
    tq_axis axis[2];
    int64_t outputs[2];
    TQ_TRY(check_input(layer));
    for (int i = 0; i < 2; ++i) {
        axis[i] = axis_of(layer, i);
        TQ_TRY(tq_axis__resolve(&axis[i], (int)tq_layer__option(layer, "auto_pad", 0),
                                tq_layer__option(layer, "ceil_mode", 0) > 0.0, &outputs[i]));
    }
    *g = (tq_pool_geometry){.rows = (int32_t)axis[0].size,
                            .columns = (int32_t)axis[1].size,
                            .channels = (int32_t)layer->input[0].dim[3],
                            .kernel_rows = (int32_t)axis[0].kernel,
                            .kernel_columns = (int32_t)axis[1].kernel,
                            .stride_rows = (int32_t)axis[0].stride,
                            .stride_columns = (int32_t)axis[1].stride,
                            .dilation_rows = (int32_t)axis[0].dilation,
                            .dilation_columns = (int32_t)axis[1].dilation,
                            .pad_top = (int32_t)axis[0].pad_before,
                            .pad_left = (int32_t)axis[1].pad_before,
                            .out_rows = (int32_t)outputs[0],
                            .out_columns = (int32_t)outputs[1],
                            .pad_bottom = (int32_t)axis[0].pad_after,
                            .pad_right = (int32_t)axis[1].pad_after,
                            .count_pads = tq_layer__option(layer, "count_include_pad", 0) > 0.0};
    return TQ_OK;
}

tq_status tq_pool__shape(const tq_layer *layer, tq_shape *output)
{
    tq_pool_geometry g;
    TQ_TRY(tq_pool__resolve(layer, &g));
    *output =
        tq_shape_of(4, (const int64_t[]){layer->input[0].dim[0], g.out_rows, g.out_columns, g.channels});
    return TQ_OK;
}

int64_t tq_pool__outputs(const tq_layer *layer)
{
    return tq_shape_count(&layer->output);
}

tq_pool_window tq_pool__window(const tq_pool_geometry *g, int64_t output)
{
    const int64_t channel = output % g->channels, pixel = output / g->channels;
    const int64_t column = pixel % g->out_columns, line = pixel / g->out_columns;
    return (tq_pool_window){.base = line / g->out_rows * g->rows * g->columns * g->channels + channel,
                            .top = (int32_t)(line % g->out_rows) * g->stride_rows - g->pad_top,
                            .left = (int32_t)column * g->stride_columns - g->pad_left};
}

int64_t tq_pool__tap(const tq_pool_geometry *g, tq_pool_window window, int row, int column)
{
    const int64_t r = window.top + (int64_t)row * g->dilation_rows;
    const int64_t c = window.left + (int64_t)column * g->dilation_columns;
    if (r < 0 || r >= g->rows || c < 0 || c >= g->columns)
        return -1;
    return window.base + (r * g->columns + c) * g->channels;
}

bool tq_pool__hits(const tq_pool_geometry *g)
{
    const bool padded = g->pad_top > 0 || g->pad_left > 0 || g->pad_bottom > 0 || g->pad_right > 0;
    const bool dilated = g->dilation_rows > 1 || g->dilation_columns > 1;
    const bool rows = g->pad_top < g->kernel_rows && g->pad_bottom < g->kernel_rows;
    const bool columns = g->pad_left < g->kernel_columns && g->pad_right < g->kernel_columns;
    return !padded || (!dilated && rows && columns);
}

tq_status tq_pool__count_steps(tq_layer *layer, tq_u64 passes)
{
    tq_pool *state = layer->state;
    const tq_pool_geometry *g = &state->geometry;
    state->lanes.steps = passes * (tq_u64)g->kernel_rows * ((tq_u64)g->kernel_columns + 1);
    return tq_layer__check_steps(layer, state->lanes.steps);
}

void tq_pool__release(tq_layer *layer)
{
    tq_pool *state = layer->state;
    tq_lanes__release(&state->lanes);
    tq_memory__release(state->shares);
    state->shares = NULL;
}

tq_status tq_pool__whole_shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape *in = &layer->input[0];
    if (in->rank != 4 || in->dim[1] > 4096 || in->dim[2] > 4096 || in->dim[3] > INT32_MAX / 2)
        return tq_status__fail(TQ_E_SHAPE,
                               "input needs rank 4 (samples, rows, columns, channels), at most 4096 rows "
                               "and columns");
    *output = tq_shape_of(4, (const int64_t[]){in->dim[0], 1, 1, in->dim[3]});
    return TQ_OK;
}

tq_pool_geometry tq_pool__whole(const tq_layer *layer)
{
    const tq_shape *in = &layer->input[0];
    return (tq_pool_geometry){.rows = (int32_t)in->dim[1],
                              .columns = (int32_t)in->dim[2],
                              .channels = (int32_t)in->dim[3],
                              .kernel_rows = (int32_t)in->dim[1],
                              .kernel_columns = (int32_t)in->dim[2],
                              .stride_rows = 1,
                              .stride_columns = 1,
                              .dilation_rows = 1,
                              .dilation_columns = 1,
                              .out_rows = 1,
                              .out_columns = 1};
}
