/* min: RESULT(the smaller of a and b). */
#include "layers/pairwise.h"

static const tq_pairwise family = {"tq_smaller_of", tq_smaller_of, TQ_FORM_SMALLER};

const tq_layer_kind tq_layer_min = {
    .name = "min",
    .summary = "the smaller of two numbers",
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
