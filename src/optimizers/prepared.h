/* A rule and an update worked out for steps: what device and host share. */
#ifndef TQ_OPTIMIZERS_PREPARED_H
#define TQ_OPTIMIZERS_PREPARED_H

#include "optimizers/optimizer_kind.h"

#define TQ_UPDATE_STREAMS 8 /* of a parameter, kernels/optimizers/steps.cl */

/* TQ_E_UNSUPPORTED: quantizers that cannot stand in these slots. */
tq_status tq_prepared__check(const tq_update *update);

/* Flags of the rule's text, the common ones included; a bit for each state that there is. */
tq_i32 tq_prepared__flags(const tq_optimizer_rule *rule, const tq_update *update);
unsigned tq_prepared__states(const tq_optimizer_rule *rule);

/* The words of gradient.cl, and those of the rule's text for a step. `steps`: taken before. */
tq_words tq_prepared__common(const tq_optimizer_rule *rule, const tq_update *update);
tq_words tq_prepared__words(const tq_optimizer_rule *rule, uint32_t steps);

tq_u32 tq_prepared__stream(size_t parameter);

#endif
