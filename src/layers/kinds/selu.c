/* selu: gamma * x above 0, else gamma * alpha * (exp(x) - 1). */
#include "layers/unary.h"

static const tq_parameter options[] = {
    {.name = "alpha",
     .initial = 1.6732632423543772,
     .lowest = -1e30,
     .highest = 1e30,
     .help = "what negative numbers approach before gamma, negated"},
    {.name = "gamma", .initial = 1.0507009873554805, .lowest = 0, .highest = 1e30, .help = "factor of all"},
};

static const tq_unary family = {
    .function = {"tq_selu", tq_selu}, .derivative = {"tq_selu_gradient", tq_selu_gradient}, .growth = 1};

const tq_layer_kind tq_layer_selu = {
    .name = "selu",
    .summary = "gamma * x above 0, else gamma * alpha * (exp(x) - 1)",
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
