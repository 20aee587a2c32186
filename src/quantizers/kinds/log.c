/*
 * Powers of two: sign * 2^i, i from emin, and 0: a sign bit and bits - 1 bits that count 0, 2^emin,
 * 2^(emin+1), ... round=away is the nearest in value, 1.5 * 2^i goes up; round=floor is TensorQuant's code.
 * Saturates.
 */
#include <stdio.h>

#include "quantizers/float_format.h"
#include "util/fail.h"

enum { BITS, LOWEST, ROUND };

static const char *const examples[] = {"log",
                                       "log,4,-6",
                                       "log,5,-12,round=floor",
                                       "log,9,-127",
                                       "log,6,-149,round=even",
                                       "log,3,0,round=stochastic:4",
                                       NULL};

static const tq_parameter parameters[] = {
    {.name = "bits",
     .initial = 7,
     .lowest = 2,
     .highest = 9,
     .help = "bits of a number with its sign",
     .integer = true},
    {.name = "emin",
     .initial = -31,
     .lowest = -149,
     .highest = 127,
     .help = "exponent of the smallest power of two",
     .integer = true},
    {.name = "round",
     .initial = TQ_ROUND_AWAY,
     .highest = TQ_ROUNDING_HIGHEST,
     .choices = tq_rounding__floor_names,
     .help = "away: nearest, 1.5*2^i goes up; floor: the power of two below",
     .key_only = true}};

static int highest_exponent(const double *value)
{
    return (int)value[LOWEST] + (1 << ((int)value[BITS] - 1)) - 2;
}

static void bake(const double *value, tq_words *p, tq_i32 *structure)
{
    const tq_rounding rounding = tq_rounding__of(value[ROUND]);
    p->s0 = 0;
    p->s1 = (int)value[LOWEST];
    p->s2 = (tq_i32)tq_pack(1, highest_exponent(value), 0);
    p->s7 = rounding.random_bits;
    *structure = rounding.mode | TQ_OVERFLOW_SATURATE << 4 | tq_float__flush;
}

static void format(const double *value, tq_format *to)
{
    tq_float__format(bake, value, to);
}

static bool check(const double *value, char *why, size_t size)
{
    if (highest_exponent(value) <= 127)
        return true;
    snprintf(why, size, "the largest number is 2^%d, but binary32 ends below 2^128: emin must be at most %d",
             highest_exponent(value), (int)value[LOWEST] + 127 - highest_exponent(value));
    return false;
}

static void normalize(double *value)
{
    value[ROUND] = tq_rounding__normal(value[ROUND]);
}

extern const tq_quantizer_kind tq_quantizer_log;
const tq_quantizer_kind tq_quantizer_log = {.name = "log",
                                            .summary = "powers of two with a sign, and 0",
                                            .parameters = parameters,
                                            .parameter_count = TQ_COUNT(parameters),
                                            .examples = examples,
                                            .function = "float",
                                            .apply = tq_float__apply,
                                            .bake = bake,
                                            .check = check,
                                            .format = format,
                                            .normalize = normalize};
