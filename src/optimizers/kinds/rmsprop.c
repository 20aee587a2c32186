/* rmsprop: the gradient divided by the root of its mean square. */
#include "optimizers/host_steps.h"
#include "util/fail.h"

#include "tensorquant/kernels/optimizers/rmsprop.cl"

enum { DECAY, MOMENTUM, EPSILON, CENTERED };

static const tq_parameter parameters[] = {
    [DECAY] = {.name = "decay",
               .initial = 0.9,
               .lowest = 0,
               .highest = 1,
               .key_only = true,
               .help = "what is kept of the means"},
    [MOMENTUM] = {.name = "momentum",
                  .lowest = 0,
                  .highest = 1,
                  .key_only = true,
                  .help = "what is kept of the last step; 0: there is no such state"},
    [EPSILON] = {.name = "epsilon",
                 .initial = 1e-10,
                 .lowest = 0,
                 .highest = 1,
                 .key_only = true,
                 .help = "added below the root"},
    [CENTERED] = {.name = "centered",
                  .lowest = 0,
                  .highest = 1,
                  .integer = true,
                  .key_only = true,
                  .help = "1: the root of the variance"}};

static const char *const examples[] = {"rmsprop,rate=0.01", "rmsprop,rate=0.001,decay=0.95,momentum=0.9",
                                       "rmsprop,rate=0.01,epsilon=0.0001,centered=1",
                                       "rmsprop,rate=0.01,weight_decay=0.01,momentum=0.5,centered=1", NULL};

static void structure(const double *own, tq_i32 *flags, unsigned *states)
{
    const unsigned momentum = own[MOMENTUM] != 0.0, centered = own[CENTERED] != 0.0;
    *flags = (tq_i32)(momentum | centered << 1);
    *states = 1 | centered << 1 | momentum << 2;
}

static void words(const double *own, float rate, uint32_t step, tq_words *to)
{
    (void)step;
    to->s0 = (tq_i32)tq_carrier__bits((double)rate);
    to->s1 = (tq_i32)tq_carrier__bits(own[MOMENTUM]);
    to->s2 = (tq_i32)tq_carrier__bits(1.0 - own[DECAY]);
    to->s3 = (tq_i32)tq_carrier__bits(own[EPSILON]);
}

extern const tq_optimizer_kind tq_optimizer_rmsprop;
const tq_optimizer_kind tq_optimizer_rmsprop = {.name = "rmsprop",
                                                .summary =
                                                    "steps divided by the root of the gradient's mean square",
                                                .parameters = parameters,
                                                .parameter_count = TQ_COUNT(parameters),
                                                .examples = examples,
                                                .state_name = {"mean_square", "mean", "momentum"},
                                                .structure = structure,
                                                .words = words,
                                                .update = tq_exact_rule};
