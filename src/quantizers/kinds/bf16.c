/* bfloat16: 8 exponent bits, 7 fraction bits. Overflow gives infinity unless told otherwise. */
#include "quantizers/float_format.h"
#include "util/fail.h"

static const char *const examples[] = {"bf16", "bf16,round=away", "bf16,round=stochastic:8,overflow=saturate",
                                       NULL};

static void bake(const double *value, tq_words *p, tq_i32 *structure)
{
    const tq_float_format f = tq_float__ieee_named(8, 7, value);
    tq_float__bake(&f, p, structure);
}

static void format(const double *value, tq_format *to)
{
    tq_float__format(bake, value, to);
}

extern const tq_quantizer_kind tq_quantizer_bf16;
const tq_quantizer_kind tq_quantizer_bf16 = {.name = "bf16",
                                             .summary = "bfloat16",
                                             .parameters = tq_float__ieee_parameters,
                                             .parameter_count = TQ_NAMED_PARAMETERS,
                                             .examples = examples,
                                             .function = "float",
                                             .apply = tq_float__apply,
                                             .bake = bake,
                                             .format = format,
                                             .normalize = tq_float__normalize_named};
