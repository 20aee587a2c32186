/* 8-bit floating point E5M2FNUZ: one zero, one NaN, no infinity, bias 16. Overflow saturates unless told
 * otherwise, as in ONNX. */
#include "quantizers/float_format.h"
#include "util/fail.h"

static const char *const examples[] = {"e5m2fnuz", "e5m2fnuz,overflow=nan", "e5m2fnuz,round=stochastic",
                                       "e5m2fnuz,round=odd,subnormal=0", NULL};

static const char *const overflows[] = {"saturate", "nan", NULL};
static const tq_parameter parameters[TQ_NAMED_PARAMETERS] = {
    TQ_NAMED_ROUND,
    TQ_NAMED_SUBNORMAL,
    {.name = "overflow", .highest = 1, .choices = overflows, .help = "beyond the largest", .key_only = true}};

static void bake(const double *value, tq_words *p, tq_i32 *structure)
{
    static const int overflow[] = {TQ_OVERFLOW_SATURATE, TQ_OVERFLOW_NAN};
    tq_float_format f = tq_float__named(5, 2, TQ_SPECIALS_FNUZ, overflow[(int)value[2]], value);
    f.bias = 16;
    tq_float__bake(&f, p, structure);
}

static void format(const double *value, tq_format *to)
{
    tq_words p = {0};
    tq_i32 structure = 0;
    bake(value, &p, &structure);
    tq_float__describe(&p, structure, to);
}

extern const tq_quantizer_kind tq_quantizer_e5m2fnuz;
const tq_quantizer_kind tq_quantizer_e5m2fnuz = {
    .name = "e5m2fnuz",
    .summary = "8-bit floating point E5M2 with one zero, without infinity",
    .parameters = parameters,
    .parameter_count = TQ_NAMED_PARAMETERS,
    .examples = examples,
    .function = "float",
    .apply = tq_float__apply,
    .bake = bake,
    .format = format,
    .normalize = tq_float__normalize_named};
