/*
 * ONNX's MatMul of two computed tensors, with constants and with weights, in models made in memory. What must
 * come out is worked out by plain loops over ONNX's own layout.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/onnx_check.h"
#include "util/fail.h"

enum { SAMPLES = 2, HEADS = 2, SIDE = 3, MATRIX = SIDE * SIDE, MOST = SAMPLES * HEADS * MATRIX };

static float positive(float x)
{
    return x > 0 ? x : 0;
}

/* y = a * b, square matrices. */
static void multiply(float *y, const float *a, const float *b)
{
    for (int i = 0; i < SIDE; ++i)
        for (int j = 0; j < SIDE; ++j) {
            y[i * SIDE + j] = 0;
            for (int k = 0; k < SIDE; ++k)
                y[i * SIDE + j] += a[i * SIDE + k] * b[k * SIDE + j];
        }
}

/* x and relu(x): both have the samples in front, whatever the batch. */
static void check_computed(tq_context *context, size_t rank, const int64_t *dims, const tq_shape *shape,
                           bool swapped)
{
    float x[MOST], r[MOST], wanted[MOST];
    const int64_t count = tq_shape_count(shape);
    onnx_maker *m = onnx_maker_new(13);
    onnx_maker_input(m, "x", rank, dims);
    onnx_maker_node(m, "Relu", "act", "x", "r");
    onnx_maker_node(m, "MatMul", "mm", swapped ? "r,x" : "x,r", "y");
    onnx_maker_output(m, "y");
    onnx_check_fill(x, (size_t)count, 3);
    for (int64_t i = 0; i < count; ++i)
        r[i] = positive(x[i]);
    for (int64_t i = 0; i < count; i += MATRIX)
        multiply(wanted + i, (swapped ? r : x) + i, (swapped ? x : r) + i);
    onnx_check_output(context, m, SAMPLES, x, shape, wanted);
}

static void computed_tensors(void **state)
{
    const tq_shape three = tq_shape_of(3, (const int64_t[]){SAMPLES, SIDE, SIDE});
    const tq_shape four = tq_shape_of(4, (const int64_t[]){SAMPLES, HEADS, SIDE, SIDE});
    const tq_shape five = tq_shape_of(5, (const int64_t[]){SAMPLES, 1, HEADS, SIDE, SIDE});
    check_computed(*state, DIMS(0, SIDE, SIDE), &three, false);
    check_computed(*state, DIMS(0, HEADS, SIDE, SIDE), &four, false);
    check_computed(*state, DIMS(0, HEADS, SIDE, SIDE), &four, true);
    check_computed(*state, DIMS(1, 1, HEADS, SIDE, SIDE), &five, false);
}

/* A constant for every head, one for all, and without the dimension of the samples. */
static void constant_operands(void **state)
{
    static const int64_t shapes[][4] = {{1, HEADS, SIDE, SIDE}, {1, 1, SIDE, SIDE}, {HEADS, SIDE, SIDE}};
    static const size_t ranks[] = {4, 4, 3};
    const tq_shape shape = tq_shape_of(4, (const int64_t[]){SAMPLES, HEADS, SIDE, SIDE});
    for (size_t i = 0; i < TQ_COUNT(shapes); ++i) {
        float x[MOST], w[HEADS * MATRIX], wanted[MOST];
        onnx_maker *m = onnx_maker_new(13);
        onnx_check_fill(x, MOST, 5);
        onnx_check_fill(w, HEADS * MATRIX, 6);
        onnx_maker_input(m, "x", DIMS(0, HEADS, SIDE, SIDE));
        onnx_maker_floats(m, "w", ranks[i], shapes[i], w);
        onnx_maker_node(m, "MatMul", "mm", "x,w", "y");
        onnx_maker_output(m, "y");
        for (int j = 0; j < SAMPLES * HEADS; ++j)
            multiply(wanted + j * MATRIX, x + j * MATRIX, w + (i == 1 ? 0 : j % HEADS * MATRIX));
        onnx_check_output(*state, m, SAMPLES, x, &shape, wanted);
    }
}

/* A tensor of three dimensions times a matrix of weights is a dense layer. */
static void weights(void **state)
{
    float x[SAMPLES * 2 * SIDE], w[SIDE * 2], wanted[SAMPLES * 2 * 2];
    const tq_shape shape = tq_shape_of(3, (const int64_t[]){SAMPLES, 2, 2});
    onnx_maker *m = onnx_maker_new(13);
    onnx_check_fill(x, TQ_COUNT(x), 5);
    onnx_check_fill(w, TQ_COUNT(w), 6);
    onnx_maker_input(m, "x", DIMS(0, 2, SIDE));
    onnx_maker_floats(m, "w", DIMS(SIDE, 2), w);
    onnx_maker_node(m, "MatMul", "mm", "x,w", "y");
    onnx_maker_output(m, "y");
    for (int i = 0; i < SAMPLES * 2; ++i)
        for (int j = 0; j < 2; ++j) {
            wanted[i * 2 + j] = 0;
            for (int k = 0; k < SIDE; ++k)
                wanted[i * 2 + j] += x[i * SIDE + k] * w[k * 2 + j];
        }
    onnx_check_output(*state, m, SAMPLES, x, &shape, wanted);
}

static void expect_refusal(tq_context *context, size_t rank, const int64_t *dims, size_t weight_rank,
                           const int64_t *weight, tq_status status, const char *text)
{
    float w[MOST];
    onnx_maker *m = onnx_maker_new(13);
    onnx_check_fill(w, MOST, 1);
    onnx_maker_input(m, "x", rank, dims);
    if (weight != NULL)
        onnx_maker_floats(m, "w", weight_rank, weight, w);
    else
        onnx_maker_node(m, weight_rank == 2 ? "Flatten" : "Relu", "act", "x", "w");
    onnx_maker_node(m, "MatMul", "mm", "x,w", "y");
    onnx_maker_output(m, "y");
    onnx_check_failure(context, m, status, text);
}

static void refused(void **state)
{
    expect_refusal(
        *state, DIMS(1, 3), 1, NULL, TQ_E_UNSUPPORTED,
        "node 'mm': the product of 1x3 and 1x3: supported are, of 3 or more dimensions, two tensors of "
        "equally many or a tensor and a constant of up to as many; and a constant matrix, but for "
        "tensors of 4 dimensions");
    expect_refusal(*state, DIMS(1, 2, 2), 2, NULL, TQ_E_UNSUPPORTED, "the product of 1x2x2 and 1x4");
    expect_refusal(*state, DIMS(1, 1, 2, 2), DIMS(2, 2), TQ_E_UNSUPPORTED, "the product of 1x1x2x2 and 2x2");
    expect_refusal(*state, DIMS(1, 2, 2), DIMS(1, 1, 2, 2), TQ_E_UNSUPPORTED,
                   "the product of 1x2x2 and 1x1x2x2");
    expect_refusal(
        *state, DIMS(2, 2, 2), DIMS(2, 2, 2), TQ_E_UNSUPPORTED,
        "the product of 2x2x2 and the constant 2x2x2: its first dimension, that of the samples, must be 1");
    expect_refusal(*state, DIMS(1, 2, 3), 3, NULL, TQ_E_SHAPE, "inputs 1x2x3 and 1x2x3: needs");
    expect_refusal(*state, DIMS(1, 2, 3), DIMS(2, 3), TQ_E_SHAPE,
                   "input of shape 1x2x3 does not fit weights of shape 2x3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(computed_tensors),
                                       cmocka_unit_test(constant_operands), cmocka_unit_test(weights),
                                       cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, onnx_check_open, onnx_check_close);
}
