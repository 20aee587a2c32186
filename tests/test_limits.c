/* Devices with little memory or small work-groups, and sub-devices: what is refused, in which words, and that
 * results are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/device_test.h"
#include "tensorquant/tensorquant.h"

/* All have one name, so that they share built programs. */
#define WHOLE  "0:0"
#define FULL   "0:1"
#define PIECES "0:2"
#define TIGHT  "0:3"
#define INPUT  "0:4"
#define GPU    "0:5"
static const char disguise[] = "name=Tiny|name=Tiny,memory=1M|name=Tiny,allocation=100000|"
                               "name=Tiny,memory=200K|name=Tiny,memory=4G,allocation=32000|"
                               "name=Tiny,type=gpu,fp64=0,fma=0,denorm=0,group=16,local=4K";

static tq_context *open_device(const char *selector)
{
    tq_context *context;
    tq_test_ok(tq_context_open(&context, selector));
    return context;
}

static uint64_t bytes_of(const tq_context *context)
{
    return tq_context_memory(context).bytes;
}

static tq_status make(tq_tensor **tensor, tq_context *context, int64_t count)
{
    const tq_shape shape = tq_shape_of(1, &count);
    return tq_tensor_create(tensor, context, &shape);
}

/* All buffers of a context together are no more than the device has, counted to the byte. */
static void test_sum_of_buffers(void **state)
{
    tq_context *context = open_device(FULL);
    tq_tensor *first, *second, *last;
    (void)state;
    tq_test_ok(make(&first, context, 150000));
    assert_int_equal(make(&second, context, 112145), TQ_E_MEMORY);
    assert_string_equal(tq_error(),
                        "448580 bytes are more than 'Tiny' has left: 600000 of its 1048576 bytes are "
                        "taken");
    assert_null(second);
    assert_int_equal(bytes_of(context), 600000);
    tq_test_ok(make(&second, context, 112144));
    assert_int_equal(make(&last, context, 1), TQ_E_MEMORY);
    tq_tensor_destroy(first);
    tq_test_ok(make(&last, context, 150000));
    tq_tensor_destroy(second);
    tq_tensor_destroy(last);
    assert_int_equal(make(&last, context, 262145), TQ_E_MEMORY);
    assert_string_equal(tq_error(),
                        "1048580 bytes are more than 'Tiny' allocates at once: 1048576 of 1048576 bytes "
                        "of memory");
    tq_context_close(context);
}

enum { SAMPLES = 16, INPUTS = 1000, CLASSES = 3 };

/* x of 1000 numbers -> abs -> neg, and -> dense for that many classes. */
static tq_network *make_chain(tq_context *context, int64_t classes)
{
    static float weight[INPUTS * CLASSES];
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){1, INPUTS});
    const tq_shape of_weight = tq_shape_of(2, (const int64_t[]){INPUTS, classes});
    tq_network *network;
    for (uint32_t i = 0; i < INPUTS * CLASSES; ++i)
        weight[i] = tq_test_number(i);
    tq_test_ok(tq_network_create(&network, context));
    tq_test_ok(tq_network_add_input(network, "x", &shape, TQ_NHWC));
    tq_test_ok(tq_network_add(network, "abs", "first", NULL, "x"));
    tq_test_ok(tq_network_add(network, "neg", "second", NULL, "first"));
    if (classes == 0)
        return network;
    tq_test_ok(tq_network_add(network, "dense", "classes", NULL, "second"));
    tq_test_ok(tq_network_set_weight(network, "classes", "weight", &of_weight, weight));
    return network;
}

static tq_status plan_chain(tq_network *network, int64_t batch)
{
    tq_map *map;
    tq_test_ok(tq_map_parse(&map, "stochastic,16,8"));
    const tq_status status = tq_network_plan(network, &(tq_plan){.batch = batch, .extrinsic = map});
    tq_map_destroy(map);
    return status;
}

/* Outputs on this device, for as many samples at once. */
static void compute(const char *selector, int64_t batch, float *to)
{
    static float data[SAMPLES * INPUTS];
    tq_context *context = open_device(selector);
    tq_network *network = make_chain(context, CLASSES);
    for (uint32_t i = 0; i < SAMPLES * INPUTS; ++i)
        data[i] = tq_test_number(i + 55555);
    tq_test_ok(plan_chain(network, batch));
    for (int64_t i = 0; i < SAMPLES; i += batch)
        tq_test_ok(tq_network_forward(network, data + i * INPUTS, batch, i, to + i * CLASSES));
    tq_network_destroy(network);
    tq_context_close(context);
}

/* The same bits on a sub-device, with a block for each tensor, with a smaller batch, and in small
 * work-groups. */
static void test_same_bits(void **state)
{
    static const struct {
        const char *selector;
        int64_t batch;
    } cases[] = {{WHOLE "/1", 16}, {PIECES, 16}, {TIGHT, 8}, {GPU, 16}};
    static float expected[SAMPLES * CLASSES], found[SAMPLES * CLASSES];
    (void)state;
    compute(WHOLE, 16, expected);
    assert_true(expected[0] != 0.0f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
        memset(found, 0x55, sizeof found);
        compute(cases[i].selector, cases[i].batch, found);
        if (memcmp(found, expected, sizeof found) != 0)
            fail_msg("%s: other bits", cases[i].selector);
    }
}

/*
 * The sum of the tensors is too large: none of them is made, and the network plans for less. 26 samples are
 * 104000 bytes of each layer, in tensors of their own, for both together are more than the device allocates
 * at once. 20 are 80000, rounded to 80896 in a block, and the input 80000 more.
 */
static void test_large_network(void **state)
{
    char text[400];
    tq_context *context = open_device(TIGHT);
    tq_network *network = make_chain(context, 0);
    (void)state;
    assert_int_equal(plan_chain(network, 26), TQ_E_MEMORY);
    const uint64_t of_layers = bytes_of(context);
    assert_true(of_layers < 1024);
    snprintf(
        text, sizeof text,
        "the tensors of a batch of 26 samples need 208000 bytes, of which 'first' needs 104000; 'Tiny' has "
        "%llu of its 204800 bytes left",
        (unsigned long long)(204800 - of_layers));
    assert_string_equal(tq_error(), text);
    assert_int_equal(plan_chain(network, 20), TQ_E_MEMORY);
    snprintf(text, sizeof text,
             "input 'x': 80000 bytes are more than 'Tiny' has left: %llu of its 204800 bytes are taken",
             (unsigned long long)(161792 + of_layers));
    assert_string_equal(tq_error(), text);
    assert_int_equal(bytes_of(context), of_layers);
    tq_test_ok(plan_chain(network, 16));
    tq_network_destroy(network);
    assert_int_equal(bytes_of(context), 0);
    tq_context_close(context);
}

static void test_large_input(void **state)
{
    tq_context *context = open_device(INPUT);
    tq_network *network = make_chain(context, 0);
    (void)state;
    assert_int_equal(plan_chain(network, 9), TQ_E_MEMORY);
    assert_int_equal(tq_context_memory(context).made, 0);
    assert_string_equal(tq_error(), "'first': its output of 9x1000 numbers, 36000 bytes, is more than 'Tiny' "
                                    "allocates at once: 32000 bytes; a batch has 9 samples");
    tq_test_ok(plan_chain(network, 8));
    tq_network_destroy(network);
    tq_test_ok(tq_network_create(&network, context));
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){1, 8000});
    tq_test_ok(tq_network_add_input(network, "x", &shape, TQ_NHWC));
    tq_test_ok(tq_network_add(network, "reducesum", "sum", "axes=1", "x"));
    assert_int_equal(plan_chain(network, 2), TQ_E_MEMORY);
    assert_string_equal(tq_error(), "input 'x': 64000 bytes are more than 'Tiny' allocates at once: 32000 of "
                                    "4294967296 bytes of memory");
    tq_network_destroy(network);
    tq_context_close(context);
}

/* Of a trainer: the weight, or the layer, for which there is no memory. */
static void test_trainer(void **state)
{
    tq_context *context = open_device(TIGHT);
    tq_network *network;
    tq_trainer *trainer;
    tq_training training = {.batch = 8, .loss = TQ_LOSS_SQUARES};
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){1, 1000});
    static float weight[1000 * 40];
    const tq_shape of_weight = tq_shape_of(2, (const int64_t[]){1000, 40});
    (void)state;
    tq_test_ok(tq_optimizer_parse(&training.rule, "sgd,rate=1"));
    tq_test_ok(tq_network_create(&network, context));
    tq_test_ok(tq_network_add_input(network, "x", &shape, TQ_NHWC));
    tq_test_ok(tq_network_add(network, "dense", "d", NULL, "x"));
    tq_test_ok(tq_network_set_weight(network, "d", "weight", &of_weight, weight));
    assert_int_equal(tq_trainer_create(&trainer, network, &training), TQ_E_MEMORY);
    assert_string_equal(tq_error(),
                        "weight 'd.weight': 160000 bytes are more than 'Tiny' has left: 160000 of its "
                        "204800 bytes are taken");
    assert_null(trainer);
    assert_int_equal(bytes_of(context), 0);
    tq_network_destroy(network);
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sum_of_buffers), cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_large_network),  cmocka_unit_test(test_large_input),
        cmocka_unit_test(test_trainer),
    };
    setenv("OPENCL_LAYERS", TQ_BINARY_DIRECTORY "/tests/libdisguise.so", 1);
    setenv("TQ_DISGUISE", disguise, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
