/*
 * Gradients of losses: the device gives the bits of the host reference, and both what binary64 gives, but for
 * the last places.
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cross_entropy), cmocka_unit_test(squares)};
    return cmocka_run_group_tests(tests, start, stop);
}
