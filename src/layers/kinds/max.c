/* max: RESULT(the larger of a and b). */
#include "layers/binary.h"

static const tq_binary family = {"tq_larger_of", tq_larger_of, TQ_FORM_LARGER};

const tq_layer_kind tq_layer_max = {
    .name = "max",
    .summary = "the larger of two numbers",
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
