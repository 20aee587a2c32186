/* Host arrays quantized in blocks, against the exact integers of the kernels' text, number by number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "quantizers/bind.h"
#include "util/fail.h"

enum { COUNT = 1 << 18 };

static const char *const formats[] = {
    "nearest,16,8",
    "nearest,1,0",
    "nearest,24,140",
    "nearest,8,-90",
    "down,12,6",
    "down,5,1",
    "zero,12,6",
    "zero,24,20",
    "fixed,8,4,round=even",
    "fixed,24,0,round=even",
    "fixed,16,12,round=up",
    "fixed,16,8,round=odd",
    "fixed,25,10,round=even",
    "fixed,12,6,overflow=wrap",
    "fixed,8,4,signed=0,round=away",
    "stochastic,12,6",
    "stochastic,8,4,bits=4",
    "stochastic,16,12,bits=32",
    "stochastic,24,3,bits=8",
    "fp16",
    "bf16",
    "tf32",
    "e4m3",
    "e5m2",
    "fp16,overflow=saturate",
    "fp16,overflow=nan",
    "fp16,round=zero",
    "float,8,23",
    "float,2,1",
    "float,3,0",
    "float,5,10,subnormal=0",
    "float,4,3,round=stochastic",
    "e4m3fnuz",
    "e2m1",
    "int,8,0.1",
    "int,8,0.25,-3",
    "int,16,3e-42,1000",
    "int,16,1e33",
    "int,8,0.3,7,round=down",
    "int,4,0.7,8,signed=0,round=stochastic",
};

/* All exponents; fractions at random, with few bits, and around halves. */
static uint32_t input_at(uint32_t i)
{
    uint32_t random = i * 2654435761u;
    random ^= random >> 15;
    random *= 2246822519u;
    random ^= random >> 13;
    const uint32_t sign_and_exponent = (i & 1u) << 31 | (i >> 1 & 255u) << 23;
    const uint32_t keep = 0x7FFFFFu << (random % 24u), fraction = random & 0x7FFFFFu & keep;
    return sign_and_exponent | (i % 3 == 0   ? fraction
                                : i % 3 == 1 ? (fraction + 1) & 0x7FFFFFu
                                             : random & 0x7FFFFFu);
}

static float from[COUNT], is[COUNT];

static void check_format(const char *text, int64_t begin, int64_t count)
{
    const uint64_t seed = 0x123456789ABCDEFu, first = 0xFFFFFF00u; /* the index passes 2^32 */
    const uint32_t id = 3, stream = 9, key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32) ^ id;
    tq_quantizer q;
    if (tq_quantizer_parse(&q, text) != TQ_OK)
        fail_msg("%s", tq_error());
    const int bits = tq_quantizer__random_bits(&q);
    memset(is, 0x55, sizeof is);
    tq_quantizer__array(is, from + begin, count, &q, seed, id, stream, first);
    for (int64_t i = 0; i < count; ++i) {
        uint32_t x, y;
        memcpy(&x, &from[begin + i], sizeof x);
        memcpy(&y, &is[i], sizeof y);
        const uint32_t draw = bits > 0 ? tq_element_draw(key0, key1, first + (uint64_t)i, stream, bits) : 0;
        const uint32_t should = tq_quantizer__apply(&q, tq_exact_of(x), draw);
        if (y != should)
            fail_msg("%s of %08x is %08x, should be %08x", text, x, y, should);
    }
    if (count < COUNT) {
        uint32_t behind;
        memcpy(&behind, &is[count], sizeof behind);
        assert_int_equal(behind, 0x55555555u);
    }
}

static void test_all_formats(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < COUNT; ++i) {
        const uint32_t bits = input_at(i);
        memcpy(&from[i], &bits, sizeof bits);
    }
    for (size_t i = 0; i < TQ_COUNT(formats); ++i)
        check_format(formats[i], 0, COUNT);
}

/* Parts of blocks; nothing is written behind the end. */
static void test_short_arrays(void **state)
{
    static const int64_t counts[] = {0, 1, 2, 63, 64, 65, 127, 129, 1000};
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(counts); ++i) {
        check_format("nearest,12,6", 1000, counts[i]);
        check_format("stochastic,12,6", 1000, counts[i]);
        check_format("e4m3", 1000, counts[i]);
    }
}

/* Every multiple of 1/64 around zero: all ties of a format of 4 fraction bits. */
static void test_ties(void **state)
{
    static const char *const roundings[] = {"even", "away", "zero", "down", "up", "odd"};
    (void)state;
    for (int i = 0; i < COUNT; ++i)
        from[i] = (float)(i - COUNT / 2) / 64.0f;
    for (size_t i = 0; i < TQ_COUNT(roundings); ++i) {
        char text[64];
        snprintf(text, sizeof text, "fixed,16,4,round=%s", roundings[i]);
        check_format(text, 0, COUNT);
        snprintf(text, sizeof text, "float,5,4,round=%s", roundings[i]);
        check_format(text, 0, COUNT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_formats),
        cmocka_unit_test(test_short_arrays),
        cmocka_unit_test(test_ties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
