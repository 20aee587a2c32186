/* Small numbers become zero: x where abs(x) > t, else +0. t is rounded to binary32. */
#include "quantizers/rounding.h"
#include "util/fail.h"

#include "tensorquant/kernels/quantizers/sparse.cl"

static const char *const examples[] = {"sparse,0.1", "sparse,0", "sparse,1e-40", "sparse,3e38", NULL};

static const tq_parameter parameters[] = {
    {.name = "t", .highest = 0x1.fffffep127, .help = "threshold: abs(x) <= t becomes 0", .required = true}};

static void bake(const double *value, tq_words *p, tq_i32 *structure)
{
    p->s0 = (tq_i32)tq_carrier__bits(value[0]);
    *structure = 0;
}

extern const tq_quantizer_kind tq_quantizer_sparse;
const tq_quantizer_kind tq_quantizer_sparse = {.name = "sparse",
                                               .summary = "x where abs(x) > t, else 0",
                                               .parameters = parameters,
                                               .parameter_count = TQ_COUNT(parameters),
                                               .examples = examples,
                                               .function = "sparse",
                                               .apply = tq_quantize_sparse,
                                               .bake = bake};
