/* reduceprod: the product over some dimensions. */
#include "layers/reduce.h"

static const tq_reduction reduction = TQ_REDUCE_PRODUCT;

const tq_layer_kind tq_layer_reduceprod = {
    .name = "reduceprod",
    .summary = "the product over some dimensions",
    .options = tq_reduce_options,
    .option_count = TQ_COUNT(tq_reduce_options),
    .inputs_least = 1,
    .inputs_most = 1,
    .inner = true,
    .state_size = sizeof(tq_reduce_state),
    .family = &reduction,
    .shape = tq_reduce__shape,
    .plan = tq_reduce__plan,
    .forward = tq_reduce__forward,
    .reference = tq_reduce__reference,
    .release = tq_reduce__release,
};
