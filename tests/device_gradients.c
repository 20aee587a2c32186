/*
 * What a trainer does to tensors between layers, by hand: gradients added, cleared where a quantizer
 * saturated, the first number that is not finite.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/device_test.h"
#include "training/trainer_parts.h"

enum { COUNT = 7 };

static void expect(const tq_tensor *tensor, const float *should)
{
    float is[COUNT];
    assert_int_equal(tq_tensor_read(tensor, is, COUNT), TQ_OK);
    for (size_t i = 0; i < COUNT; ++i)
        if (memcmp(&is[i], &should[i], sizeof *is) != 0)
            fail_msg("number %zu: %a, not %a", i, (double)is[i], (double)should[i]);
}

/* Ties to even, subnormals too. */
static void sums(void **state)
{
    static const float a[COUNT] = {1, 1, 1, 0x1p-149f, -2, INFINITY, 0x1.fffffep127f},
                       b[COUNT] = {2, 0x1p-24f, 0x1.8p-23f, 0x1p-149f, 2, -1, 0x1.fffffep127f},
                       sum[COUNT] = {3, 1, 0x1.000004p0f, 0x1p-148f, 0, INFINITY, INFINITY};
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){COUNT});
    tq_tensor *to = tq_test_tensor(*state, &shape, a), *more = tq_test_tensor(*state, &shape, b);
    assert_int_equal(tq_gradient__add(to, more), TQ_OK);
    expect(to, sum);
    expect(more, b);
    tq_tensor_destroy(to);
    tq_tensor_destroy(more);
}

/* The ends themselves are inside. */
static void clipped(void **state)
{
    static const float x[COUNT] = {0, -2, -0x1.000002p1f, 1.75f, 0x1.c00002p0f, -INFINITY, 1e30f},
                       g[COUNT] = {1, 2, 3, -4, 5, 6, 7}, should[COUNT] = {1, 2, 0, -4, 0, 0, 0};
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){COUNT});
    tq_tensor *raw = tq_test_tensor(*state, &shape, x), *to = tq_test_tensor(*state, &shape, g);
    tq_quantizer quantizer;
    assert_int_equal(tq_quantizer_parse(&quantizer, "nearest,4,2"), TQ_OK);
    assert_int_equal(tq_gradient__clip(to, raw, &quantizer), TQ_OK);
    expect(to, should);
    tq_tensor_destroy(raw);
    tq_tensor_destroy(to);
}

/* `count` numbers of which these two are not finite (-1: none): the place has the smaller index. */
static void find(tq_context *context, int64_t count, int64_t one, int64_t other, uint32_t should)
{
    const tq_shape shape = tq_shape_of(1, &count);
    uint32_t places[3] = {UINT32_MAX, UINT32_MAX, 5};
    float *x = tq_test_array(count);
    tq_memory *first;
    if (one >= 0)
        x[one] = NAN;
    if (other >= 0)
        x[other] = -INFINITY;
    tq_tensor *tensor = tq_test_tensor(context, &shape, x);
    assert_int_equal(tq_memory__create(&first, context, sizeof places), TQ_OK);
    assert_int_equal(tq_memory__write(first, 0, places, sizeof places), TQ_OK);
    assert_int_equal(tq_gradient__find_infinite(tensor, first, 1), TQ_OK);
    assert_int_equal(tq_memory__read(first, 0, places, sizeof places), TQ_OK);
    assert_int_equal(places[0], UINT32_MAX);
    assert_int_equal(places[1], should);
    assert_int_equal(places[2], 5);
    tq_memory__release(first);
    tq_tensor_destroy(tensor);
    free(x);
}

static void first_infinite(void **state)
{
    find(*state, 1, -1, -1, UINT32_MAX);
    find(*state, 1, 0, -1, 0);
    find(*state, 1000, 999, -1, 999);
    find(*state, 1000, 703, 37, 37);
    find(*state, 1000, 17, 18, 17);
    if (getenv("TQ_TEST_SMALL") == NULL) /* more than 64 work-items */
        find(*state, 300001, 300000, 290000, 290000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sums), cmocka_unit_test(clipped),
                                       cmocka_unit_test(first_infinite)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
