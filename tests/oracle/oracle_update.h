/* A step of an optimizer in exact numbers, written from docs/optimizers.md apart from the library. */
#ifndef TQ_TESTS_ORACLE_UPDATE_H
#define TQ_TESTS_ORACLE_UPDATE_H

#include "oracle/oracle.h"

/* A rule's numbers; those that a kind has not are 0. */
typedef struct oracle_rule {
    const char *kind;
    double rate, weight_decay, loss_scale;
    double momentum, decay, epsilon, beta1, beta2;
    bool nesterov, centered;
} oracle_rule;

/* Formats of the slots; draws. `low`, `high`: gradients of values outside are zero; both 0: of none. */
typedef struct oracle_update {
    oracle_format gradient, state, product, value;
    double low, high;
    uint64_t seed;
    uint32_t parameter, steps;
} oracle_update;

/* Changes the value `w` and the states of one element by the gradient x; all bits. States are in the order in
 * which docs/optimizers.md has them, those that the rule has. */
void oracle_update_element(const oracle_rule *rule, const oracle_update *update, uint64_t element, uint32_t x,
                           uint32_t *w, uint32_t *state);

#endif
