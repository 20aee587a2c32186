/*
 * Affine integers, as ONNX's QuantizeLinear and DequantizeLinear have them: scale * (code - zero). Scale and
 * zero point are given, or taken from a whole tensor, or from each channel of one.
 */
#include <math.h>
#include <stdio.h>

#include "quantizers/int_format.h"
#include "util/fail.h"

enum { BITS, SCALE, ZERO, SIGNED, SYMMETRIC, ROUND, PER };

#define FROM_THE_TENSOR 0 /* stands for a scale that is not given */

static const char *const examples[] = {"int,8",
                                       "int,8,0.1",
                                       "int,8,0.0117647061,128,signed=0",
                                       "int,4,0.3,symmetric=1",
                                       "int,8,0.25,-3",
                                       "int,8,0.7,5,round=away",
                                       "int,2,1.7,1",
                                       "int,16,0.0003,-1000",
                                       "int,16,0.001,65535,signed=0,round=zero",
                                       "int,8,0.013,7,round=down",
                                       "int,8,0.013,7,round=up",
                                       "int,5,3.3e-39,round=odd",
                                       "int,8,1e-44,3",
                                       "int,8,0.1,round=stochastic:8",
                                       "int,12,7e30,round=stochastic",
                                       "int,16,2.5e33",
                                       "int,8,signed=0",
                                       "int,8,symmetric=1",
                                       "int,4,symmetric=1,round=stochastic:4",
                                       NULL};

static const char *const pers[] = {"tensor", "channel", NULL};
static const tq_parameter parameters[] = {
    {.name = "bits",
     .lowest = TQ_INT_BITS_LEAST,
     .highest = TQ_INT_BITS_MOST,
     .help = "bits of a code",
     .integer = true,
     .required = true},
    {.name = "scale",
     .initial = FROM_THE_TENSOR,
     .highest = 0x1.fffffep127,
     .help = "step between numbers; taken from the tensor unless given"},
    {.name = "zero", .lowest = -32768, .highest = 65535, .help = "code of 0; needs scale", .integer = true},
    {.name = "signed",
     .initial = 1,
     .highest = 1,
     .help = "1: codes from -2^(bits-1), 0: from 0",
     .integer = true,
     .key_only = true},
    {.name = "symmetric",
     .highest = 1,
     .help = "1: the lowest code is minus the highest, the zero point 0",
     .integer = true,
     .key_only = true},
    {.name = "round",
     .highest = TQ_ROUNDING_HIGHEST,
     .choices = tq_rounding__names,
     .help = "rounding; stochastic:n has n random bits, 16 unless given",
     .key_only = true},
    {.name = "per",
     .highest = 1,
     .choices = pers,
     .help = "what has a scale of its own; channel: each index of the last dimension, for weights",
     .key_only = true}};

static tq_int_codes codes_of(const double *value)
{
    return tq_int__codes((int)value[BITS], value[SIGNED] != 0, value[SYMMETRIC] != 0);
}

static void bake(const double *value, tq_words *p, tq_i32 *structure)
{
    const tq_int_codes codes = codes_of(value);
    const tq_rounding rounding = tq_rounding__of(value[ROUND]);
    const bool alone = value[SCALE] == FROM_THE_TENSOR;
    const double scale = tq_carrier__value(tq_carrier__bits(alone ? 1 : value[SCALE]));
    *p = (tq_words){.s0 = (tq_i32)tq_carrier__bits(scale),
                    .s1 = (int)value[ZERO],
                    .s2 = codes.lowest,
                    .s3 = codes.highest,
                    .s4 = (tq_i32)tq_carrier__bits(fmin(1 / scale, 0x1p127)),
                    .s7 = rounding.random_bits};
    *structure = rounding.mode | TQ_OVERFLOW_SATURATE << 4 | (alone ? tq_int__alone : 0);
}

static bool check(const double *value, char *why, size_t size)
{
    const tq_int_codes codes = codes_of(value);
    const double zero = value[ZERO], span = fmax(codes.highest - zero, zero - codes.lowest);
    if (value[SYMMETRIC] != 0 && (value[SIGNED] == 0 || zero != 0))
        snprintf(why, size, "symmetric=1 needs signed=1 and zero=0");
    else if (zero < codes.lowest || zero > codes.highest)
        snprintf(why, size, "zero is %g, but the codes are %d .. %d", zero, codes.lowest, codes.highest);
    else if (zero != 0 && value[SCALE] == FROM_THE_TENSOR)
        snprintf(why, size, "zero needs scale: without scale both are taken from the tensor");
    else if (value[PER] != 0 && value[SCALE] != FROM_THE_TENSOR)
        snprintf(why, size, "per=channel takes scales from the tensor: scale must not be given");
    else if (value[SCALE] != FROM_THE_TENSOR && value[SCALE] < 0x1p-149)
        snprintf(why, size, "scale must be at least 2^-149");
    else if (value[SCALE] * span > 0x1.fffffep127)
        snprintf(why, size, "scale is %g, and codes are up to %g steps from 0: at most %g", value[SCALE],
                 span, 0x1.fffffep127 / span);
    else
        return true;
    return false;
}

static bool fit_range(double *value, float lowest, float highest)
{
    float scale;
    int zero;
    if (value[SCALE] != FROM_THE_TENSOR)
        return false;
    tq_int__fit(lowest, highest, codes_of(value), value[SYMMETRIC] != 0, &scale, &zero);
    value[SCALE] = (double)scale;
    value[ZERO] = zero;
    value[PER] = 0;
    return true;
}

static bool per_channel(const double *value)
{
    return value[PER] != 0;
}

/* Numbers are multiples of the last bit of the scale, since rounding a product to binary32 keeps that. */
static void format(const double *value, tq_format *to)
{
    const tq_int_codes codes = codes_of(value);
    const double scale = tq_carrier__value(tq_carrier__bits(value[SCALE])), zero = value[ZERO];
    const tq_rounding rounding = tq_rounding__of(value[ROUND]);
    int exponent;
    if (value[SCALE] == FROM_THE_TENSOR)
        return;
    uint64_t digits = (uint64_t)ldexp(frexp(scale, &exponent), 24);
    for (exponent -= 24; (digits & 1) == 0; digits >>= 1)
        ++exponent;
    *to = (tq_format){.family = TQ_FAMILY_AFFINE,
                      .rounding = rounding.mode,
                      .overflow = TQ_OVERFLOW_SATURATE,
                      .random_bits = rounding.random_bits,
                      .grid = exponent,
                      .precision = 24,
                      .lowest = tq_carrier__value(tq_carrier__bits((codes.lowest - zero) * scale)),
                      .highest = tq_carrier__value(tq_carrier__bits((codes.highest - zero) * scale))};
}

static void normalize(double *value)
{
    value[ROUND] = tq_rounding__normal(value[ROUND]);
}

extern const tq_quantizer_kind tq_quantizer_int;
const tq_quantizer_kind tq_quantizer_int = {.name = "int",
                                            .summary = "affine integers: scale * (code - zero)",
                                            .parameters = parameters,
                                            .parameter_count = TQ_COUNT(parameters),
                                            .examples = examples,
                                            .function = "int",
                                            .apply = tq_int__apply,
                                            .bake = bake,
                                            .check = check,
                                            .format = format,
                                            .fit_range = fit_range,
                                            .per_channel = per_channel,
                                            .normalize = normalize};
