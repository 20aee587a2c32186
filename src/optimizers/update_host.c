/* The reference of a step, in plain C. */
#include "layers/elementwise.h"
#include "optimizers/host_steps.h"
#include "optimizers/prepared.h"
#include "util/fail.h"

static tq_status check(const tq_optimizer_rule *rule, const tq_optimizer_task *task)
{
    if (rule == NULL || task == NULL || task->value == NULL || task->gradient == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_optimizer_reference: an argument is NULL");
    for (size_t i = 0; i < tq_optimizer_state_count(rule); ++i)
        if (task->state[i] == NULL)
            return tq_status__fail(TQ_E_ARGUMENT, "tq_optimizer_reference: state %zu, '%s', is NULL", i,
                                   tq_optimizer_state_name(rule, i));
    if (task->count < 1 || task->count > TQ_OPTIMIZER_ELEMENTS)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_optimizer_reference: %lld elements, allowed 1 to %lld",
                               (long long)task->count, (long long)TQ_OPTIMIZER_ELEMENTS);
    if (task->steps >= TQ_OPTIMIZER_STEPS || task->parameter >= TQ_OPTIMIZER_PARAMETERS)
        return tq_status__fail(
            TQ_E_ARGUMENT, "tq_optimizer_reference: parameter %u after %u steps, allowed 0 to %d and 0 to %d",
            task->parameter, task->steps, TQ_OPTIMIZER_PARAMETERS - 1, TQ_OPTIMIZER_STEPS - 1);
    return tq_prepared__check(&task->update);
}

tq_status tq_optimizer_reference(const tq_optimizer_rule *rule, const tq_optimizer_task *task)
{
    TQ_TRY(check(rule, task));
    const tq_i32 flags = tq_prepared__flags(rule, &task->update);
    const unsigned states = tq_prepared__states(rule);
    const tq_words common = tq_prepared__common(rule, &task->update),
                   words = tq_prepared__words(rule, task->steps);
    tq_update_at at = {.gradient = tq_quantizer__bake(&task->update.gradient),
                       .state = tq_quantizer__bake(&task->update.state),
                       .product = tq_quantizer__bake(&task->update.product),
                       .value = tq_quantizer__bake(&task->update.value),
                       .key0 = (tq_u32)task->seed,
                       .key1 = (tq_u32)(task->seed >> 32),
                       .stream = tq_prepared__stream(task->parameter),
                       .before = task->steps};
    float *all[TQ_OPTIMIZER_STATES]; /* NULL: the rule has it not */
    for (size_t s = 0, given = 0; s < TQ_OPTIMIZER_STATES; ++s)
        all[s] = states >> s & 1 ? task->state[given++] : NULL;
    for (int64_t i = 0; i < task->count; ++i) {
        const tq_u32 w = tq_bits__of(task->value[i]);
        tq_u32 state[TQ_OPTIMIZER_STATES] = {0};
        at.element = (tq_u64)i;
        for (size_t s = 0; s < TQ_OPTIMIZER_STATES; ++s)
            if (all[s] != NULL)
                state[s] = tq_bits__of(all[s][i]);
        const tq_u32 g = tq_exact_prepared(&at, w, tq_bits__of(task->gradient[i]), common, flags);
        task->value[i] = tq_bits__number(rule->kind->update(&at, w, g, state, words, flags));
        for (size_t s = 0; s < TQ_OPTIMIZER_STATES; ++s)
            if (all[s] != NULL)
                all[s][i] = tq_bits__number(state[s]);
    }
    return TQ_OK;
}
