/* globalavgpool: average pooling over the whole image. */
#include "layers/average.h"

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape *in = &layer->input[0];
    if (in->rank != 4 || in->dim[1] > 4096 || in->dim[2] > 4096 || in->dim[3] > INT32_MAX / 2)
        return tq_status__fail(TQ_E_SHAPE,
                               "input needs rank 4 (samples, rows, columns, channels), at most 4096 rows "
                               "and columns");
    *output = tq_shape_of(4, (const int64_t[]){in->dim[0], 1, 1, in->dim[3]});
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    const tq_shape *in = &layer->input[0];
    tq_pool *state = layer->state;
    state->geometry = (tq_pool_geometry){.rows = (int32_t)in->dim[1],
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
    return tq_average__plan(layer);
}

const tq_layer_kind tq_layer_globalavgpool = {
    .name = "globalavgpool",
    .summary = "the average of each channel's image",
    .inputs_least = 1,
    .inputs_most = 1,
    .inner = true,
    .state_size = sizeof(tq_pool),
    .shape = shape,
    .plan = plan,
    .forward = tq_average__forward,
    .reference = tq_average__reference,
    .release = tq_pool__release,
};
