/* What the probes of a device must give, by MPFR and integers of 128 bits. */
#include "oracle/oracle_operations.h"

#include <math.h>
#include <string.h>

#include "oracle/oracle.h"
#include "support/bits.h"

__extension__ typedef unsigned __int128 wide;

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static double double_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t double_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* x * y + z, exactly, to the nearest binary32; `minus` 1: z is subtracted. */
static uint64_t nearest(uint64_t x, uint64_t y, uint64_t z, int minus)
{
    mpfr_t a, b, c;
    mpfr_inits2(ORACLE_PRECISION, a, b, c, (mpfr_ptr)0);
    oracle_set(a, (uint32_t)x);
    oracle_set(b, (uint32_t)y);
    oracle_set(c, (uint32_t)z);
    if (minus)
        mpfr_fms(a, a, b, c, MPFR_RNDN);
    else
        mpfr_fma(a, a, b, c, MPFR_RNDN);
    const uint64_t bits = oracle_nearest(a);
    mpfr_clears(a, b, c, (mpfr_ptr)0);
    return bits;
}

#define ONE  0x3F800000u
#define ZERO 0x80000000u /* which leaves the sign of a product of zero */

static uint64_t add(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return nearest(a, ONE, b, 0);
}

static uint64_t subtract(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return nearest(a, ONE, b, 1);
}

static uint64_t multiply(uint64_t a, uint64_t b, uint64_t c)
{
    const uint64_t sign = (a ^ b) & ZERO;
    (void)c;
    return nearest(a, b, sign, 0); /* a zero of its own sign changes nothing */
}

static uint64_t plus(uint64_t a, uint64_t b, uint64_t c)
{
    return add(multiply(a, b, 0), c, 0);
}

static uint64_t minus(uint64_t a, uint64_t b, uint64_t c)
{
    return subtract(multiply(a, b, 0), c, 0);
}

static uint64_t from(uint64_t a, uint64_t b, uint64_t c)
{
    return subtract(c, multiply(a, b, 0), 0);
}

static uint64_t fused(uint64_t a, uint64_t b, uint64_t c)
{
    return nearest(a, b, c, 0);
}

static uint64_t choose(uint64_t a, uint64_t b, uint64_t c)
{
    return isless(float_of(a), float_of(b)) ? a : c;
}

static uint64_t compare(uint64_t a, uint64_t b, uint64_t c)
{
    const float x = float_of(a), y = float_of(b);
    const uint32_t mark = (uint32_t)c | 1;
    uint32_t result = 0;
    if (isless(x, y))
        result = mark ^ (3 * mark);
    else if (isgreaterequal(x, y) && !isgreater(x, y))
        result = 3 * mark ^ 5 * mark;
    return isless(x, y) || x != y ? result ^ 7 * mark : result;
}

static uint64_t down(uint64_t a, uint64_t b, uint64_t c)
{
    mpfr_t x;
    (void)b;
    (void)c;
    mpfr_init2(x, ORACLE_PRECISION);
    oracle_set(x, (uint32_t)a);
    mpfr_floor(x, x);
    const uint64_t bits = oracle_nearest(x);
    mpfr_clear(x);
    return bits;
}

static uint64_t size(uint64_t a, uint64_t b, uint64_t c)
{
    (void)b;
    (void)c;
    return bits_of(fabsf(float_of(a)));
}

static uint64_t of_int(uint64_t a, uint64_t b, uint64_t c)
{
    mpfr_t x;
    (void)b;
    (void)c;
    mpfr_init2(x, ORACLE_PRECISION);
    mpfr_set_si(x, (int32_t)a, MPFR_RNDN);
    const uint64_t bits = oracle_nearest(x);
    mpfr_clear(x);
    return bits;
}

static uint64_t as_int(uint64_t a, uint64_t b, uint64_t c)
{
    (void)b;
    (void)c;
    return (uint32_t)lrintf(float_of(a));
}

/* Of words, modulo 2^32 or 2^64. */
static uint64_t wrap(uint64_t a, uint64_t b, uint64_t c)
{
    return (uint64_t)(((wide)a * b + c) % ((wide)1 << 32));
}

static uint64_t high(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return (uint64_t)((wide)a * b / ((wide)1 << 32));
}

static uint64_t left(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return (uint64_t)((wide)a * ((wide)1 << b) % ((wide)1 << 32));
}

static uint64_t right(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return (uint64_t)((wide)a / ((wide)1 << b));
}

static uint64_t floored(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return (uint32_t)(int32_t)floor(ldexp((int32_t)a, -(int)b));
}

static uint64_t zeros(uint64_t a, uint64_t b, uint64_t c)
{
    (void)b;
    (void)c;
    int count = 0;
    for (uint64_t bit = 1u << 31; bit != 0 && (a & bit) == 0; bit /= 2)
        ++count;
    return (uint64_t)count;
}

static uint64_t clamp(uint64_t a, uint64_t b, uint64_t c)
{
    return (uint32_t)(int32_t)fmax(fmin((int32_t)a, (int32_t)b), (int32_t)c);
}

static uint64_t saturated(double x)
{
    return (uint32_t)(int32_t)fmax(fmin(x, 32767), -32768);
}

static uint64_t short_high(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return saturated(floor((double)(int32_t)a * (int32_t)b / 65536));
}

static uint64_t short_add(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return saturated((double)(int32_t)a + (int32_t)b);
}

static uint64_t short_pack(uint64_t a, uint64_t b, uint64_t c)
{
    (void)b;
    (void)c;
    return saturated((int32_t)a);
}

static uint64_t short_step(uint64_t a, uint64_t b, uint64_t c)
{
    return saturated(floor(((double)(int32_t)a * (int32_t)b + (int32_t)c) / 32));
}

static uint64_t long_wrap(uint64_t a, uint64_t b, uint64_t c)
{
    return (uint64_t)(((wide)a * b + c) & UINT64_MAX);
}

static uint64_t long_high(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return (uint64_t)((wide)a * b >> 64);
}

static uint64_t divide(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    uint64_t quotient = 0;
    for (int bit = 63; bit >= 0; --bit)
        if ((wide)b << bit <= a) {
            a -= b << bit;
            quotient |= (uint64_t)1 << bit;
        }
    return quotient;
}

static uint64_t rest(uint64_t a, uint64_t b, uint64_t c)
{
    return a - divide(a, b, c) * b;
}

static uint64_t long_left(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return (uint64_t)(((wide)a << b) & UINT64_MAX);
}

static uint64_t long_floored(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    const wide ones = a >> 63 ? (wide)UINT64_MAX << 64 : 0;
    return (uint64_t)(((ones | a) >> b) & UINT64_MAX);
}

static uint64_t long_zeros(uint64_t a, uint64_t b, uint64_t c)
{
    return a >> 32 ? zeros(a >> 32, b, c) : 32 + zeros(a, b, c);
}

/* x * y + z in binary64, rounded once. */
static uint64_t double_fused(uint64_t x, uint64_t y, uint64_t z)
{
    mpfr_t a, b, c;
    mpfr_inits2(53, a, b, c, (mpfr_ptr)0);
    mpfr_set_d(a, double_of(x), MPFR_RNDN);
    mpfr_set_d(b, double_of(y), MPFR_RNDN);
    mpfr_set_d(c, double_of(z), MPFR_RNDN);
    mpfr_fma(a, a, b, c, MPFR_RNDN);
    const double result = mpfr_get_d(a, MPFR_RNDN);
    mpfr_clears(a, b, c, (mpfr_ptr)0);
    return double_bits(result);
}

static uint64_t double_add(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return double_fused(a, double_bits(1.0), b);
}

static uint64_t double_times(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return double_fused(a, b, double_bits((a ^ b) >> 63 ? -0.0 : 0.0));
}

static uint64_t double_plus(uint64_t a, uint64_t b, uint64_t c)
{
    return double_add(double_times(a, b, 0), c, 0);
}

static uint64_t to_float(uint64_t a, uint64_t b, uint64_t c)
{
    mpfr_t x;
    (void)b;
    (void)c;
    mpfr_init2(x, 53);
    mpfr_set_d(x, double_of(a), MPFR_RNDN);
    const uint64_t bits = oracle_nearest(x);
    mpfr_clear(x);
    return bits;
}

static uint64_t to_double(uint64_t a, uint64_t b, uint64_t c)
{
    mpfr_t x;
    (void)b;
    (void)c;
    mpfr_init2(x, ORACLE_PRECISION);
    oracle_set(x, (uint32_t)a);
    const double result = mpfr_get_d(x, MPFR_RNDN);
    mpfr_clear(x);
    return double_bits(result);
}

static uint64_t many_rounds(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    for (; b > 0; --b)
        a = (uint64_t)(((wide)(a ^ a / 128) * 747796405 + 1) % ((wide)1 << 32));
    return a * 0x100000001;
}

static const struct {
    const char *name;
    oracle_operation *operation;
} table[] = {
    {"subnormal numbers", multiply},
    {"a + b", add},
    {"a - b", subtract},
    {"a * b", multiply},
    {"a * b + c rounded twice", plus},
    {"a * b - c rounded twice", minus},
    {"c - a * b rounded twice", from},
    {"fma", fused},
    {"a < b ? a : c", choose},
    {"comparisons", compare},
    {"floor", down},
    {"fabs", size},
    {"int to float", of_int},
    {"float to int", as_int},
    {"uint a * b + c", wrap},
    {"uint mul_hi", high},
    {"uint <<", left},
    {"uint >>", right},
    {"int >>", floored},
    {"uint clz", zeros},
    {"int min, max", clamp},
    {"short mul_hi", short_high},
    {"short add_sat", short_add},
    {"int to short, saturated", short_pack},
    {"short (a * b + c) >> 5", short_step},
    {"short to float", of_int},
    {"ulong a * b + c", long_wrap},
    {"ulong mul_hi", long_high},
    {"ulong /", divide},
    {"ulong %", rest},
    {"ulong <<", long_left},
    {"ulong >>", right},
    {"long >>", long_floored},
    {"ulong clz", long_zeros},
    {"double a + b", double_add},
    {"double a * b", double_times},
    {"double a * b + c rounded twice", double_plus},
    {"double fma", double_fused},
    {"double to float", to_float},
    {"float to double", to_double},
    {"loops of many rounds", many_rounds},
};

oracle_operation *oracle_operation_of(const char *name)
{
    for (size_t i = 0; i < COUNT(table); ++i)
        if (strcmp(table[i].name, name) == 0)
            return table[i].operation;
    return NULL;
}
