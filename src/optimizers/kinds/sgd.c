/* sgd: stochastic gradient descent, with momentum and Nesterov's. */
#include "optimizers/host_steps.h"
#include "util/fail.h"

#include "tensorquant/kernels/optimizers/sgd.cl"

enum { MOMENTUM, NESTEROV };

static const tq_parameter parameters[] = {
    [MOMENTUM] = {.name = "momentum",
                  .lowest = 0,
                  .highest = 1,
                  .key_only = true,
                  .help = "what is kept of the last direction; 0: there is no state"},
    [NESTEROV] = {.name = "nesterov",
                  .lowest = 0,
                  .highest = 1,
                  .integer = true,
                  .key_only = true,
                  .help = "1: the direction that the next step would have"}};

static const char *const examples[] = {"sgd,rate=0.1", "sgd,rate=0.05,momentum=0.9",
                                       "sgd,rate=0.05,momentum=0.9,nesterov=1",
                                       "sgd,rate=0.1,weight_decay=0.0005,loss_scale=1000", NULL};

static const char *fault(const double *own)
{
    return own[NESTEROV] != 0.0 && own[MOMENTUM] == 0.0 ? "nesterov=1 needs a momentum above 0" : NULL;
}

static void structure(const double *own, tq_i32 *flags, unsigned *states)
{
    const bool momentum = own[MOMENTUM] != 0.0;
    *flags = momentum ? 1 + 2 * (own[NESTEROV] != 0.0) : 0;
    *states = momentum;
}

static void words(const double *own, float rate, uint32_t step, tq_words *to)
{
    (void)step;
    to->s0 = (tq_i32)tq_carrier__bits((double)rate);
    to->s1 = (tq_i32)tq_carrier__bits(own[MOMENTUM]);
}

extern const tq_optimizer_kind tq_optimizer_sgd;
const tq_optimizer_kind tq_optimizer_sgd = {.name = "sgd",
                                            .summary = "stochastic gradient descent",
                                            .parameters = parameters,
                                            .parameter_count = TQ_COUNT(parameters),
                                            .examples = examples,
                                            .state_name = {"momentum"},
                                            .structure = structure,
                                            .words = words,
                                            .fault = fault,
                                            .update = tq_exact_rule};
