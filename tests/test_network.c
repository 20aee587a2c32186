/* A network's results: against loops by hand, and the same bits however it is planned and split. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/small_network.h"
#include "util/fail.h"

enum { OUTPUTS = SMALL_SAMPLES * SMALL_OUTPUT };

/* Three scopes with globs, parts of names, and rules of which the first holds. Exact in binary32 throughout.
 */
#define WEIGHTS "{\"conv\": \"nearest,8,6\", \"d*e\": \"nearest,6,5\"}"
#define INTRINSIC                                                                                            \
    "{\"c?nv\": {\"product\": \"nearest,12,8\", \"sum\": \"nearest,14,8\", \"result\": \"zero,12,6\"}, "     \
    "\"\": \"nearest,16,8\"}"
#define EXTRINSIC  "{\"rel\": \"down,10,5\", \"*\": \"nearest,12,4\"}"
#define STOCHASTIC "stochastic,12,6,bits=8"

typedef struct fixture {
    tq_context *context;
    float data[SMALL_SAMPLES * SMALL_INPUT];
    float should[OUTPUTS], is[OUTPUTS];
} fixture;

static void expect_same(const float *is, const float *should, int count, const char *what)
{
    for (int i = 0; i < count; ++i) {
        uint32_t a, b;
        memcpy(&a, &is[i], sizeof a);
        memcpy(&b, &should[i], sizeof b);
        if (a != b)
            fail_msg("%s: number %d of %d is %a, should be %a", what, i, count, (double)is[i],
                     (double)should[i]);
    }
}

static void expect_by_hand(fixture *t, const tq_small_plan *plan, const char *what)
{
    tq_network *const network = tq_small_make(t->context, TQ_NHWC);
    tq_small_set(network, plan);
    tq_small_forward(network, t->data, plan->batch, t->is);
    for (int i = 0; i < SMALL_SAMPLES; ++i)
        tq_small_by_hand(plan, t->data + i * SMALL_INPUT, t->should + i * SMALL_OUTPUT);
    expect_same(t->is, t->should, OUTPUTS, what);
    tq_network_destroy(network);
}

static void test_by_hand(void **state)
{
    fixture *t = *state;
    expect_by_hand(t, &(tq_small_plan){.batch = 64}, "float");
    expect_by_hand(t, &(tq_small_plan){.batch = 64, .weights = "{\"conv\": \"nearest,3,1\", \"\": \"bf16\"}"},
                   "weights");
    expect_by_hand(t, &(tq_small_plan){.batch = 64, .extrinsic = "fp16"}, "extrinsic");
    expect_by_hand(t, &(tq_small_plan){.batch = 16, .weights = WEIGHTS, .intrinsic = INTRINSIC}, "intrinsic");
    expect_by_hand(
        t, &(tq_small_plan){.batch = 16, .weights = WEIGHTS, .intrinsic = INTRINSIC, .extrinsic = EXTRINSIC},
        "all scopes");
}

/* Planning again starts from the master weights. */
static void test_planning_again(void **state)
{
    static const tq_small_plan plans[] = {
        {.batch = 16, .weights = WEIGHTS, .intrinsic = INTRINSIC, .extrinsic = EXTRINSIC},
        {.batch = 64, .weights = "ternary", .extrinsic = "bf16"},
        {.batch = 7, .intrinsic = STOCHASTIC, .seed = 3},
        {.batch = 64},
    };
    static float fresh[4][OUTPUTS];
    fixture *t = *state;
    tq_network *const network = tq_small_make(t->context, TQ_NHWC);
    for (int i = 0; i < 4; ++i) {
        tq_network *const own = tq_small_make(t->context, TQ_NHWC);
        tq_small_set(own, &plans[i]);
        tq_small_forward(own, t->data, plans[i].batch, fresh[i]);
        tq_network_destroy(own);
        assert_true(i == 0 || memcmp(fresh[i], fresh[i - 1], sizeof fresh[i]) != 0);
    }
    for (int i = 0; i < 8; ++i) {
        const int which = i * 3 % 4;
        tq_small_set(network, &plans[which]);
        tq_small_forward(network, t->data, plans[which].batch, t->is);
        expect_same(t->is, fresh[which], OUTPUTS, "planned again");
    }
    tq_network_destroy(network);
}

static void test_splits(void **state)
{
    static const int64_t batches[][2] = {{1, 1}, {5, 5}, {5, 3}, {64, 64}, {64, 17}, {64, 1}};
    fixture *t = *state;
    tq_network *const network = tq_small_make(t->context, TQ_NHWC);
    tq_small_plan plan = {.batch = 64,
                          .weights = STOCHASTIC,
                          .intrinsic = STOCHASTIC,
                          .extrinsic = "float,4,3,round=stochastic",
                          .seed = 12};
    tq_small_set(network, &plan);
    tq_small_forward(network, t->data, 64, t->should);
    for (size_t i = 0; i < TQ_COUNT(batches); ++i) {
        plan.batch = batches[i][0];
        tq_small_set(network, &plan);
        memset(t->is, 0, sizeof t->is);
        tq_small_forward(network, t->data, batches[i][1], t->is);
        expect_same(t->is, t->should, OUTPUTS, "split");
    }
    /* The draws are the sample's, and the seed's. */
    assert_int_equal(tq_network_forward(network, t->data, 1, 1, t->is), TQ_OK);
    assert_memory_not_equal(t->is, t->should, SMALL_OUTPUT * sizeof(float));
    plan.seed = 13;
    tq_small_set(network, &plan);
    assert_int_equal(tq_network_forward(network, t->data, 1, 0, t->is), TQ_OK);
    assert_memory_not_equal(t->is, t->should, SMALL_OUTPUT * sizeof(float));
    tq_network_destroy(network);
}

static void test_reference_is_forward(void **state)
{
    static const tq_small_plan plans[] = {
        {.batch = 5},
        {.batch = 5, .weights = WEIGHTS, .intrinsic = INTRINSIC, .extrinsic = EXTRINSIC},
        {.batch = 5, .weights = STOCHASTIC, .intrinsic = STOCHASTIC, .extrinsic = STOCHASTIC, .seed = 8},
    };
    fixture *t = *state;
    tq_network *const network = tq_small_make(t->context, TQ_NHWC);
    for (size_t i = 0; i < TQ_COUNT(plans); ++i) {
        tq_small_set(network, &plans[i]);
        const int64_t first = i == 2 ? (int64_t)1 << 33 : 7;
        assert_int_equal(tq_network_forward(network, t->data, 3, first, t->is), TQ_OK);
        assert_int_equal(tq_network_reference(network, t->data, 3, first, t->should), TQ_OK);
        expect_same(t->is, t->should, 3 * SMALL_OUTPUT, "reference");
        assert_int_equal(tq_network_reference(network, t->data, 1, 0, NULL), TQ_OK);
        assert_int_equal(tq_network_forward(network, t->data, 1, 0, NULL), TQ_OK);
    }
    tq_network_destroy(network);
}

static void test_kept_layers(void **state)
{
    enum { BATCH = 4 };
    static float conv[BATCH * SMALL_CONV], relu[BATCH * SMALL_CONV], last[BATCH * SMALL_OUTPUT];
    fixture *t = *state;
    tq_network *const network = tq_small_make(t->context, TQ_NHWC);
    tq_small_set(network, &(tq_small_plan){.batch = BATCH, .intrinsic = "nearest,16,8", .keep = true});
    assert_int_equal(tq_network_forward(network, t->data, BATCH, 0, t->is), TQ_OK);
    assert_int_equal(tq_network_layer_count(network), 5);
    assert_string_equal(tq_layer_name(tq_network_layer(network, 1)), "relu");
    assert_string_equal(tq_layer_kind_of(tq_network_layer(network, 4)), "dense");
    assert_null(tq_network_layer(network, 5));
    assert_int_equal(tq_network_read_layer(network, 0, conv, BATCH * SMALL_CONV), TQ_OK);
    assert_int_equal(tq_network_read_layer(network, 1, relu, BATCH * SMALL_CONV), TQ_OK);
    assert_int_equal(tq_network_read_layer(network, 4, last, BATCH * SMALL_OUTPUT), TQ_OK);
    expect_same(last, t->is, BATCH * SMALL_OUTPUT, "the last layer");
    for (int i = 0; i < BATCH * SMALL_CONV; ++i)
        assert_true(relu[i] == (conv[i] > 0 ? conv[i] : 0));
    assert_int_equal(tq_network_read_layer(network, 0, conv, 1), TQ_E_SHAPE);
    assert_int_equal(tq_network_read_layer(network, 5, conv, 1), TQ_E_ARGUMENT);
    tq_small_set(network, &(tq_small_plan){.batch = BATCH});
    assert_int_equal(tq_network_read_layer(network, 4, last, BATCH * SMALL_OUTPUT), TQ_E_STATE);
    tq_network_destroy(network);
}

static int count_halves(const float *x, int count)
{
    int halves = 0;
    for (int i = 0; i < count; ++i)
        halves += x[i] * 2 == floorf(x[i] * 2);
    return halves;
}

/* Only relu is on the coarse grid: the rule that names it comes before the one for all. */
static void test_first_rule_holds(void **state)
{
    static float conv[SMALL_CONV], relu[SMALL_CONV];
    fixture *t = *state;
    tq_network *const network = tq_small_make(t->context, TQ_NHWC);
    tq_small_set(network, &(tq_small_plan){.extrinsic = "{\"rel\": \"nearest,8,1\", \"\": \"nearest,20,12\"}",
                                           .keep = true});
    assert_int_equal(tq_network_forward(network, t->data, 1, 0, NULL), TQ_OK);
    assert_int_equal(tq_network_read_layer(network, 0, conv, SMALL_CONV), TQ_OK);
    assert_int_equal(tq_network_read_layer(network, 1, relu, SMALL_CONV), TQ_OK);
    assert_true(count_halves(conv, SMALL_CONV) < SMALL_CONV / 4);
    assert_int_equal(count_halves(relu, SMALL_CONV), SMALL_CONV);
    tq_network_destroy(network);
}

/* Two layers of one kind with the same input round by draws of their own. */
static void test_layers_draw_apart(void **state)
{
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){1, 100});
    fixture *t = *state;
    float first[100], second[100];
    tq_network *network;
    assert_int_equal(tq_network_create(&network, t->context), TQ_OK);
    assert_int_equal(tq_network_add_input(network, "x", &shape, TQ_NHWC), TQ_OK);
    assert_int_equal(tq_network_add(network, "relu", "a", NULL, "x"), TQ_OK);
    assert_int_equal(tq_network_add(network, "relu", "b", NULL, "x"), TQ_OK);
    tq_small_set(network, &(tq_small_plan){.extrinsic = "stochastic,8,1", .keep = true, .seed = 4});
    assert_int_equal(tq_network_forward(network, t->data, 1, 0, second), TQ_OK);
    assert_int_equal(tq_network_read_layer(network, 0, first, 100), TQ_OK);
    assert_memory_not_equal(first, second, sizeof first);
    tq_network_destroy(network);
}

/* Branches that live long beside others, a constant, and a layer that nothing uses. */
static tq_network *make_branches(tq_context *context)
{
    static float numbers[SMALL_CONV];
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){1, 100});
    tq_network *network;
    for (int i = 0; i < 100; ++i)
        numbers[i] = (float)(i % 9) / 8;
    static const char *const layers[][4] = {
        {"relu", "r", NULL, "x"},    {"add", "a", NULL, "r,x"},      {"relu", "unused", NULL, "x"},
        {"add", "b", NULL, "a,c"},   {"softmax", "s", NULL, "b"},    {"add", "d", NULL, "s,r"},
        {"add", "e", NULL, "d,x"},   {"relu", "f", NULL, "e"},       {"add", "g", NULL, "f,a"},
        {"add", "out", NULL, "g,c"}, {"relu", "after", NULL, "out"}, {"add", "late", NULL, "after,x"},
    };
    assert_int_equal(tq_network_create(&network, context), TQ_OK);
    assert_int_equal(tq_network_add_input(network, "x", &shape, TQ_NHWC), TQ_OK);
    assert_int_equal(tq_network_add_constant(network, "c", &shape, numbers), TQ_OK);
    for (size_t i = 0; i < TQ_COUNT(layers); ++i)
        if (tq_network_add(network, layers[i][0], layers[i][1], layers[i][2], layers[i][3]) != TQ_OK)
            fail_msg("%s", tq_error());
    assert_int_equal(tq_network_set_output(network, "out"), TQ_OK);
    return network;
}

static void test_shared_buffers(void **state)
{
    fixture *t = *state;
    float kept[100], shared[100], layer[100];
    tq_network *const network = make_branches(t->context);
    for (int round = 0; round < 2; ++round) {
        tq_small_set(network, &(tq_small_plan){.keep = true});
        assert_int_equal(tq_network_forward(network, t->data + round, 1, 0, kept), TQ_OK);
        assert_int_equal(tq_network_read_layer(network, 1, layer, 100), TQ_OK);
        for (int i = 0; i < 100; ++i) {
            const float x = t->data[round + i];
            assert_true(layer[i] == (x > 0 ? x : 0) + x);
        }
        tq_small_set(network, &(tq_small_plan){.keep = false});
        assert_int_equal(tq_network_forward(network, t->data + round, 1, 0, shared), TQ_OK);
        expect_same(shared, kept, 100, "shared buffers");
        assert_int_equal(tq_network_forward(network, t->data + round, 1, 0, shared), TQ_OK);
        expect_same(shared, kept, 100, "shared buffers, again");
        assert_int_equal(tq_network_reference(network, t->data + round, 1, 0, shared), TQ_OK);
        expect_same(shared, kept, 100, "reference of branches");
    }
    tq_network_destroy(network);
}

/* Inputs that the planned paths do not take: the network plans again, and gives what the general path gives.
 */
static void test_input_out_of_range(void **state)
{
    static const float odd[] = {NAN, INFINITY, -INFINITY, 3e38f, 1e20f, 40};
    const tq_small_plan plan = {
        .batch = 2, .weights = WEIGHTS, .intrinsic = INTRINSIC, .extrinsic = EXTRINSIC, .input_largest = 2};
    fixture *t = *state;
    for (size_t i = 0; i < TQ_COUNT(odd); ++i) {
        tq_network *const network = tq_small_make(t->context, TQ_NHWC);
        float data[2 * SMALL_INPUT];
        tq_small_set(network, &plan);
        assert_string_not_equal(tq_layer_path(tq_network_layer(network, 0)), "general");
        memcpy(data, t->data, sizeof data);
        data[SMALL_INPUT + 37] = odd[i];
        assert_int_equal(tq_network_forward(network, data, 2, 0, t->is), TQ_OK);
        for (int j = 0; j < 2; ++j)
            tq_small_by_hand(&plan, data + j * SMALL_INPUT, t->should + j * SMALL_OUTPUT);
        expect_same(t->is, t->should, 2 * SMALL_OUTPUT, "out of range, by hand");
        assert_int_equal(tq_context_set(t->context, "paths", "general"), TQ_OK);
        tq_small_set(network, &plan);
        assert_int_equal(tq_context_set(t->context, "paths", "all"), TQ_OK);
        assert_string_equal(tq_layer_path(tq_network_layer(network, 0)), "general");
        assert_int_equal(tq_network_forward(network, data, 2, 0, t->should), TQ_OK);
        expect_same(t->is, t->should, 2 * SMALL_OUTPUT, "out of range, general");
        tq_network_destroy(network);
    }
}

/* The same images in the other order of axes. */
static void test_layouts(void **state)
{
    enum { PIXELS = SMALL_SIDE * SMALL_SIDE };
    static float turned[2 * SMALL_INPUT], is[2 * SMALL_CONV], should[2 * SMALL_CONV];
    static float planes[2 * SMALL_CONV];
    fixture *t = *state;
    tq_network *const nhwc = tq_small_make(t->context, TQ_NHWC), *const nchw =
                                                                     tq_small_make(t->context, TQ_NCHW);
    const tq_small_plan plan = {.batch = 2, .intrinsic = STOCHASTIC, .extrinsic = STOCHASTIC};
    tq_shape input, output;
    for (int i = 0; i < 2 * SMALL_INPUT; ++i) {
        const int sample = i / SMALL_INPUT, at = i % SMALL_INPUT / SMALL_CHANNELS, c = i % SMALL_CHANNELS;
        turned[(sample * SMALL_CHANNELS + c) * PIXELS + at] = t->data[i];
    }
    tq_small_set(nhwc, &plan);
    tq_small_set(nchw, &plan);
    assert_int_equal(tq_network_forward(nhwc, t->data, 2, 0, t->should), TQ_OK);
    assert_int_equal(tq_network_forward(nchw, turned, 2, 0, t->is), TQ_OK);
    expect_same(t->is, t->should, 2 * SMALL_OUTPUT, "layout");
    /* An output with four dimensions is turned back. */
    assert_int_equal(tq_network_set_output(nhwc, "conv"), TQ_OK);
    assert_int_equal(tq_network_set_output(nchw, "conv"), TQ_OK);
    tq_small_set(nhwc, &plan);
    tq_small_set(nchw, &plan);
    assert_int_equal(tq_network_shapes(nchw, &input, &output), TQ_OK);
    assert_true(input.dim[0] == 2 && input.dim[1] == SMALL_CHANNELS && input.dim[3] == SMALL_SIDE);
    assert_true(output.dim[0] == 2 && output.dim[1] == SMALL_FILTERS && output.dim[3] == SMALL_SIDE);
    assert_int_equal(tq_network_forward(nhwc, t->data, 2, 0, should), TQ_OK);
    assert_int_equal(tq_network_forward(nchw, turned, 2, 0, planes), TQ_OK);
    for (int i = 0; i < 2 * SMALL_CONV; ++i) {
        const int sample = i / SMALL_CONV, at = i % SMALL_CONV / SMALL_FILTERS, c = i % SMALL_FILTERS;
        is[i] = planes[(sample * SMALL_FILTERS + c) * PIXELS + at];
    }
    expect_same(is, should, 2 * SMALL_CONV, "layout of an output");
    tq_network_destroy(nhwc);
    tq_network_destroy(nchw);
}

static int set_up(void **state)
{
    fixture *t = calloc(1, sizeof *t);
    if (t == NULL || tq_context_open(&t->context, NULL) != TQ_OK) {
        print_error("%s\n", tq_error());
        free(t);
        return -1;
    }
    tq_small_data(t->data);
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    fixture *t = *state;
    if (t != NULL)
        tq_context_close(t->context);
    free(t);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_planning_again),
        cmocka_unit_test(test_splits),
        cmocka_unit_test(test_reference_is_forward),
        cmocka_unit_test(test_kept_layers),
        cmocka_unit_test(test_first_rule_holds),
        cmocka_unit_test(test_layers_draw_apart),
        cmocka_unit_test(test_shared_buffers),
        cmocka_unit_test(test_input_out_of_range),
        cmocka_unit_test(test_layouts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
