/* The descriptor of an optimizer's kind: one for each file in kinds/. */
#ifndef TQ_OPTIMIZERS_OPTIMIZER_KIND_H
#define TQ_OPTIMIZERS_OPTIMIZER_KIND_H

#include "tensorquant/extend.h"
#include "tensorquant/optimizer.h"

/* Values that all kinds have come first, in the order of tq_rule__common; a kind's own follow. */
enum {
    TQ_RULE_RATE,
    TQ_RULE_DECAY,
    TQ_RULE_LOSS_SCALE,
    TQ_RULE_SCHEDULE,
    TQ_RULE_EVERY,
    TQ_RULE_FACTOR,
    TQ_RULE_PERIOD,
    TQ_RULE_LOWEST,
    TQ_RULE_OWN
};
extern const tq_parameter tq_rule__common[TQ_RULE_OWN];

/* Choices of TQ_RULE_SCHEDULE. */
enum { TQ_SCHEDULE_CONSTANT, TQ_SCHEDULE_STEP, TQ_SCHEDULE_COSINE };

struct tq_update_at;

struct tq_optimizer_kind {
    const char *name; /* also of kernels/optimizers/<name>.cl */
    const char *summary;
    const tq_parameter *parameters; /* its own */
    size_t parameter_count;
    const char *const *examples;
    const char *state_name[TQ_OPTIMIZER_STATES]; /* of all states that it may have */
    /* Flags of the rule's text and a bit for each state that there is. `own`: its own values. */
    void (*structure)(const double *own, tq_i32 *flags, unsigned *states);
    /* The words of the rule's text for a step of this rate. `step`: 1, 2, 3 ... */
    void (*words)(const double *own, float rate, uint32_t step, tq_words *words);
    /* Optional: why its own values do not go together; NULL where they do. */
    const char *(*fault)(const double *own);
    /* Optional: what states begin with. */
    float (*initial)(const double *own);
    /* The rule's text compiled for the host: gives the new value; g is prepared. */
    tq_u32 (*update)(const struct tq_update_at *at, tq_u32 w, tq_u32 g, tq_u32 *state, tq_words words,
                     tq_i32 flags);
};

extern const tq_optimizer_kind *const tq_optimizer_kinds[]; /* generated, ordered by name, NULL at the end */

#endif
