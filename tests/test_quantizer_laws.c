/* What holds for every kind: monotone, idempotent, within its described format. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oracle/oracle_cases.h"
#include "quantizers/bind.h"

typedef void law(const char *string, const tq_quantizer *q, const uint32_t *bits, size_t count);

/* Order of binary32 numbers as integers. */
static int64_t rank_of(uint32_t bits)
{
    const int64_t magnitude = bits & 0x7FFFFFFFu;
    return bits >> 31 ? -magnitude : magnitude;
}

static int by_rank(const void *a, const void *b)
{
    const int64_t left = rank_of(*(const uint32_t *)a), right = rank_of(*(const uint32_t *)b);
    return (left > right) - (left < right);
}

static bool is_nan(uint32_t bits)
{
    return (bits & 0x7FFFFFFFu) > 0x7F800000u;
}

static void for_all_examples(law *holds)
{
    static uint32_t bits[2 * ORACLE_CASES];
    for (size_t i = 0; i < tq_quantizer_kind_count(); ++i) {
        for (const char *const *example = tq_quantizer_kind_at(i)->examples; *example; ++example) {
            uint64_t state = 7;
            tq_quantizer q;
            oracle_format f;
            size_t count;
            assert_int_equal(tq_quantizer_parse(&q, *example), TQ_OK);
            assert_true(oracle_parse(&f, *example));
            count = oracle_cases(bits, &f);
            for (; count < 2 * ORACLE_CASES; ++count)
                bits[count] = oracle_random_input(&state, &f);
            holds(*example, &q, bits, count);
        }
    }
}

static void monotone(const char *string, const tq_quantizer *q, const uint32_t *bits, size_t count)
{
    const tq_format format = tq_quantizer__format(q);
    static const uint32_t draws[] = {0, 0x80000000u, 0xFFFFFFFFu};
    uint32_t *sorted;
    if (format.overflow == TQ_OVERFLOW_WRAP || format.overflow == TQ_OVERFLOW_NAN)
        return;
    sorted = malloc(count * sizeof *sorted);
    assert_non_null(sorted);
    memcpy(sorted, bits, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_rank);
    for (size_t d = 0; d < 3; ++d) {
        int64_t last = INT64_MIN;
        for (size_t i = 0; i < count; ++i) {
            const uint32_t y = tq_quantizer__apply(q, tq_exact_of(sorted[i]), draws[d]);
            if (is_nan(sorted[i]))
                continue;
            if (is_nan(y) || rank_of(y) < last)
                fail_msg("%s of %08x is %08x, below the one before", string, sorted[i], y);
            last = rank_of(y);
        }
    }
    free(sorted);
}

/* Whatever the draws: a number of the format never moves. */
static void idempotent(const char *string, const tq_quantizer *q, const uint32_t *bits, size_t count)
{
    uint64_t state = 3;
    for (size_t i = 0; i < count; ++i) {
        const uint32_t once = tq_quantizer__apply(q, tq_exact_of(bits[i]), (uint32_t)oracle_random(&state));
        const uint32_t twice = tq_quantizer__apply(q, tq_exact_of(once), (uint32_t)oracle_random(&state));
        if (once != twice)
            fail_msg("%s of %08x is %08x, of which it is %08x", string, bits[i], once, twice);
    }
}

static void nan_is_canonical(const char *string, const tq_quantizer *q, const uint32_t *bits, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        const uint32_t y = tq_quantizer__apply(q, tq_exact_of(bits[i]), 0);
        if ((is_nan(bits[i]) || is_nan(y)) && y != TQ_NAN_BITS)
            fail_msg("%s of %08x is %08x", string, bits[i], y);
        if (tq_quantizer__format(q).family == TQ_FAMILY_FIXED && y == 0x80000000u)
            fail_msg("%s of %08x is -0", string, bits[i]);
    }
}

/* How many bits lie between the leading and the last one that is set; `last` is its exponent. */
static int digits(uint32_t bits, int *last)
{
    const uint32_t exponent = bits >> 23 & 255;
    uint32_t significand = (bits & 0x7FFFFFu) | (exponent ? 0x800000u : 0);
    int count = 0;
    *last = (int)(exponent ? exponent : 1) - 150;
    for (; !(significand & 1); significand >>= 1)
        ++*last;
    for (; significand; significand >>= 1)
        ++count;
    return count;
}

static void check_described(const char *string, const tq_format *format, uint32_t y)
{
    float number;
    int last, count;
    memcpy(&number, &y, sizeof number);
    if ((y & 0x7FFFFFFFu) == 0 || (y & 0x7FFFFFFFu) >= 0x7F800000u)
        return;
    count = digits(y, &last);
    if ((double)number < format->lowest || (double)number > format->highest || last < format->grid)
        fail_msg("%s gives %08x, outside of its range or grid", string, y);
    if (count > format->precision)
        fail_msg("%s gives %08x, %d digits", string, y, count);
    if (format->family == TQ_FAMILY_FLOAT && !format->subnormal && count + last - 1 < format->emin)
        fail_msg("%s gives %08x, a subnormal number", string, y);
}

static void described_by_its_format(const char *string, const tq_quantizer *q, const uint32_t *bits,
                                    size_t count)
{
    const tq_format format = tq_quantizer__format(q);
    bool lowest = false, highest = false;
    if (format.family == TQ_FAMILY_OTHER)
        return;
    assert_int_equal(format.random_bits, tq_quantizer__random_bits(q));
    assert_int_equal(format.random_bits != 0, format.rounding == TQ_ROUND_STOCHASTIC);
    for (size_t i = 0; i < count; ++i) {
        const uint32_t y = tq_quantizer__apply(q, tq_exact_of(bits[i]), 0x12345678u);
        float number;
        memcpy(&number, &y, sizeof number);
        check_described(string, &format, y);
        lowest = lowest || (double)number == format.lowest;
        highest = highest || (double)number == format.highest;
    }
    if (!lowest || !highest)
        fail_msg("%s never gives its lowest or highest number", string);
}

static void test_monotone(void **state)
{
    (void)state;
    for_all_examples(monotone);
}

static void test_idempotent_and_on_grid_never_moves(void **state)
{
    (void)state;
    for_all_examples(idempotent);
}

static void test_nan_is_canonical(void **state)
{
    (void)state;
    for_all_examples(nan_is_canonical);
}

static void test_described_by_their_formats(void **state)
{
    (void)state;
    for_all_examples(described_by_its_format);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_monotone), cmocka_unit_test(test_idempotent_and_on_grid_never_moves),
        cmocka_unit_test(test_nan_is_canonical), cmocka_unit_test(test_described_by_their_formats)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
