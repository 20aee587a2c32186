/*
 * An independent oracle for quantizers and random draws: written from docs/numerics.md with MPFR and
 * Random123, sharing no line with the library. It takes exact numbers, so it also checks sums and products:
 * compute them in MPFR numbers of ORACLE_PRECISION bits, which hold every sum of products of binary32 numbers
 * exactly, and quantize the result.
 */
#ifndef TQ_TESTS_ORACLE_H
#define TQ_TESTS_ORACLE_H

#include <mpfr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORACLE_PRECISION 700

typedef enum oracle_family {
    ORACLE_NONE,
    ORACLE_FIXED,
    ORACLE_FLOAT, /* also log: no fraction bits, no subnormal numbers */
    ORACLE_SPARSE,
    ORACLE_BINARY,
    ORACLE_TERNARY,
    ORACLE_INT
} oracle_family;

typedef enum oracle_rounding {
    ORACLE_EVEN,
    ORACLE_AWAY,
    ORACLE_ZERO,
    ORACLE_DOWN,
    ORACLE_UP,
    ORACLE_ODD,
    ORACLE_STOCHASTIC
} oracle_rounding;

typedef enum oracle_overflow { ORACLE_SATURATE, ORACLE_WRAP, ORACLE_INFINITY, ORACLE_NAN } oracle_overflow;

typedef struct oracle_format {
    oracle_family family;
    oracle_rounding rounding;
    oracle_overflow overflow;
    int random_bits;
    int width, fraction; /* fixed */
    bool unsigned_numbers, symmetric;
    int mantissa, emin; /* float: fraction bits, smallest exponent of a normal number */
    bool subnormal, one_zero;
    long largest_significand; /* float: the largest number is largest_significand * 2^largest_exponent */
    int largest_exponent;
    float magnitude, threshold; /* binary, ternary, sparse */
    bool threshold_from_tensor; /* ternary without a threshold */
    float scale;                /* int, of `width` bits */
    long zero;
    bool scale_from_tensor;
} oracle_format;

/* Reads a quantizer string, strictly valid ones only. False where it is not understood. */
bool oracle_parse(oracle_format *f, const char *string);

/*
 * Bits of the binary32 that x becomes. x may be a zero of either sign, infinite or not a number. `draw`: for
 * stochastic rounding, the random number in its top random_bits bits. A ternary format without threshold sees
 * x as its tensor.
 */
uint32_t oracle_quantize(const oracle_format *f, mpfr_srcptr x, uint32_t draw);

/* x, finite, to a multiple of 2^quantum by the format's rounding. A zero gets the sign of x. */
void oracle_round(mpfr_ptr to, const oracle_format *f, mpfr_srcptr x, long quantum, uint32_t draw);

/* Affine integers: oracle_quantize for them, and their scale and zero point from a tensor. */
uint32_t oracle_int(const oracle_format *f, mpfr_srcptr x, uint32_t draw);
void oracle_fit_int(oracle_format *f, const uint32_t *bits, size_t count);

/* The same for a binary32. */
uint32_t oracle_quantize_bits(const oracle_format *f, uint32_t bits, uint32_t draw);

/* The number with these bits, exactly; and the nearest binary32 to x, ties to even. */
void oracle_set(mpfr_ptr x, uint32_t bits);
uint32_t oracle_nearest(mpfr_srcptr x);

/* Takes a threshold or a scale that is not given from the tensor with these bits; other formats are left
 * alone. */
void oracle_fit(oracle_format *f, const uint32_t *bits, size_t count);

/* Draw `number` of `n` bits, in the top bits: key (seed low, seed high ^ id), counter (index low, high,
 * block, stream). */
uint32_t oracle_draw(uint64_t seed, uint32_t id, uint32_t stream, uint64_t index, uint32_t number, int n);

/* The draw of `n` bits of an element: the blocks with index 0, 1, 2, ... one after the other, each 128 bits.
 */
uint32_t oracle_element_draw(uint64_t seed, uint32_t id, uint32_t stream, uint64_t element, int n);

/* One block of Philox4x32-10. */
void oracle_philox(uint32_t block[4], const uint32_t counter[4], const uint32_t key[2]);

#endif
