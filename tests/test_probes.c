/*
 * What the probes of a device must give (src/runtime/probe.c), against MPFR and integers of 128 bits; and
 * that each probe sees a fault of the kind that it is there for.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oracle/oracle_operations.h"
#include "runtime/probe.h"
#include "support/bits.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define ZERO 0x80000000u /* the sign */

static uint64_t saturated(double x)
{
    return (uint32_t)(int32_t)fmax(fmin(x, 32767), -32768);
}

static uint64_t call(const char *name, uint64_t a, uint64_t b, uint64_t c)
{
    return oracle_operation_of(name)(a, b, c);
}

/* Faults that devices have had. */
static uint64_t truncated_sum(uint64_t a, uint64_t b, uint64_t c)
{
    const double x = (double)float_of(a) + (double)float_of(b);
    (void)c;
    return fabs(x) < INFINITY
               ? bits_of((float)x - (float)(fabs((double)(float)x) > fabs(x)) * 0x1p-24f * (float)x)
               : call("a + b", a, b, 0);
}

static uint64_t truncated_difference(uint64_t a, uint64_t b, uint64_t c)
{
    return truncated_sum(a, b ^ ZERO, c);
}

static uint64_t near_product(uint64_t a, uint64_t b, uint64_t c)
{
    const uint64_t bits = call("a * b", a, b, c);
    return (bits & 0x7FFFFFFF) - 0x00800000 < 0x7E000000 && (a & 1) ? bits ^ 1 : bits;
}

static uint64_t flushed(uint64_t a, uint64_t b, uint64_t c)
{
    const uint64_t bits = call("a * b", a, b, c);
    return (bits & 0x7F800000) == 0 ? bits & ZERO : bits;
}

static uint64_t contracted(uint64_t a, uint64_t b, uint64_t c)
{
    return call("fma", a, b, c);
}

static uint64_t contracted_minus(uint64_t a, uint64_t b, uint64_t c)
{
    return call("fma", a, b, c ^ ZERO);
}

static uint64_t contracted_from(uint64_t a, uint64_t b, uint64_t c)
{
    return call("fma", a ^ ZERO, b, c);
}

static uint64_t unordered(uint64_t a, uint64_t b, uint64_t c)
{
    return isgreaterequal(float_of(a), float_of(b)) ? c : a; /* a NaN is less */
}

static uint64_t unordered_flags(uint64_t a, uint64_t b, uint64_t c)
{
    return isunordered(float_of(a), float_of(b)) ? 0 : call("comparisons", a, b, c);
}

static uint64_t towards_zero(uint64_t a, uint64_t b, uint64_t c)
{
    (void)b;
    (void)c;
    return bits_of(truncf(float_of(a)));
}

static uint64_t same(uint64_t a, uint64_t b, uint64_t c)
{
    (void)b;
    (void)c;
    return a;
}

static uint64_t of_uint(uint64_t a, uint64_t b, uint64_t c)
{
    (void)b;
    (void)c;
    return bits_of((float)(uint32_t)a);
}

static uint64_t as_short(uint64_t a, uint64_t b, uint64_t c)
{
    (void)b;
    (void)c;
    return saturated((double)float_of(a));
}

/* 24 bits of each factor. */
static uint64_t narrow_wrap(uint64_t a, uint64_t b, uint64_t c)
{
    return call("uint a * b + c", a & 0xFFFFFF, b & 0xFFFFFF, c);
}

static uint64_t narrow_high(uint64_t a, uint64_t b, uint64_t c)
{
    return call("uint mul_hi", a & 0xFFFFFF, b & 0xFFFFFF, c);
}

static uint64_t short_shift(uint64_t a, uint64_t b, uint64_t c)
{
    return call("uint <<", a, b & 15, c);
}

static uint64_t wrapped_sum(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return (uint32_t)(int16_t)(uint16_t)(a + b);
}

static uint64_t wrapped_pack(uint64_t a, uint64_t b, uint64_t c)
{
    return wrapped_sum(a, 0 * b, c);
}

static uint64_t high_by_zero(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return saturated(trunc((double)(int32_t)a * (int32_t)b / 65536));
}

static uint64_t step_by_zero(uint64_t a, uint64_t b, uint64_t c)
{
    return saturated(trunc(((double)(int32_t)a * (int32_t)b + (int32_t)c) / 32));
}

static uint64_t of_ushort(uint64_t a, uint64_t b, uint64_t c)
{
    return call("int to float", a & 0xFFFF, b, c);
}

static uint64_t low_long(uint64_t a, uint64_t b, uint64_t c)
{
    return call("uint a * b + c", a, b, c);
}

static uint64_t lost_carry(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return (a >> 32) * (b >> 32) + ((a >> 32) * (uint32_t)b >> 32) + ((uint32_t)a * (b >> 32) >> 32);
}

static uint64_t near_quotient(uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    return (uint64_t)((float)a / (float)b);
}

static uint64_t near_rest(uint64_t a, uint64_t b, uint64_t c)
{
    return a - near_quotient(a, b, c) * b;
}

static uint64_t left_32(uint64_t a, uint64_t b, uint64_t c)
{
    return call("ulong <<", a, b & 31, c);
}

static uint64_t few_rounds(uint64_t a, uint64_t b, uint64_t c)
{
    return call("loops of many rounds", a, b < 65535 ? b : 65535, c);
}

typedef struct row {
    const char *name;
    oracle_operation *fault; /* or, NULL, the name of what is done instead */
    const char *instead;
} row;

static const row rows[] = {
    {"subnormal numbers", flushed, NULL},
    {"a + b", truncated_sum, NULL},
    {"a - b", truncated_difference, NULL},
    {"a * b", near_product, NULL},
    {"a * b + c rounded twice", contracted, NULL},
    {"a * b - c rounded twice", contracted_minus, NULL},
    {"c - a * b rounded twice", contracted_from, NULL},
    {"fma", NULL, "a * b + c rounded twice"},
    {"a < b ? a : c", unordered, NULL},
    {"comparisons", unordered_flags, NULL},
    {"floor", towards_zero, NULL},
    {"fabs", same, NULL},
    {"int to float", of_uint, NULL},
    {"float to int", as_short, NULL},
    {"uint a * b + c", narrow_wrap, NULL},
    {"uint mul_hi", narrow_high, NULL},
    {"uint <<", short_shift, NULL},
    {"uint >>", NULL, "int >>"},
    {"int >>", NULL, "ulong >>"},
    {"uint clz", NULL, "ulong clz"},
    {"int min, max", same, NULL},
    {"short mul_hi", high_by_zero, NULL},
    {"short add_sat", wrapped_sum, NULL},
    {"int to short, saturated", wrapped_pack, NULL},
    {"short (a * b + c) >> 5", step_by_zero, NULL},
    {"short to float", of_ushort, NULL},
    {"ulong a * b + c", low_long, NULL},
    {"ulong mul_hi", lost_carry, NULL},
    {"ulong /", near_quotient, NULL},
    {"ulong %", near_rest, NULL},
    {"ulong <<", left_32, NULL},
    {"ulong >>", NULL, "long >>"},
    {"long >>", NULL, "ulong >>"},
    {"ulong clz", NULL, "uint clz"},
    {"double a + b", NULL, "double a * b + c rounded twice"},
    {"double a * b", NULL, "double a + b"},
    {"double a * b + c rounded twice", NULL, "double fma"},
    {"double fma", NULL, "double a * b + c rounded twice"},
    {"double to float", same, NULL},
    {"float to double", same, NULL},
    {"loops of many rounds", few_rounds, NULL},
};

/* A device that has everything, so that nothing is left open. */
static const tq_device_info whole = {.name = "whole", .fma = true, .subnormals = true, .fp64 = true};

static oracle_operation *fault_of(size_t i)
{
    return rows[i].fault != NULL ? rows[i].fault : oracle_operation_of(rows[i].instead);
}

static uint64_t of(oracle_operation *function, const tq_probe_numbers *n)
{
    return function(n->number[0], n->number[1], n->number[2]);
}

static bool is_nan(uint64_t bits)
{
    return (bits & 0x7FFFFFFF) > 0x7F800000;
}

static void expected_numbers(void **state)
{
    size_t i = 0;
    (void)state;
    for (; tq_probe__at(i) != NULL; ++i) {
        const tq_probe *const probe = tq_probe__at(i);
        assert_true(i < COUNT(rows));
        assert_string_equal(probe->name, rows[i].name);
        assert_null(tq_probe__skipped(probe, &whole));
        for (size_t k = 0; k < tq_probe__count(probe); ++k) {
            const tq_probe_numbers n = tq_probe__numbers(probe, k);
            const uint64_t is = of(probe->expected, &n), should = of(oracle_operation_of(probe->name), &n);
            if (is != should && !(is_nan(is) && is_nan(should)))
                fail_msg("'%s' of %016llx, %016llx, %016llx: %016llx, should be %016llx", probe->name,
                         (unsigned long long)n.number[0], (unsigned long long)n.number[1],
                         (unsigned long long)n.number[2], (unsigned long long)is, (unsigned long long)should);
            assert_true(tq_probe__holds(probe, &whole, &n, is));
        }
    }
    assert_int_equal(i, COUNT(rows));
}

/* At least a twentieth of the operands, or what there are. */
static void faults_are_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); ++i) {
        const tq_probe *const probe = tq_probe__at(i);
        size_t seen = 0;
        for (size_t k = 0; k < tq_probe__count(probe); ++k) {
            const tq_probe_numbers n = tq_probe__numbers(probe, k);
            seen += !tq_probe__holds(probe, &whole, &n, of(fault_of(i), &n));
        }
        if (seen * 20 < tq_probe__count(probe))
            fail_msg("'%s': %zu of %zu operands see the fault", probe->name, seen, tq_probe__count(probe));
    }
}

/* What a device says that it lacks is not asked, and no more is left open than that. */
static void devices_without(void **state)
{
    const tq_device_info flushes = {.name = "flushes", .fma = true, .fp64 = true};
    const tq_device_info bare = {.name = "llvmpipe", .subnormals = true};
    size_t skipped = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(rows); ++i) {
        const tq_probe *const probe = tq_probe__at(i);
        size_t seen = 0;
        skipped += tq_probe__skipped(probe, &bare) != NULL;
        assert_int_equal(tq_probe__skipped(probe, &flushes) != NULL, i == 0);
        for (size_t k = 0; k < tq_probe__count(probe); ++k) {
            const tq_probe_numbers n = tq_probe__numbers(probe, k);
            assert_true(tq_probe__holds(probe, &flushes, &n, of(probe->expected, &n)));
            seen += !tq_probe__holds(probe, &flushes, &n, of(fault_of(i), &n));
        }
        if (i != 0)
            assert_true(seen > 0);
    }
    assert_int_equal(skipped, 8); /* fma, six of binary64, loops */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(expected_numbers), cmocka_unit_test(faults_are_seen),
                                       cmocka_unit_test(devices_without)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
