/*
 * Gradients of losses: the device gives the bits of the host reference, and both what binary64 gives, but for
 * the last places. Clipping, by hand-written rows.
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

enum { ROWS = 7, CLASSES = 13, COUNT = ROWS * CLASSES };

typedef struct fixture {
    tq_context *context;
    tq_tensor *output, *gradient;
    tq_memory *target;
    float x[COUNT], wanted[COUNT];
    int32_t label[ROWS];
} fixture;

static int start(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){ROWS, CLASSES});
    if (tq_context_open(&f->context, NULL) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_create(&f->output, f->context, &shape), TQ_OK);
    assert_int_equal(tq_tensor_create(&f->gradient, f->context, &shape), TQ_OK);
    assert_int_equal(tq_memory__create(&f->target, f->context, sizeof f->wanted), TQ_OK);
    for (int i = 0; i < COUNT; ++i) {
        f->x[i] = 8 * tq_test_number((uint32_t)i);
        f->wanted[i] = 8 * tq_test_number((uint32_t)i + 1000);
    }
    for (int i = 0; i < ROWS; ++i)
        f->label[i] = i * 5 % CLASSES;
    f->x[3] = 90.0f; /* leaves the others of the row next to nothing */
    f->x[CLASSES + 2] = -200.0f;
    assert_int_equal(tq_tensor_write(f->output, f->x, COUNT), TQ_OK);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    fixture *f = *state;
    tq_tensor_destroy(f->output);
    tq_tensor_destroy(f->gradient);
    tq_memory__release(f->target);
    tq_context_close(f->context);
    free(f);
    return 0;
}

/* The published formulas in binary64. */
static double exactly(const fixture *f, tq_loss loss, int i)
{
    const int row = i / CLASSES;
    double sum = 0.0;
    if (loss == TQ_LOSS_SQUARES)
        return 2.0 * ((double)f->x[i] - f->wanted[i]) / COUNT;
    for (int k = 0; k < CLASSES; ++k)
        sum += exp((double)f->x[row * CLASSES + k] - f->x[i]);
    return (1.0 / sum - (i % CLASSES == f->label[row])) / ROWS;
}

static void check(fixture *f, tq_loss loss, double scale)
{
    float device[COUNT], host[COUNT];
    assert_int_equal(tq_loss__gradient(loss, f->gradient, f->output, f->target, CLASSES, scale), TQ_OK);
    assert_int_equal(tq_tensor_read(f->gradient, device, COUNT), TQ_OK);
    tq_loss__reference(loss, host, f->x, COUNT, CLASSES, f->label, f->wanted, scale);
    for (int i = 0; i < COUNT; ++i) {
        const double exact = scale * exactly(f, loss, i);
        if (memcmp(&device[i], &host[i], sizeof *host) != 0)
            fail_msg("gradient %d: device %a, host %a", i, (double)device[i], (double)host[i]);
        if (fabs(host[i] - exact) > 4e-7 * scale / ROWS + 4e-7 * fabs(exact))
            fail_msg("gradient %d: %a, in binary64 %a", i, (double)host[i], exact);
    }
}

static void cross_entropy(void **state)
{
    fixture *f = *state;
    assert_int_equal(tq_memory__write(f->target, 0, f->label, sizeof f->label), TQ_OK);
    check(f, TQ_LOSS_CROSS_ENTROPY, 1.0);
    check(f, TQ_LOSS_CROSS_ENTROPY, 1000.0);
}

static void squares(void **state)
{
    fixture *f = *state;
    assert_int_equal(tq_memory__write(f->target, 0, f->wanted, sizeof f->wanted), TQ_OK);
    check(f, TQ_LOSS_SQUARES, 1.0);
    check(f, TQ_LOSS_SQUARES, 3.0);
}

/* Gradients 1, 2 ... of numbers that lie in a format or not: those that do not lose theirs. */
static void clip(void **state)
{
    static const struct {
        const char *quantizer;
        float x[6], kept[6];
    } rows[] = {
        {"fixed,8,4", {-8.0f, -8.0625f, -0.0f, 7.9375f, 8.0f, 7.95f}, {1, 0, 3, 4, 0, 0}},
        {"int,8,0.5,0,signed=0", {-0.0f, 0.0f, -0.5f, 127.5f, 128.0f, 1.0f}, {1, 2, 0, 4, 0, 6}},
        {"fixed,8,4,signed=0", {-0.0f, 0.0f, -0x1p-149f, 15.9375f, 16.0f, 1.0f}, {1, 2, 0, 4, 0, 6}},
    };
    const fixture *f = *state;
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){6});
    tq_tensor *x, *gradient;
    assert_int_equal(tq_tensor_create(&x, f->context, &shape), TQ_OK);
    assert_int_equal(tq_tensor_create(&gradient, f->context, &shape), TQ_OK);
    for (size_t i = 0; i < TQ_COUNT(rows); ++i) {
        const float ones[6] = {1, 2, 3, 4, 5, 6};
        float read[6];
        tq_quantizer q;
        assert_int_equal(tq_quantizer_parse(&q, rows[i].quantizer), TQ_OK);
        assert_int_equal(tq_tensor_write(x, rows[i].x, 6), TQ_OK);
        assert_int_equal(tq_tensor_write(gradient, ones, 6), TQ_OK);
        assert_int_equal(tq_gradient__clip(gradient, x, &q), TQ_OK);
        assert_int_equal(tq_tensor_read(gradient, read, 6), TQ_OK);
        for (int k = 0; k < 6; ++k)
            if (memcmp(&read[k], &rows[i].kept[k], sizeof *read) != 0)
                fail_msg("%s: gradient of %a is %g, not %g", rows[i].quantizer, (double)rows[i].x[k],
                         (double)read[k], (double)rows[i].kept[k]);
    }
    tq_tensor_destroy(x);
    tq_tensor_destroy(gradient);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cross_entropy), cmocka_unit_test(squares),
                                       cmocka_unit_test(clip)};
    return cmocka_run_group_tests(tests, start, stop);
}
