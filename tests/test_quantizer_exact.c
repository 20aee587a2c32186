/* Exact numbers that binary32 cannot hold: products, sums, quotients; and parameters from whole tensors. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "oracle/oracle_cases.h"
#include "quantizers/bind.h"

#define TRIALS 20000

static uint32_t case_or_random(uint64_t *state, const oracle_format *f)
{
    static uint32_t cases[ORACLE_CASES];
    static size_t count;
    if (count == 0)
        count = oracle_cases(cases, NULL);
    if (oracle_random(state) % 4 == 0)
        return cases[oracle_random(state) % count];
    return oracle_random_input(state, f);
}

/* b with an exponent for which the sum with a has digits at every distance. */
static uint32_t scaled_near(uint32_t a, uint32_t b, uint64_t random)
{
    const uint32_t exponent = (a >> 23 & 255) + (uint32_t)(random % 128) - 64;
    return random & 1024 || exponent > 254 ? b : (b & 0x807FFFFFu) | exponent << 23;
}

static void same(const char *string, const tq_quantizer *q, const oracle_format *f, tq_exact v, mpfr_srcptr x,
                 uint32_t draw)
{
    const uint32_t is = tq_quantizer__apply(q, v, draw), should = oracle_quantize(f, x, draw);
    if (is != should) {
        fail_msg("%s of %016llx * 2^%d with draw %08x: is %08x, should be %08x", string,
                 (unsigned long long)v.significand, v.exponent, draw, is, should);
    }
}

/* Sums and quotients: wrapping is promised where the sticky bit lies below the grain and the random bits. */
static void same_sticky(const char *string, const tq_quantizer *q, const oracle_format *f, tq_exact v,
                        mpfr_srcptr x, uint32_t draw)
{
    const bool wraps = f->family == ORACLE_FIXED && f->overflow == ORACLE_WRAP;
    if (!wraps || !(v.significand & 1) || v.exponent < -f->fraction - 33)
        same(string, q, f, v, x, draw);
}

typedef struct numbers {
    mpfr_t a, b, c, d, x;
} numbers;

static void check_one(const char *string, const tq_quantizer *q, const oracle_format *f, numbers *n,
                      uint64_t *state)
{
    const uint32_t a = case_or_random(state, NULL), b = case_or_random(state, f);
    const uint32_t c = scaled_near(a, case_or_random(state, f), oracle_random(state)),
                   d = case_or_random(state, NULL);
    const tq_exact product = tq_exact_multiply(tq_exact_of(a), tq_exact_of(b));
    const uint32_t draw = (uint32_t)oracle_random(state);
    oracle_set(n->a, a);
    oracle_set(n->b, b);
    oracle_set(n->c, c);
    oracle_set(n->d, d);
    mpfr_mul(n->x, n->a, n->b, MPFR_RNDN);
    same(string, q, f, product, n->x, draw);
    mpfr_add(n->x, n->x, n->c, MPFR_RNDN);
    same_sticky(string, q, f, tq_exact_add(tq_exact_of(c), product), n->x, draw);
    mpfr_add(n->x, n->a, n->c, MPFR_RNDN);
    same_sticky(string, q, f, tq_exact_add(tq_exact_of(a), tq_exact_of(c)), n->x, draw);
    mpfr_div(n->x, n->a, n->d, MPFR_RNDN);
    same_sticky(string, q, f, tq_exact_divide(tq_exact_of(a), tq_exact_of(d)), n->x, draw);
}

static void check(const char *string)
{
    numbers n;
    uint64_t state = 11;
    oracle_format f;
    tq_quantizer q;
    assert_int_equal(tq_quantizer_parse(&q, string), TQ_OK);
    assert_true(oracle_parse(&f, string));
    mpfr_inits2(ORACLE_PRECISION, n.a, n.b, n.c, n.d, n.x, (mpfr_ptr)0);
    for (int i = 0; i < TRIALS; ++i)
        check_one(string, &q, &f, &n, &state);
    mpfr_clears(n.a, n.b, n.c, n.d, n.x, (mpfr_ptr)0);
}

static void test_products_sums_and_quotients(void **state)
{
    (void)state;
    for (size_t i = 0; i < tq_quantizer_kind_count(); ++i) {
        for (const char *const *example = tq_quantizer_kind_at(i)->examples; *example; ++example)
            check(*example);
    }
}

/* Just beside a tie by one part in 2^60: what rounding in two steps gets wrong. */
static void test_no_double_rounding(void **state)
{
    tq_quantizer q;
    tq_exact v = {0};
    (void)state;
    assert_int_equal(tq_quantizer_parse(&q, "fp16"), TQ_OK);
    v.significand = ((uint64_t)1 << 60) + ((uint64_t)1 << 49) + 1; /* 1 + 2^-11 + 2^-60 */
    v.exponent = -60;
    assert_int_equal(tq_quantizer__apply(&q, v, 0), 0x3F802000u);
    v.significand -= 2;
    assert_int_equal(tq_quantizer__apply(&q, v, 0), 0x3F800000u);
    assert_int_equal(tq_quantizer_parse(&q, "fixed,8,0"), TQ_OK);
    v.significand = ((uint64_t)5 << 59) + 1; /* 2.5 and more */
    assert_int_equal(tq_quantizer__apply(&q, v, 0), 0x40400000u);
    v.significand -= 2;
    assert_int_equal(tq_quantizer__apply(&q, v, 0), 0x40000000u);
}

static void check_fit(const uint32_t *bits, int64_t count)
{
    float x[300], to[300];
    oracle_format f;
    tq_quantizer q;
    assert_int_equal(tq_quantizer_parse(&q, "ternary"), TQ_OK);
    assert_true(oracle_parse(&f, "ternary"));
    memcpy(x, bits, (size_t)count * sizeof *x);
    tq_quantize_array(to, x, count, &q, 0);
    oracle_fit(&f, bits, (size_t)count);
    for (int64_t i = 0; i < count; ++i) {
        uint32_t is;
        memcpy(&is, &to[i], sizeof is);
        assert_int_equal(is, oracle_quantize_bits(&f, bits[i], 0));
    }
}

static void test_thresholds_from_tensors(void **state)
{
    uint32_t bits[300];
    uint64_t random = 23;
    (void)state;
    for (int trial = 0; trial < 400; ++trial) {
        const int64_t count = 1 + (int64_t)(oracle_random(&random) % 300);
        for (int64_t i = 0; i < count; ++i) {
            const uint32_t any = case_or_random(&random, NULL);
            bits[i] = trial % 2 ? any : (any & 0x80FFFFFFu) | 0x3E000000u;
        }
        check_fit(bits, count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_products_sums_and_quotients),
                                       cmocka_unit_test(test_no_double_rounding),
                                       cmocka_unit_test(test_thresholds_from_tensors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
