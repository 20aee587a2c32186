#include "quantizers/float_format.h"

#include <stdio.h>

#include "tensorquant/kernels/quantizers/float.cl"

const tq_i32 tq_float__flush = TQ_FLOAT_FLUSH;

static const char *const ieee_overflows[] = {"inf", "saturate", "nan", NULL};
const tq_parameter tq_float__ieee_parameters[TQ_NAMED_PARAMETERS] = {TQ_NAMED_ROUND,
                                                                     TQ_NAMED_SUBNORMAL,
                                                                     {.name = "overflow",
                                                                      .highest = 2,
                                                                      .choices = ieee_overflows,
                                                                      .help = "beyond the largest",
                                                                      .key_only = true}};

static const char *const saturating_overflows[] = {"saturate", "nan", NULL};
const tq_parameter tq_float__saturating_parameters[TQ_NAMED_PARAMETERS] = {TQ_NAMED_ROUND,
                                                                           TQ_NAMED_SUBNORMAL,
                                                                           {.name = "overflow",
                                                                            .highest = 1,
                                                                            .choices = saturating_overflows,
                                                                            .help = "beyond the largest",
                                                                            .key_only = true}};

int tq_float__standard_bias(int exponent_bits)
{
    return (1 << (exponent_bits - 1)) - 1;
}

/* The largest finite number's code without its sign: exponent bits, then fraction bits. */
static tq_u32 largest_code(const tq_float_format *f)
{
    const tq_u32 codes = (tq_u32)1 << (f->exponent + f->fraction);
    if (f->specials == TQ_SPECIALS_IEEE)
        return codes - ((tq_u32)1 << f->fraction) - 1;
    return f->specials == TQ_SPECIALS_FN ? codes - 2 : codes - 1;
}

/* That number is *significand * 2^*quantum. */
static void largest_number(const tq_float_format *f, tq_u32 *significand, int *quantum)
{
    const tq_u32 code = largest_code(f), one = (tq_u32)1 << f->fraction;
    const int exponent = (int)(code >> f->fraction);
    *significand = (code & (one - 1)) | (exponent ? one : 0);
    *quantum = (exponent ? exponent : 1) - f->bias - f->fraction;
}

bool tq_float__check(const tq_float_format *f, char *why, size_t size)
{
    const int smallest = 1 - f->bias - f->fraction;
    const tq_u32 least_code = f->no_subnormals ? (tq_u32)1 << f->fraction : 1;
    tq_u32 significand;
    int quantum, largest;
    if (largest_code(f) < least_code) {
        snprintf(why, size,
                 "the format has no number besides zero: more exponent or fraction bits are needed");
        return false;
    }
    largest_number(f, &significand, &quantum);
    largest = quantum + 63 - tq_leading_zeros(significand);
    if (smallest >= -149 && largest <= 127)
        return true;
    snprintf(why, size,
             "the format's numbers reach from 2^%d to above 2^%d, binary32's from 2^-149 to below 2^128: "
             "bias must be %d .. %d",
             smallest, largest, f->bias + largest - 127, 150 - f->fraction);
    return false;
}

void tq_float__bake(const tq_float_format *f, tq_words *p, tq_i32 *structure)
{
    tq_u32 significand;
    int quantum;
    largest_number(f, &significand, &quantum);
    p->s0 = f->fraction;
    p->s1 = 1 - f->bias;
    p->s2 = (tq_i32)tq_pack(significand, quantum, 0);
    p->s7 = f->rounding.random_bits;
    *structure = f->rounding.mode | f->overflow << 4 | (f->no_subnormals ? TQ_FLOAT_FLUSH : 0) |
                 (f->specials == TQ_SPECIALS_FNUZ ? TQ_FLOAT_ONE_ZERO : 0);
}

void tq_float__format(tq_float_bake *bake, const double *value, tq_format *format)
{
    tq_words p = {0};
    tq_i32 structure = 0;
    bake(value, &p, &structure);
    const double largest = tq_carrier__value((tq_u32)p.s2);
    /* Paths of floating point count on two zeros. */
    *format = (tq_format){.family = structure & TQ_FLOAT_ONE_ZERO ? TQ_FAMILY_AFFINE : TQ_FAMILY_FLOAT,
                          .rounding = TQ_ROUNDING(structure),
                          .overflow = TQ_OVERFLOW(structure),
                          .random_bits = p.s7,
                          .grid = p.s1 - p.s0,
                          .precision = p.s0 + 1,
                          .emin = p.s1,
                          .subnormal = p.s0 > 0 && !(structure & TQ_FLOAT_FLUSH),
                          .lowest = -largest,
                          .highest = largest};
}

tq_float_format tq_float__named(int exponent, int fraction, tq_specials specials, int overflow,
                                const double *value)
{
    return (tq_float_format){.exponent = exponent,
                             .fraction = fraction,
                             .bias = tq_float__standard_bias(exponent) + (specials == TQ_SPECIALS_FNUZ),
                             .specials = specials,
                             .no_subnormals = value[1] == 0,
                             .overflow = overflow,
                             .rounding = tq_rounding__of(value[0])};
}

tq_float_format tq_float__ieee_named(int exponent, int fraction, const double *value)
{
    static const int overflow[] = {TQ_OVERFLOW_INFINITY, TQ_OVERFLOW_SATURATE, TQ_OVERFLOW_NAN};
    return tq_float__named(exponent, fraction, TQ_SPECIALS_IEEE, overflow[(int)value[2]], value);
}

tq_float_format tq_float__saturating_named(int exponent, int fraction, tq_specials specials,
                                           const double *value)
{
    static const int overflow[] = {TQ_OVERFLOW_SATURATE, TQ_OVERFLOW_NAN};
    return tq_float__named(exponent, fraction, specials, overflow[(int)value[2]], value);
}

void tq_float__normalize_named(double *value)
{
    value[0] = tq_rounding__normal(value[0]);
}

tq_u32 tq_float__apply(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw)
{
    return tq_quantize_float(v, p, structure, draw);
}
