/* Rules as values: reading, printing, comparing. */
#include <stdio.h>
#include <string.h>

#include "optimizers/prepared.h"
#include "optimizers/schedule.h"
#include "util/arguments.h"
#include "util/fail.h"
#include "util/text.h"

static const char *const schedules[] = {
    [TQ_SCHEDULE_CONSTANT] = "constant", [TQ_SCHEDULE_STEP] = "step", [TQ_SCHEDULE_COSINE] = "cosine", NULL};

const tq_parameter tq_rule__common[TQ_RULE_OWN] = {
    [TQ_RULE_RATE] = {.name = "rate",
                      .initial = -1,
                      .lowest = 0,
                      .highest = 1e6,
                      .required = true,
                      .key_only = true,
                      .help = "learning rate"},
    [TQ_RULE_DECAY] = {.name = "weight_decay",
                       .lowest = 0,
                       .highest = 1e6,
                       .key_only = true,
                       .help = "times the value is added to the gradient"},
    [TQ_RULE_LOSS_SCALE] = {.name = "loss_scale",
                            .initial = 1,
                            .lowest = 1e-30,
                            .highest = 1e30,
                            .key_only = true,
                            .help = "what the loss was multiplied by: gradients are divided by it"},
    [TQ_RULE_SCHEDULE] = {.name = "schedule",
                          .choices = schedules,
                          .key_only = true,
                          .help = "how the rate changes from step to step"},
    [TQ_RULE_EVERY] = {.name = "every",
                       .lowest = 1,
                       .highest = TQ_OPTIMIZER_STEPS,
                       .integer = true,
                       .key_only = true,
                       .help = "schedule=step: after so many steps the rate is multiplied by factor"},
    [TQ_RULE_FACTOR] = {.name = "factor",
                        .initial = 0.1,
                        .lowest = 0,
                        .highest = 1,
                        .key_only = true,
                        .help = "schedule=step: see every"},
    [TQ_RULE_PERIOD] = {.name = "period",
                        .lowest = 1,
                        .highest = TQ_OPTIMIZER_STEPS,
                        .integer = true,
                        .key_only = true,
                        .help = "schedule=cosine: steps until the rate is lowest"},
    [TQ_RULE_LOWEST] = {.name = "lowest",
                        .lowest = 0,
                        .highest = 1e6,
                        .key_only = true,
                        .help = "schedule=cosine: the rate at the end"}};

size_t tq_optimizer_kind_count(void)
{
    size_t count = 0;
    while (tq_optimizer_kinds[count] != NULL)
        ++count;
    return count;
}

static const tq_optimizer_kind *kind_at(size_t i)
{
    return i < tq_optimizer_kind_count() ? tq_optimizer_kinds[i] : NULL;
}

const char *tq_optimizer_kind_name(size_t i)
{
    return kind_at(i) != NULL ? kind_at(i)->name : NULL;
}

const char *tq_optimizer_kind_summary(size_t i)
{
    return kind_at(i) != NULL ? kind_at(i)->summary : NULL;
}

const char *const *tq_optimizer_kind_examples(size_t i)
{
    return kind_at(i) != NULL ? kind_at(i)->examples : NULL;
}

static tq_status find(const tq_optimizer_kind **kind, const char *name, size_t length)
{
    tq_text names = {0};
    for (size_t i = 0; tq_optimizer_kinds[i] != NULL; ++i) {
        *kind = tq_optimizer_kinds[i];
        if (strlen((*kind)->name) == length && memcmp((*kind)->name, name, length) == 0) {
            tq_text__free(&names);
            return TQ_OK;
        }
        tq_text__print(&names, "%s%s", i > 0 ? ", " : "", (*kind)->name);
    }
    const tq_status status =
        tq_status__fail(TQ_E_NAME, "optimizer '%.*s' at position 1 is no kind; kinds: %s",
                        (int)(length < 64 ? length : 64), name, tq_text__get(&names));
    tq_text__free(&names);
    return status;
}

/* Common parameters, then the kind's. Returns how many. */
static size_t table_of(tq_parameter *table, const tq_optimizer_kind *kind)
{
    memcpy(table, tq_rule__common, sizeof tq_rule__common);
    memcpy(table + TQ_RULE_OWN, kind->parameters, kind->parameter_count * sizeof *table);
    return TQ_RULE_OWN + kind->parameter_count;
}

/* A key that needs another choice of the schedule, or is missing for the one that there is. */
static tq_status check_key(const tq_optimizer_rule *rule, int key, int schedule, bool needed)
{
    const tq_parameter *p = &tq_rule__common[key];
    const bool chosen = (int)rule->value[TQ_RULE_SCHEDULE] == schedule,
               given = rule->value[key] != p->initial;
    if (given && !chosen)
        return tq_status__fail(TQ_E_ARGUMENT, "optimizer '%s': '%s' needs schedule=%s", rule->kind->name,
                               p->name, schedules[schedule]);
    if (needed && chosen && !given)
        return tq_status__fail(TQ_E_SYNTAX,
                               "optimizer '%s': schedule=%s needs '%s', a whole number from %.9g to %.9g",
                               rule->kind->name, schedules[schedule], p->name, p->lowest, p->highest);
    return TQ_OK;
}

static tq_status check(const tq_optimizer_rule *rule)
{
    TQ_TRY(check_key(rule, TQ_RULE_EVERY, TQ_SCHEDULE_STEP, true));
    TQ_TRY(check_key(rule, TQ_RULE_FACTOR, TQ_SCHEDULE_STEP, false));
    TQ_TRY(check_key(rule, TQ_RULE_PERIOD, TQ_SCHEDULE_COSINE, true));
    TQ_TRY(check_key(rule, TQ_RULE_LOWEST, TQ_SCHEDULE_COSINE, false));
    if (rule->value[TQ_RULE_LOWEST] > rule->value[TQ_RULE_RATE])
        return tq_status__fail(TQ_E_ARGUMENT, "optimizer '%s': lowest is %g, allowed 0 to the rate, %g",
                               rule->kind->name, rule->value[TQ_RULE_LOWEST], rule->value[TQ_RULE_RATE]);
    const char *fault = rule->kind->fault != NULL ? rule->kind->fault(rule->value + TQ_RULE_OWN) : NULL;
    if (fault != NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "optimizer '%s': %s", rule->kind->name, fault);
    return TQ_OK;
}

tq_status tq_optimizer_parse(tq_optimizer_rule *rule, const char *text)
{
    tq_parameter table[TQ_OPTIMIZER_VALUES];
    tq_optimizer_rule read = {0};
    char subject[96];
    if (rule == NULL || text == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_optimizer_parse: %s is NULL", rule ? "text" : "rule");
    const size_t length = strcspn(text, ",");
    TQ_TRY(find(&read.kind, text, length));
    snprintf(subject, sizeof subject, "optimizer '%s'", read.kind->name);
    if (text[length] == ',' && text[length + 1] == '\0')
        return tq_status__fail(TQ_E_SYNTAX, "%s: nothing follows the comma at position %d", subject,
                               (int)length + 1);
    TQ_TRY(tq_arguments__parse(read.value, table, table_of(table, read.kind), subject, text,
                               text + length + (text[length] == ','), false));
    TQ_TRY(check(&read));
    *rule = read;
    return TQ_OK;
}

size_t tq_optimizer_print(char *to, size_t size, const tq_optimizer_rule *rule)
{
    tq_parameter table[TQ_OPTIMIZER_VALUES];
    const size_t length = strlen(rule->kind->name), count = table_of(table, rule->kind);
    if (size > 0)
        snprintf(to, size, "%s", rule->kind->name);
    return length + tq_arguments__print(length < size ? to + length : NULL, length < size ? size - length : 0,
                                        rule->value, table, count);
}

bool tq_optimizer_equal(const tq_optimizer_rule *a, const tq_optimizer_rule *b)
{
    for (size_t i = 0; i < TQ_OPTIMIZER_VALUES; ++i)
        if (a->value[i] != b->value[i])
            return false;
    return a->kind == b->kind;
}

float tq_optimizer_rate(const tq_optimizer_rule *rule, uint32_t steps)
{
    return tq_schedule__rate(rule->value, steps);
}

size_t tq_optimizer_state_count(const tq_optimizer_rule *rule)
{
    size_t count = 0;
    for (unsigned states = tq_prepared__states(rule); states > 0; states >>= 1)
        count += states & 1;
    return count;
}

const char *tq_optimizer_state_name(const tq_optimizer_rule *rule, size_t state)
{
    const unsigned states = tq_prepared__states(rule);
    for (unsigned i = 0; i < TQ_OPTIMIZER_STATES; ++i)
        if ((states >> i & 1) && state-- == 0)
            return rule->kind->state_name[i];
    return NULL;
}
