/* adam: the gradient's mean divided by the root of its mean square, both without the bias of their beginning.
 */
#include <math.h>

#include "optimizers/host_steps.h"
#include "optimizers/schedule.h"
#include "util/fail.h"

#include "tensorquant/kernels/optimizers/adam.cl"

#define BELOW_ONE 0.9999999 /* bias corrections do not vanish */

enum { BETA1, BETA2, EPSILON };

static const tq_parameter parameters[] = {[BETA1] = {.name = "beta1",
                                                     .initial = 0.9,
                                                     .lowest = 0,
                                                     .highest = BELOW_ONE,
                                                     .key_only = true,
                                                     .help = "what is kept of the mean"},
                                          [BETA2] = {.name = "beta2",
                                                     .initial = 0.999,
                                                     .lowest = 0,
                                                     .highest = BELOW_ONE,
                                                     .key_only = true,
                                                     .help = "what is kept of the mean square"},
                                          [EPSILON] = {.name = "epsilon",
                                                       .initial = 1e-8,
                                                       .lowest = 0,
                                                       .highest = 1,
                                                       .key_only = true,
                                                       .help = "added to the root"}};

static const char *const examples[] = {"adam,rate=0.001", "adam,rate=0.01,beta1=0.8,beta2=0.99,epsilon=1e-06",
                                       "adam,rate=0.01,weight_decay=0.001,loss_scale=1024", NULL};

static void structure(const double *own, tq_i32 *flags, unsigned *states)
{
    (void)own;
    *flags = 0;
    *states = 3;
}

static void words(const double *own, float rate, uint32_t step, tq_words *to)
{
    const double first = 1.0 - tq_schedule__power(own[BETA1], step),
                 second = 1.0 - tq_schedule__power(own[BETA2], step);
    to->s0 = (tq_i32)tq_carrier__bits((double)rate / first);
    to->s1 = (tq_i32)tq_carrier__bits(1.0 - own[BETA1]);
    to->s2 = (tq_i32)tq_carrier__bits(1.0 - own[BETA2]);
    to->s3 = (tq_i32)tq_carrier__bits(1.0 / sqrt(second));
    to->s4 = (tq_i32)tq_carrier__bits(own[EPSILON]);
}

extern const tq_optimizer_kind tq_optimizer_adam;
const tq_optimizer_kind tq_optimizer_adam = {.name = "adam",
                                             .summary =
                                                 "the gradient's mean divided by the root of its mean square",
                                             .parameters = parameters,
                                             .parameter_count = TQ_COUNT(parameters),
                                             .examples = examples,
                                             .state_name = {"first_moment", "second_moment"},
                                             .structure = structure,
                                             .words = words,
                                             .update = tq_exact_rule};
