/*
 * Quantization by its definition: the two neighbours of x among the multiples of a quantum, the distance to
 * the lower one, and the rule that chooses; then the range.
 */
#include "oracle/oracle.h"

#include <stdlib.h>
#include <string.h>

#define NAN_BITS 0x7FC00000u

void oracle_set(mpfr_ptr x, uint32_t bits)
{
    const int exponent = (int)(bits >> 23 & 0xFF);
    const long fraction = (long)(bits & 0x7FFFFF), sign = bits >> 31 ? -1 : 1;
    if (exponent == 255 && fraction)
        mpfr_set_nan(x);
    else if (exponent == 255)
        mpfr_set_inf(x, (int)sign);
    else if (exponent == 0 && fraction == 0)
        mpfr_set_zero(x, (int)sign);
    else if (exponent == 0)
        mpfr_set_si_2exp(x, sign * fraction, -149, MPFR_RNDN);
    else
        mpfr_set_si_2exp(x, sign * (fraction + 0x800000), exponent - 150, MPFR_RNDN);
}

/* Bits of x, which is a binary32 number. Anything else is a mistake of the oracle. */
static uint32_t bits_of(mpfr_srcptr x)
{
    const uint32_t sign = mpfr_signbit(x) ? 0x80000000u : 0;
    uint32_t bits;
    long quantum;
    unsigned long significand;
    mpfr_t back;
    if (mpfr_nan_p(x))
        return NAN_BITS;
    if (mpfr_inf_p(x))
        return sign | 0x7F800000u;
    if (mpfr_zero_p(x))
        return sign;
    quantum = mpfr_get_exp(x) - 24 < -149 ? -149 : mpfr_get_exp(x) - 24;
    mpfr_init2(back, ORACLE_PRECISION);
    mpfr_div_2si(back, x, quantum, MPFR_RNDN);
    mpfr_abs(back, back, MPFR_RNDN);
    if (!mpfr_integer_p(back) || quantum > 104)
        abort();
    significand = mpfr_get_ui(back, MPFR_RNDN);
    mpfr_clear(back);
    bits = (uint32_t)significand & 0x7FFFFFu;
    if (significand >= 0x800000u)
        bits |= (uint32_t)(quantum + 150) << 23;
    return sign | bits;
}

/* Exponent of the leading bit of a number that is finite and not zero. */
static long leading(mpfr_srcptr x)
{
    return mpfr_get_exp(x) - 1;
}

/* Whether the upper of two neighbours is chosen: d in (0,1) is the distance to the lower one, `low`. */
static bool takes_upper(const oracle_format *f, mpfr_srcptr low, mpfr_srcptr d, bool negative, uint32_t draw)
{
    const int half = mpfr_cmp_d(d, 0.5);
    mpfr_t t;
    bool low_is_odd, upper;
    mpfr_init2(t, ORACLE_PRECISION);
    mpfr_div_2ui(t, low, 1, MPFR_RNDN);
    low_is_odd = !mpfr_integer_p(t);
    switch (f->rounding) {
    case ORACLE_EVEN:
        upper = half > 0 || (half == 0 && low_is_odd);
        break;
    case ORACLE_AWAY:
        upper = half > 0 || (half == 0 && !negative);
        break;
    case ORACLE_ZERO:
        upper = negative;
        break;
    case ORACLE_DOWN:
        upper = false;
        break;
    case ORACLE_UP:
        upper = true;
        break;
    case ORACLE_ODD:
        upper = !low_is_odd;
        break;
    default: /* r + floor(d * 2^n) >= 2^n */
        mpfr_mul_2ui(t, d, (unsigned long)f->random_bits, MPFR_RNDN);
        mpfr_floor(t, t);
        upper = mpfr_get_ui(t, MPFR_RNDN) + (unsigned long)(draw >> (32 - f->random_bits)) >=
                1ul << f->random_bits;
    }
    mpfr_clear(t);
    return upper;
}

void oracle_round(mpfr_ptr to, const oracle_format *f, mpfr_srcptr x, long quantum, uint32_t draw)
{
    mpfr_t scaled, low, d;
    mpfr_inits2(ORACLE_PRECISION, scaled, low, d, (mpfr_ptr)0);
    mpfr_div_2si(scaled, x, quantum, MPFR_RNDN);
    mpfr_floor(low, scaled);
    mpfr_sub(d, scaled, low, MPFR_RNDN);
    if (!mpfr_zero_p(d) && takes_upper(f, low, d, mpfr_signbit(x) != 0, draw))
        mpfr_add_ui(low, low, 1, MPFR_RNDN);
    mpfr_mul_2si(to, low, quantum, MPFR_RNDN);
    if (mpfr_zero_p(to))
        mpfr_set_zero(to, mpfr_signbit(x) ? -1 : 1);
    mpfr_clears(scaled, low, d, (mpfr_ptr)0);
}

/* Towards zero to 24 bits. */
static void cut_to_carrier(mpfr_ptr x)
{
    mpfr_prec_round(x, 24, MPFR_RNDZ);
    mpfr_prec_round(x, ORACLE_PRECISION, MPFR_RNDN);
}

static void set_power(mpfr_ptr x, long exponent)
{
    mpfr_set_ui_2exp(x, 1, exponent, MPFR_RNDN);
}

/* Largest and lowest numbers of a fixed-point format. */
static void fixed_bounds(mpfr_ptr highest, mpfr_ptr lowest, const oracle_format *f)
{
    mpfr_t grain;
    mpfr_init2(grain, ORACLE_PRECISION);
    set_power(grain, -f->fraction);
    set_power(highest, f->width - (f->unsigned_numbers ? 0 : 1) - f->fraction);
    mpfr_neg(lowest, highest, MPFR_RNDN);
    mpfr_sub(highest, highest, grain, MPFR_RNDN);
    cut_to_carrier(highest);
    if (f->unsigned_numbers)
        mpfr_set_zero(lowest, 1);
    else if (f->symmetric)
        mpfr_neg(lowest, highest, MPFR_RNDN);
    mpfr_clear(grain);
}

/* y - 2^w grains * floor(y / 2^w grains), in the upper half less 2^w grains when there are negative numbers.
 */
static void wrap(mpfr_ptr y, const oracle_format *f)
{
    const long period = f->width - f->fraction;
    mpfr_t turns;
    mpfr_init2(turns, ORACLE_PRECISION);
    mpfr_div_2si(turns, y, period, MPFR_RNDN);
    if (!f->unsigned_numbers)
        mpfr_add_d(turns, turns, 0.5, MPFR_RNDN);
    mpfr_floor(turns, turns);
    mpfr_mul_2si(turns, turns, period, MPFR_RNDN);
    mpfr_sub(y, y, turns, MPFR_RNDN);
    cut_to_carrier(y);
    mpfr_clear(turns);
}

static void quantize_fixed(mpfr_ptr y, const oracle_format *f, mpfr_srcptr x, uint32_t draw)
{
    mpfr_t highest, lowest;
    if (f->overflow == ORACLE_WRAP && mpfr_inf_p(x)) {
        mpfr_set_nan(y);
        return;
    }
    mpfr_inits2(ORACLE_PRECISION, highest, lowest, (mpfr_ptr)0);
    mpfr_set(y, x, MPFR_RNDN);
    if (mpfr_regular_p(x)) {
        const long ulp = leading(x) - 23;
        const bool grain = f->overflow == ORACLE_WRAP || ulp <= -f->fraction;
        oracle_round(y, f, x, grain ? -f->fraction : ulp, draw);
    }
    fixed_bounds(highest, lowest, f);
    if (f->overflow == ORACLE_WRAP)
        wrap(y, f);
    else if (mpfr_greater_p(y, highest))
        mpfr_set(y, highest, MPFR_RNDN);
    else if (mpfr_less_p(y, lowest))
        mpfr_set(y, lowest, MPFR_RNDN);
    if (mpfr_zero_p(y))
        mpfr_set_zero(y, 1);
    mpfr_clears(highest, lowest, (mpfr_ptr)0);
}

/* What a number beyond the largest becomes: infinity, largest (1) or not a number. */
static void overflow_to(mpfr_ptr y, const oracle_format *f, mpfr_srcptr x, mpfr_srcptr largest)
{
    const bool negative = mpfr_signbit(x) != 0;
    bool infinite = f->overflow == ORACLE_INFINITY;
    if (f->overflow == ORACLE_NAN) {
        mpfr_set_nan(y);
        return;
    }
    if (!mpfr_inf_p(x)) {
        if (f->rounding == ORACLE_ZERO || f->rounding == ORACLE_ODD)
            infinite = false;
        if ((f->rounding == ORACLE_DOWN && !negative) || (f->rounding == ORACLE_UP && negative))
            infinite = false;
    }
    if (infinite)
        mpfr_set_inf(y, 1);
    else
        mpfr_set(y, largest, MPFR_RNDN);
    mpfr_setsign(y, y, negative, MPFR_RNDN);
}

static void quantize_float(mpfr_ptr y, const oracle_format *f, mpfr_srcptr x, uint32_t draw)
{
    mpfr_t largest;
    mpfr_init2(largest, ORACLE_PRECISION);
    mpfr_set_si_2exp(largest, f->largest_significand, f->largest_exponent, MPFR_RNDN);
    mpfr_set(y, x, MPFR_RNDN);
    if (mpfr_regular_p(x)) {
        const bool tiny = leading(x) < f->emin;
        const long quantum = !tiny          ? leading(x) - f->mantissa
                             : f->subnormal ? f->emin - f->mantissa
                                            : f->emin;
        oracle_round(y, f, x, quantum, draw);
    }
    if (mpfr_cmpabs(y, largest) > 0)
        overflow_to(y, f, x, largest);
    if (f->one_zero && mpfr_zero_p(y))
        mpfr_set_zero(y, 1);
    mpfr_clear(largest);
}

uint32_t oracle_nearest(mpfr_srcptr x)
{
    static const oracle_format binary32 = {.family = ORACLE_FLOAT,
                                           .overflow = ORACLE_INFINITY,
                                           .mantissa = 23,
                                           .emin = -126,
                                           .subnormal = true,
                                           .largest_significand = 0xFFFFFF,
                                           .largest_exponent = 104};
    return oracle_quantize(&binary32, x, 0);
}

/* 0.7 (as a binary32) times a binary32, as a binary32. */
static uint32_t seven_tenths(uint32_t bits)
{
    mpfr_t x, t;
    uint32_t product;
    mpfr_inits2(ORACLE_PRECISION, x, t, (mpfr_ptr)0);
    oracle_set(x, bits);
    mpfr_set_si_2exp(t, 11744051, -24, MPFR_RNDN); /* 0.7f */
    mpfr_mul(t, t, x, MPFR_RNDN);
    product = oracle_nearest(t);
    mpfr_clears(x, t, (mpfr_ptr)0);
    return product;
}

static uint32_t float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Where a number is beyond a threshold by its absolute value; infinite and overflowing ones always are. */
static bool beyond(mpfr_srcptr x, uint32_t threshold_bits)
{
    mpfr_t threshold, top;
    bool is;
    mpfr_inits2(ORACLE_PRECISION, threshold, top, (mpfr_ptr)0);
    oracle_set(threshold, threshold_bits);
    oracle_set(top, 0x7F7FFFFFu);
    is = mpfr_cmpabs(x, threshold) > 0 || mpfr_cmpabs(x, top) > 0;
    mpfr_clears(threshold, top, (mpfr_ptr)0);
    return is;
}

static uint32_t quantize_ternary(const oracle_format *f, mpfr_srcptr x)
{
    uint32_t threshold = float_bits(f->threshold);
    if (f->threshold_from_tensor)
        threshold = seven_tenths(oracle_nearest(x) & 0x7FFFFFFFu);
    if (!beyond(x, threshold))
        return 0;
    return float_bits(f->magnitude) | (mpfr_signbit(x) ? 0x80000000u : 0);
}

static uint32_t quantize_sparse(const oracle_format *f, mpfr_srcptr x)
{
    const uint32_t bits = oracle_nearest(x);
    return (bits & 0x7FFFFFFFu) > float_bits(f->threshold) ? bits : 0;
}

uint32_t oracle_quantize(const oracle_format *f, mpfr_srcptr x, uint32_t draw)
{
    mpfr_t y;
    uint32_t bits;
    if (mpfr_nan_p(x))
        return NAN_BITS;
    if (f->family == ORACLE_NONE)
        return oracle_nearest(x);
    if (f->family == ORACLE_INT)
        return oracle_int(f, x, draw);
    if (f->family == ORACLE_SPARSE)
        return quantize_sparse(f, x);
    if (f->family == ORACLE_TERNARY)
        return quantize_ternary(f, x);
    if (f->family == ORACLE_BINARY)
        return float_bits(f->magnitude) | (mpfr_sgn(x) < 0 ? 0x80000000u : 0);
    mpfr_init2(y, ORACLE_PRECISION);
    (f->family == ORACLE_FIXED ? quantize_fixed : quantize_float)(y, f, x, draw);
    bits = bits_of(y);
    mpfr_clear(y);
    return bits;
}

uint32_t oracle_quantize_bits(const oracle_format *f, uint32_t bits, uint32_t draw)
{
    mpfr_t x;
    uint32_t result;
    mpfr_init2(x, ORACLE_PRECISION);
    oracle_set(x, bits);
    result = oracle_quantize(f, x, draw);
    mpfr_clear(x);
    return result;
}

/* The tree by recursion: the first half is a power of two; what lies behind the end is zeros. */
static void tree_sum(mpfr_ptr sum, const uint32_t *bits, size_t count, size_t padded)
{
    mpfr_t right;
    if (padded == 1 || count == 0) {
        oracle_set(sum, count ? bits[0] & 0x7FFFFFFFu : 0);
        return;
    }
    padded /= 2;
    mpfr_init2(right, ORACLE_PRECISION);
    tree_sum(sum, bits, count < padded ? count : padded, padded);
    tree_sum(right, bits + padded, count < padded ? 0 : count - padded, padded);
    mpfr_add(sum, sum, right, MPFR_RNDN);
    oracle_set(sum, oracle_nearest(sum));
    mpfr_clear(right);
}

void oracle_fit(oracle_format *f, const uint32_t *bits, size_t count)
{
    mpfr_t mean;
    uint32_t threshold;
    size_t padded = 1;
    if (f->scale_from_tensor)
        oracle_fit_int(f, bits, count);
    if (!f->threshold_from_tensor || count == 0)
        return;
    while (padded < count)
        padded *= 2;
    mpfr_init2(mean, ORACLE_PRECISION);
    tree_sum(mean, bits, count, padded);
    mpfr_div_ui(mean, mean, count, MPFR_RNDN); /* 700 bits: far from any tie of binary32 unless it is one */
    threshold = seven_tenths(oracle_nearest(mean));
    if (mpfr_nan_p(mean))
        threshold = 0x7F800000u;
    memcpy(&f->threshold, &threshold, sizeof threshold);
    f->threshold_from_tensor = false;
    mpfr_clear(mean);
}
