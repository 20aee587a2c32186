/*
 * Descriptors, for people who add quantizer kinds: inside the library (one .c and one .cl in the quantizers
 * folders, found by CMake) or outside it (an own descriptor given to tq_quantizer_make; see
 * examples/custom_quantizer.c). This header may change between minor versions.
 *
 * The arithmetic of a kind is one function in the common subset of C and OpenCL C,
 *
 *     TQ_INLINE tq_u32 tq_quantize_NAME(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw)
 *
 * which gives the bits of the binary32 that the exact number v becomes; the device compiles its text, the
 * host includes it. `p` are the baked parameters, `structure` the compile-time choices (rounding, overflow),
 * `draw` 32 random bits. The helpers are in tensorquant/kernels/prelude.cl. The function must not depend on
 * anything else and must return a NaN's bits as TQ_NAN_BITS.
 */
#ifndef TENSORQUANT_EXTEND_H
#define TENSORQUANT_EXTEND_H

#include "tensorquant/kernels/prelude.cl"
#include "tensorquant/quantizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One parameter of a kind. The table of a kind's parameters drives parsing, defaults, bounds, error texts,
 * printing, help and tests. Parameters without `key_only` may be given by position.
 */
typedef struct tq_parameter {
    const char *name;
    double initial, lowest, highest; /* highest >= lowest; with `choices`: initial is an index */
    const char *const *choices;      /* NULL, or names, NULL at the end; the value is the index */
    const char *help;
    unsigned count; /* how many numbers, joined by 'x', 1 to 4; 0 means 1. Quantizers use 1. */
    bool integer;   /* only whole numbers */
    bool required;  /* has no default */
    bool key_only;  /* key=value only */
} tq_parameter;

typedef enum tq_family {
    TQ_FAMILY_OTHER = 0, /* nothing below is known */
    TQ_FAMILY_FIXED,     /* multiples of 2^grid in lowest .. highest */
    TQ_FAMILY_FLOAT, /* precision bits, leading bit not below 2^emin; subnormals are multiples of 2^grid */
    TQ_FAMILY_AFFINE /* some multiples of 2^grid in lowest .. highest, rounded to by other rules */
} tq_family;

/* What a format's numbers are, from which the planner proves that a fast path gives the same bits. */
typedef struct tq_format {
    tq_family family;
    int rounding;    /* TQ_ROUND_* */
    int overflow;    /* TQ_OVERFLOW_* */
    int random_bits; /* of stochastic rounding, else 0 */
    int grid; /* all numbers are multiples of 2^grid, the smallest positive one unless subnormals are missing
               */
    int precision;          /* significand bits, with the leading one; fixed: bits of the word */
    int emin;               /* float: smallest exponent of a normal number */
    bool subnormal;         /* float: numbers below 2^emin exist */
    double lowest, highest; /* finite numbers, exact */
} tq_format;

struct tq_quantizer_kind {
    const char *name;    /* as in strings */
    const char *summary; /* one line */
    const tq_parameter *parameters;
    size_t parameter_count;      /* at most TQ_QUANTIZER_VALUES */
    const char *const *examples; /* valid strings, NULL at the end; the test suites run on them */

    const char *function; /* name behind "tq_quantize_" */
    const char *source;   /* text of the .cl; NULL: kernels/quantizers/<function>.cl of the library */
    /* Required: the same function compiled for the host. */
    tq_u32 (*apply)(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw);
    /*
     * Required: parameters and compile-time choices from the values; both are zero before. A stochastic
     * quantizer has TQ_ROUNDING(*structure) == TQ_ROUND_STOCHASTIC and its random bits (4, 8, 16 or 32) in
     * p->s7.
     */
    void (*bake)(const double *value, tq_words *p, tq_i32 *structure);

    /* Optional: checks values against each other; NULL: any in bounds. On failure writes the reason into
     * `why`. */
    bool (*check)(const double *value, char *why, size_t size);
    /* Optional: describes the numbers; NULL: TQ_FAMILY_OTHER. */
    void (*format)(const double *value, tq_format *format);
    /*
     * Optional: takes parameters from a whole tensor. `mean` is the mean of abs(x), by the tree of
     * docs/numerics.md. NULL: none do. Returns false when these values need nothing from the tensor.
     */
    bool (*fit)(double *value, float mean);
    /*
     * Optional, instead of `fit`: the same from the lowest and the highest of the finite numbers, or 0 where
     * that is larger or smaller. `per_channel`: whether every channel, each index of the last dimension of
     * two or more, has its own.
     */
    bool (*fit_range)(double *value, float lowest, float highest);
    bool (*per_channel)(const double *value);
    /* Optional: gives values that mean the same one form, so that equal quantizers compare and print equal.
     */
    void (*normalize)(double *value);
};

#ifdef __cplusplus
}
#endif
#endif
