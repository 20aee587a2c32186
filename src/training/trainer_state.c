/* A trainer's tensors for checkpoints, what it stores, and why it stops. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "training/trainer_parts.h"

/* The first number of a layer's output that is not finite, or -1. */
static tq_status find_number(const tq_value *value, int64_t *found)
{
    const int64_t count = tq_shape_count(&value->shape);
    float *numbers = malloc((size_t)count * sizeof *numbers);
    *found = -1;
    if (numbers == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld numbers", (long long)count);
    const tq_status status = tq_tensor_read(value->tensor, numbers, count);
    for (int64_t i = 0; status == TQ_OK && i < count && *found < 0; ++i)
        *found = isfinite(numbers[i]) ? -1 : i;
    free(numbers);
    return status;
}

tq_status tq_trainer__diverged(const tq_trainer *t, double loss)
{
    for (size_t i = 0; i <= t->logits; ++i) {
        const tq_value *value = &t->network->value[i];
        int64_t found;
        if (!t->value[i].used || value->source != TQ_SOURCE_LAYER)
            continue;
        TQ_TRY(find_number(value, &found));
        if (found >= 0)
            return tq_status__fail(TQ_E_STATE,
                                   "step %u: the loss is %g; the first number that is not finite is %lld of "
                                   "the output of layer '%s'",
                                   tq_optimizer_steps(t->optimizer), loss, (long long)found, value->name);
    }
    return tq_status__fail(TQ_E_STATE, "step %u: the loss is %g; all layers' outputs are finite",
                           tq_optimizer_steps(t->optimizer), loss);
}

float tq_trainer_rate(const tq_trainer *t)
{
    return tq_optimizer_rate(&t->training.rule, tq_optimizer_steps(t->optimizer));
}

uint32_t tq_trainer_steps(const tq_trainer *t)
{
    return tq_optimizer_steps(t->optimizer);
}

tq_status tq_trainer_set_steps(tq_trainer *t, uint32_t steps)
{
    return tq_optimizer_set_steps(t->optimizer, steps);
}

/* A plan that others have made since the last step has what it quantized and packed of the masters before. */
static void drop_other_plan(tq_trainer *t)
{
    if (t->network->training)
        return;
    tq_network__unplan(t->network);
    for (size_t i = 0; i < t->learned_count; ++i)
        tq_layer__set_training(t->learned[i].layer, false, false);
}

tq_status tq_trainer_store(tq_trainer *t)
{
    drop_other_plan(t);
    for (size_t i = 0; i < t->learned_count; ++i) {
        const tq_learned *l = &t->learned[i];
        TQ_TRY(tq_tensor_read(l->master, l->layer->weight[l->weight].master,
                              tq_shape_count(tq_tensor_shape(l->master))));
    }
    return TQ_OK;
}

static size_t state_count(const tq_trainer *t)
{
    return tq_optimizer_state_count(&t->training.rule);
}

size_t tq_trainer_tensor_count(const tq_trainer *t)
{
    return t->learned_count + t->weights * state_count(t);
}

const char *tq_trainer_tensor_name(const tq_trainer *t, size_t i)
{
    if (i >= tq_trainer_tensor_count(t))
        return NULL;
    return i < t->learned_count ? t->learned[i].name : t->state_names[i - t->learned_count];
}

const tq_shape *tq_trainer_tensor_shape(const tq_trainer *t, size_t i)
{
    if (i >= tq_trainer_tensor_count(t))
        return NULL;
    return tq_tensor_shape(
        t->learned[i < t->learned_count ? i : (i - t->learned_count) / state_count(t)].master);
}

static tq_status check(const tq_trainer *t, size_t i, size_t most)
{
    return t != NULL && i < most ? TQ_OK
                                 : tq_status__fail(TQ_E_ARGUMENT, "tensor %zu of a trainer, allowed 0 to %zu",
                                                   i, most == 0 ? 0 : most - 1);
}

tq_status tq_trainer_read(tq_trainer *t, size_t i, float *to, int64_t count)
{
    TQ_TRY(check(t, i, t == NULL ? 0 : tq_trainer_tensor_count(t)));
    if (i < t->learned_count)
        return tq_tensor_read(t->learned[i].master, to, count);
    i -= t->learned_count;
    return tq_optimizer_read_state(t->optimizer, i / state_count(t), i % state_count(t), to, count);
}

tq_status tq_trainer_write(tq_trainer *t, size_t i, const float *from, int64_t count)
{
    TQ_TRY(check(t, i, t == NULL ? 0 : tq_trainer_tensor_count(t)));
    if (i < t->learned_count)
        return tq_tensor_write(t->learned[i].master, from, count);
    i -= t->learned_count;
    return tq_optimizer_write_state(t->optimizer, i / state_count(t), i % state_count(t), from, count);
}

tq_status tq_trainer_read_gradient(tq_trainer *t, size_t i, float *to, int64_t count)
{
    TQ_TRY(check(t, i, t == NULL ? 0 : t->weights));
    return tq_tensor_read(t->learned[i].gradient, to, count);
}
