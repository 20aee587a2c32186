/*
 * Affine integers, from ONNX's definitions of QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear:
 * every step in MPFR, then rounded to binary32.
 */
#include <string.h>

#include "oracle/oracle.h"

static void set_float(mpfr_ptr x, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    oracle_set(x, bits);
}

static float as_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void to_carrier(mpfr_ptr x)
{
    oracle_set(x, oracle_nearest(x));
}

static void limits(const oracle_format *f, long *lowest, long *highest)
{
    const long codes = 1L << f->width;
    *lowest = f->unsigned_numbers ? 0 : -codes / 2 + f->symmetric;
    *highest = f->unsigned_numbers ? codes - 1 : codes / 2 - 1;
}

/* The number of a code: rounded(scale * (code - zero)). */
static uint32_t number_of(const oracle_format *f, long code)
{
    mpfr_t x;
    mpfr_init2(x, ORACLE_PRECISION);
    set_float(x, f->scale);
    mpfr_mul_si(x, x, code - f->zero, MPFR_RNDN);
    const uint32_t bits = code == f->zero ? 0 : oracle_nearest(x);
    mpfr_clear(x);
    return bits;
}

static long saturated(const oracle_format *f, mpfr_srcptr code)
{
    long lowest, highest;
    limits(f, &lowest, &highest);
    if (mpfr_cmp_si(code, lowest) < 0)
        return lowest;
    return mpfr_cmp_si(code, highest) > 0 ? highest : mpfr_get_si(code, MPFR_RNDN);
}

/* Whether x is a number of the format; then *code is its code. */
static bool is_number(const oracle_format *f, mpfr_srcptr x, long *code)
{
    long lowest, highest;
    mpfr_t number;
    bool found = false;
    limits(f, &lowest, &highest);
    mpfr_init2(number, ORACLE_PRECISION);
    for (long low = lowest, high = highest; low <= high && !found;) {
        *code = low + (high - low) / 2;
        oracle_set(number, number_of(f, *code));
        const int order = mpfr_cmp(x, number);
        found = order == 0;
        low = order > 0 ? *code + 1 : low;
        high = order < 0 ? *code - 1 : high;
    }
    mpfr_clear(number);
    return found;
}

uint32_t oracle_int(const oracle_format *f, mpfr_srcptr x, uint32_t draw)
{
    mpfr_t y;
    long code;
    if (f->scale_from_tensor)
        return oracle_nearest(x);
    if (!mpfr_inf_p(x) && is_number(f, x, &code))
        return number_of(f, code);
    mpfr_init2(y, ORACLE_PRECISION);
    set_float(y, f->scale);
    mpfr_div(y, x, y, MPFR_RNDN);
    to_carrier(y);
    if (mpfr_regular_p(y))
        oracle_round(y, f, y, 0, draw);
    mpfr_add_si(y, y, f->zero, MPFR_RNDN);
    code = saturated(f, y);
    mpfr_clear(y);
    return number_of(f, code);
}

static void span(mpfr_ptr lowest, mpfr_ptr highest, const uint32_t *bits, size_t count)
{
    mpfr_t x;
    mpfr_init2(x, ORACLE_PRECISION);
    mpfr_set_zero(lowest, 1);
    mpfr_set_zero(highest, 1);
    for (size_t i = 0; i < count; ++i) {
        oracle_set(x, bits[i]);
        if (!mpfr_number_p(x))
            continue;
        if (mpfr_less_p(x, lowest))
            mpfr_set(lowest, x, MPFR_RNDN);
        if (mpfr_greater_p(x, highest))
            mpfr_set(highest, x, MPFR_RNDN);
    }
    mpfr_clear(x);
}

/* scale = (highest - lowest) / (codes - 1), each step rounded; its range as docs/quantizers.md has it. */
static float scale_of(const oracle_format *f, mpfr_srcptr lowest, mpfr_srcptr highest)
{
    long low, high;
    mpfr_t range, least, most;
    limits(f, &low, &high);
    mpfr_inits2(ORACLE_PRECISION, range, least, most, (mpfr_ptr)0);
    if (f->symmetric)
        mpfr_set(range, mpfr_cmpabs(lowest, highest) > 0 ? lowest : highest, MPFR_RNDN);
    else
        mpfr_sub(range, highest, lowest, MPFR_RNDN);
    mpfr_abs(range, range, MPFR_RNDN);
    to_carrier(range);
    const bool nothing = mpfr_zero_p(range);
    mpfr_div_si(range, range, f->symmetric ? high : high - low, MPFR_RNDN);
    to_carrier(range);
    mpfr_set_si_2exp(least, 1, -149, MPFR_RNDN);
    mpfr_set_si_2exp(most, 0xFFFFFF, 104 - 17, MPFR_RNDN);
    if (mpfr_less_p(range, least))
        mpfr_set(range, least, MPFR_RNDN);
    if (mpfr_greater_p(range, most))
        mpfr_set(range, most, MPFR_RNDN);
    const float scale = nothing ? 1 : as_float(oracle_nearest(range));
    mpfr_clears(range, least, most, (mpfr_ptr)0);
    return scale;
}

void oracle_fit_int(oracle_format *f, const uint32_t *bits, size_t count)
{
    static const oracle_format even = {.rounding = ORACLE_EVEN};
    long low, high;
    mpfr_t lowest, highest, scale;
    limits(f, &low, &high);
    mpfr_inits2(ORACLE_PRECISION, lowest, highest, scale, (mpfr_ptr)0);
    span(lowest, highest, bits, count);
    f->scale = scale_of(f, lowest, highest);
    f->scale_from_tensor = false;
    set_float(scale, f->scale);
    mpfr_div(lowest, lowest, scale, MPFR_RNDN);
    to_carrier(lowest);
    mpfr_si_sub(lowest, low, lowest, MPFR_RNDN);
    to_carrier(lowest);
    if (mpfr_regular_p(lowest))
        oracle_round(lowest, &even, lowest, 0, 0);
    f->zero = f->symmetric ? 0 : saturated(f, lowest);
    mpfr_clears(lowest, highest, scale, (mpfr_ptr)0);
}
