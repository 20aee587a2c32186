/* 8-bit floating point E4M3FNUZ: one zero, one NaN, no infinity, bias 8. Overflow saturates unless told
 * otherwise, as in ONNX. */
#include "quantizers/float_format.h"
#include "util/fail.h"

static const char *const examples[] = {"e4m3fnuz", "e4m3fnuz,overflow=nan", "e4m3fnuz,round=stochastic",
                                       "e4m3fnuz,round=odd,subnormal=0", NULL};

static void bake(const double *value, tq_words *p, tq_i32 *structure)
{
    const tq_float_format f = tq_float__saturating_named(4, 3, TQ_SPECIALS_FNUZ, value);
    tq_float__bake(&f, p, structure);
}

static void format(const double *value, tq_format *to)
{
    tq_float__format(bake, value, to);
}

extern const tq_quantizer_kind tq_quantizer_e4m3fnuz;
const tq_quantizer_kind tq_quantizer_e4m3fnuz = {
    .name = "e4m3fnuz",
    .summary = "8-bit floating point E4M3 with one zero, without infinity",
    .parameters = tq_float__saturating_parameters,
    .parameter_count = TQ_NAMED_PARAMETERS,
    .examples = examples,
    .function = "float",
    .apply = tq_float__apply,
    .bake = bake,
    .format = format,
    .normalize = tq_float__normalize_named};
