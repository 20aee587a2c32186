/* Binary32 itself: exact numbers are rounded to nearest even, tensors are left as they are, bit for bit. */
#include "quantizers/rounding.h"

static const char *const examples[] = {"none", NULL};

static tq_u32 apply(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw)
{
    (void)p;
    (void)structure;
    (void)draw;
    return tq_exact_to_carrier(v);
}

static void bake(const double *value, tq_words *p, tq_i32 *structure)
{
    (void)value;
    *p = (tq_words){0};
    *structure = 0;
}

static void format(const double *value, tq_format *to)
{
    (void)value;
    *to = (tq_format){.family = TQ_FAMILY_FLOAT,
                      .rounding = TQ_ROUND_EVEN,
                      .overflow = TQ_OVERFLOW_INFINITY,
                      .grid = -149,
                      .precision = 24,
                      .emin = -126,
                      .subnormal = true,
                      .lowest = -0x1.fffffep127,
                      .highest = 0x1.fffffep127};
}

/* Has no function of its own: programs call tq_exact_to_carrier. */
extern const tq_quantizer_kind tq_quantizer_none;
const tq_quantizer_kind tq_quantizer_none = {.name = "none",
                                             .summary = "binary32, not quantized",
                                             .examples = examples,
                                             .apply = apply,
                                             .bake = bake,
                                             .format = format};
