/* pow: RESULT(a to the power of b). */
#include "layers/binary.h"

static const tq_binary family = {"tq_power_of", tq_power_of, TQ_FORM_NONE};

const tq_layer_kind tq_layer_pow = {
    .name = "pow",
    .summary = "a tensor to the power of another",
    .inputs_least = 2,
    .inputs_most = 2,
    .inner = true,
    .state_size = sizeof(tq_binary_state),
    .family = &family,
    .shape = tq_binary__shape,
    .plan = tq_binary__plan,
    .forward = tq_binary__forward,
    .reference = tq_binary__reference,
    .release = tq_binary__release,
};
