/* adagrad: the gradient divided by the root of the sum of its squares. */
#include "optimizers/host_steps.h"
#include "util/fail.h"

#include "tensorquant/kernels/optimizers/adagrad.cl"

enum { EPSILON, INITIAL };

static const tq_parameter parameters[] = {[EPSILON] = {.name = "epsilon",
                                                       .initial = 1e-10,
                                                       .lowest = 0,
                                                       .highest = 1,
                                                       .key_only = true,
                                                       .help = "added to the root"},
                                          [INITIAL] = {.name = "initial",
                                                       .lowest = 0,
                                                       .highest = 1e6,
                                                       .key_only = true,
                                                       .help = "what the sum begins with"}};

static const char *const examples[] = {"adagrad,rate=0.01", "adagrad,rate=0.1,epsilon=0.001,initial=0.1",
                                       "adagrad,rate=0.01,weight_decay=0.01,loss_scale=128", NULL};

static void structure(const double *own, tq_i32 *flags, unsigned *states)
{
    (void)own;
    *flags = 0;
    *states = 1;
}

static void words(const double *own, float rate, uint32_t step, tq_words *to)
{
    (void)step;
    to->s0 = (tq_i32)tq_carrier__bits((double)rate);
    to->s1 = (tq_i32)tq_carrier__bits(own[EPSILON]);
}

static float initial(const double *own)
{
    return (float)own[INITIAL];
}

extern const tq_optimizer_kind tq_optimizer_adagrad;
const tq_optimizer_kind tq_optimizer_adagrad = {
    .name = "adagrad",
    .summary = "steps divided by the root of the sum of the gradient's squares",
    .parameters = parameters,
    .parameter_count = TQ_COUNT(parameters),
    .examples = examples,
    .state_name = {"sum_of_squares"},
    .structure = structure,
    .words = words,
    .initial = initial,
    .update = tq_exact_rule};
