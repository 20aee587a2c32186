/* TensorQuant's fixed point: w bits, f of them fraction bits; to nearest, ties away from zero. Saturates. */
#include "quantizers/fixed_format.h"
#include "util/fail.h"

static const char *const examples[] = {"nearest,16,8", "nearest,8,4", "nearest,1,0", "nearest,32,16", NULL};

static tq_fixed_format fixed_of(const double *value)
{
    return tq_fixed__of(value, (tq_rounding){.mode = TQ_ROUND_AWAY});
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

extern const tq_quantizer_kind tq_quantizer_nearest;
const tq_quantizer_kind tq_quantizer_nearest = {
    .name = "nearest",
    .summary = "fixed point, saturating; to nearest, ties away from zero",
    .parameters = tq_fixed__parameters,
    .parameter_count = TQ_COUNT(tq_fixed__parameters),
    .examples = examples,
    .function = "fixed",
    .apply = tq_fixed__apply,
    .bake = bake,
    .check = tq_fixed__check,
    .format = format};
