/*
 * Optimizers: how a parameter changes by its gradient, with a quantizer for every number on the way.
 *
 * A rule is a value, read from a string `kind,key=value,...`:
 *
 *     sgd,rate=0.05,momentum=0.9,nesterov=1
 *     rmsprop,rate=0.001,decay=0.9,momentum=0.9,epsilon=1e-10,centered=1
 *     adagrad,rate=0.01,initial=0.1
 *     adam,rate=0.001,beta1=0.9,beta2=0.999,epsilon=1e-8
 *
 * Keys of all kinds: `rate` (required), `weight_decay`, `loss_scale`, `schedule` = constant, step (with
 * `every`, `factor`), cosine (with `period`, `lowest`). docs/optimizers.md has all keys and, step by step,
 * what is rounded where.
 *
 * One step, for each element by itself; x is the gradient as it comes, w the value, t = 0, 1, 2 ... counts
 * the steps taken before, and G, S, P, V are the quantizers of a tq_update:
 *
 *     g = G( x / loss_scale );  with weight decay  g = G( weight_decay * w + g )
 *     sgd       m = S( momentum * m + g );  w = V( w - P( rate * m ) )
 *               without momentum  w = V( w - P( rate * g ) )
 *               Nesterov:  rate * (momentum * m + g) in place of rate * m
 *     rmsprop   s = S( s + (1 - decay) * (g^2 - s) );  centred  a = S( a + (1 - decay) * (g - a) )
 *               p = P( rate * g / sqrt(s - a^2 + epsilon) );  w = V( w - p )
 *               with momentum  m = S( momentum * m + p );  w = V( w - m )
 *     adagrad   s = S( s + g^2 );  w = V( w - P( rate * g / (sqrt(s) + epsilon) ) )
 *     adam      m = S( m + (1 - beta1) * (g - m) );  v = S( v + (1 - beta2) * (g^2 - v) )
 *               w = V( w - P( rate/(1 - beta1^(t+1)) * m / (sqrt(v / (1 - beta2^(t+1))) + epsilon) ) )
 *
 * sgd: Sutskever, Martens, Dahl, Hinton, ICML 2013, equations 3 and 4, with the rate outside the momentum.
 * rmsprop: Tieleman, Hinton, lecture 6.5, 2012; centred, with momentum: Graves, arXiv 1308.0850, equations 38
 * to 45. adagrad: Duchi, Hazan, Singer, JMLR 12, 2011, diagonal form. adam: Kingma, Ba, ICLR 2015,
 * algorithm 1. cosine: Loshchilov, Hutter, ICLR 2017, equation 5, without restarts.
 *
 * Results are the same bits on every device, and those of tq_optimizer_reference.
 */
#ifndef TENSORQUANT_OPTIMIZER_H
#define TENSORQUANT_OPTIMIZER_H

#include "tensorquant/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TQ_OPTIMIZER_VALUES     16
#define TQ_OPTIMIZER_STATES     3          /* at most, of a kind */
#define TQ_OPTIMIZER_STEPS      134217727  /* at most: 2^27 - 1 */
#define TQ_OPTIMIZER_ELEMENTS   4294967296 /* at most, of a parameter: 2^32 */
#define TQ_OPTIMIZER_PARAMETERS 1000000    /* at most */

typedef struct tq_optimizer_kind tq_optimizer_kind;

/* Only those that tq_optimizer_parse makes are rules. Copy with `=`; holds no memory of its own. */
typedef struct tq_optimizer_rule {
    const tq_optimizer_kind *kind;
    double value[TQ_OPTIMIZER_VALUES];
} tq_optimizer_rule;

/*
 * Reads a rule. TQ_E_NAME: unknown kind or key; the text lists those there are. TQ_E_SYNTAX, TQ_E_ARGUMENT:
 * the text gives the position (from 1), what stands there and the allowed range. `*rule` is unchanged then.
 */
TQ_API TQ_MUST_CHECK tq_status tq_optimizer_parse(tq_optimizer_rule *rule, const char *text);

/* Writes the canonical string, which parses to an equal rule. Returns its length without NUL, like snprintf.
 */
TQ_API size_t tq_optimizer_print(char *to, size_t size, const tq_optimizer_rule *rule);
TQ_API bool tq_optimizer_equal(const tq_optimizer_rule *a, const tq_optimizer_rule *b);

/* The rate of the step before which `steps` steps were taken, after the schedule. */
TQ_API float tq_optimizer_rate(const tq_optimizer_rule *rule, uint32_t steps);

/* The kinds, ordered by name: name, one line, and examples of strings with NULL at the end. NULL for an `i`
 * not below the count. */
TQ_API size_t tq_optimizer_kind_count(void);
TQ_API const char *tq_optimizer_kind_name(size_t i);
TQ_API const char *tq_optimizer_kind_summary(size_t i);
TQ_API const char *const *tq_optimizer_kind_examples(size_t i);

/*
 * The quantizers of an update; zero-initialized is binary32 throughout. Copy with `=`. `clip` is not applied
 * to a number: with a kind other than `none`, gradients of elements whose value lies outside its numbers'
 * range count as +0, which is the clipped straight-through gradient of a weight that is quantized by `clip`
 * (Hubara et al., NIPS 2016, section 2.3). Without it the gradient goes straight through.
 */
typedef struct tq_update {
    tq_quantizer gradient; /* G */
    tq_quantizer state;    /* S, of every state */
    tq_quantizer product;  /* P, rate times direction */
    tq_quantizer value;    /* V, the new value */
    tq_quantizer clip;
} tq_update;

/* gradient = state = product = value = q, no clip. */
TQ_API tq_update tq_update_of(const tq_quantizer *q);

/*
 * Reads a quantizer string, which stands for all four, or a JSON object {"gradient": Q, "state": Q,
 * "product": Q, "value": Q, "clip": Q} with every key optional (initially none). TQ_E_SYNTAX, TQ_E_NAME,
 * TQ_E_ARGUMENT;
 * `*update` is unchanged then.
 */
TQ_API TQ_MUST_CHECK tq_status tq_update_parse(tq_update *update, const char *text);

/* Writes the canonical text, which parses to an equal update. Returns its length without NUL, like snprintf.
 */
TQ_API size_t tq_update_print(char *to, size_t size, const tq_update *update);
TQ_API bool tq_update_equal(const tq_update *a, const tq_update *b);

/* A rule with its parameters' states on a device. Belongs to its context; destroy it before that is closed.
 */
typedef struct tq_optimizer tq_optimizer;

/* Makes an optimizer without parameters. `seed` drives stochastic rounding. TQ_E_ARGUMENT, TQ_E_MEMORY. */
TQ_API TQ_MUST_CHECK tq_status tq_optimizer_create(tq_optimizer **optimizer, tq_context *context,
                                                   const tq_optimizer_rule *rule, uint64_t seed);
TQ_API void tq_optimizer_destroy(tq_optimizer *optimizer);

/*
 * Adds a parameter: number 0, then 1, 2 ... Its states are made here, as large as its values, and belong to
 * the optimizer; they begin at 0 (adagrad: at `initial`). `name` is copied, for error texts; `update` NULL is
 * binary32. TQ_E_SHAPE: invalid shape, or more than TQ_OPTIMIZER_ELEMENTS. TQ_E_STATE: a step was taken.
 * TQ_E_UNSUPPORTED: a quantizer that takes its scale from a whole tensor, or a clip of a kind without a
 * range.
 */
TQ_API TQ_MUST_CHECK tq_status tq_optimizer_add(tq_optimizer *optimizer, const char *name,
                                                const tq_shape *shape, const tq_update *update);
TQ_API size_t tq_optimizer_parameter_count(const tq_optimizer *optimizer);
TQ_API const char *tq_optimizer_parameter_name(const tq_optimizer *optimizer, size_t parameter);

/*
 * Takes one step: values[i] is changed in place by gradients[i], i = 0 .. count-1 being all parameters.
 * Queued; does not wait. Everything is checked before anything is changed: TQ_E_ARGUMENT (NULL, another
 * number of tensors, another context), TQ_E_SHAPE (elements), TQ_E_STATE (TQ_OPTIMIZER_STEPS are taken). When
 * a call of OpenCL fails (TQ_E_OPENCL, TQ_E_MEMORY), values and states may be partly changed, and the step
 * does not count.
 */
TQ_API TQ_MUST_CHECK tq_status tq_optimizer_step(tq_optimizer *optimizer, tq_tensor *const *values,
                                                 const tq_tensor *const *gradients, size_t count);

/*
 * What a checkpoint needs besides the values: the number of steps taken, and each parameter's states. An
 * optimizer of the same rule, parameters, quantizers and seed that is given these goes on with the same bits.
 */
TQ_API uint32_t tq_optimizer_steps(const tq_optimizer *optimizer);
/* TQ_E_ARGUMENT: more than TQ_OPTIMIZER_STEPS. */
TQ_API TQ_MUST_CHECK tq_status tq_optimizer_set_steps(tq_optimizer *optimizer, uint32_t steps);

/* States of each parameter by this rule: 0 .. TQ_OPTIMIZER_STATES; their names ("momentum"), NULL beyond. */
TQ_API size_t tq_optimizer_state_count(const tq_optimizer_rule *rule);
TQ_API const char *tq_optimizer_state_name(const tq_optimizer_rule *rule, size_t state);

/* Copies a state; `count` is the parameter's number of elements. Blocks. TQ_E_ARGUMENT, TQ_E_SHAPE. */
TQ_API TQ_MUST_CHECK tq_status tq_optimizer_read_state(const tq_optimizer *optimizer, size_t parameter,
                                                       size_t state, float *to, int64_t count);
TQ_API TQ_MUST_CHECK tq_status tq_optimizer_write_state(tq_optimizer *optimizer, size_t parameter,
                                                        size_t state, const float *from, int64_t count);

/* A step of one parameter on the host. */
typedef struct tq_optimizer_task {
    tq_update update;
    uint64_t seed;
    uint32_t parameter, steps; /* its number; steps taken before */
    int64_t count;             /* elements */
    float *value;              /* changed in place, as are the states */
    const float *gradient;
    float *state[TQ_OPTIMIZER_STATES]; /* those that the rule has */
} tq_optimizer_task;

/* The reference of tq_optimizer_step: plain C, same bits. TQ_E_ARGUMENT, TQ_E_UNSUPPORTED as above. */
TQ_API TQ_MUST_CHECK tq_status tq_optimizer_reference(const tq_optimizer_rule *rule,
                                                      const tq_optimizer_task *task);

#ifdef __cplusplus
}
#endif
#endif
