/* What operations give, and the table of probes. */
#include "runtime/probe.h"

#include <math.h>

#include "runtime/probe_family.h"
#include "tensorquant/kernels/probe_operations.cl"
#include "util/fail.h"

static tq_u64 sum(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)c;
    return tq_carrier_sum((tq_u32)a, (tq_u32)b);
}

static tq_u64 difference(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)c;
    return tq_carrier_difference((tq_u32)a, (tq_u32)b);
}

static tq_u64 product(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)c;
    return tq_carrier_product((tq_u32)a, (tq_u32)b);
}

static tq_u64 product_plus(tq_u64 a, tq_u64 b, tq_u64 c)
{
    return sum(product(a, b, 0), c, 0);
}

static tq_u64 product_minus(tq_u64 a, tq_u64 b, tq_u64 c)
{
    return difference(product(a, b, 0), c, 0);
}

static tq_u64 minus_product(tq_u64 a, tq_u64 b, tq_u64 c)
{
    return difference(c, product(a, b, 0), 0);
}

static tq_u64 fused(tq_u64 a, tq_u64 b, tq_u64 c)
{
    const tq_exact term = tq_exact_multiply(tq_exact_of((tq_u32)a), tq_exact_of((tq_u32)b));
    return tq_exact_to_carrier(tq_exact_add(term, tq_exact_of((tq_u32)c)));
}

static tq_u64 selected(tq_u64 a, tq_u64 b, tq_u64 c)
{
    return tq_bits__number((tq_u32)a) < tq_bits__number((tq_u32)b) ? a : c;
}

static tq_u64 compared(tq_u64 a, tq_u64 b, tq_u64 c)
{
    const float x = tq_bits__number((tq_u32)a), y = tq_bits__number((tq_u32)b);
    const tq_u32 z = (tq_u32)c | 1;
    return (x < y ? z : 0) ^ (x <= y ? 3 * z : 0) ^ (x == y ? 5 * z : 0) ^ (x != y ? 7 * z : 0);
}

static tq_u64 whole(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)b;
    (void)c;
    return tq_bits__of(floorf(tq_bits__number((tq_u32)a)));
}

static tq_u64 magnitude(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)b;
    (void)c;
    return a & 0x7FFFFFFF;
}

static tq_u64 from_int(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)b;
    (void)c;
    return tq_bits__of((float)(tq_i32)a);
}

static tq_u64 to_int(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)b;
    (void)c;
    return (tq_u32)(tq_i32)tq_bits__number((tq_u32)a);
}

static tq_u64 wrapped(tq_u64 a, tq_u64 b, tq_u64 c)
{
    return (tq_u32)(a * b + c);
}

static tq_u64 high(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)c;
    return a * b >> 32;
}

static tq_u64 left(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)c;
    return (tq_u32)(a << b);
}

static tq_u64 right(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)c;
    return a >> b;
}

/* Copies of the sign come in from above. */
static tq_u64 signed_right(tq_u64 a, tq_u64 b, tq_u64 c)
{
    const tq_u32 x = (tq_u32)a;
    (void)c;
    return x >> 31 ? (tq_u32) ~(~x >> b) : x >> b;
}

static tq_u64 zeros(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)b;
    (void)c;
    return (tq_u64)tq_leading_zeros(a) - 32;
}

static tq_u64 clamped(tq_u64 a, tq_u64 b, tq_u64 c)
{
    const tq_i32 x = (tq_i32)a, y = (tq_i32)b, z = (tq_i32)c, least = x < y ? x : y;
    return (tq_u32)(least > z ? least : z);
}

static tq_u64 short_of(tq_i64 x)
{
    return (tq_u32)(tq_i32)(x < -32768 ? -32768 : x > 32767 ? 32767 : x);
}

/* Floor of x / 2^count. */
static tq_i64 shifted(tq_i64 x, unsigned count)
{
    const tq_i64 unit = (tq_i64)1 << count;
    return x >= 0 ? x / unit : -((unit - 1 - x) / unit);
}

static tq_u64 short_high(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)c;
    return short_of(shifted((tq_i64)(tq_i32)a * (tq_i32)b, 16));
}

static tq_u64 short_sum(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)c;
    return short_of((tq_i64)(tq_i32)a + (tq_i32)b);
}

static tq_u64 short_saturated(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)b;
    (void)c;
    return short_of((tq_i32)a);
}

static tq_u64 short_step(tq_u64 a, tq_u64 b, tq_u64 c)
{
    return short_of(shifted((tq_i64)(tq_i32)a * (tq_i32)b + (tq_i32)c, 5));
}

static tq_u64 long_wrapped(tq_u64 a, tq_u64 b, tq_u64 c)
{
    return a * b + c;
}

/* By halves, as on paper. */
static tq_u64 long_high(tq_u64 a, tq_u64 b, tq_u64 c)
{
    const tq_u64 a0 = (tq_u32)a, a1 = a >> 32, b0 = (tq_u32)b, b1 = b >> 32;
    const tq_u64 middle = a1 * b0 + (a0 * b0 >> 32), other = a0 * b1 + (tq_u32)middle;
    (void)c;
    return a1 * b1 + (middle >> 32) + (other >> 32);
}

static tq_u64 quotient(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)c;
    return a / b;
}

static tq_u64 rest(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)c;
    return a % b;
}

static tq_u64 long_left(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)c;
    return a << b;
}

static tq_u64 long_signed(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)c;
    return a >> 63 ? ~(~a >> b) : a >> b;
}

static tq_u64 long_zeros(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)b;
    (void)c;
    return (tq_u64)tq_leading_zeros(a);
}

/* The host's binary64, which the library counts on elsewhere, too. */
static tq_u64 double_sum(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)c;
    return tq_probe__double_bits(tq_probe__double(a) + tq_probe__double(b));
}

static tq_u64 double_product(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)c;
    return tq_probe__double_bits(tq_probe__double(a) * tq_probe__double(b));
}

static tq_u64 double_plus(tq_u64 a, tq_u64 b, tq_u64 c)
{
    return double_sum(double_product(a, b, 0), c, 0);
}

static tq_u64 double_fused(tq_u64 a, tq_u64 b, tq_u64 c)
{
    return tq_probe__double_bits(fma(tq_probe__double(a), tq_probe__double(b), tq_probe__double(c)));
}

static tq_u64 to_float(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)b;
    (void)c;
    return tq_bits__of((float)tq_probe__double(a));
}

static tq_u64 to_double(tq_u64 a, tq_u64 b, tq_u64 c)
{
    (void)b;
    (void)c;
    return tq_probe__double_bits(tq_bits__number((tq_u32)a));
}

static tq_u64 after_rounds(tq_u64 a, tq_u64 b, tq_u64 c)
{
    tq_u32 x = (tq_u32)a;
    (void)c;
    for (tq_u64 i = 0; i < b; ++i)
        x = (x ^ (x >> 7)) * 747796405u + 1u;
    return (tq_u64)x << 32 | x;
}

static const tq_probe table[] = {
    {"subnormal numbers", TQ_PROBE_MULTIPLY, &tq_probe__of_subnormals, product},
    {"a + b", TQ_PROBE_ADD, &tq_probe__of_cancelling, sum},
    {"a - b", TQ_PROBE_SUBTRACT, &tq_probe__of_cancelling, difference},
    {"a * b", TQ_PROBE_MULTIPLY, &tq_probe__of_floats, product},
    {"a * b + c rounded twice", TQ_PROBE_PLUS, &tq_probe__of_cancelling, product_plus},
    {"a * b - c rounded twice", TQ_PROBE_MINUS, &tq_probe__of_cancelling, product_minus},
    {"c - a * b rounded twice", TQ_PROBE_FROM, &tq_probe__of_cancelling, minus_product},
    {"fma", TQ_PROBE_FMA, &tq_probe__of_fma, fused},
    {"a < b ? a : c", TQ_PROBE_SELECT, &tq_probe__of_floats, selected},
    {"comparisons", TQ_PROBE_COMPARE, &tq_probe__of_comparisons, compared},
    {"floor", TQ_PROBE_FLOOR, &tq_probe__of_floats, whole},
    {"fabs", TQ_PROBE_FABS, &tq_probe__of_floats, magnitude},
    {"int to float", TQ_PROBE_FROM_INT, &tq_probe__of_small, from_int},
    {"float to int", TQ_PROBE_TO_INT, &tq_probe__of_integral, to_int},
    {"uint a * b + c", TQ_PROBE_WRAP, &tq_probe__of_words, wrapped},
    {"uint mul_hi", TQ_PROBE_HIGH, &tq_probe__of_words, high},
    {"uint <<", TQ_PROBE_LEFT, &tq_probe__of_shifts, left},
    {"uint >>", TQ_PROBE_RIGHT, &tq_probe__of_shifts, right},
    {"int >>", TQ_PROBE_SIGNED_RIGHT, &tq_probe__of_shifts, signed_right},
    {"uint clz", TQ_PROBE_ZEROS, &tq_probe__of_words, zeros},
    {"int min, max", TQ_PROBE_CLAMP, &tq_probe__of_words, clamped},
    {"short mul_hi", TQ_PROBE_SHORT_HIGH, &tq_probe__of_shorts, short_high},
    {"short add_sat", TQ_PROBE_SHORT_ADD, &tq_probe__of_shorts, short_sum},
    {"int to short, saturated", TQ_PROBE_SHORT_PACK, &tq_probe__of_packed, short_saturated},
    {"short (a * b + c) >> 5", TQ_PROBE_SHORT_STEP, &tq_probe__of_factors, short_step},
    {"short to float", TQ_PROBE_SHORT_FLOAT, &tq_probe__of_shorts, from_int},
    {"ulong a * b + c", TQ_PROBE_LONG_WRAP, &tq_probe__of_longs, long_wrapped},
    {"ulong mul_hi", TQ_PROBE_LONG_HIGH, &tq_probe__of_longs, long_high},
    {"ulong /", TQ_PROBE_LONG_DIVIDE, &tq_probe__of_longs, quotient},
    {"ulong %", TQ_PROBE_LONG_REST, &tq_probe__of_longs, rest},
    {"ulong <<", TQ_PROBE_LONG_LEFT, &tq_probe__of_long_shifts, long_left},
    {"ulong >>", TQ_PROBE_LONG_RIGHT, &tq_probe__of_long_shifts, right},
    {"long >>", TQ_PROBE_LONG_SIGNED, &tq_probe__of_long_shifts, long_signed},
    {"ulong clz", TQ_PROBE_LONG_ZEROS, &tq_probe__of_longs, long_zeros},
    {"double a + b", TQ_PROBE_DOUBLE_ADD, &tq_probe__of_doubles, double_sum},
    {"double a * b", TQ_PROBE_DOUBLE_TIMES, &tq_probe__of_doubles, double_product},
    {"double a * b + c rounded twice", TQ_PROBE_DOUBLE_PLUS, &tq_probe__of_doubles, double_plus},
    {"double fma", TQ_PROBE_DOUBLE_FMA, &tq_probe__of_doubles, double_fused},
    {"double to float", TQ_PROBE_DOUBLE_FLOAT, &tq_probe__of_near_floats, to_float},
    {"float to double", TQ_PROBE_FLOAT_DOUBLE, &tq_probe__of_converted, to_double},
    {"loops of many rounds", TQ_PROBE_ROUNDS, &tq_probe__of_rounds, after_rounds},
};

const tq_probe *tq_probe__at(size_t i)
{
    return i < TQ_COUNT(table) ? &table[i] : NULL;
}

const char *tq_probe__skipped(const tq_probe *probe, const tq_device_info *device)
{
    return probe->family->skipped != NULL ? probe->family->skipped(device) : NULL;
}

bool tq_probe__wide(const tq_probe *probe)
{
    return probe->family->wide;
}

size_t tq_probe__count(const tq_probe *probe)
{
    return probe->family->count;
}

tq_probe_numbers tq_probe__numbers(const tq_probe *probe, size_t i)
{
    return probe->family->numbers(i);
}

/* Subnormal, or what such a number may round to. */
static bool is_tiny(tq_u64 bits)
{
    const tq_u32 size = (tq_u32)bits & 0x7FFFFFFF;
    return size > 0 && size <= 0x800000;
}

static bool is_nan(tq_u64 bits)
{
    return (bits & 0x7FFFFFFF) > TQ_INFINITY_BITS;
}

static bool is_left_open(const tq_probe *probe, const tq_device_info *device, const tq_u64 *n,
                         tq_u64 expected)
{
    if (!probe->family->real || device->subnormals)
        return false;
    return is_tiny(expected) || (!probe->family->wide && (is_tiny(n[0]) || is_tiny(n[1]) || is_tiny(n[2]) ||
                                                          is_tiny(product(n[0], n[1], 0))));
}

bool tq_probe__holds(const tq_probe *probe, const tq_device_info *device, const tq_probe_numbers *operands,
                     tq_u64 is)
{
    const tq_u64 *n = operands->number;
    const tq_u64 expected = probe->expected(n[0], n[1], n[2]);
    if (is == expected || (probe->family->real && is_nan(is) && is_nan(expected)))
        return true;
    return is_left_open(probe, device, n, expected);
}
