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

#include "support/device_test.h"
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

/* NumPy's matmul of any shapes; returns the number of elements, *to is the shape. */
static int64_t product(const tq_shape *a, const tq_shape *b, const float *x, const float *w, float *y,
                       tq_shape *to)
{
    tq_shape p = *a, q = *b, all = {.rank = 0};
    if (a->rank == 1)
        p = tq_shape_of(2, (const int64_t[]){1, a->dim[0]});
    if (b->rank == 1)
        q = tq_shape_of(2, (const int64_t[]){b->dim[0], 1});
    const int64_t rows = p.dim[p.rank - 2], terms = p.dim[p.rank - 1], columns = q.dim[q.rank - 1];
    int64_t count = rows * columns;
    *to = (tq_shape){.rank = 0};
    for (int i = p.rank > q.rank ? p.rank : q.rank; i > 2; --i) {
        const int64_t m = i <= p.rank ? p.dim[p.rank - i] : 1, n = i <= q.rank ? q.dim[q.rank - i] : 1;
        all.dim[all.rank++] = to->dim[to->rank++] = m > n ? m : n;
        count *= m > n ? m : n;
    }
    for (int64_t e = 0; e < count; ++e) {
        int64_t rest = e / rows / columns, from[2] = {0, 0}, step[2] = {rows * terms, terms * columns};
        for (int i = all.rank - 1, back = 3; i >= 0; rest /= all.dim[i--], ++back) {
            const int64_t at = rest % all.dim[i];
            if (back <= p.rank) {
                from[0] += p.dim[p.rank - back] > 1 ? at * step[0] : 0;
                step[0] *= p.dim[p.rank - back];
            }
            if (back <= q.rank) {
                from[1] += q.dim[q.rank - back] > 1 ? at * step[1] : 0;
                step[1] *= q.dim[q.rank - back];
            }
        }
        y[e] = 0;
        for (int64_t k = 0; k < terms; ++k)
            y[e] += x[from[0] + e / columns % rows * terms + k] * w[from[1] + k * columns + e % columns];
    }
    if (a->rank > 1)
        to->dim[to->rank++] = rows;
    if (b->rank > 1 || to->rank == 0)
        to->dim[to->rank++] = columns;
    return count;
}

#define SHAPE(r, ...)                                                                                        \
    {                                                                                                        \
        .rank = (r), .dim = { __VA_ARGS__ }                                                                  \
    }

/* A tensor and a constant in both places, of all ranks; where samples are mixed the batch is the model's. */
static void any_rank(void **state)
{
    static const struct {
        tq_shape tensor, constant;
        bool swapped; /* the constant comes first */
    } trials[] = {
        {SHAPE(1, 4), SHAPE(2, 4, 3), false},          {SHAPE(1, 4), SHAPE(1, 4), false},
        {SHAPE(2, 2, 4), SHAPE(1, 4), false},          {SHAPE(1, 4), SHAPE(3, 2, 4, 3), false},
        {SHAPE(3, 2, 3, 4), SHAPE(3, 2, 4, 2), false}, {SHAPE(2, 3, 4), SHAPE(3, 2, 4, 2), false},
        {SHAPE(4, 1, 2, 3, 4), SHAPE(2, 4, 2), false}, {SHAPE(4, 2, 2, 3, 2), SHAPE(4, 1, 2, 2, 3), false},
        {SHAPE(3, 1, 3, 4), SHAPE(3, 2, 4, 3), false}, {SHAPE(3, 2, 3, 4), SHAPE(4, 2, 1, 4, 2), false},
        {SHAPE(1, 4), SHAPE(2, 3, 4), true},           {SHAPE(2, 4, 2), SHAPE(2, 3, 4), true},
        {SHAPE(3, 2, 4, 3), SHAPE(2, 2, 4), true},     {SHAPE(3, 2, 4, 3), SHAPE(3, 2, 5, 4), true},
        {SHAPE(3, 2, 4, 3), SHAPE(3, 1, 5, 4), true},  {SHAPE(4, 2, 2, 2, 3), SHAPE(2, 3, 2), true},
        {SHAPE(2, 4, 3), SHAPE(1, 4), true},           {SHAPE(3, 2, 4, 3), SHAPE(1, 4), true},
    };
    for (size_t i = 0; i < TQ_COUNT(trials); ++i) {
        const tq_shape *x_shape = &trials[i].tensor, *w_shape = &trials[i].constant;
        float x[96], w[96], wanted[256];
        tq_shape shape;
        onnx_maker *m = onnx_maker_new(13);
        onnx_check_fill(x, TQ_COUNT(x), 5);
        onnx_check_fill(w, TQ_COUNT(w), 6);
        onnx_maker_input(m, "x", (size_t)x_shape->rank, x_shape->dim);
        onnx_maker_floats(m, "w", (size_t)w_shape->rank, w_shape->dim, w);
        onnx_maker_node(m, "MatMul", "mm", trials[i].swapped ? "w,x" : "x,w", "y");
        onnx_maker_output(m, "y");
        if (trials[i].swapped)
            product(w_shape, x_shape, w, x, wanted, &shape);
        else
            product(x_shape, w_shape, x, w, wanted, &shape);
        printf("trial %zu\n", i);
        onnx_check_output(*state, m, x_shape->dim[0], x, &shape, wanted);
    }
}

/* Of more numbers than are counted: said of the product, not of what reads it. */
static onnx_maker *too_large(void)
{
    static const float w[4096];
    onnx_maker *m = onnx_maker_new(13);
    onnx_maker_input(m, "x", DIMS(2147483647, 2147483647, 1));
    onnx_maker_floats(m, "w", DIMS(1, 4096), w);
    onnx_maker_node(m, "MatMul", "mm", "x,w", "h");
    onnx_maker_int(m, onnx_maker_node(m, "Flatten", "flat", "h", "y"), "axis", 0);
    onnx_maker_output(m, "y");
    return m;
}

static void refused(void **state)
{
    onnx_maker *m = onnx_maker_new(13);
    onnx_check_failure(*state, too_large(), TQ_E_SHAPE,
                       "node 'mm': the output has no elements, or more than 2^62");
    expect_refusal(*state, DIMS(1, 3), 1, NULL, TQ_E_SHAPE, "node 'mm': inputs 1x3 and 1x3: needs");
    expect_refusal(*state, DIMS(1, 2, 2), 2, NULL, TQ_E_SHAPE, "inputs 1x2x2 and 1x4: needs");
    expect_refusal(*state, DIMS(1, 2, 3), 3, NULL, TQ_E_SHAPE, "inputs 1x2x3 and 1x2x3: needs");
    expect_refusal(*state, DIMS(1, 2, 3), DIMS(2, 3), TQ_E_SHAPE,
                   "input of shape 1x2x3 does not fit weights of shape 2x3");
    onnx_maker_input(m, "x", DIMS(1, 2));
    onnx_maker_floats(m, "w", DIMS(1, 1), (const float[]){1});
    onnx_maker_node(m, "MatMul", "mm", "w,w", "y");
    onnx_maker_output(m, "y");
    onnx_check_failure(*state, m, TQ_E_UNSUPPORTED, "operator 'MatMul' of two constants");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(computed_tensors),
                                       cmocka_unit_test(constant_operands), cmocka_unit_test(weights),
                                       cmocka_unit_test(any_rank), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
