/* 4-bit floating point E2M1 (OCP MX FP4): 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives. Saturates. */
#include "quantizers/float_format.h"
#include "util/fail.h"

static const char *const examples[] = {"e2m1", "e2m1,round=stochastic:4", "e2m1,round=up,subnormal=0", NULL};

static const tq_parameter parameters[] = {TQ_NAMED_ROUND, TQ_NAMED_SUBNORMAL};

static void bake(const double *value, tq_words *p, tq_i32 *structure)
{
    const tq_float_format f = tq_float__named(2, 1, TQ_SPECIALS_NONE, TQ_OVERFLOW_SATURATE, value);
    tq_float__bake(&f, p, structure);
}

static void format(const double *value, tq_format *to)
{
    tq_float__format(bake, value, to);
}

extern const tq_quantizer_kind tq_quantizer_e2m1;
const tq_quantizer_kind tq_quantizer_e2m1 = {.name = "e2m1",
                                             .summary = "4-bit floating point E2M1, numbers only",
                                             .parameters = parameters,
                                             .parameter_count = TQ_COUNT(parameters),
                                             .examples = examples,
                                             .function = "float",
                                             .apply = tq_float__apply,
                                             .bake = bake,
                                             .format = format,
                                             .normalize = tq_float__normalize_named};
