/* Floating-point formats: what the kinds on kernels/quantizers/float.cl share. */
#ifndef TQ_QUANTIZERS_FLOAT_FORMAT_H
#define TQ_QUANTIZERS_FLOAT_FORMAT_H

#include "quantizers/rounding.h"

typedef enum tq_specials {
    TQ_SPECIALS_IEEE, /* the highest exponent is kept for infinity and NaN */
    TQ_SPECIALS_FN,   /* only the highest code is NaN, there is no infinity */
    TQ_SPECIALS_NONE, /* every code is a number */
    TQ_SPECIALS_FNUZ  /* the code of -0 is NaN: one zero, no infinity */
} tq_specials;

typedef struct tq_float_format {
    int exponent, fraction; /* bits */
    int bias;
    tq_specials specials;
    bool no_subnormals;
    int overflow; /* TQ_OVERFLOW_SATURATE, _INFINITY or _NAN */
    tq_rounding rounding;
} tq_float_format;

int tq_float__standard_bias(int exponent_bits);

/* Whether binary32 holds all numbers of the format, and there is one besides zero. */
bool tq_float__check(const tq_float_format *f, char *why, size_t size);
void tq_float__bake(const tq_float_format *f, tq_words *p, tq_i32 *structure);

/* What a kind's numbers are, from its `bake`. */
typedef void tq_float_bake(const double *value, tq_words *p, tq_i32 *structure);
void tq_float__format(tq_float_bake *bake, const double *value, tq_format *format);

/* kernels/quantizers/float.cl for the host. */
tq_u32 tq_float__apply(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw);
extern const tq_i32 tq_float__flush; /* the structure flag of formats without subnormal numbers */

/* Named formats: three parameters, round, subnormal, overflow. The last differs in names and initial value.
 */
#define TQ_NAMED_PARAMETERS 3
#define TQ_NAMED_ROUND                                                                                       \
    {                                                                                                        \
        .name = "round", .highest = TQ_ROUNDING_HIGHEST, .choices = tq_rounding__names,                      \
        .help = "rounding; stochastic:n has n random bits, 16 unless given", .key_only = true                \
    }
#define TQ_NAMED_SUBNORMAL                                                                                   \
    {                                                                                                        \
        .name = "subnormal", .initial = 1, .highest = 1,                                                     \
        .help = "0: numbers below the smallest normal one become it or 0", .integer = true, .key_only = true \
    }
extern const tq_parameter tq_float__ieee_parameters[TQ_NAMED_PARAMETERS]; /* overflow=inf initially */
extern const tq_parameter
    tq_float__saturating_parameters[TQ_NAMED_PARAMETERS]; /* overflow=saturate initially */

/* `overflow` is the meaning of value[2]; the bias is the standard one, of FNUZ formats one more. */
tq_float_format tq_float__named(int exponent, int fraction, tq_specials specials, int overflow,
                                const double *value);
tq_float_format tq_float__ieee_named(int exponent, int fraction, const double *value);
tq_float_format tq_float__saturating_named(int exponent, int fraction, tq_specials specials,
                                           const double *value);
void tq_float__normalize_named(double *value);

/* tq_float__apply of a whole block, faster, for formats of which tq_float__in_blocks is true: to nearest
 * even, with subnormal numbers. */
bool tq_float__in_blocks(const tq_words *p, tq_i32 structure);
void tq_float__block(float *x, const tq_words *p, tq_i32 structure);

#endif
