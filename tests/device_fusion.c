/*
 * A relu computed by the layer in front of it: the bits of both layers apart, of the host reference, and
 * where it must not be done.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "network/graph.h"

#define BATCH    3
#define ROWS     6
#define CHANNELS 19
#define INPUT    (ROWS * ROWS * CHANNELS)

typedef struct trial {
    const char *kind, *options;
    const char *intrinsic, *extrinsic; /* maps */
    bool is_fused;
} trial;

static const trial trials[] = {
    {"batchnorm", NULL, "none", "none", true},
    {"batchnorm", NULL, "nearest,16,8", "none", true},
    {"batchnorm", NULL, "bf16", "{\"r\": \"e5m2\", \"l\": \"fp16\"}", true},
    {"batchnorm", NULL, "{\"r\": \"stochastic,6,2\", \"l\": \"stochastic,16,8\"}",
     "{\"r\": \"stochastic,5,1,bits=8\", \"l\": \"stochastic,8,4\"}", true},
    {"avgpool2d", "kernel=3,pads=1", "{\"r\": \"nearest,6,2\", \"l\": \"none\"}", "fp16", true},
    {"globalavgpool", NULL, "stochastic,16,8", "none", true},
    /* Ternary numbers are fitted to the whole output of a layer. */
    {"batchnorm", NULL, "nearest,16,8", "{\"l\": \"ternary\"}", false},
    {"batchnorm", NULL, "nearest,16,8", "{\"r\": \"ternary\"}", false},
    {"maxpool2d", "kernel=2", "nearest,16,8", "none", false},
};

static void expect_ok(tq_status status)
{
    if (status != TQ_OK)
        fail_msg("%s", tq_error());
}

static void set_weights(tq_network *network)
{
    static const char *const names[] = {"gamma", "beta", "mean", "variance"};
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){CHANNELS});
    float values[CHANNELS];
    for (size_t i = 0; i < TQ_COUNT(names); ++i) {
        for (int c = 0; c < CHANNELS; ++c)
            values[c] = i == 3 ? 1.0f + 0.31f * (float)c : 0.7f - 0.13f * (float)((c * 5 + (int)i) % 11);
        expect_ok(tq_network_set_weight(network, "l", names[i], &shape, values));
    }
}

/* x, the layer l, relu r; with `late` a layer behind that reads x again, so that tensors live side by side.
 */
static tq_network *make(tq_context *context, const trial *t, bool late)
{
    tq_network *network;
    const tq_shape shape = tq_shape_of(4, (const int64_t[]){1, ROWS, ROWS, CHANNELS});
    expect_ok(tq_network_create(&network, context));
    expect_ok(tq_network_add_input(network, "x", &shape, TQ_NHWC));
    expect_ok(tq_network_add(network, t->kind, "l", t->options, "x"));
    if (strcmp(t->kind, "batchnorm") == 0)
        set_weights(network);
    if (late)
        expect_ok(tq_network_add(network, "add", "between", NULL, "x,x"));
    expect_ok(tq_network_add(network, "relu", "r", NULL, "l"));
    if (late)
        expect_ok(tq_network_add(network, "add", "end", NULL, "between,r"));
    return network;
}

static void plan(tq_network *network, const trial *t, bool keep)
{
    tq_map *intrinsic, *extrinsic;
    expect_ok(tq_map_parse(&intrinsic, t->intrinsic));
    expect_ok(tq_map_parse(&extrinsic, t->extrinsic));
    expect_ok(tq_network_plan(
        network,
        &(tq_plan){
            .batch = BATCH, .intrinsic = intrinsic, .extrinsic = extrinsic, .seed = 77, .keep = keep}));
    tq_map_destroy(intrinsic);
    tq_map_destroy(extrinsic);
}

static bool is_fused(const tq_network *network)
{
    return network->value[tq_network__find(network, "r")].producer != SIZE_MAX;
}

static void compare(tq_context *context, const trial *t, bool late)
{
    static float x[BATCH * INPUT], fused[BATCH * INPUT], apart[BATCH * INPUT], reference[BATCH * INPUT];
    tq_network *network = make(context, t, late);
    for (size_t i = 0; i < TQ_COUNT(x); ++i)
        x[i] = (float)((i * 7919) % 2003) * 0.0071f - 7.1f;
    plan(network, t, false);
    assert_int_equal(is_fused(network), t->is_fused);
    expect_ok(tq_network_forward(network, x, BATCH, 5, fused));
    expect_ok(tq_network_reference(network, x, BATCH, 5, reference));
    plan(network, t, true);
    assert_false(is_fused(network));
    expect_ok(tq_network_forward(network, x, BATCH, 5, apart));
    assert_memory_equal(fused, apart, sizeof fused);
    assert_memory_equal(fused, reference, sizeof fused);
    tq_network_destroy(network);
}

static void bits_of_both_layers(void **state)
{
    tq_context *context;
    (void)state;
    expect_ok(tq_context_open(&context, NULL));
    for (size_t i = 0; i < TQ_COUNT(trials); ++i)
        for (int late = 0; late < 2; ++late)
            if (!late || strstr(trials[i].kind, "batch") != NULL)
                compare(context, &trials[i], late > 0);
    tq_context_close(context);
}

/* The layer's output is read by another layer too, or is the network's. */
static void only_where_nothing_else_reads(void **state)
{
    static const trial t = {"batchnorm", NULL, "nearest,16,8", "none", true};
    tq_context *context;
    (void)state;
    expect_ok(tq_context_open(&context, NULL));
    tq_network *network = make(context, &t, false);
    expect_ok(tq_network_add(network, "add", "both", NULL, "l,r"));
    expect_ok(tq_network_plan(network, NULL));
    assert_false(is_fused(network));
    tq_network_destroy(network);
    network = make(context, &t, false);
    expect_ok(tq_network_set_output(network, "l"));
    expect_ok(tq_network_plan(network, NULL));
    assert_false(is_fused(network));
    tq_network_destroy(network);
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bits_of_both_layers),
                                       cmocka_unit_test(only_where_nothing_else_reads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
