/* Every example of every kind on the device: the bits of tq_quantize_array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oracle/oracle_cases.h"
#include "quantizers/bind.h"
#include "runtime/launch.h"
#include "support/test_sets.h"

#define MOST 60000

typedef struct fixture {
    tq_context *context;
    uint32_t bits[MOST];
    float from[MOST], should[MOST], is[MOST];
} fixture;

static bool small(void)
{
    return getenv("TQ_TEST_SMALL") != NULL;
}

/* Special numbers, then random ones. On slow devices every 17th special number. */
static int64_t fill(fixture *t, const char *string)
{
    static uint32_t cases[ORACLE_CASES];
    uint64_t state = 17;
    oracle_format f;
    size_t count, kept = 0;
    assert_true(oracle_parse(&f, string));
    count = oracle_cases(cases, &f);
    for (size_t i = 0; i < count; i += small() ? 17 : 1)
        t->bits[kept++] = cases[i];
    for (const size_t all = small() ? kept + 101 : MOST - 1; kept < all; ++kept)
        t->bits[kept] = oracle_random_input(&state, &f);
    memcpy(t->from, t->bits, kept * sizeof *t->bits);
    return (int64_t)kept;
}

static void check_same(const fixture *t, const char *string, int64_t count)
{
    for (int64_t i = 0; i < count; ++i) {
        uint32_t is, should;
        memcpy(&is, &t->is[i], sizeof is);
        memcpy(&should, &t->should[i], sizeof should);
        if (is != should)
            fail_msg("%s, element %lld of %lld, %08x: is %08x, should be %08x", string, (long long)i,
                     (long long)count, t->bits[i], is, should);
    }
}

static tq_tensor *make(fixture *t, int64_t count)
{
    const tq_shape shape = tq_shape_of(1, &count);
    tq_tensor *tensor;
    assert_int_equal(tq_tensor_create(&tensor, t->context, &shape), TQ_OK);
    return tensor;
}

/* Out of place, then in place. */
static void check(fixture *t, const char *string, int64_t count)
{
    tq_tensor *const from = make(t, count), *const to = make(t, count);
    tq_quantizer q;
    assert_int_equal(tq_quantizer_parse(&q, string), TQ_OK);
    tq_quantize_array(t->should, t->from, count, &q, 0x123456789u);
    assert_int_equal(tq_tensor_write(from, t->from, count), TQ_OK);
    if (tq_tensor_quantize(to, from, &q, 0x123456789u) != TQ_OK)
        fail_msg("%s: %s", string, tq_error());
    assert_int_equal(tq_tensor_read(to, t->is, count), TQ_OK);
    check_same(t, string, count);
    assert_int_equal(tq_tensor_quantize(from, from, &q, 0x123456789u), TQ_OK);
    assert_int_equal(tq_tensor_read(from, t->is, count), TQ_OK);
    check_same(t, string, count);
    tq_tensor_destroy(from);
    tq_tensor_destroy(to);
}

/* Every example has a program of its own, almost; with TQ_TEST_PART one of each kind, in turn. */
static void test_examples_of_all_kinds(void **state)
{
    for (size_t i = 0; i < tq_quantizer_kind_count(); ++i) {
        const char *const *const examples = tq_quantizer_kind_at(i)->examples;
        size_t count = 0;
        while (examples[count] != NULL)
            ++count;
        for (size_t k = 0; k < count; ++k)
            if (!tq_test_is_part() || k == i % count)
                check(*state, examples[k], fill(*state, examples[k]));
    }
}

static void test_sizes_around_groups(void **state)
{
    static const int64_t sizes[] = {1, 2, 3, 63, 64, 65, 127, 257, 1000};
    fill(*state, "fp16");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        check(*state, "fp16,round=stochastic", sizes[i] < 300 || !small() ? sizes[i] : 5);
        check(*state, "ternary", sizes[i] < 300 || !small() ? sizes[i] : 5);
    }
}

/* Ordinary numbers, of which the mean is one. */
static void test_thresholds_of_ordinary_tensors(void **state)
{
    fixture *t = *state;
    const int64_t count = small() ? 300 : 40001;
    for (int64_t i = 0; i < count; ++i) {
        t->from[i] = (float)((i * 7919) % 1000 - 500) / 256;
        memcpy(&t->bits[i], &t->from[i], sizeof t->bits[i]);
    }
    check(t, "ternary", count);
    check(t, "ternary,0.5", count - 1);
}

/* Each sample has its own threshold, so a batch may be split anywhere. */
static void check_samples(fixture *t, const char *string)
{
    enum { SAMPLES = 3, LENGTH = 337 };
    tq_tensor *const tensor = make(t, SAMPLES * LENGTH);
    tq_quantizer q;
    assert_int_equal(tq_quantizer_parse(&q, string), TQ_OK);
    for (int i = 0; i < SAMPLES * LENGTH; ++i)
        t->from[i] = (float)(i % 11 - 5) * (float)(1 << 4 * (i / LENGTH));
    for (int i = 0; i < SAMPLES; ++i)
        tq_quantize_array(t->should + i * LENGTH, t->from + i * LENGTH, LENGTH, &q, 0);
    assert_int_equal(tq_tensor_write(tensor, t->from, SAMPLES * LENGTH), TQ_OK);
    assert_int_equal(tq_quantizer__tensor(tensor, tensor, &q, 0, 0, 0, 0, SAMPLES), TQ_OK);
    assert_int_equal(tq_tensor_read(tensor, t->is, SAMPLES * LENGTH), TQ_OK);
    check_same(t, string, SAMPLES * LENGTH);
    assert_int_equal(tq_quantizer__tensor(tensor, tensor, &q, 0, 0, 0, 0, 2), TQ_E_ARGUMENT);
    tq_tensor_destroy(tensor);
}

static void test_samples_are_fitted_one_by_one(void **state)
{
    check_samples(*state, "ternary");
    check_samples(*state, "int,8,signed=0");
}

/* The last dimension is channels; every one as it would be alone. */
static void test_channels(void **state)
{
    enum { CHANNELS = 5, ROWS = 9 };
    fixture *t = *state;
    float column[ROWS];
    const tq_shape shape = tq_shape_of(3, (const int64_t[]){3, 3, CHANNELS});
    tq_quantizer each, alone;
    tq_tensor *tensor;
    assert_int_equal(tq_quantizer_parse(&each, "int,6,per=channel"), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&alone, "int,6"), TQ_OK);
    assert_int_equal(tq_tensor_create(&tensor, t->context, &shape), TQ_OK);
    for (int i = 0; i < ROWS * CHANNELS; ++i)
        t->from[i] = (float)(i * 29 % 41 - 13) * (float)(1 + i % CHANNELS);
    for (int c = 0; c < CHANNELS; ++c) {
        for (int r = 0; r < ROWS; ++r)
            column[r] = t->from[r * CHANNELS + c];
        tq_quantize_array(column, column, ROWS, &alone, 0);
        for (int r = 0; r < ROWS; ++r)
            t->should[r * CHANNELS + c] = column[r];
    }
    assert_int_equal(tq_tensor_write(tensor, t->from, ROWS * CHANNELS), TQ_OK);
    assert_int_equal(tq_tensor_quantize(tensor, tensor, &each, 0), TQ_OK);
    assert_int_equal(tq_tensor_read(tensor, t->is, ROWS * CHANNELS), TQ_OK);
    check_same(t, "int,6,per=channel", ROWS * CHANNELS);
    tq_tensor_destroy(tensor);
}

static void test_draws_of_a_stream(void **state)
{
    fixture *t = *state;
    const uint64_t seed = 0xFEDCBA9876543210u, first = ((uint64_t)1 << 32) - 50;
    tq_tensor *const tensor = make(t, 100);
    tq_quantizer q;
    assert_int_equal(tq_quantizer_parse(&q, "stochastic,16,8,bits=8"), TQ_OK);
    for (int i = 0; i < 100; ++i)
        t->from[i] = 0.3f;
    tq_quantizer__array(t->should, t->from, 100, &q, seed, 9, TQ_STREAM_WEIGHT + 2, first);
    assert_int_equal(tq_tensor_write(tensor, t->from, 100), TQ_OK);
    assert_int_equal(tq_quantizer__tensor(tensor, tensor, &q, seed, 9, TQ_STREAM_WEIGHT + 2, first, 1),
                     TQ_OK);
    assert_int_equal(tq_tensor_read(tensor, t->is, 100), TQ_OK);
    check_same(t, "stochastic", 100);
    tq_tensor_destroy(tensor);
}

/* Formats that differ in numbers only share a program; quantizing again builds nothing. */
static void test_programs_are_reused(void **state)
{
    fixture *t = *state;
    unsigned built;
    fill(t, "nearest,16,8");
    check(t, "nearest,16,8", 10);
    built = tq_context_programs(t->context).built;
    check(t, "nearest,16,8", 10);
    check(t, "nearest,12,3", 10);
    assert_int_equal(tq_context_programs(t->context).built, built);
}

static void test_bad_arguments(void **state)
{
    tq_tensor *const a = make(*state, 4), *const b = make(*state, 5);
    const tq_quantizer none = {0};
    assert_int_equal(tq_tensor_quantize(a, b, &none, 0), TQ_E_SHAPE);
    assert_non_null(strstr(tq_error(), "5"));
    assert_int_equal(tq_tensor_quantize(a, NULL, &none, 0), TQ_E_ARGUMENT);
    assert_int_equal(tq_tensor_quantize(a, a, &none, 0), TQ_OK);
    tq_tensor_destroy(a);
    tq_tensor_destroy(b);
}

static int set_up(void **state)
{
    fixture *t = calloc(1, sizeof *t);
    if (!t || tq_context_open(&t->context, NULL) != TQ_OK) {
        print_error("%s\n", tq_error());
        free(t);
        return -1;
    }
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    fixture *t = *state;
    if (t)
        tq_context_close(t->context);
    free(t);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples_of_all_kinds),
                                       cmocka_unit_test(test_sizes_around_groups),
                                       cmocka_unit_test(test_thresholds_of_ordinary_tensors),
                                       cmocka_unit_test(test_samples_are_fitted_one_by_one),
                                       cmocka_unit_test(test_channels),
                                       cmocka_unit_test(test_draws_of_a_stream),
                                       cmocka_unit_test(test_programs_are_reused),
                                       cmocka_unit_test(test_bad_arguments)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
