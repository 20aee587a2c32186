/* pow: RESULT(a to the power of b). */
#include "layers/pairwise.h"

static const tq_pairwise family = {"tq_power_of", tq_power_of, TQ_FORM_NONE};

const tq_layer_kind tq_layer_pow = {
    .name = "pow",
    .summary = "a tensor to the power of another",
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
