/* OCP OFP8 E5M2. Overflow saturates unless told otherwise, as ONNX's Cast does. */
#include "quantizers/float_format.h"
#include "util/fail.h"

static const char *const examples[] = {"e5m2", "e5m2,overflow=inf", "e5m2,round=stochastic:4",
                                       "e5m2,round=up,overflow=nan", NULL};

static const char *const overflows[] = {"saturate", "inf", "nan", NULL};
static const tq_parameter parameters[TQ_NAMED_PARAMETERS] = {
    TQ_NAMED_ROUND,
    TQ_NAMED_SUBNORMAL,
    {.name = "overflow", .highest = 2, .choices = overflows, .help = "beyond the largest", .key_only = true}};

static void bake(const double *value, tq_words *p, tq_i32 *structure)
{
    static const int overflow[] = {TQ_OVERFLOW_SATURATE, TQ_OVERFLOW_INFINITY, TQ_OVERFLOW_NAN};
    const tq_float_format f = tq_float__named(5, 2, TQ_SPECIALS_IEEE, overflow[(int)value[2]], value);
    tq_float__bake(&f, p, structure);
}

static void format(const double *value, tq_format *to)
{
    tq_float__format(bake, value, to);
}

extern const tq_quantizer_kind tq_quantizer_e5m2;
const tq_quantizer_kind tq_quantizer_e5m2 = {.name = "e5m2",
                                             .summary = "OCP 8-bit floating point E5M2",
                                             .parameters = parameters,
                                             .parameter_count = TQ_NAMED_PARAMETERS,
                                             .examples = examples,
                                             .function = "float",
                                             .apply = tq_float__apply,
                                             .bake = bake,
                                             .format = format,
                                             .normalize = tq_float__normalize_named};
