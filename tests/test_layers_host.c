/*
 * The kinds of layers other than contractions on examples worked out by hand, by the device and by the host
 * reference.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "layers/kind.h"
#include "support/device_test.h"

#define MOST 16
#define BIG  0x1p100f

typedef struct array {
    int rank;
    int64_t dim[TQ_MAX_RANK];
    float values[MOST];
} array;

typedef struct example {
    const char *kind, *options, *intrinsic, *extrinsic; /* NULL: none */
    array in, out;
    const array *second;
} example;

static const array one_number = {0, {0}, {10}};
static const array of_channels = {1, {2}, {10, 20}};
static const array of_channels_too = {4, {1, 1, 1, 2}, {10, 20}};
static const array same_shape = {2, {1, 4}, {-0.0f, -INFINITY, 0.5f, -1}};
static const array half_unit = {2, {1, 4}, {0x1p-24f, 0x1.8p-24f, 0x1p-25f, 1}};

/* Two matrices; and the same as the channels of a row of three pixels. */
static const array two_matrices = {3, {2, 3, 1}, {1, 10, 100, 2, 20, 200}};
static const array columns_alike = {2, {3, 2}, {1, 1, 10, 10, 100, 100}};
static const array of_channels_three = {4, {1, 3, 1, 2}, {1, 2, 10, 20, 100, 200}};

static const example examples[] = {
    {"relu",
     "",
     NULL,
     NULL,
     {2, {1, 9}, {-0.0f, 0, -1, 2.5f, -INFINITY, INFINITY, -NAN, 0x1p-149f, -0x1p-149f}},
     {2, {1, 9}, {0, 0, 0, 2.5f, 0, INFINITY, NAN, 0x1p-149f, 0}},
     NULL},
    /* Without inner arithmetic the intrinsic map rounds the output, and the extrinsic one what that gave. */
    {"relu", "", "nearest,8,2", NULL, {2, {1, 3}, {0.6f, -3, 100}}, {2, {1, 3}, {0.5f, 0, 31.75f}}, NULL},
    {"relu", "", NULL, "nearest,8,0", {2, {1, 2}, {0.4f, 2.6f}}, {2, {1, 2}, {0, 3}}, NULL},
    {"relu", "", "nearest,8,2", "nearest,8,0", {2, {1, 2}, {0.4f, 2.6f}}, {2, {1, 2}, {1, 3}}, NULL},
    /* A threshold from the numbers, 0.37 and 3.68, is of each sample alone. */
    {"dropout",
     "",
     NULL,
     "ternary",
     {2, {2, 4}, {1, -1, 0.1f, 0, 8, -8, 1, 4}},
     {2, {2, 4}, {1, -1, 0, 0, 1, -1, 0, 1}},
     NULL},

    {"maxpool2d",
     "kernel=2,stride=2",
     NULL,
     NULL,
     {4, {1, 2, 4, 1}, {1, 2, 3, 4, 5, -6, 7, -8}},
     {4, {1, 1, 2, 1}, {5, 7}},
     NULL},
    {"maxpool2d",
     "kernel=1,pads=1",
     NULL,
     NULL,
     {4, {1, 1, 1, 1}, {3}},
     {4,
      {1, 3, 3, 1},
      {-INFINITY, -INFINITY, -INFINITY, -INFINITY, 3, -INFINITY, -INFINITY, -INFINITY, -INFINITY}},
     NULL},
    {"maxpool2d",
     "kernel=1x2,stride=1x2",
     NULL,
     NULL,
     {4, {1, 1, 8, 1}, {-0.0f, 0, -0.0f, -0.0f, -NAN, INFINITY, -INFINITY, -2}},
     {4, {1, 1, 4, 1}, {0, -0.0f, NAN, -2}},
     NULL},
    {"maxpool2d",
     "kernel=2,dilation=2",
     NULL,
     NULL,
     {4, {1, 3, 3, 1}, {1, 20, 3, 40, 50, 60, 7, 80, 5}},
     {4, {1, 1, 1, 1}, {7}},
     NULL},

    {"avgpool2d",
     "kernel=2",
     NULL,
     NULL,
     {4, {1, 2, 3, 2}, {1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60}},
     {4, {1, 1, 2, 2}, {3, 30, 4, 40}},
     NULL},
    {"avgpool2d",
     "kernel=2,pads=1x0x0x1",
     NULL,
     NULL,
     {4, {1, 2, 2, 1}, {1, 2, 3, 4}},
     {4, {1, 2, 2, 1}, {1.5f, 2, 2.5f, 3}},
     NULL},
    {"avgpool2d",
     "kernel=2,pads=1x0x0x1,count_include_pad=1",
     NULL,
     NULL,
     {4, {1, 2, 2, 1}, {1, 2, 3, 4}},
     {4, {1, 2, 2, 1}, {0.75f, 0.5f, 2.5f, 1.5f}},
     NULL},
    {"avgpool2d",
     "kernel=1x2,auto_pad=same_upper",
     NULL,
     NULL,
     {4, {1, 1, 3, 1}, {1, 3, 5}},
     {4, {1, 1, 3, 1}, {2, 4, 5}},
     NULL},
    {"avgpool2d",
     "kernel=1x2,auto_pad=same_lower",
     NULL,
     NULL,
     {4, {1, 1, 3, 1}, {1, 3, 5}},
     {4, {1, 1, 3, 1}, {1, 2, 4}},
     NULL},
    {"avgpool2d",
     "kernel=1x2,pads=1,auto_pad=valid",
     NULL,
     NULL,
     {4, {1, 1, 3, 1}, {1, 3, 5}},
     {4, {1, 1, 2, 1}, {2, 4}},
     NULL},
    {"avgpool2d",
     "kernel=1x3,stride=1x2",
     NULL,
     NULL,
     {4, {1, 1, 4, 1}, {1, 2, 6, 8}},
     {4, {1, 1, 1, 1}, {3}},
     NULL},
    {"avgpool2d",
     "kernel=1x3,stride=1x2,ceil_mode=1,count_include_pad=1",
     NULL,
     NULL,
     {4, {1, 1, 4, 1}, {1, 2, 6, 8}},
     {4, {1, 1, 2, 1}, {3, 7}},
     NULL},
    /* A window that would start in the padding after the image does not count; one that holds no tap is 0/0.
     */
    {"avgpool2d",
     "kernel=1,stride=1x2,pads=0x0x0x1,ceil_mode=1",
     NULL,
     NULL,
     {4, {1, 1, 2, 1}, {4, 5}},
     {4, {1, 1, 1, 1}, {4}},
     NULL},
    {"avgpool2d",
     "kernel=1,stride=1x2,pads=0x0x0x1",
     NULL,
     NULL,
     {4, {1, 1, 2, 1}, {4, 5}},
     {4, {1, 1, 2, 1}, {4, NAN}},
     NULL},
    /* 0.6, 1.1, 1.6, 2.1 go to 0.5, 1, 1.5, 2. */
    {"avgpool2d",
     "kernel=2",
     "{\"sum\": \"nearest,8,2\"}",
     NULL,
     {4, {1, 2, 2, 1}, {0.6f, 0.6f, 0.6f, 0.6f}},
     {4, {1, 1, 1, 1}, {0.5f}},
     NULL},
    {"avgpool2d",
     "kernel=2",
     "{\"sum\": \"exact\"}",
     NULL,
     {4, {1, 2, 2, 1}, {BIG, 1, -BIG, 1}},
     {4, {1, 1, 1, 1}, {0.5f}},
     NULL},
    {"avgpool2d",
     "kernel=2",
     NULL,
     NULL,
     {4, {1, 2, 2, 1}, {BIG, 1, -BIG, 1}},
     {4, {1, 1, 1, 1}, {0.25f}},
     NULL},
    {"globalavgpool",
     "",
     NULL,
     NULL,
     {4, {2, 1, 3, 2}, {1, 10, 2, 20, 6, 60, 1, 0, 0, 0, 0, -3}},
     {4, {2, 1, 1, 2}, {3, 30, 0x1.555556p-2f, -1}},
     NULL},

    /* (x - 3) / 2 * 2 + 1 and (x - 0) / 0.5 * 1 + 0. */
    {"batchnorm",
     "epsilon=0",
     NULL,
     NULL,
     {2, {2, 2}, {3, 3, -1, INFINITY}},
     {2, {2, 2}, {1, 6, -3, INFINITY}},
     NULL},
    /* The product, 1.75 and 3.5, goes down to 1 and 3; rest is -2 and 0. */
    {"batchnorm",
     "epsilon=0",
     "{\"product\": \"down,8,0\"}",
     NULL,
     {2, {1, 2}, {1.75f, 1.75f}},
     {2, {1, 2}, {-1, 3}},
     NULL},
    {"batchnorm",
     "epsilon=0",
     "{\"sum\": \"down,8,0\", \"result\": \"nearest,8,1\"}",
     NULL,
     {2, {1, 2}, {1.75f, 1.75f}},
     {2, {1, 2}, {-1, 3}},
     NULL},
    {"batchnorm",
     "epsilon=12",
     "{\"result\": \"nearest,8,2\"}",
     NULL,
     {2, {1, 1}, {9}}, /* 1/sqrt(16) * 2 = 0.5 */
     {2, {1, 1}, {4}},
     NULL},

    {"softmax", "", NULL, NULL, {2, {2, 2}, {7, 7, 0, -INFINITY}}, {2, {2, 2}, {0.5f, 0.5f, 1, 0}}, NULL},
    {"softmax", "", NULL, NULL, {2, {1, 3}, {1, NAN, 2}}, {2, {1, 3}, {NAN, NAN, NAN}}, NULL},
    {"softmax", "", NULL, NULL, {2, {1, 2}, {-INFINITY, -INFINITY}}, {2, {1, 2}, {NAN, NAN}}, NULL},
    {"softmax", "", NULL, NULL, {2, {1, 3}, {1, INFINITY, 2}}, {2, {1, 3}, {NAN, NAN, NAN}}, NULL},
    {"softmax",
     "log=1",
     NULL,
     NULL,
     {2, {2, 2}, {7, 7, 0, -INFINITY}},
     {2, {2, 2}, {-0.693147182f, -0.693147182f, 0, -INFINITY}},
     NULL},
    {"softmax", "log=1", NULL, NULL, {2, {1, 2}, {-1000, 2000}}, {2, {1, 2}, {-3000, 0}}, NULL},
    {"softmax", "log=1", NULL, NULL, {2, {1, 2}, {NAN, 1}}, {2, {1, 2}, {NAN, NAN}}, NULL},
    /* exp(-1) = 0.37 goes to 0.25: 1 / 1.25 and 0.25 / 1.25. */
    {"softmax",
     "",
     "{\"product\": \"zero,8,2\"}",
     NULL,
     {2, {1, 2}, {5, 4}},
     {2, {1, 2}, {0.8f, 0.2f}},
     NULL},

    {"add",
     "",
     NULL,
     NULL,
     {2, {1, 4}, {-0.0f, INFINITY, 0.25f, 1}},
     {2, {1, 4}, {-0.0f, NAN, 0.75f, 0}},
     &same_shape},
    /* Ties to even, and no rounding to binary32 before RESULT. */
    {"add", "", NULL, NULL, {2, {1, 4}, {1, 1, 1, 1}}, {2, {1, 4}, {1, 0x1.000002p0f, 1, 2}}, &half_unit},
    {"add",
     "",
     "fixed,4,1,round=up",
     NULL,
     {2, {1, 4}, {1, 1, 1, 1}},
     {2, {1, 4}, {1.5f, 1.5f, 1.5f, 2}},
     &half_unit},
    {"add", "", NULL, NULL, {2, {2, 2}, {1, 2, 3, 4}}, {2, {2, 2}, {11, 12, 13, 14}}, &one_number},
    {"add", "", NULL, NULL, {2, {2, 2}, {1, 2, 3, 4}}, {2, {2, 2}, {11, 22, 13, 24}}, &of_channels},
    {"add",
     "",
     NULL,
     NULL,
     {4, {1, 1, 2, 2}, {1, 2, 3, 4}},
     {4, {1, 1, 2, 2}, {11, 22, 13, 24}},
     &of_channels_too},

    {"matmul",
     "",
     NULL,
     NULL,
     {3, {2, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 0, 1}},
     {3, {2, 2, 1}, {321, 654, 1974, 202}},
     &two_matrices},
    {"matmul",
     "order=nchw",
     NULL,
     NULL,
     {4, {1, 2, 3, 2}, {1, 7, 2, 8, 3, 9, 4, 1, 5, 0, 6, 1}},
     {4, {1, 2, 1, 2}, {321, 1974, 654, 202}},
     &of_channels_three},
    /* One matrix for both; the sum stops at 127, then the last term is subtracted from it. */
    {"matmul",
     "",
     "{\"sum\": \"nearest,8,0\"}",
     NULL,
     {3, {2, 1, 3}, {1, 20, -1, 3, 1, 1}},
     {3, {2, 1, 2}, {27, 27, 113, 113}},
     &columns_alike},
    {"flatten", "", NULL, NULL, {4, {1, 2, 1, 2}, {1, 2, 3, 4}}, {2, {1, 4}, {1, 2, 3, 4}}, NULL},
    {"flatten",
     "order=nchw",
     NULL,
     NULL,
     {4, {2, 1, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}},
     {2, {2, 4}, {1, 3, 2, 4, 5, 7, 6, 8}},
     NULL},
    {"flatten",
     "axis=2,order=nchw",
     NULL,
     NULL,
     {4, {1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}},
     {2, {2, 4}, {1, 3, 5, 7, 2, 4, 6, 8}},
     NULL},
    {"flatten", "axis=0", NULL, NULL, {3, {2, 1, 2}, {1, 2, 3, 4}}, {2, {1, 4}, {1, 2, 3, 4}}, NULL},
    {"flatten", "axis=2", NULL, NULL, {2, {2, 2}, {1, 2, 3, 4}}, {2, {4, 1}, {1, 2, 3, 4}}, NULL},
    {"reshape",
     "rank=3,shape=2x0x-1",
     NULL,
     NULL,
     {2, {4, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
     {3, {2, 3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
     NULL},
    {"reshape",
     "rank=4,shape=0x2x-1x1,order=nchw",
     NULL,
     NULL,
     {2, {1, 8}, {1, 2, 3, 4, 5, 6, 7, 8}},
     {4, {1, 4, 1, 2}, {1, 5, 2, 6, 3, 7, 4, 8}},
     NULL},
    {"reshape",
     "rank=4,shape=0x3x1x-1,order=nchw",
     NULL,
     NULL,
     {4, {1, 3, 1, 2}, {1, 2, 3, 4, 5, 6}}, /* counted 1 3 5 2 4 6, in channels of two */
     {4, {1, 1, 2, 3}, {1, 5, 4, 3, 2, 6}},
     NULL},
};

static const float statistics[][2] = {{2, 1}, {1, 0}, {3, 0}, {4, 0.25f}};
static const char *const statistic_names[] = {"gamma", "beta", "mean", "variance"};

static tq_shape shape_of(const array *a)
{
    return tq_shape_of(a->rank, a->dim);
}

static void set_statistics(tq_layer *layer, int64_t channels)
{
    const tq_shape shape = tq_shape_of(1, &channels);
    for (size_t i = 0; i < TQ_COUNT(statistics); ++i)
        assert_int_equal(tq_layer_set_weight(layer, statistic_names[i], &shape, statistics[i]), TQ_OK);
}

static tq_layer *create(tq_context *context, const char *kind, const char *options)
{
    tq_layer *layer;
    if (tq_layer_create(&layer, context, kind, "L", options) != TQ_OK)
        fail_msg("%s", tq_error());
    return layer;
}

static tq_tensor *upload(tq_context *context, const array *a)
{
    const tq_shape shape = shape_of(a);
    tq_tensor *tensor;
    assert_int_equal(tq_tensor_create(&tensor, context, &shape), TQ_OK);
    assert_int_equal(tq_tensor_write(tensor, a->values, tq_shape_count(&shape)), TQ_OK);
    return tensor;
}

static void plan(tq_layer *layer, const example *e)
{
    tq_layer_quantizers q = {0};
    const tq_shape in[2] = {shape_of(&e->in), e->second != NULL ? shape_of(e->second) : (tq_shape){0}};
    assert_int_equal(tq_accumulation_parse(&q.intrinsic, e->intrinsic != NULL ? e->intrinsic : "none"),
                     TQ_OK);
    assert_int_equal(tq_quantizer_parse(&q.extrinsic, e->extrinsic != NULL ? e->extrinsic : "none"), TQ_OK);
    if (strcmp(e->kind, "batchnorm") == 0)
        set_statistics(layer, in[0].dim[in[0].rank - 1]);
    if (tq_layer_plan(layer, in, e->second != NULL ? 2 : 1, &q) != TQ_OK)
        fail_msg("%s with '%s': %s", e->kind, e->options, tq_error());
}

static void check(const char *who, const example *e, const float *is)
{
    const tq_shape shape = shape_of(&e->out);
    for (int64_t i = 0; i < tq_shape_count(&shape); ++i) {
        const float should = isnan(e->out.values[i]) ? NAN : e->out.values[i];
        if (memcmp(&is[i], &should, sizeof should) != 0)
            fail_msg("%s: %s '%s' with %s, %s, output %lld: %a, should be %a", who, e->kind, e->options,
                     e->intrinsic, e->extrinsic, (long long)i, (double)is[i], (double)should);
    }
}

static void run(tq_context *context, const example *e)
{
    const tq_shape should = shape_of(&e->out);
    const float *in[] = {e->in.values, e->second != NULL ? e->second->values : NULL};
    tq_layer *layer = create(context, e->kind, e->options);
    tq_tensor *const a = upload(context, &e->in), *const y = upload(context, &e->out);
    tq_tensor *const b = e->second != NULL ? upload(context, e->second) : NULL;
    float is[MOST];
    tq_shape shape;
    plan(layer, e);
    assert_int_equal(tq_layer_output_shape(layer, &shape), TQ_OK);
    if (!tq_shape_equal(&shape, &should))
        fail_msg("%s '%s' has another shape", e->kind, e->options);
    if (tq_layer_forward(layer, (const tq_tensor *const[]){a, b}, y) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(y, is, tq_shape_count(&shape)), TQ_OK);
    check("device", e, is);
    memset(is, 0xA5, sizeof is);
    assert_int_equal(tq_layer_reference(layer, in, is), TQ_OK);
    check("reference", e, is);
    tq_tensor_destroy(a);
    tq_tensor_destroy(b);
    tq_tensor_destroy(y);
    tq_layer_destroy(layer);
}

static void examples_by_hand(void **state)
{
    for (size_t i = 0; i < TQ_COUNT(examples); ++i)
        run(*state, &examples[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(examples_by_hand)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
