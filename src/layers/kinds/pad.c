/* pad: more indices in front of and behind each dimension, or fewer. */
#include <math.h>

#include "layers/move.h"

static const char *const modes[] = {"constant", "reflect", "edge", NULL}; /* as tq_pad_mode */

static const tq_parameter options[] = {
    {.name = "before",
     .initial = 0,
     .lowest = -INT32_MAX,
     .highest = INT32_MAX,
     .count = TQ_MAX_RANK,
     .integer = true,
     .help = "indices in front of each dimension; negative: cut"},
    {.name = "after",
     .initial = 0,
     .lowest = -INT32_MAX,
     .highest = INT32_MAX,
     .count = TQ_MAX_RANK,
     .integer = true,
     .help = "indices behind"},
    {.name = "mode", .initial = 0, .lowest = 0, .highest = 2, .choices = modes, .help = "what is put there"},
    {.name = "value", .initial = 0, .lowest = -INFINITY, .highest = INFINITY, .help = "of mode constant"},
    TQ_REORDER_ORDER,
};

static int64_t option(const tq_layer *layer, const char *name, int d)
{
    return (int64_t)tq_layer__option(layer, name, (size_t)d);
}

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape in = tq_reorder__sequence(layer, &layer->input[0]);
    const bool reflects = tq_layer__option(layer, "mode", 0) == TQ_PAD_REFLECT;
    tq_shape out = in;
    for (int d = 0; d < in.rank; ++d) {
        const int64_t before = option(layer, "before", d), after = option(layer, "after", d);
        out.dim[d] += before + after;
        if (out.dim[d] < 1 || (reflects && (before >= in.dim[d] || after >= in.dim[d])))
            return tq_status__fail(
                TQ_E_SHAPE,
                "dimension %d has %lld indices, with pads of %lld and %lld: the result needs "
                "one at least, and mode reflect pads below the dimension",
                d, (long long)in.dim[d], (long long)before, (long long)after);
    }
    *output = tq_reorder__stored(layer, &out);
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    tq_moved *state = layer->state;
    int64_t before[TQ_MAX_RANK];
    for (int d = 0; d < TQ_MAX_RANK; ++d)
        before[d] = option(layer, "before", d);
    TQ_TRY(tq_move__begin(layer));
    tq_move__pad(&state->move, before, (tq_pad_mode)tq_layer__option(layer, "mode", 0));
    return tq_move__finish(layer, (float)tq_layer__option(layer, "value", 0));
}

const tq_layer_kind tq_layer_pad = {
    .name = "pad",
    .summary = "a frame of a constant, of reflections or of the edge",
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
