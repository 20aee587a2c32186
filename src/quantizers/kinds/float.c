/* Floating point in general: e exponent bits, m fraction bits. */
#include <stdio.h>

#include "quantizers/float_format.h"
#include "util/fail.h"

enum { EXPONENT, FRACTION, BIAS, ROUND, OVERFLOW_RULE, SUBNORMAL, SPECIALS };

#define STANDARD_BIAS (-128) /* stands for a bias that is not given */

static const char *const examples[] = {"float,5,10",
                                       "float,8,7",
                                       "float,8,23",
                                       "float,5,2,overflow=saturate",
                                       "float,4,3,specials=fn",
                                       "float,4,3,overflow=nan,specials=fn",
                                       "float,2,1,specials=none",
                                       "float,4,3,bias=8,overflow=nan,specials=fnuz",
                                       "float,5,2,bias=16,round=down,specials=fnuz",
                                       "float,3,2,round=stochastic:8,subnormal=0,specials=fnuz",
                                       "float,6,9,bias=40,round=away",
                                       "float,5,7,round=stochastic:8,subnormal=0",
                                       "float,8,0,round=zero",
                                       "float,4,11,round=odd,overflow=nan",
                                       "float,3,4,bias=-2,round=down",
                                       "float,7,12,round=up",
                                       "float,1,3,bias=0",
                                       "float,5,10,round=stochastic:32",
                                       NULL};

static const char *const overflows[] = {"auto", "inf", "saturate", "nan", NULL};
static const char *const specials[] = {"ieee", "fn", "none", "fnuz", NULL}; /* in the order of tq_specials */
static const tq_parameter parameters[] = {
    {.name = "e", .lowest = 1, .highest = 8, .help = "exponent bits", .integer = true, .required = true},
    {.name = "m", .lowest = 0, .highest = 23, .help = "fraction bits", .integer = true, .required = true},
    {.name = "bias",
     .initial = STANDARD_BIAS,
     .lowest = -127,
     .highest = 150,
     .help = "of the exponent; 2^(e-1)-1 unless given",
     .integer = true,
     .key_only = true},
    TQ_NAMED_ROUND,
    {.name = "overflow",
     .highest = 3,
     .choices = overflows,
     .help = "beyond the largest; auto: inf with specials=ieee, else saturate",
     .key_only = true},
    TQ_NAMED_SUBNORMAL,
    {.name = "specials",
     .highest = 3,
     .choices = specials,
     .help = "ieee: infinity and NaN; fn: one NaN, no infinity; none: numbers only; fnuz: NaN in place of -0",
     .key_only = true}};

static double automatic_overflow(const double *value)
{
    return value[SPECIALS] == TQ_SPECIALS_IEEE ? 1 : 2;
}

static tq_float_format float_of(const double *value)
{
    static const int overflow[] = {0, TQ_OVERFLOW_INFINITY, TQ_OVERFLOW_SATURATE, TQ_OVERFLOW_NAN};
    const double rule = value[OVERFLOW_RULE] == 0 ? automatic_overflow(value) : value[OVERFLOW_RULE];
    const int exponent = (int)value[EXPONENT];
    return (tq_float_format){.exponent = exponent,
                             .fraction = (int)value[FRACTION],
                             .bias = value[BIAS] == STANDARD_BIAS ? tq_float__standard_bias(exponent)
                                                                  : (int)value[BIAS],
                             .specials = (tq_specials)value[SPECIALS],
                             .no_subnormals = value[SUBNORMAL] == 0,
                             .overflow = overflow[(int)rule],
                             .rounding = tq_rounding__of(value[ROUND])};
}

static void bake(const double *value, tq_words *p, tq_i32 *structure)
{
    const tq_float_format f = float_of(value);
    tq_float__bake(&f, p, structure);
}

static void format(const double *value, tq_format *to)
{
    tq_float__format(bake, value, to);
}

static bool check(const double *value, char *why, size_t size)
{
    const tq_float_format f = float_of(value);
    if (f.overflow == TQ_OVERFLOW_INFINITY && f.specials != TQ_SPECIALS_IEEE) {
        snprintf(why, size, "overflow=inf needs specials=ieee: the format has no infinity");
        return false;
    }
    if (f.overflow == TQ_OVERFLOW_NAN && f.specials == TQ_SPECIALS_NONE) {
        snprintf(why, size, "overflow=nan needs specials=ieee, fn or fnuz: the format has no NaN");
        return false;
    }
    return tq_float__check(&f, why, size);
}

static void normalize(double *value)
{
    value[ROUND] = tq_rounding__normal(value[ROUND]);
    if (value[OVERFLOW_RULE] == automatic_overflow(value))
        value[OVERFLOW_RULE] = 0;
    if (value[BIAS] == tq_float__standard_bias((int)value[EXPONENT]))
        value[BIAS] = STANDARD_BIAS;
}

extern const tq_quantizer_kind tq_quantizer_float;
const tq_quantizer_kind tq_quantizer_float = {.name = "float",
                                              .summary = "floating point: e exponent bits, m fraction bits",
                                              .parameters = parameters,
                                              .parameter_count = TQ_COUNT(parameters),
                                              .examples = examples,
                                              .function = "float",
                                              .apply = tq_float__apply,
                                              .bake = bake,
                                              .check = check,
                                              .format = format,
                                              .normalize = normalize};
