/* div: RESULT(a / b). */
#include "layers/pairwise.h"

static const tq_pairwise family = {"tq_quotient_of", tq_quotient_of, TQ_FORM_NONE};

const tq_layer_kind tq_layer_div = {
    .name = "div",
    .summary = "the quotient of two tensors",
    .inputs_least = 2,
    .inputs_most = 2,
    .inner = true,
    .state_size = sizeof(tq_pairwise_state),
    .family = &family,
    .shape = tq_pairwise__shape,
    .plan = tq_pairwise__plan,
    .forward = tq_pairwise__forward,
    .reference = tq_pairwise__reference,
    .release = tq_pairwise__release,
};
