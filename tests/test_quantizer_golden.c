/* Rows written by hand: TensorQuant's examples and the known traps of number formats. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/bits.h"
#include "tensorquant/quantizer.h"

typedef struct row {
    const char *quantizer;
    float from, to;
} row;

static void check(const row *rows, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        tq_quantizer q;
        float is;
        assert_int_equal(tq_quantizer_parse(&q, rows[i].quantizer), TQ_OK);
        is = tq_quantizer_apply(&q, rows[i].from, 0);
        if (bits_of(is) != bits_of(rows[i].to) && !(isnan(rows[i].to) && bits_of(is) == 0x7FC00000u))
            fail_msg("%s of %a: is %a, should be %a", rows[i].quantizer, (double)rows[i].from, (double)is,
                     (double)rows[i].to);
    }
}
#define CHECK(rows) check((rows), sizeof(rows) / sizeof *(rows))

static void test_tensorquant_fixed_point(void **state)
{
    static const row rows[] = {{"nearest,16,8", 1.3f, 333 / 256.0f},
                               {"nearest,16,8", -1.3f, -333 / 256.0f},
                               {"nearest,16,8", 0.5f / 256, 1 / 256.0f},
                               {"nearest,16,8", -0.5f / 256, -1 / 256.0f},
                               {"nearest,16,8", 200, 127.99609375f},
                               {"nearest,16,8", -200, -128},
                               {"nearest,16,8", 127.998046875f, 127.99609375f},
                               {"nearest,16,8", -0.0019f, 0},
                               {"down,16,8", 1.3f, 332 / 256.0f},
                               {"down,16,8", -1.3f, -333 / 256.0f},
                               {"down,16,8", -1e-30f, -1 / 256.0f},
                               {"zero,16,8", -1.3f, -332 / 256.0f},
                               {"zero,16,8", -1e-30f, 0},
                               {"nearest,1,0", 0.5f, 0},
                               {"nearest,1,0", -0.5f, -1},
                               {"nearest,16,8", -0.0f, 0},
                               {"nearest,16,8", INFINITY, 127.99609375f},
                               {"nearest,16,8", -INFINITY, -128},
                               {"nearest,16,8", NAN, NAN},
                               {"nearest,8,0", 0.49999997f, 0},
                               {"nearest,32,0", 2147483648.0f, 2147483520.0f},
                               {"nearest,32,0", -2147483648.0f, -2147483648.0f},
                               {"nearest,32,0", 8388609.0f, 8388609.0f},
                               {"nearest,32,0", 16777218.0f, 16777218.0f}};
    (void)state;
    CHECK(rows);
}

static void test_fixed_point_rules(void **state)
{
    static const row rows[] = {{"fixed,8,0", 0.5f, 0},
                               {"fixed,8,0", 1.5f, 2},
                               {"fixed,8,0", 2.5f, 2},
                               {"fixed,8,0", -0.5f, 0},
                               {"fixed,8,0", -2.5f, -2},
                               {"fixed,8,0", 0.49999997f, 0},
                               {"fixed,8,0", 0.50000006f, 1},
                               {"fixed,8,0,round=odd", 2.001f, 3},
                               {"fixed,8,0,round=odd", -0.001f, -1},
                               {"fixed,8,0,round=odd", 2, 2},
                               {"fixed,8,0,round=up", -0.9f, 0},
                               {"fixed,8,0,round=up", 1e-45f, 1},
                               {"fixed,8,0,overflow=wrap", 127, 127},
                               {"fixed,8,0,overflow=wrap", 128, -128},
                               {"fixed,8,0,overflow=wrap", 127.5f, -128},
                               {"fixed,8,0,overflow=wrap", 255, -1},
                               {"fixed,8,0,overflow=wrap", -129, 127},
                               {"fixed,8,0,overflow=wrap", 256, 0},
                               {"fixed,8,0,overflow=wrap", -256, 0},
                               {"fixed,8,0,overflow=wrap", 0x1p100f, 0},
                               {"fixed,8,0,overflow=wrap", INFINITY, NAN},
                               {"fixed,8,0,overflow=wrap,signed=0", -1, 255},
                               {"fixed,8,0,signed=0", -1, 0},
                               {"fixed,8,0,signed=0", 300, 255},
                               {"fixed,8,7,symmetric=1", -1, -127 / 128.0f},
                               {"fixed,8,7", -1, -1},
                               {"fixed,4,-2", 13, 12},
                               {"fixed,4,-2", 14, 16},
                               {"fixed,4,-2", 1e9f, 28},
                               {"fixed,4,6", 1, 7 / 64.0f},
                               {"fixed,8,140", 0x1p-141f, 0},
                               {"fixed,8,140", 0x1.8p-140f, 0x1p-139f},
                               {"fixed,32,0,overflow=wrap,signed=0", -1, 4294967040.0f}};
    (void)state;
    CHECK(rows);
}

static void test_half_and_wider(void **state)
{
    static const row rows[] = {{"fp16", 65504, 65504},
                               {"fp16", 65519.996f, 65504},
                               {"fp16", 65520, INFINITY},
                               {"fp16", -65520, -INFINITY},
                               {"fp16", 0x1p-25f, 0},
                               {"fp16", 0x1.000002p-25f, 0x1p-24f},
                               {"fp16", -0x1p-26f, -0.0f},
                               {"fp16", 2049, 2048},
                               {"fp16", 2051, 2052},
                               {"fp16", 0x1.ff8p-15f, 0x1.ff8p-15f},
                               {"fp16", 0x1.ffcp-15f, 0x1p-14f},
                               {"fp16,overflow=saturate", 65520, 65504},
                               {"fp16,overflow=saturate", -INFINITY, -65504},
                               {"fp16,overflow=nan", 65520, NAN},
                               {"fp16,round=zero", 1e6f, 65504},
                               {"fp16,round=zero", INFINITY, INFINITY},
                               {"fp16,round=down", 70000, 65504},
                               {"fp16,round=down", -65505, -INFINITY},
                               {"fp16,round=up", -70000, -65504},
                               {"fp16,round=up", 65504.004f, INFINITY},
                               {"fp16,round=odd", 1e6f, 65504},
                               {"fp16,subnormal=0", 0x1p-15f, 0},
                               {"fp16,subnormal=0", 0x1.000002p-15f, 0x1p-14f},
                               {"fp16,round=up,subnormal=0", 0x1p-40f, 0x1p-14f},
                               {"fp16,round=down", -1e-45f, -0x1p-24f},
                               {"bf16", 0x1.01p0f, 1},
                               {"bf16", 0x1.03p0f, 0x1.04p0f},
                               {"bf16", 0x1.fep127f, 0x1.fep127f},
                               {"bf16", 0x1.fefffep127f, 0x1.fep127f},
                               {"bf16", 0x1.ffp127f, INFINITY},
                               {"bf16", 0x1p-133f, 0x1p-133f},
                               {"bf16", 0x1p-134f, 0},
                               {"tf32", 0x1.002p0f, 1},
                               {"tf32", 0x1.006p0f, 0x1.008p0f},
                               {"float,8,23", 0x1p-149f, 0x1p-149f},
                               {"float,8,23", 0x1.fffffep127f, 0x1.fffffep127f},
                               {"float,8,23", -INFINITY, -INFINITY},
                               {"float,8,23", -0.0f, -0.0f},
                               {"float,5,10", 65520, INFINITY}};
    (void)state;
    CHECK(rows);
}

static void test_eight_bit_floating_point(void **state)
{
    static const row rows[] = {{"e4m3", 448, 448},
                               {"e4m3", 464, 448},
                               {"e4m3", 464.00003f, 448},
                               {"e4m3", 1e30f, 448},
                               {"e4m3", -INFINITY, -448},
                               {"e4m3", NAN, NAN},
                               {"e4m3,overflow=nan", 464, 448},
                               {"e4m3,overflow=nan", 464.00003f, NAN},
                               {"e4m3,overflow=nan", INFINITY, NAN},
                               {"e4m3,round=zero,overflow=nan", 479, 448},
                               {"e4m3", 0x1p-9f, 0x1p-9f},
                               {"e4m3", 0x1p-10f, 0},
                               {"e4m3", 0x1.000002p-10f, 0x1p-9f},
                               {"e4m3", -0x1p-11f, -0.0f},
                               {"e4m3", 17, 16},
                               {"e4m3", 19, 20},
                               {"e4m3", 0x1.ep-7f, 0x1p-6f},
                               {"e5m2", 57344, 57344},
                               {"e5m2", 61440, 57344},
                               {"e5m2", INFINITY, 57344},
                               {"e5m2,overflow=inf", 61440, INFINITY},
                               {"e5m2,overflow=inf", 61439, 57344},
                               {"e5m2,overflow=inf", INFINITY, INFINITY},
                               {"e5m2,overflow=inf,round=zero", 1e30f, 57344},
                               {"e5m2", 0x1p-16f, 0x1p-16f},
                               {"e5m2", 0x1p-17f, 0},
                               {"e5m2", 0x1.8p-16f, 0x1p-15f},
                               {"float,4,3,specials=fn", 464, 448},
                               {"float,4,3", 464, INFINITY},
                               {"float,4,3", 247.9f, 240},
                               {"float,4,3,overflow=saturate,specials=none", 496, 480},
                               {"float,2,1,specials=none", 5, 4},
                               {"float,2,1,specials=none", 100, 6},
                               {"float,2,1,specials=none", 0.25f, 0}};
    (void)state;
    CHECK(rows);
}

static void test_powers_of_two(void **state)
{
    static const row rows[] = {{"log", 3, 4},
                               {"log", 2.9999998f, 2},
                               {"log", -6, -8},
                               {"log", 0, 0},
                               {"log", 1, 1},
                               {"log", 7.9999995f, 8},
                               {"log", 1e30f, 0x1p31f},
                               {"log", INFINITY, 0x1p31f},
                               {"log", 0x1p-31f, 0x1p-31f},
                               {"log", 0x1p-32f, 0x1p-31f},
                               {"log", 0x1.fffffep-33f, 0},
                               {"log,round=floor", 7.9999995f, 4}, /* log2f() of it is 3 */
                               {"log,round=floor", 8, 8},
                               {"log,round=floor", -5.9f, -4},
                               {"log,round=floor", 0x1.fffffep-32f, 0},
                               {"log,round=floor", 0x1.8p30f, 0x1p30f},
                               {"log,3,0", 3, 4},
                               {"log,3,0", 100, 4},
                               {"log,3,0", 0.5f, 1},
                               {"log,3,0", NAN, NAN},
                               {"log", -0.0f, -0.0f}};
    (void)state;
    CHECK(rows);
}

static void test_sparse_binary_and_ternary(void **state)
{
    static const row rows[] = {{"sparse,0.1", 0.1f, 0},
                               {"sparse,0.1", 0x1.99999cp-4f, 0x1.99999cp-4f},
                               {"sparse,0.1", -0.2f, -0.2f},
                               {"sparse,0.1", NAN, NAN},
                               {"sparse,0.1", -INFINITY, -INFINITY},
                               {"sparse,0", 1e-45f, 1e-45f},
                               {"sparse,0", -0.0f, 0},
                               {"sparse,0.1", -0.05f, 0},
                               {"binary", 0, 1},
                               {"binary", -0.0f, 1},
                               {"binary", -1e-45f, -1},
                               {"binary", NAN, NAN},
                               {"binary,0.25", -INFINITY, -0.25f},
                               {"binary,0.25", 7, 0.25f},
                               {"ternary,1,0.5", 0.5f, 0},
                               {"ternary,1,0.5", 0.50000006f, 1},
                               {"ternary,1,0.5", -0.6f, -1},
                               {"ternary,1,0.5", -0.0f, 0},
                               {"ternary,3,0.5", INFINITY, 3},
                               {"ternary,1,0.5", NAN, NAN},
                               {"ternary", 0.001f, 1},
                               {"ternary", -5, -1},
                               {"ternary", 0, 0},
                               {"ternary,2", -INFINITY, -2},
                               {"ternary,1,0", 1e-45f, 1}};
    (void)state;
    CHECK(rows);
}

/* Li, Zhang, Liu: t = 0.7 * mean(abs(x)). The mean here is 2.5, the threshold 1.75. */
static void test_ternary_takes_its_threshold_from_the_tensor(void **state)
{
    const float from[4] = {1, -1.7500001f, 1.75f, -5.5f}, should[4] = {0, -1, 0, -1};
    const float infinite[3] = {1, -INFINITY, 1e30f}, should_infinite[3] = {0, -1, 0};
    float to[4];
    tq_quantizer q;
    (void)state;
    assert_int_equal(tq_quantizer_parse(&q, "ternary"), TQ_OK);
    tq_quantize_array(to, from, 4, &q, 0);
    assert_memory_equal(to, should, sizeof should);
    tq_quantize_array(to, infinite, 3, &q, 0);
    assert_memory_equal(to, should_infinite, sizeof should_infinite);
}

static void test_none_leaves_bits_alone(void **state)
{
    const uint32_t from[5] = {0x7F812345u, 0xFFFFFFFFu, 1, 0x80000000u, 0x3F800000u};
    float x[5], to[5];
    const tq_quantizer none = {0};
    (void)state;
    memcpy(x, from, sizeof x);
    tq_quantize_array(to, x, 5, &none, 0);
    assert_memory_equal(to, from, sizeof from);
    assert_true(tq_quantizer_is_none(&none));
    tq_quantize_array(to, x, 0, &none, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tensorquant_fixed_point),
                                       cmocka_unit_test(test_fixed_point_rules),
                                       cmocka_unit_test(test_half_and_wider),
                                       cmocka_unit_test(test_eight_bit_floating_point),
                                       cmocka_unit_test(test_powers_of_two),
                                       cmocka_unit_test(test_sparse_binary_and_ternary),
                                       cmocka_unit_test(test_ternary_takes_its_threshold_from_the_tensor),
                                       cmocka_unit_test(test_none_leaves_bits_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
