/* Random draws, and stochastic rounding as a distribution. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oracle/oracle_cases.h"
#include "quantizers/bind.h"
#include "support/bits.h"

/* Known answers of Philox4x32-10, as its authors publish them. */
static const uint32_t known[][10] = {
    {0, 0, 0, 0, 0, 0, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u},
    {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu},
    {0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu,
     0x5001e420u, 0x24126ea1u}};

static void test_philox_gives_its_known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; ++i) {
        tq_block block;
        uint32_t oracle[4];
        memcpy(block.word, known[i], sizeof block.word);
        block = tq_philox(block, known[i][4], known[i][5]);
        assert_memory_equal(block.word, known[i] + 6, sizeof block.word);
        oracle_philox(oracle, known[i], known[i] + 4);
        assert_memory_equal(oracle, known[i] + 6, sizeof oracle);
    }
}

static void test_draws_against_the_oracle(void **state)
{
    uint64_t random = 5;
    (void)state;
    for (int i = 0; i < 20000; ++i) {
        const uint64_t seed = oracle_random(&random), index = oracle_random(&random) >> (i % 64);
        const uint32_t id = (uint32_t)oracle_random(&random), stream = (uint32_t)i % 20;
        const uint32_t number = (uint32_t)oracle_random(&random) >> (i % 31);
        const int bits = 4 << i % 4;
        assert_int_equal(tq_draw((uint32_t)seed, (uint32_t)(seed >> 32) ^ id, index, number, stream, bits),
                         oracle_draw(seed, id, stream, index, number, bits));
        assert_int_equal(tq_element_draw((uint32_t)seed, (uint32_t)(seed >> 32) ^ id, index, stream, bits),
                         oracle_element_draw(seed, id, stream, index, bits));
    }
}

static void check_array(const char *string, uint64_t seed, uint32_t id, uint32_t stream, uint64_t first)
{
    float from[500], to[500];
    uint64_t random = seed;
    oracle_format f;
    tq_quantizer q;
    assert_int_equal(tq_quantizer_parse(&q, string), TQ_OK);
    assert_true(oracle_parse(&f, string));
    for (int i = 0; i < 500; ++i) {
        const uint32_t bits = oracle_random_input(&random, &f);
        memcpy(&from[i], &bits, sizeof bits);
    }
    tq_quantizer__array(to, from, 500, &q, seed, id, stream, first);
    for (unsigned i = 0; i < 500; ++i) {
        const uint32_t draw =
            f.random_bits ? oracle_element_draw(seed, id, stream, first + i, f.random_bits) : 0;
        assert_int_equal(bits_of(to[i]), oracle_quantize_bits(&f, bits_of(from[i]), draw));
    }
}

static void test_arrays_take_the_draws_of_their_elements(void **state)
{
    (void)state;
    check_array("stochastic,16,8", 0x123456789ABCDEFu, 0, TQ_STREAM_ELEMENT, 0);
    check_array("stochastic,16,8,bits=4", 1, 77, TQ_STREAM_RESULT, 0xFFFFFF00u);
    check_array("fp16,round=stochastic:32", 2, 3, TQ_STREAM_WEIGHT + 1, (uint64_t)1 << 40);
    check_array("fixed,8,4,round=stochastic:8,overflow=wrap", ~(uint64_t)0, ~0u, 3, 5);
}

/* Over all 2^n draws a residual d rounds up exactly floor(d * 2^n) times: unbiased where n bits hold the
 * residual. */
static void check_all_draws(const char *string, int random_bits, double x, double grain, double low)
{
    const uint32_t all = 1u << random_bits;
    uint32_t ups = 0;
    tq_quantizer q;
    assert_int_equal(tq_quantizer_parse(&q, string), TQ_OK);
    for (uint32_t r = 0; r < all; ++r) {
        const double y = (double)tq_quantizer_apply(&q, (float)x, r << (32 - random_bits));
        assert_true(y == low || y == low + grain);
        ups += y == low + grain;
    }
    assert_int_equal(ups, (uint32_t)((x - low) / grain * all));
}

static void test_all_draws_round_up_as_often_as_they_must(void **state)
{
    (void)state;
    check_all_draws("stochastic,16,0,bits=4", 4, 3.3125, 1, 3);
    check_all_draws("stochastic,16,0,bits=4", 4, -3.3125, 1, -4);
    check_all_draws("stochastic,16,0,bits=8", 8, -0.00390625, 1, -1);
    check_all_draws("stochastic,16,0,bits=4", 4, 0.03125, 1, 0); /* d needs 5 bits: never up */
    check_all_draws("stochastic,16,8", 16, 0.30000001192092896, 0x1p-8, 76 * 0x1p-8);
    check_all_draws("fp16,round=stochastic", 16, 1.0003000497817993, 0x1p-10, 1);
    check_all_draws("fp16,round=stochastic", 16, -0x1.8p-25, 0x1p-24, -0x1p-24);
    check_all_draws("e4m3,round=stochastic:8", 8, 17.53125, 2, 16);
    check_all_draws("log,round=stochastic:8", 8, -5.625, 4, -8);
}

#define DRAWS 1000000

/* Chi-square with 1 and 15 degrees of freedom; 15.1 and 44.3 are exceeded once in ten thousand seeds. */
static void test_a_million_draws_are_spread_as_they_must(void **state)
{
    float *const x = malloc(DRAWS * sizeof *x);
    size_t bins[16] = {0}, ups = 0;
    double chi = 0, expected;
    tq_quantizer q;
    (void)state;
    assert_non_null(x);
    assert_int_equal(tq_quantizer_parse(&q, "stochastic,16,4"), TQ_OK);
    for (int i = 0; i < DRAWS; ++i)
        x[i] = 0.3f; /* 4.8 grains */
    tq_quantize_array(x, x, DRAWS, &q, 2024);
    for (int i = 0; i < DRAWS; ++i)
        ups += x[i] == 5 / 16.0f;
    expected = DRAWS * (52428.0 / 65536);
    chi = ((double)ups - expected) * ((double)ups - expected) / (expected * (1 - 52428.0 / 65536));
    assert_true(chi < 15.1);
    for (uint32_t i = 0; i < DRAWS; ++i)
        ++bins[tq_element_draw(2024, 0, i, TQ_STREAM_ELEMENT, 16) >> 28];
    chi = 0;
    for (int i = 0; i < 16; ++i)
        chi += ((double)bins[i] - DRAWS / 16.0) * ((double)bins[i] - DRAWS / 16.0) / (DRAWS / 16.0);
    assert_true(chi < 44.3);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_philox_gives_its_known_answers),
                                       cmocka_unit_test(test_draws_against_the_oracle),
                                       cmocka_unit_test(test_arrays_take_the_draws_of_their_elements),
                                       cmocka_unit_test(test_all_draws_round_up_as_often_as_they_must),
                                       cmocka_unit_test(test_a_million_draws_are_spread_as_they_must)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
