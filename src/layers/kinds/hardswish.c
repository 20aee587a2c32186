/* hardswish: with h = SUM(PRODUCT(alpha * x) + beta) within 0 .. 1, RESULT(x * h). */
#include "layers/derivative.h"
#include "layers/hard.h"

static const tq_parameter options[] = {
    {.name = "alpha",
     .initial = 0.16666666666666666,
     .lowest = -1e30,
     .highest = 1e30,
     .help = "factor of x"},
    {.name = "beta", .initial = 0.5, .lowest = -1e30, .highest = 1e30, .help = "the share of 0"},
};

static const tq_hard_family family = {.multiplies = true};

static const tq_derivative derivative = {"tq_hardswish_gradient", tq_hardswish_gradient};

const tq_layer_kind tq_layer_hardswish = {
    .name = "hardswish",
    .summary = "x times (x / 6 + 1 / 2 within 0 .. 1)",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .inner = true,
    .state_size = sizeof(tq_hard),
    .family = &family,
    .shape = tq_hard__shape,
    .plan = tq_hard__plan,
    .forward = tq_hard__forward,
    .reference = tq_hard__reference,
    .derivative = &derivative,
    .backward = tq_derivative__backward,
    .backward_reference = tq_derivative__backward_reference,
    .release = tq_hard__release,
};
