/* The sign times m: x >= 0 ? m : -m, and -0 counts as >= 0. m is rounded to binary32. */
#include "quantizers/rounding.h"
#include "util/fail.h"

#include "tensorquant/kernels/quantizers/binary.cl"

static const char *const examples[] = {"binary", "binary,0.5", NULL};

static const tq_parameter parameters[] = {
    {.name = "m", .initial = 1, .lowest = 0x1p-149, .highest = 0x1.fffffep127, .help = "magnitude"}};

static void bake(const double *value, tq_words *p, tq_i32 *structure)
{
    p->s0 = (tq_i32)tq_carrier__bits(value[0]);
    *structure = 0;
}

extern const tq_quantizer_kind tq_quantizer_binary;
const tq_quantizer_kind tq_quantizer_binary = {.name = "binary",
                                               .summary = "x >= 0 ? m : -m",
                                               .parameters = parameters,
                                               .parameter_count = TQ_COUNT(parameters),
                                               .examples = examples,
                                               .function = "binary",
                                               .apply = tq_quantize_binary,
                                               .bake = bake};
