/* TensorQuant's fixed point: w bits, f of them fraction bits; towards minus infinity. Saturates. */
#include "quantizers/fixed_format.h"
#include "util/fail.h"

static const char *const examples[] = {"down,16,8", "down,4,6", "down,12,-3", NULL};

static tq_fixed_format fixed_of(const double *value)
{
    return tq_fixed__of(value, (tq_rounding){.mode = TQ_ROUND_DOWN});
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

extern const tq_quantizer_kind tq_quantizer_down;
const tq_quantizer_kind tq_quantizer_down = {.name = "down",
                                             .summary = "fixed point, saturating; towards minus infinity",
                                             .parameters = tq_fixed__parameters,
                                             .parameter_count = TQ_COUNT(tq_fixed__parameters),
                                             .examples = examples,
                                             .function = "fixed",
                                             .apply = tq_fixed__apply,
                                             .bake = bake,
                                             .check = tq_fixed__check,
                                             .format = format};
