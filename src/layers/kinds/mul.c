/* mul: RESULT(a * b). */
#include "layers/pairwise.h"

static const tq_pairwise family = {"tq_product_of", tq_product_of, TQ_FORM_PRODUCT};

const tq_layer_kind tq_layer_mul = {
    .name = "mul",
    .summary = "the product of two tensors, number by number",
    .inputs_least = 2,
    .inputs_most = 2,
    .keeps_finite = true,
    .inner = true,
    .state_size = sizeof(tq_pairwise_state),
    .family = &family,
    .shape = tq_pairwise__shape,
    .plan = tq_pairwise__plan,
    .forward = tq_pairwise__forward,
    .reference = tq_pairwise__reference,
    .plan_backward = tq_pairwise__plan_backward,
    .backward = tq_pairwise__backward,
    .backward_reference = tq_pairwise__backward_reference,
    .release = tq_pairwise__release,
};
