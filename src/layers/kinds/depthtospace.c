/* depthtospace: blocks of block x block pixels from channels. */
#include "layers/move.h"

static const char *const modes[] = {"dcr", "crd", NULL}; /* of depth, row and column in the channels */

static const tq_parameter options[] = {
    {.name = "block",
     .initial = 2,
     .lowest = 1,
     .highest = 4096,
     .integer = true,
     .help = "rows and columns of a block"},
    {.name = "mode",
     .initial = 0,
     .lowest = 0,
     .highest = 1,
     .choices = modes,
     .help = "channels count block row, block column, depth (dcr) or depth, block row, block column"},
    TQ_REORDER_ORDER,
};

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape *in = &layer->input[0];
    const int64_t block = (int64_t)tq_layer__option(layer, "block", 0);
    if (in->rank != 4 || in->dim[3] % (block * block) != 0)
        return tq_status__fail(
            TQ_E_SHAPE,
            "the input has %d dimensions and %lld channels: needs 4 (an image) and a multiple "
            "of %lld",
            in->rank, (long long)in->dim[in->rank - 1], (long long)(block * block));
    *output = tq_shape_of(4, (const int64_t[]){in->dim[0], in->dim[1] * block, in->dim[2] * block,
                                               in->dim[3] / (block * block)});
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    tq_moved *state = layer->state;
    TQ_TRY(tq_move__begin(layer));
    tq_move__depth_to_space(&state->move, (int64_t)tq_layer__option(layer, "block", 0),
                            tq_layer__option(layer, "mode", 0) == 0.0);
    return tq_move__finish(layer, 0.0f);
}

const tq_layer_kind tq_layer_depthtospace = {
    .name = "depthtospace",
    .summary = "blocks of pixels from channels",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .state_size = sizeof(tq_moved),
    .shape = shape,
    .plan = plan,
    .forward = tq_move__forward,
    .reference = tq_move__reference,
    .release = tq_move__release,
};
