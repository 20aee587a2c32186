/* The exponential of kernels/math.cl against MPFR. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oracle/oracle.h"
#include "tensorquant/extend.h"
#include "tensorquant/kernels/math.cl"

/* Distance of the result from e^x in units of its last place, of a subnormal's at least. */
static double error_of(uint32_t bits, mpfr_ptr x, mpfr_ptr y)
{
    oracle_set(x, bits);
    mpfr_exp(x, x, MPFR_RNDN);
    const long exponent = mpfr_get_exp(x) - 24 < -149 ? -149 : mpfr_get_exp(x) - 24;
    oracle_set(y, tq_exp(bits));
    if (mpfr_inf_p(y))
        return mpfr_cmp_ui_2exp(x, (1ul << 25) - 1, 103) >= 0 ? 0.5
                                                              : 1e30; /* halfway above the largest binary32 */
    mpfr_sub(x, x, y, MPFR_RNDN);
    mpfr_div_2si(x, x, exponent, MPFR_RNDN);
    return mpfr_get_d(x, MPFR_RNDN) < 0 ? -mpfr_get_d(x, MPFR_RNDN) : mpfr_get_d(x, MPFR_RNDN);
}

/* Every `step`-th binary32 from `first` to `last` in bits. */
static void check_range(uint32_t first, uint32_t last, uint32_t step)
{
    mpfr_t x, y;
    mpfr_init2(x, 120);
    mpfr_init2(y, 120);
    for (uint32_t bits = first; bits <= last - step; bits += step) {
        const double error = error_of(bits, x, y);
        if (!(error <= 0.5001))
            fail_msg("exp of %08x is %08x, off by %g", bits, tq_exp(bits), error);
    }
    mpfr_clear(x);
    mpfr_clear(y);
}

static void exponential_is_within_half_a_unit(void **state)
{
    const uint32_t step = getenv("TQ_TEST_LONG") != NULL ? 97 : 3001;
    (void)state;
    check_range(0x33000000u, 0x42B17218u, step); /* up to ln of the largest binary32 */
    check_range(0xB3000000u, 0xC2D00000u, step); /* down to -104 */
    check_range(0x3F800000u, 0x40000000u, 127);  /* one binade densely */
    check_range(0xC2800000u, 0xC2D00000u, 101);  /* subnormal results */
}

static void exponential_of_special_numbers(void **state)
{
    static const uint32_t rows[][2] = {
        {0x00000000u, 0x3F800000u}, {0x80000000u, 0x3F800000u}, {0x7F800000u, 0x7F800000u},
        {0xFF800000u, 0x00000000u}, {0x7FC01234u, 0x7FC00000u}, {0xFF800001u, 0x7FC00000u},
        {0x00000001u, 0x3F800000u}, {0x80000001u, 0x3F800000u}, {0x42B17218u, 0x7F800000u}, /* 88.72284 */
        {0x42B17217u, 0x7F7FFF84u}, {0xC2CFF1B5u, 0x00000000u}, {0xC2CFF1B4u, 0x00000001u}, /* -103.97208 */
        {0x3F800000u, 0x402DF854u}, {0xBF800000u, 0x3EBC5AB2u}, {0x7F7FFFFFu, 0x7F800000u},
        {0xFF7FFFFFu, 0x00000000u},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i)
        if (tq_exp(rows[i][0]) != rows[i][1])
            fail_msg("exp of %08x is %08x, should be %08x", rows[i][0], tq_exp(rows[i][0]), rows[i][1]);
}

static void exponential_is_monotone(void **state)
{
    (void)state;
    for (uint32_t bits = 0x3F7FFF00u; bits < 0x3F800100u; ++bits)
        assert_true(tq_exp(bits) <= tq_exp(bits + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(exponential_is_within_half_a_unit),
                                       cmocka_unit_test(exponential_of_special_numbers),
                                       cmocka_unit_test(exponential_is_monotone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
