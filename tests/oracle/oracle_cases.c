#include "oracle/oracle_cases.h"

typedef struct list {
    uint32_t *bits;
    size_t count;
} list;

/* A number with its neighbours, both signs. */
static void add_around(list *l, uint32_t bits)
{
    for (uint32_t d = 0; d < 3; ++d) {
        const uint32_t magnitude = (bits & 0x7FFFFFFFu) + d - 1;
        if (l->count + 2 > ORACLE_CASES || magnitude > 0x7F800001u)
            continue;
        l->bits[l->count++] = magnitude;
        l->bits[l->count++] = magnitude | 0x80000000u;
    }
}

static uint32_t nearest_2exp(long significand, long exponent)
{
    mpfr_t x;
    uint32_t bits;
    mpfr_init2(x, ORACLE_PRECISION);
    mpfr_set_si_2exp(x, significand, exponent, MPFR_RNDN);
    bits = oracle_nearest(x);
    mpfr_clear(x);
    return bits;
}

/* The largest and lowest numbers, halfway beyond them, and the smallest. */
static void add_edges(list *l, const oracle_format *f)
{
    const bool fixed = f->family == ORACLE_FIXED;
    const long grid = fixed ? -f->fraction : f->emin - f->mantissa;
    const long largest = fixed ? (1L << f->width) - 1 : f->largest_significand;
    const long quantum = fixed ? grid : f->largest_exponent;
    for (long halves = -4; halves <= 8; ++halves) {
        add_around(l, nearest_2exp(2 * largest + halves, quantum - 1));
        if (fixed)
            add_around(l, nearest_2exp(largest + halves, quantum - 1));
        add_around(l, nearest_2exp(halves + 5, grid - 1));
        if (!fixed)
            add_around(l, nearest_2exp((4L << f->mantissa) + halves, grid - 2));
    }
    for (long i = 0; i < 64; ++i)
        add_around(l, nearest_2exp(i, grid - 2));
}

size_t oracle_cases(uint32_t *bits, const oracle_format *f)
{
    static const uint32_t nans[] = {0x7FC00000u, 0xFFC00000u, 0x7F800001u, 0xFFABCDEFu, 0x7FFFFFFFu};
    static const uint32_t fractions[] = {0, 0x400000u, 0x200000u, 0x600000u, 0x7FFF80u};
    list l = {bits, 0};
    for (size_t i = 0; i < sizeof nans / sizeof *nans; ++i)
        bits[l.count++] = nans[i];
    bits[l.count++] = 0;
    bits[l.count++] = 0x80000000u;
    if (f && (f->family == ORACLE_FIXED || f->family == ORACLE_FLOAT))
        add_edges(&l, f);
    for (uint32_t exponent = 0; exponent < 256; ++exponent) {
        for (size_t i = 0; i < sizeof fractions / sizeof *fractions; ++i)
            add_around(&l, exponent << 23 | fractions[i]);
    }
    for (uint32_t bit = 0; bit < 23; ++bit)
        add_around(&l, (uint32_t)1 << bit);
    for (long exponent = -9; exponent <= 0; ++exponent) {
        for (long i = 1; i < 48; i += 2)
            add_around(&l, nearest_2exp(i, exponent));
    }
    return l.count;
}

uint64_t oracle_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

uint32_t oracle_random_input(uint64_t *state, const oracle_format *f)
{
    const uint64_t r = oracle_random(state);
    uint32_t bits = (uint32_t)(r >> 32), exponent = bits >> 23 & 0xFF;
    long top = 127 + 2;
    if (f && f->family == ORACLE_FIXED)
        top = 127 + f->width - f->fraction;
    else if (f && f->family == ORACLE_FLOAT)
        top = 127 + f->largest_exponent + f->mantissa + 2;
    if (r & 1) /* of the range, or some binades below */
        exponent = (uint32_t)(top < 0 ? 0 : top > 254 ? 254 : top) - (uint32_t)(r >> 8) % 32;
    exponent = exponent > 254 ? 1 : exponent;
    if (r & 2) /* few digits: ties */
        bits &= ~(uint32_t)0 << (r >> 16 & 31) % 23;
    if ((r & 12) == 12)
        bits += r & 16 ? 1 : (uint32_t)-1;
    return (bits & 0x807FFFFFu) | exponent << 23;
}
