/* The functions of kernels/functions.cl and the powers of kernels/power.cl against MPFR. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oracle/oracle_cases.h"
#include "oracle/oracle_functions.h"
#include "support/bits.h"
#include "tensorquant/extend.h"
#include "tensorquant/kernels/math.cl"

#include "tensorquant/kernels/functions.cl"

#include "tensorquant/kernels/power.cl"

#define PRECISION 160
#define MOST_OFF  0.5001 /* units in the last place */

typedef struct function {
    const char *kind;
    tq_u32 (*apply)(tq_u32 bits, tq_u32 a, tq_u32 b);
    float a, b;
} function;

static const function functions[] = {
    {"abs", tq_absolute, 0, 0},
    {"ceil", tq_ceiling, 0, 0},
    {"celu", tq_celu, 0.3f, 0},
    {"celu", tq_celu, 1, 0},
    {"clip", tq_clip, -1.5f, 6},
    {"clip", tq_clip, 0, INFINITY},
    {"elu", tq_elu, 1, 0},
    {"elu", tq_elu, 0.7f, 0},
    {"erf", tq_erf, 0, 0},
    {"exp", tq_exponential, 0, 0},
    {"floor", tq_floor, 0, 0},
    {"gelu", tq_gelu, 0, 0},
    {"gelu_tanh", tq_gelu_tanh, 0, 0},
    {"logarithm", tq_logarithm, 0, 0},
    {"neg", tq_negative, 0, 0},
    {"reciprocal", tq_reciprocal, 0, 0},
    {"round", tq_to_integer, 0, 0},
    {"selu", tq_selu, 1.6732632f, 1.050701f},
    {"sigmoid", tq_sigmoid, 0, 0},
    {"sign", tq_sign, 0, 0},
    {"softplus", tq_softplus, 0, 0},
    {"softsign", tq_softsign, 0, 0},
    {"sqrt", tq_square_root, 0, 0},
    {"tanh", tq_tanh, 0, 0},
    {"thresholdedrelu", tq_above, 1, 0},
    {"thresholdedrelu", tq_above, -0.5f, 0},
};

static double error_of(const function *f, oracle_function *exact, uint32_t bits, mpfr_ptr x, mpfr_ptr y)
{
    const uint32_t is = f->apply(bits, bits_of(f->a), bits_of(f->b));
    oracle_set(x, bits);
    exact(y, x, f->a, f->b);
    const double error = oracle_distance(is, y);
    if (!(error <= MOST_OFF))
        fail_msg("%s of %08x is %08x, off by %g", f->kind, bits, is, error);
    return error;
}

/* Every `step`-th number of all, and more of those between 2^-14 and 2^8. */
static void check_function(const function *f, uint32_t step)
{
    static const uint32_t ends[] = {0u,          1u,          0x7FFFFFu,   0x800000u,
                                    0x3F7FFFFFu, 0x3F800000u, 0x3F800001u, 0x3EFFFFFFu,
                                    0x3F000000u, 0x3FC00000u, 0x40200000u, 0x4B000001u,
                                    0x7F7FFFFFu, 0x7F800000u, 0x7F800001u, 0x7FC00000u};
    oracle_function *const exact = oracle_function_of(f->kind);
    double largest = 0;
    mpfr_t x, y;
    mpfr_inits2(PRECISION, x, y, (mpfr_ptr)0);
    for (size_t i = 0; i < 2 * sizeof ends / sizeof ends[0]; ++i)
        largest = fmax(largest, error_of(f, exact, ends[i / 2] | (uint32_t)(i % 2) << 31, x, y));
    for (uint64_t bits = 0; bits < 1ull << 32; bits += 31 * step)
        largest = fmax(largest, error_of(f, exact, (uint32_t)bits, x, y));
    for (uint32_t bits = 0x38800000u; bits < 0x43800000u; bits += step) {
        largest = fmax(largest, error_of(f, exact, bits, x, y));
        largest = fmax(largest, error_of(f, exact, bits | 0x80000000u, x, y));
    }
    printf("%-16s %g, %g: off by at most %.6f\n", f->kind, (double)f->a, (double)f->b, largest);
    mpfr_clears(x, y, (mpfr_ptr)0);
}

static void functions_are_within_half_a_unit(void **state)
{
    const uint32_t step = getenv("TQ_TEST_LONG") != NULL ? 311 : 31013;
    (void)state;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; ++i)
        check_function(&functions[i], step);
}

static double power_error(uint32_t x, uint32_t y, mpfr_t v[3])
{
    const uint32_t is = tq_pow(x, y);
    oracle_set(v[0], x);
    oracle_set(v[1], y);
    mpfr_pow(v[2], v[0], v[1], MPFR_RNDN);
    const double error = oracle_distance(is, v[2]);
    if (!(error <= MOST_OFF))
        fail_msg("%08x to the power of %08x is %08x, off by %g", x, y, is, error);
    return error;
}

/* Every special number with every other, exponents that matter with many numbers, and any with any. */
static void powers_are_within_half_a_unit(void **state)
{
    static const uint32_t special[] = {0u,          1u,          0x800000u,   0x3F000000u,
                                       0x3F7FFFFFu, 0x3F800000u, 0x3F800001u, 0x40000000u,
                                       0x40400000u, 0x42FE0000u, 0x43000000u, 0x4B7FFFFFu,
                                       0x4B800000u, 0x7F7FFFFFu, 0x7F800000u, 0x7FC00000u};
    static const float exponents[] = {2,     0.5f,   3,    -1,  -0.5f, 4,        5,   -2,
                                      0.75f, -0.75f, 1.7f, 127, 129,   1 / 3.0f, 2.2f};
    const size_t count = sizeof special / sizeof special[0],
                 rounds = getenv("TQ_TEST_LONG") != NULL ? 3000000 : 30000;
    uint64_t random = 3;
    double largest = 0;
    mpfr_t v[3];
    (void)state;
    for (int i = 0; i < 3; ++i)
        mpfr_init2(v[i], PRECISION);
    for (size_t i = 0; i < 4 * count * count; ++i)
        largest = fmax(largest,
                       power_error(special[i % count] | (uint32_t)(i / count / count) << 31,
                                   special[i / count % count] | (uint32_t)(i / count / count / 2) << 31, v));
    for (size_t i = 0; i < rounds; ++i) {
        const uint32_t x = (uint32_t)oracle_random(&random), y = bits_of(exponents[i % 15]);
        largest = fmax(largest, power_error(x & 0x7FFFFFFFu, y, v));
        largest = fmax(largest, power_error((x & 0x81F80000u) + 0x3E800000u, y, v)); /* few bits: ties */
        largest =
            fmax(largest, power_error((x & 0x83FFFFFFu) + 0x3E000000u, (uint32_t)oracle_random(&random), v));
    }
    printf("powers: off by at most %.6f\n", largest);
    for (int i = 0; i < 3; ++i)
        mpfr_clear(v[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(functions_are_within_half_a_unit),
                                       cmocka_unit_test(powers_are_within_half_a_unit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
