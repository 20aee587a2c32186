/* Fixed-point formats: what the kinds on kernels/quantizers/fixed.cl share. */
#ifndef TQ_QUANTIZERS_FIXED_FORMAT_H
#define TQ_QUANTIZERS_FIXED_FORMAT_H

#include "quantizers/rounding.h"

typedef struct tq_fixed_format {
    int width, fraction; /* bits */
    bool unsigned_numbers, symmetric;
    int overflow; /* TQ_OVERFLOW_SATURATE or TQ_OVERFLOW_WRAP */
    tq_rounding rounding;
} tq_fixed_format;

/* The first two parameters of every kind here. */
#define TQ_FIXED_WIDTH                                                                                       \
    {                                                                                                        \
        .name = "w", .lowest = 1, .highest = 32, .help = "bits of the word", .integer = true,                \
        .required = true                                                                                     \
    }
#define TQ_FIXED_FRACTION                                                                                    \
    {                                                                                                        \
        .name = "f", .lowest = -100, .highest = 140, .help = "fraction bits", .integer = true,               \
        .required = true                                                                                     \
    }

extern const tq_parameter tq_fixed__parameters[2]; /* w and f alone: TensorQuant's kinds */

/* A signed saturating format from the values of those. */
tq_fixed_format tq_fixed__of(const double *value, tq_rounding rounding);

bool tq_fixed__check(const double *value, char *why, size_t size); /* by w and f, whatever follows */
void tq_fixed__bake(const tq_fixed_format *fixed, tq_words *p, tq_i32 *structure);
void tq_fixed__describe(const tq_fixed_format *fixed, tq_format *format);

/* kernels/quantizers/fixed.cl for the host. */
tq_u32 tq_fixed__apply(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw);

/*
 * tq_fixed__apply of a whole block, faster, for formats of which tq_fixed__in_blocks is true: words of at
 * most 24 bits that saturate, rounded by anything but `odd`. `draw`: one for each number, also where none is
 * drawn.
 */
bool tq_fixed__in_blocks(const tq_words *p, tq_i32 structure);
void tq_fixed__block(float *x, const tq_u32 *draw, const tq_words *p, tq_i32 structure);

#endif
