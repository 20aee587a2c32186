#include "optimizers/update_kernel.h"

#include <stdio.h>

#include "layers/lanes.h"
#include "optimizers/host_steps.h"
#include "util/fail.h"

/* Slots by the names that kernels/optimizers/ gives them; `paired`: their vector form may be a pair of
 * numbers. */
typedef struct slot {
    const char *name;
    const tq_quantizer *q;
    bool paired;
} slot;

/* Whether all slots have a vector form that is proven. A fused product leaves no pair. */
static bool has_vectors(const tq_context *context, const slot *slots, size_t count)
{
    if (!tq_lanes__allowed(context, true))
        return false;
    for (size_t i = 0; i < count; ++i) {
        const tq_lane_form form = tq_lane_form__of(slots[i].q, false);
        if (form == TQ_LANES_EXACT || (form == TQ_LANES_PAIR && !slots[i].paired) ||
            !tq_quantizer__has_vector(slots[i].q))
            return false;
    }
    return true;
}

/* Whether numbers can be other than what the device's arithmetic makes of them: lane_steps.cl. */
static bool has_wild(const tq_context *context, const slot *slots, size_t count)
{
    for (size_t i = 0; i < count; ++i)
        if (tq_lane_form__of(slots[i].q, false) != TQ_LANES_NEAREST)
            return true;
    return !tq_context__target(context)->subnormals;
}

/* The rule's text a second time, for vectors. */
static void add_vectors(tq_program_text *text, const char *rule)
{
    const tq_source *gradient = tq_source__find("optimizers/gradient.cl"), *own = tq_source__find(rule);
    const tq_source again[] = {{"optimizers/gradient.cl for vectors", gradient->text, gradient->length},
                               {"optimizers/rule for vectors", own->text, own->length}};
    tq_program_text__add(text, "layers/lanes.cl");
    tq_program_text__add(text, "optimizers/lane_steps.cl");
    tq_program_text__add_source(text, &again[0]);
    tq_program_text__add_source(text, &again[1]);
}

tq_status tq_update__kernel(tq_update_kernel *kernel, tq_context *context, const tq_optimizer_rule *rule,
                            const tq_update *update)
{
    const tq_i32 flags = tq_prepared__flags(rule, update);
    const slot slots[] = {{"TQ_GRADIENT", &update->gradient, !(flags & TQ_UPDATE_DECAYS)},
                          {"TQ_STATE", &update->state, tq_prepared__states(rule) == 0},
                          {"TQ_LEARNED", &update->product, true},
                          {"TQ_RENEWED", &update->value, true}};
    const bool fast = has_vectors(context, slots, TQ_COUNT(slots));
    tq_program_text text = {0};
    char name[96];
    kernel->width = tq_lanes__widest(context);
    tq_program_text__define(&text, "TQ_LANES", "%u", fast ? kernel->width : 1);
    tq_program_text__define(&text, "TQ_WIDTH", "%u", kernel->width);
    tq_program_text__define(&text, "TQ_FAST", "%d", fast);
    tq_program_text__define(&text, "TQ_WILD", "%d", has_wild(context, slots, TQ_COUNT(slots)));
    tq_program_text__define(&text, "TQ_FLAGS", "%d", (int)flags);
    tq_program_text__define(&text, "TQ_STATES", "%u", tq_prepared__states(rule));
    for (size_t i = 0; i < TQ_COUNT(slots); ++i)
        tq_lanes__define_slot(&text, slots[i].name, slots[i].q, tq_lane_form__of(slots[i].q, false));
    snprintf(name, sizeof name, "optimizers/%s.cl", rule->kind->name);
    tq_program_text__add(&text, "math.cl");
    tq_program_text__add(&text, "optimizers/steps.cl");
    tq_program_text__add(&text, "optimizers/gradient.cl");
    tq_program_text__add(&text, name);
    if (fast)
        add_vectors(&text, name);
    tq_program_text__add(&text, "optimizers/update.cl");
    const tq_status status = tq_context__kernel(&kernel->kernel, context, &text, "update");
    tq_program_text__free(&text);
    return status;
}

tq_status tq_update__run(const tq_update_kernel *kernel, const tq_update_run *run)
{
    const tq_words common = tq_prepared__common(run->rule, run->update),
                   rule = tq_prepared__words(run->rule, run->steps),
                   gradient = tq_quantizer__words(&run->update->gradient),
                   state = tq_quantizer__words(&run->update->state),
                   product = tq_quantizer__words(&run->update->product),
                   value = tq_quantizer__words(&run->update->value);
    const tq_u32 key0 = (tq_u32)run->seed, key1 = (tq_u32)(run->seed >> 32),
                 stream = tq_prepared__stream(run->parameter);
    const tq_tensor *states[TQ_OPTIMIZER_STATES];
    for (size_t i = 0; i < TQ_OPTIMIZER_STATES; ++i)
        states[i] = run->state[i] != NULL ? run->state[i] : run->value;
    const tq_argument arguments[] = {TQ_TENSOR(run->value), TQ_TENSOR(run->gradient), TQ_TENSOR(states[0]),
                                     TQ_TENSOR(states[1]),  TQ_TENSOR(states[2]),     TQ_VALUE(common),
                                     TQ_VALUE(rule),        TQ_VALUE(gradient),       TQ_VALUE(state),
                                     TQ_VALUE(product),     TQ_VALUE(value),          TQ_VALUE(key0),
                                     TQ_VALUE(key1),        TQ_VALUE(stream),         TQ_VALUE(run->steps)};
    return tq_lanes__launch(tq_tensor__context(run->value), kernel->kernel, kernel->width,
                            tq_shape_count(tq_tensor_shape(run->value)), arguments, TQ_COUNT(arguments));
}
