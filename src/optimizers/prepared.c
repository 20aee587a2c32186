#include "optimizers/prepared.h"

#include "optimizers/host_steps.h"
#include "optimizers/schedule.h"
#include "util/fail.h"

static tq_status check_slot(const tq_quantizer *q, const char *slot)
{
    char text[256];
    if (!tq_quantizer__per_channel(q) && (!tq_quantizer__needs_fit(q) || q->kind->fit_range == NULL))
        return TQ_OK;
    tq_quantizer_print(text, sizeof text, q);
    return tq_status__fail(TQ_E_UNSUPPORTED,
                           "quantizer '%s' as %s of an update: numbers come singly there, and it takes its "
                           "scale from a whole tensor; give the scale",
                           text, slot);
}

tq_status tq_prepared__check(const tq_update *update)
{
    char text[256];
    TQ_TRY(check_slot(&update->gradient, "gradient"));
    TQ_TRY(check_slot(&update->state, "state"));
    TQ_TRY(check_slot(&update->product, "product"));
    TQ_TRY(check_slot(&update->value, "value"));
    TQ_TRY(check_slot(&update->clip, "clip"));
    if (tq_quantizer__format(&update->clip).family != TQ_FAMILY_OTHER)
        return TQ_OK;
    tq_quantizer_print(text, sizeof text, &update->clip);
    return tq_status__fail(TQ_E_UNSUPPORTED,
                           "quantizer '%s' as clip of an update: its kind does not say which numbers it has",
                           text);
}

tq_i32 tq_prepared__flags(const tq_optimizer_rule *rule, const tq_update *update)
{
    tq_i32 flags = 0;
    unsigned states = 0;
    rule->kind->structure(rule->value + TQ_RULE_OWN, &flags, &states);
    flags |= rule->value[TQ_RULE_DECAY] != 0.0 ? TQ_UPDATE_DECAYS : 0;
    return flags | (tq_quantizer_is_none(&update->clip) ? 0 : TQ_UPDATE_CLIPS);
}

unsigned tq_prepared__states(const tq_optimizer_rule *rule)
{
    tq_i32 flags = 0;
    unsigned states = 0;
    rule->kind->structure(rule->value + TQ_RULE_OWN, &flags, &states);
    return states;
}

/* An integer that orders like the number; of zero, the lower one where `low`. */
static tq_i32 rank_of(double x, bool low)
{
    const tq_u32 bits = tq_carrier__bits(x == 0.0 ? (low ? -0.0 : 0.0) : x);
    return (tq_i32)(bits & TQ_SIGN_BIT ? ~bits : bits | TQ_SIGN_BIT);
}

tq_words tq_prepared__common(const tq_optimizer_rule *rule, const tq_update *update)
{
    const tq_format clip = tq_quantizer__format(&update->clip);
    return (tq_words){.s0 = (tq_i32)tq_carrier__bits(1.0 / rule->value[TQ_RULE_LOSS_SCALE]),
                      .s1 = (tq_i32)tq_carrier__bits(rule->value[TQ_RULE_DECAY]),
                      .s2 = rank_of(clip.lowest, true),
                      .s3 = rank_of(clip.highest, false)};
}

tq_words tq_prepared__words(const tq_optimizer_rule *rule, uint32_t steps)
{
    tq_words words = {0};
    rule->kind->words(rule->value + TQ_RULE_OWN, tq_schedule__rate(rule->value, steps), steps + 1, &words);
    return words;
}

tq_u32 tq_prepared__stream(size_t parameter)
{
    return TQ_STREAM_UPDATE + TQ_UPDATE_STREAMS * (tq_u32)parameter;
}
