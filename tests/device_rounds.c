/*
 * Layers of which one work-item has many rounds of loops: a device whose loops end early (Mesa's llvmpipe,
 * after 65,535) gives the bits of the reference, or refuses the layer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layers/kind.h"
#include "support/test_sets.h"

static const struct {
    const char *kind, *options, *intrinsic;
    int rank;
    int64_t in[4];
    const char *refused; /* by llvmpipe: more rounds for one output than it makes */
} trials[] = {
    {"globalavgpool",
     NULL,
     "{}",
     4,
     {1, 300, 300, 1},
     "90300 steps for each output; this device allows 16250"},
    {"globalmaxpool", NULL, "{}", 4, {1, 300, 300, 1}, "90300 steps"},
    {"globallppool", NULL, "{}", 4, {1, 300, 300, 1}, "90300 steps"},
    {"softmax", NULL, "{}", 2, {1, 40000}, "120000 steps"},
    {"reducesum", "axes=1", "{}", 2, {1, 90000}, "90000 steps"},
    {"globalmaxpool", NULL, "{}", 4, {1, 120, 120, 1}, NULL},
    {"globallppool", NULL, "{\"sum\": \"exact\"}", 4, {1, 120, 120, 1}, NULL},
    {"softmax", NULL, "{\"sum\": \"exact\"}", 2, {1, 5400}, NULL},
    {"softmax", "log=1", "{\"sum\": \"stochastic,16,8\"}", 2, {1, 5400}, NULL},
    {"reducesum", "axes=1", "{\"sum\": \"exact\"}", 2, {1, 16200}, NULL},
    {"reduceprod", "axes=1x3", "{}", 4, {1, 135, 2, 120}, NULL},
    {"instancenorm", NULL, "{\"sum\": \"exact\"}", 4, {1, 60, 90, 2}, NULL},
    {"dense", NULL, "{\"sum\": \"stochastic,16,8\"}", 2, {1, 60000}, NULL},
    {"dense", NULL, "{\"sum\": \"exact\"}", 2, {1, 60000}, NULL},
    {"dense", NULL, "{\"sum\": \"none\", \"product\": \"e5m2\"}", 2, {1, 60000}, NULL},
    {"avgpool2d", "kernel=16x16", "{\"sum\": \"exact\"}", 4, {1, 40, 40, 8}, NULL},
    {"maxpool2d", "kernel=16x16", "{}", 4, {1, 80, 80, 64}, NULL},
    {"lppool2d", "kernel=16x16", "{}", 4, {1, 40, 40, 16}, NULL},
    {"sigmoid", NULL, "{}", 2, {1, 60000}, NULL},
};

static void run(tq_context *context, tq_layer *layer, const tq_shape *in, const char *name)
{
    const int64_t count = tq_shape_count(in), outputs = tq_shape_count(&layer->output);
    float *x = malloc((size_t)count * sizeof *x), *is = malloc((size_t)outputs * sizeof *is),
          *should = malloc((size_t)outputs * sizeof *should);
    tq_tensor *from, *to;
    for (int64_t i = 0; i < count; ++i)
        x[i] = (float)(i % 23 - 11) / 16.0f;
    assert_int_equal(tq_tensor_create(&from, context, in), TQ_OK);
    assert_int_equal(tq_tensor_create(&to, context, &layer->output), TQ_OK);
    assert_int_equal(tq_tensor_write(from, x, count), TQ_OK);
    if (tq_layer_forward(layer, (const tq_tensor *const[]){from}, to) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(to, is, outputs), TQ_OK);
    assert_int_equal(tq_layer_reference(layer, (const float *const[]){x}, should), TQ_OK);
    if (memcmp(is, should, (size_t)outputs * sizeof *is) != 0)
        fail_msg("%s: the device's bits are others than the reference's", name);
    tq_tensor_destroy(from);
    tq_tensor_destroy(to);
    free(x);
    free(is);
    free(should);
}

static void set_weight(tq_layer *layer, const char *weight, const tq_shape *shape)
{
    const int64_t count = tq_shape_count(shape);
    float *w = malloc((size_t)count * sizeof *w);
    for (int64_t i = 0; i < count; ++i)
        w[i] = (float)(i % 29 - 14) / 16.0f;
    assert_int_equal(tq_layer_set_weight(layer, weight, shape, w), TQ_OK);
    free(w);
}

static void set_weights(tq_layer *layer, const tq_shape *in)
{
    if (strcmp(tq_layer_kind_of(layer), "dense") == 0)
        set_weight(layer, "weight", &(tq_shape){.rank = 2, .dim = {in->dim[1], 1}});
    if (strcmp(tq_layer_kind_of(layer), "instancenorm") == 0) {
        set_weight(layer, "gamma", &(tq_shape){.rank = 1, .dim = {in->dim[3]}});
        set_weight(layer, "beta", &(tq_shape){.rank = 1, .dim = {in->dim[3]}});
    }
}

static void many_rounds(void **state)
{
    tq_context *context;
    (void)state;
    if (getenv("TQ_TEST_SMALL") != NULL)
        skip();
    assert_int_equal(tq_context_open(&context, NULL), TQ_OK);
    const bool ends_loops = strstr(tq_context_device(context)->name, "llvmpipe") != NULL;
    for (size_t i = 0; i < sizeof trials / sizeof *trials; ++i) {
        const tq_shape in = tq_shape_of(trials[i].rank, trials[i].in);
        tq_layer_quantizers q = {0};
        tq_layer *layer;
        if (tq_test_is_slow() && trials[i].refused == NULL && i % 4 != 2) /* softmax takes a minute */
            continue;
        assert_int_equal(tq_accumulation_parse(&q.intrinsic, trials[i].intrinsic), TQ_OK);
        assert_int_equal(tq_layer_create(&layer, context, trials[i].kind, "L", trials[i].options), TQ_OK);
        set_weights(layer, &in);
        const tq_status status = tq_layer_plan(layer, &in, 1, &q);
        if (ends_loops && trials[i].refused != NULL) {
            assert_int_equal(status, TQ_E_UNSUPPORTED);
            assert_non_null(strstr(tq_error(), trials[i].refused));
        } else {
            assert_int_equal(status, TQ_OK);
            run(context, layer, &in, trials[i].kind);
        }
        tq_layer_destroy(layer);
    }
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_rounds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
