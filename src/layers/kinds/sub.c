/* sub: RESULT(a - b). */
#include "layers/binary.h"

static const tq_binary family = {"tq_difference_of", tq_difference_of, TQ_FORM_DIFFERENCE};

const tq_layer_kind tq_layer_sub = {
    .name = "sub",
    .summary = "the difference of two tensors",
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
