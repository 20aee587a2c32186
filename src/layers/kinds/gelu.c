/* gelu: x times the normal distribution's share below x. */
#include "layers/unary.h"

static const char *const approximations[] = {"none", "tanh", NULL};

static const tq_parameter options[] = {
    {.name = "approximate",
     .initial = 0,
     .lowest = 0,
     .highest = 1,
     .choices = approximations,
     .help = "tanh: the share by tanh(root of (2 / pi) * (x + 0.044715 * x^3))"},
};

static const tq_unary family = {.function = {"tq_gelu", tq_gelu},
                                .other = {"tq_gelu_tanh", tq_gelu_tanh},
                                .derivative = {"tq_gelu_gradient", tq_gelu_gradient},
                                .other_derivative = {"tq_gelu_tanh_gradient", tq_gelu_tanh_gradient},
                                .growth = 1};

const tq_layer_kind tq_layer_gelu = {
    .name = "gelu",
    .summary = "x times the normal distribution's share below x",
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
