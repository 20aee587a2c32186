/* 8-bit floating point E4M3FNUZ: one zero, one NaN, no infinity, bias 8. Overflow saturates unless told
 * otherwise, as in ONNX. */
#include "quantizers/float_format.h"
#include "util/fail.h"

static const char *const examples[] = {"e4m3fnuz", "e4m3fnuz,overflow=nan", "e4m3fnuz,round=stochastic",
                                       "e4m3fnuz,round=odd,subnormal=0", NULL};

static const char *const overflows[] = {"saturate", "nan", NULL};
static const tq_parameter parameters[TQ_NAMED_PARAMETERS] = {
    TQ_NAMED_ROUND,
    TQ_NAMED_SUBNORMAL,
    {.name = "overflow", .highest = 1, .choices = overflows, .help = "beyond the largest", .key_only = true}};

static void bake(const double *value, tq_words *p, tq_i32 *structure)
{
    static const int overflow[] = {TQ_OVERFLOW_SATURATE, TQ_OVERFLOW_NAN};
    tq_float_format f = tq_float__named(4, 3, TQ_SPECIALS_FNUZ, overflow[(int)value[2]], value);
    f.bias = 8;
    tq_float__bake(&f, p, structure);
}

static void format(const double *value, tq_format *to)
{
    tq_words p = {0};
    tq_i32 structure = 0;
    bake(value, &p, &structure);
    tq_float__describe(&p, structure, to);
}

extern const tq_quantizer_kind tq_quantizer_e4m3fnuz;
const tq_quantizer_kind tq_quantizer_e4m3fnuz = {
    .name = "e4m3fnuz",
    .summary = "8-bit floating point E4M3 with one zero, without infinity",
    .parameters = parameters,
    .parameter_count = TQ_NAMED_PARAMETERS,
    .examples = examples,
    .function = "float",
    .apply = tq_float__apply,
    .bake = bake,
    .format = format,
    .normalize = tq_float__normalize_named};
