/* min: RESULT(the smaller of a and b). */
#include "layers/binary.h"

static const tq_binary family = {"tq_smaller_of", tq_smaller_of, TQ_FORM_SMALLER};

const tq_layer_kind tq_layer_min = {
    .name = "min",
    .summary = "the smaller of two numbers",
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
