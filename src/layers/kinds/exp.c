/* exp: e to the power of x. */
#include "layers/unary.h"

static const tq_unary family = {.function = {"tq_exponential", tq_exponential},
                                .derivative = {"tq_exponential_gradient", tq_exponential_gradient}};

const tq_layer_kind tq_layer_exp = {
    .name = "exp",
    .summary = "e to the power of x",
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
