/* leakyrelu: y = RESULT(x), of negative numbers RESULT(PRODUCT(alpha * x)). */
#include "layers/derivative.h"
#include "layers/slope.h"

static const tq_parameter options[] = {
    {.name = "alpha",
     .initial = 0.01,
     .lowest = -1e30,
     .highest = 1e30,
     .help = "factor of negative numbers"},
};

typedef struct tq_leakyrelu {
    tq_slope slope; /* first: the family's functions see it alone */
    float alpha;
} tq_leakyrelu;

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    *output = layer->input[0];
    return TQ_OK;
}

static tq_status plan(tq_layer *layer)
{
    tq_leakyrelu *state = layer->state;
    state->alpha = (float)tq_layer__option(layer, "alpha", 0);
    state->slope.values = &state->alpha;
    state->slope.channels = 1;
    return tq_slope__plan(layer);
}

static const tq_derivative derivative = {"tq_leakyrelu_gradient", tq_leakyrelu_gradient};

const tq_layer_kind tq_layer_leakyrelu = {
    .name = "leakyrelu",
    .summary = "x above 0, else alpha * x",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .inner = true,
    .state_size = sizeof(tq_leakyrelu),
    .shape = shape,
    .plan = plan,
    .forward = tq_slope__forward,
    .reference = tq_slope__reference,
    .derivative = &derivative,
    .backward = tq_derivative__backward,
    .backward_reference = tq_derivative__backward_reference,
    .release = tq_slope__release,
};
