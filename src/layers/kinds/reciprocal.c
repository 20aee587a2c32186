/* reciprocal: 1 / x. */
#include "layers/unary.h"

static const tq_unary family = {.function = {"tq_reciprocal", tq_reciprocal},
                                .derivative = {"tq_reciprocal_gradient", tq_reciprocal_gradient}};

const tq_layer_kind tq_layer_reciprocal = {
    .name = "reciprocal",
    .summary = "1 / x",
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
