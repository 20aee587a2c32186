/* celu: x above 0, else alpha * (exp(x / alpha) - 1). */
#include "layers/unary.h"

static const tq_parameter options[] = {
    {.name = "alpha",
     .initial = 1,
     .lowest = 1e-30,
     .highest = 1e30,
     .help = "what negative numbers approach, negated"},
};

static const tq_unary family = {
    .function = {"tq_celu", tq_celu}, .derivative = {"tq_celu_gradient", tq_celu_gradient}, .growth = 1};

const tq_layer_kind tq_layer_celu = {
    .name = "celu",
    .summary = "x above 0, else alpha * (exp(x / alpha) - 1)",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .state_size = sizeof(tq_unary_state),
    .family = &family,
    .shape = tq_unary__shape,
    .plan = tq_unary__plan,
    .forward = tq_unary__forward,
    .reference = tq_unary__reference,
    .backward = tq_unary__backward,
    .backward_reference = tq_unary__backward_reference,
    .release = tq_unary__release,
};
