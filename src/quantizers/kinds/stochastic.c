/* TensorQuant's fixed point: w bits, f of them fraction bits; stochastic rounding. Saturates. */
#include "quantizers/fixed_format.h"
#include "util/fail.h"

static const char *const examples[] = {"stochastic,16,8", "stochastic,8,4,bits=8", "stochastic,30,20,bits=32",
                                       NULL};

static const tq_parameter parameters[] = {TQ_FIXED_WIDTH,
                                          TQ_FIXED_FRACTION,
                                          {.name = "bits",
                                           .initial = TQ_ROUNDING_BITS_INITIAL,
                                           .highest = TQ_ROUNDING_BITS_HIGHEST,
                                           .choices = tq_rounding__bit_names,
                                           .help = "random bits"}};

static tq_fixed_format fixed_of(const double *value)
{
    return tq_fixed__of(value, tq_rounding__stochastic(value[2]));
}

static void bake(const double *value, tq_words *p, tq_i32 *structure)
{
    const tq_fixed_format fixed = fixed_of(value);
    tq_fixed__bake(&fixed, p, structure);
}

static void format(const double *value, tq_format *to)
{
    const tq_fixed_format fixed = fixed_of(value);
    tq_fixed__describe(&fixed, to);
}

extern const tq_quantizer_kind tq_quantizer_stochastic;
const tq_quantizer_kind tq_quantizer_stochastic = {.name = "stochastic",
                                                   .summary = "fixed point, saturating; stochastic rounding",
                                                   .parameters = parameters,
                                                   .parameter_count = TQ_COUNT(parameters),
                                                   .examples = examples,
                                                   .function = "fixed",
                                                   .apply = tq_fixed__apply,
                                                   .bake = bake,
                                                   .check = tq_fixed__check,
                                                   .format = format};
