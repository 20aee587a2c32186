/* Optimizers: parameters with their states, steps, what a checkpoint needs. */
#include "tensorquant/optimizer.h"

#include <stdlib.h>
#include <string.h>

#include "optimizers/update_kernel.h"
#include "util/fail.h"

typedef struct parameter {
    char *name;
    tq_update update;
    tq_update_kernel kernel;
    int64_t count;
    tq_tensor *state[TQ_OPTIMIZER_STATES]; /* those that the rule has not are NULL */
} parameter;

struct tq_optimizer {
    tq_context *context;
    tq_optimizer_rule rule;
    uint64_t seed;
    uint32_t steps;
    parameter *parameters;
    size_t count;
};

tq_status tq_optimizer_create(tq_optimizer **optimizer, tq_context *context, const tq_optimizer_rule *rule,
                              uint64_t seed)
{
    if (optimizer != NULL)
        *optimizer = NULL;
    if (optimizer == NULL || context == NULL || rule == NULL || rule->kind == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_optimizer_create: an argument is NULL, or no rule");
    *optimizer = calloc(1, sizeof **optimizer);
    if (*optimizer == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for an optimizer");
    **optimizer = (tq_optimizer){.context = context, .rule = *rule, .seed = seed};
    return TQ_OK;
}

static void release(parameter *p)
{
    for (size_t i = 0; i < TQ_OPTIMIZER_STATES; ++i)
        tq_tensor_destroy(p->state[i]);
    free(p->name);
}

void tq_optimizer_destroy(tq_optimizer *optimizer)
{
    if (optimizer == NULL)
        return;
    for (size_t i = 0; i < optimizer->count; ++i)
        release(&optimizer->parameters[i]);
    free(optimizer->parameters);
    free(optimizer);
}

/* A state of the parameter with what it begins with. */
static tq_status make_state(tq_tensor **state, const tq_optimizer *o, const tq_shape *shape)
{
    const int64_t count = tq_shape_count(shape);
    const tq_optimizer_kind *kind = o->rule.kind;
    const float initial = kind->initial != NULL ? kind->initial(o->rule.value + TQ_RULE_OWN) : 0.0f;
    TQ_TRY(tq_tensor_create(state, o->context, shape));
    if (initial == 0.0f)
        return tq_memory__zero(tq_tensor__memory(*state), tq_tensor__offset(*state) * 4, (uint64_t)count * 4);
    float *values = malloc((size_t)count * sizeof *values);
    if (values == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no host memory for %lld numbers", (long long)count);
    for (int64_t i = 0; i < count; ++i)
        values[i] = initial;
    const tq_status status = tq_tensor_write(*state, values, count);
    free(values);
    return status;
}

static tq_status make(parameter *p, const tq_optimizer *o, const char *name, const tq_shape *shape)
{
    const unsigned states = tq_prepared__states(&o->rule);
    p->count = tq_shape_count(shape);
    p->name = strdup(name);
    if (p->name == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a parameter's name");
    for (unsigned i = 0; i < TQ_OPTIMIZER_STATES; ++i)
        if (states >> i & 1)
            TQ_TRY(make_state(&p->state[i], o, shape));
    return tq_update__kernel(&p->kernel, o->context, &o->rule, &p->update);
}

static tq_status check_addition(const tq_optimizer *o, const char *name, const tq_shape *shape)
{
    char text[160];
    if (o->steps > 0)
        return tq_status__fail(TQ_E_STATE, "parameter '%s': %u steps were taken; add parameters before", name,
                               o->steps);
    if (o->count >= TQ_OPTIMIZER_PARAMETERS)
        return tq_status__fail(TQ_E_ARGUMENT, "parameter '%s': there are %zu already, allowed 0 to %d", name,
                               o->count, TQ_OPTIMIZER_PARAMETERS);
    tq_shape_print(text, sizeof text, shape);
    if (tq_shape_count(shape) < 1 || tq_shape_count(shape) > TQ_OPTIMIZER_ELEMENTS)
        return tq_status__fail(TQ_E_SHAPE,
                               "parameter '%s': shape %s is not valid: rank 0 to %d, dimensions at least 1, "
                               "at most %lld elements",
                               name, text, TQ_MAX_RANK, (long long)TQ_OPTIMIZER_ELEMENTS);
    return TQ_OK;
}

tq_status tq_optimizer_add(tq_optimizer *optimizer, const char *name, const tq_shape *shape,
                           const tq_update *update)
{
    if (optimizer == NULL || name == NULL || shape == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_optimizer_add: an argument is NULL");
    TQ_TRY(check_addition(optimizer, name, shape));
    parameter added = {.name = NULL};
    if (update != NULL)
        added.update = *update;
    tq_status status = tq_prepared__check(&added.update);
    if (status != TQ_OK)
        return tq_status__prefix(status, "parameter '%s'", name);
    parameter *more = realloc(optimizer->parameters, (optimizer->count + 1) * sizeof *more);
    if (more == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a parameter");
    optimizer->parameters = more;
    status = make(&added, optimizer, name, shape);
    if (status != TQ_OK)
        release(&added);
    else
        more[optimizer->count++] = added;
    return status;
}

size_t tq_optimizer_parameter_count(const tq_optimizer *optimizer)
{
    return optimizer->count;
}

const char *tq_optimizer_parameter_name(const tq_optimizer *optimizer, size_t i)
{
    return i < optimizer->count ? optimizer->parameters[i].name : NULL;
}

static tq_status check_tensor(const tq_optimizer *o, size_t i, const tq_tensor *tensor, const char *what)
{
    const parameter *p = &o->parameters[i];
    if (tensor == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "parameter '%s': its %s is NULL", p->name, what);
    if (tq_tensor__context(tensor) != o->context)
        return tq_status__fail(TQ_E_ARGUMENT, "parameter '%s': its %s is of another context", p->name, what);
    if (tq_shape_count(tq_tensor_shape(tensor)) != p->count)
        return tq_status__fail(TQ_E_SHAPE, "parameter '%s' has %lld elements, its %s %lld", p->name,
                               (long long)p->count, what, (long long)tq_shape_count(tq_tensor_shape(tensor)));
    return TQ_OK;
}

static tq_status check_step(const tq_optimizer *o, tq_tensor *const *values,
                            const tq_tensor *const *gradients, size_t count)
{
    if (o == NULL || values == NULL || gradients == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_optimizer_step: an argument is NULL");
    if (count != o->count)
        return tq_status__fail(TQ_E_ARGUMENT, "%zu values and gradients for %zu parameters", count, o->count);
    if (o->steps >= TQ_OPTIMIZER_STEPS)
        return tq_status__fail(TQ_E_STATE, "%u steps were taken, allowed 0 to %d", o->steps,
                               TQ_OPTIMIZER_STEPS);
    for (size_t i = 0; i < count; ++i) {
        TQ_TRY(check_tensor(o, i, values[i], "value"));
        TQ_TRY(check_tensor(o, i, gradients[i], "gradient"));
    }
    return TQ_OK;
}

tq_status tq_optimizer_step(tq_optimizer *optimizer, tq_tensor *const *values,
                            const tq_tensor *const *gradients, size_t count)
{
    TQ_TRY(check_step(optimizer, values, gradients, count));
    for (size_t i = 0; i < count; ++i) {
        const parameter *p = &optimizer->parameters[i];
        TQ_TRY(tq_update__run(&p->kernel, &(tq_update_run){.rule = &optimizer->rule,
                                                           .update = &p->update,
                                                           .value = values[i],
                                                           .gradient = gradients[i],
                                                           .state = p->state,
                                                           .parameter = i,
                                                           .seed = optimizer->seed,
                                                           .steps = optimizer->steps}));
    }
    ++optimizer->steps;
    return TQ_OK;
}

uint32_t tq_optimizer_steps(const tq_optimizer *optimizer)
{
    return optimizer->steps;
}

tq_status tq_optimizer_set_steps(tq_optimizer *optimizer, uint32_t steps)
{
    if (steps > TQ_OPTIMIZER_STEPS)
        return tq_status__fail(TQ_E_ARGUMENT, "%u steps taken, allowed 0 to %d", steps, TQ_OPTIMIZER_STEPS);
    optimizer->steps = steps;
    return TQ_OK;
}

/* State `state` of those that there are. */
static tq_status find_state(tq_tensor **found, const tq_optimizer *o, size_t index, size_t state)
{
    const size_t states = tq_optimizer_state_count(&o->rule);
    if (index >= o->count || state >= states)
        return tq_status__fail(TQ_E_ARGUMENT,
                               "state %zu of parameter %zu; there are %zu states of %zu parameters", state,
                               index, states, o->count);
    for (size_t i = 0; i < TQ_OPTIMIZER_STATES; ++i) {
        *found = o->parameters[index].state[i];
        if (*found != NULL && state-- == 0)
            break;
    }
    return TQ_OK;
}

tq_status tq_optimizer_read_state(const tq_optimizer *optimizer, size_t index, size_t state, float *to,
                                  int64_t count)
{
    tq_tensor *tensor;
    TQ_TRY(find_state(&tensor, optimizer, index, state));
    return tq_tensor_read(tensor, to, count);
}

tq_status tq_optimizer_write_state(tq_optimizer *optimizer, size_t index, size_t state, const float *from,
                                   int64_t count)
{
    tq_tensor *tensor;
    TQ_TRY(find_state(&tensor, optimizer, index, state));
    return tq_tensor_write(tensor, from, count);
}
