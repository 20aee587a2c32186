/* Tensors keep bits as they are; kernels see parts of blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/launch.h"
#include "support/scale_kernel.h"
#include "util/fail.h"

/* Zeros, subnormals, ones, largest, infinities, quiet and signaling NaNs with payloads, each with both signs.
 */
static const uint32_t magnitudes[] = {
    0x00000000, 0x00000001, 0x00000002, 0x00400000, 0x007FFFFF, 0x00800000, 0x00800001,
    0x33FFFFFF, 0x3F800000, 0x3F800001, 0x4B000001, 0x7F7FFFFF, 0x7F800000, 0x7F800001,
    0x7FBFFFFF, 0x7FA00055, 0x7FC00000, 0x7FC00001, 0x7FC12345, 0x7FFFFFFF,
};
enum { SPECIALS = 2 * TQ_COUNT(magnitudes) };

static void make_specials(uint32_t *bits)
{
    for (size_t i = 0; i < TQ_COUNT(magnitudes); ++i) {
        bits[2 * i] = magnitudes[i];
        bits[2 * i + 1] = magnitudes[i] | 0x80000000u;
    }
}

static void expect_bits(const tq_tensor *tensor, const uint32_t *bits)
{
    float numbers[SPECIALS];
    assert_int_equal(tq_tensor_read(tensor, numbers, SPECIALS), TQ_OK);
    for (size_t i = 0; i < SPECIALS; ++i) {
        uint32_t found;
        memcpy(&found, (const char *)numbers + 4 * i, 4);
        if (found != bits[i])
            fail_msg("element %zu is %08x, was %08x", i, found, bits[i]);
    }
}

static tq_tensor *make(tq_context *context, const uint32_t *bits)
{
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){SPECIALS});
    float numbers[SPECIALS];
    tq_tensor *tensor;
    memcpy(numbers, bits, sizeof numbers);
    if (tq_tensor_create(&tensor, context, &shape) != TQ_OK ||
        tq_tensor_write(tensor, numbers, SPECIALS) != TQ_OK)
        fail_msg("%s", tq_error());
    return tensor;
}

static void test_bits_are_kept(void **state)
{
    uint32_t bits[SPECIALS];
    make_specials(bits);
    tq_tensor *const tensor = make(*state, bits);
    expect_bits(tensor, bits);
    tq_tensor_destroy(tensor);
}

/* `none` is no arithmetic: in place and into another tensor. */
static void test_none_keeps_bits(void **state)
{
    const uint32_t zeros[SPECIALS] = {0};
    const tq_quantizer none = {0};
    uint32_t bits[SPECIALS];
    make_specials(bits);
    tq_tensor *const from = make(*state, bits), *const to = make(*state, zeros);
    assert_int_equal(tq_tensor_quantize(to, from, &none, 3), TQ_OK);
    expect_bits(to, bits);
    assert_int_equal(tq_tensor_quantize(from, from, &none, 3), TQ_OK);
    expect_bits(from, bits);
    tq_tensor_destroy(from);
    tq_tensor_destroy(to);
}

static void test_views_keep_bits(void **state)
{
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){SPECIALS});
    uint32_t bits[SPECIALS], before[3], after[3];
    const uint32_t edge[3] = {0x7FA00001, 0x00000001, 0xFFFFFFFF};
    tq_memory *memory;
    tq_tensor *view;
    float numbers[SPECIALS];
    make_specials(bits);
    memcpy(numbers, bits, sizeof numbers);
    assert_int_equal(tq_memory__create(&memory, *state, 4 * (SPECIALS + 6)), TQ_OK);
    assert_int_equal(tq_memory__write(memory, 0, edge, sizeof edge), TQ_OK);
    assert_int_equal(tq_memory__write(memory, 4 * (SPECIALS + 3), edge, sizeof edge), TQ_OK);
    assert_int_equal(tq_tensor__view(&view, memory, 3, &shape), TQ_OK);
    assert_int_equal(tq_tensor_write(view, numbers, SPECIALS), TQ_OK);
    expect_bits(view, bits);
    assert_int_equal(tq_memory__read(memory, 0, before, sizeof before), TQ_OK);
    assert_int_equal(tq_memory__read(memory, 4 * (SPECIALS + 3), after, sizeof after), TQ_OK);
    assert_memory_equal(before, edge, sizeof edge);
    assert_memory_equal(after, edge, sizeof edge);
    tq_tensor_destroy(view);
    tq_memory__release(memory);
}

/* A kernel on the middle of a block changes it and nothing beside it. */
static void test_kernel_with_offset(void **state)
{
    enum { BEFORE = 5, COUNT = 6, ALL = 16 };
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){COUNT});
    float numbers[ALL];
    tq_memory *memory;
    tq_tensor *view;
    tq_kernel *kernel;
    for (int i = 0; i < ALL; ++i)
        numbers[i] = (float)i;
    assert_int_equal(tq_memory__create(&memory, *state, sizeof numbers), TQ_OK);
    assert_int_equal(tq_memory__write(memory, 0, numbers, sizeof numbers), TQ_OK);
    assert_int_equal(tq_tensor__view(&view, memory, BEFORE, &shape), TQ_OK);
    if (tq_scale_make(&kernel, *state, 3) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_scale_run(kernel, view, 0.5f), TQ_OK);
    assert_int_equal(tq_scale_run(kernel, view, -1), TQ_OK);
    assert_int_equal(tq_memory__read(memory, 0, numbers, sizeof numbers), TQ_OK);
    for (int i = 0; i < ALL; ++i) {
        const bool inside = i >= BEFORE && i < BEFORE + COUNT;
        const float wanted = inside ? ((float)i * 3 + 0.5f) * 3 - 1 : (float)i;
        if (numbers[i] != wanted)
            fail_msg("element %d is %g, should be %g", i, (double)numbers[i], (double)wanted);
    }
    tq_kernel__destroy(kernel);
    tq_tensor_destroy(view);
    tq_memory__release(memory);
}

/* A second start finds the program, whatever the driver makes of binaries. */
static void test_second_start(void **state)
{
    (void)state;
    for (int i = 0; i < 2; ++i) {
        tq_context *context;
        assert_int_equal(tq_context_open(&context, NULL), TQ_OK);
        assert_true(tq_scale_works(context, 9));
        assert_true(tq_scale_works(context, 9));
        const tq_program_counts counts = tq_context_programs(context);
        assert_int_equal(counts.built + counts.from_disk, 1);
        assert_int_equal(counts.from_memory, 1);
        tq_context_close(context);
    }
}

static void test_local_size(void **state)
{
    const size_t local = tq_context__local_size(*state);
    assert_in_range(local, 1, 64);
}

static int set_up(void **state)
{
    tq_context *context = NULL;
    if (tq_context_open(&context, NULL) != TQ_OK)
        print_error("%s\n", tq_error());
    *state = context;
    return context != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    tq_context_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_are_kept),   cmocka_unit_test(test_none_keeps_bits),
        cmocka_unit_test(test_views_keep_bits), cmocka_unit_test(test_kernel_with_offset),
        cmocka_unit_test(test_second_start),    cmocka_unit_test(test_local_size),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
