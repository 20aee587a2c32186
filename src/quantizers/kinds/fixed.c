/* Fixed point in general: w bits with f fraction bits, any rounding, saturating or wrapping, with or without
 * sign. */
#include <stdio.h>

#include "quantizers/fixed_format.h"
#include "util/fail.h"

enum { WIDTH, FRACTION, ROUND, OVERFLOW_RULE, SIGNED, SYMMETRIC };

static const char *const examples[] = {"fixed,16,8",
                                       "fixed,8,4,round=away,overflow=wrap",
                                       "fixed,8,0,signed=0",
                                       "fixed,8,7,symmetric=1",
                                       "fixed,8,12,round=odd",
                                       "fixed,12,-4,round=up",
                                       "fixed,10,5,round=stochastic:8,overflow=wrap",
                                       "fixed,32,20,round=down",
                                       "fixed,32,0,overflow=wrap,signed=0",
                                       "fixed,16,140,round=stochastic:32",
                                       "fixed,6,-100,round=zero",
                                       NULL};

static const char *const overflows[] = {"saturate", "wrap", NULL}; /* in the order of TQ_OVERFLOW_* */
static const tq_parameter parameters[] = {
    TQ_FIXED_WIDTH,
    TQ_FIXED_FRACTION,
    {.name = "round",
     .highest = TQ_ROUNDING_HIGHEST,
     .choices = tq_rounding__names,
     .help = "rounding; stochastic:n has n random bits, 16 unless given",
     .key_only = true},
    {.name = "overflow", .highest = 1, .choices = overflows, .help = "beyond the range", .key_only = true},
    {.name = "signed",
     .initial = 1,
     .highest = 1,
     .help = "0: no negative numbers",
     .integer = true,
     .key_only = true},
    {.name = "symmetric",
     .highest = 1,
     .help = "1: the lowest number is minus the highest",
     .integer = true,
     .key_only = true}};

static tq_fixed_format fixed_of(const double *value)
{
    tq_fixed_format fixed = tq_fixed__of(value, tq_rounding__of(value[ROUND]));
    fixed.overflow = (int)value[OVERFLOW_RULE];
    fixed.unsigned_numbers = value[SIGNED] == 0;
    fixed.symmetric = value[SYMMETRIC] != 0;
    return fixed;
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

static bool check(const double *value, char *why, size_t size)
{
    const tq_fixed_format fixed = fixed_of(value);
    if (fixed.symmetric && (fixed.unsigned_numbers || fixed.overflow == TQ_OVERFLOW_WRAP)) {
        snprintf(why, size, "symmetric=1 needs signed=1 and overflow=saturate");
        return false;
    }
    return tq_fixed__check(value, why, size);
}

static void normalize(double *value)
{
    value[ROUND] = tq_rounding__normal(value[ROUND]);
}

extern const tq_quantizer_kind tq_quantizer_fixed;
const tq_quantizer_kind tq_quantizer_fixed = {.name = "fixed",
                                              .summary = "fixed point: w bits, f of them behind the point",
                                              .parameters = parameters,
                                              .parameter_count = TQ_COUNT(parameters),
                                              .examples = examples,
                                              .function = "fixed",
                                              .apply = tq_fixed__apply,
                                              .bake = bake,
                                              .check = check,
                                              .format = format,
                                              .normalize = normalize};
