/*
 * Trainers: a small network's loss falls, the gradients are those of finite differences of the loss, and two
 * trainers of the same seed give the same bits, one going on from the other's state.
 */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/device_test.h"
#include "tensorquant/trainer.h"

#define BATCH  4
#define STEPS  3
#define INPUTS (6 * 6 * 2)
/* Of weights and momenta after STEPS + 1 steps with stochastic,16,10 in every sum, the same on every
 * device. */
#define DIGEST 0x1E6B016FB4F15B33

static void set(tq_network *network, const char *layer, const char *weight, int rank, const int64_t *dim,
                uint32_t seed)
{
    float values[1024];
    const tq_shape shape = tq_shape_of(rank, dim);
    for (int64_t i = 0; i < tq_shape_count(&shape); ++i)
        values[i] = tq_test_number(seed + (uint32_t)i) / 2;
    assert_int_equal(tq_network_set_weight(network, layer, weight, &shape, values), TQ_OK);
}

/* Convolutions with pads, a stride, groups; a relu; a dense layer. */
static tq_network *make_network(tq_context *context)
{
    tq_network *network;
    const tq_shape input = tq_shape_of(4, (const int64_t[]){1, 6, 6, 2});
    assert_int_equal(tq_network_create(&network, context), TQ_OK);
    assert_int_equal(tq_network_add_input(network, "x", &input, TQ_NHWC), TQ_OK);
    assert_int_equal(tq_network_add(network, "conv2d", "first", "pads=1x1x1x1", "x"), TQ_OK);
    assert_int_equal(tq_network_add(network, "conv2d", "second", "stride=2,pads=1x0x1x1,groups=2", "first"),
                     TQ_OK);
    assert_int_equal(tq_network_add(network, "relu", "relu", "", "second"), TQ_OK);
    assert_int_equal(tq_network_add(network, "flatten", "flat", "", "relu"), TQ_OK);
    assert_int_equal(tq_network_add(network, "dense", "last", "", "flat"), TQ_OK);
    set(network, "first", "weight", 4, (const int64_t[]){3, 3, 2, 4}, 1);
    set(network, "first", "bias", 1, (const int64_t[]){4}, 100);
    set(network, "second", "weight", 4, (const int64_t[]){3, 2, 2, 6}, 200);
    set(network, "second", "bias", 1, (const int64_t[]){6}, 300);
    set(network, "last", "weight", 2, (const int64_t[]){3 * 3 * 6, 3}, 400);
    set(network, "last", "bias", 1, (const int64_t[]){3}, 500);
    return network;
}

/* Three layers read the first one's output. */
static tq_network *make_forked(tq_context *context)
{
    tq_network *network;
    const tq_shape input = tq_shape_of(2, (const int64_t[]){1, INPUTS});
    assert_int_equal(tq_network_create(&network, context), TQ_OK);
    assert_int_equal(tq_network_add_input(network, "x", &input, TQ_NHWC), TQ_OK);
    assert_int_equal(tq_network_add(network, "dense", "first", "", "x"), TQ_OK);
    assert_int_equal(tq_network_add(network, "relu", "relu", "", "first"), TQ_OK);
    assert_int_equal(tq_network_add(network, "mul", "product", "", "relu,first"), TQ_OK);
    assert_int_equal(tq_network_add(network, "sub", "difference", "", "first,product"), TQ_OK);
    assert_int_equal(tq_network_add(network, "dense", "last", "", "difference"), TQ_OK);
    set(network, "first", "weight", 2, (const int64_t[]){INPUTS, 5}, 1);
    set(network, "first", "bias", 1, (const int64_t[]){5}, 400);
    set(network, "last", "weight", 2, (const int64_t[]){5, 3}, 500);
    set(network, "last", "bias", 1, (const int64_t[]){3}, 600);
    return network;
}

static tq_trainer *make_trainer(tq_network *network, const tq_map *map)
{
    tq_training training = {.batch = BATCH,
                            .weights = NULL,
                            .intrinsic = map,
                            .extrinsic = NULL,
                            .backward = map,
                            .update = map,
                            .seed = 5};
    tq_trainer *trainer;
    assert_int_equal(tq_optimizer_parse(&training.rule, "sgd,rate=0.1,momentum=0.5"), TQ_OK);
    if (tq_trainer_create(&trainer, network, &training) != TQ_OK)
        fail_msg("%s", tq_error());
    return trainer;
}

static double step(tq_trainer *trainer)
{
    float input[BATCH * INPUTS];
    const int32_t label[BATCH] = {0, 2, 1, 2};
    double loss;
    for (uint32_t i = 0; i < BATCH * INPUTS; ++i)
        input[i] = tq_test_number(1000 + i) / 2;
    if (tq_trainer_step(trainer, input, label, NULL, &loss) != TQ_OK)
        fail_msg("%s", tq_error());
    return loss;
}

/* The loss without a step kept: the state is written back. */
static double loss_with(tq_trainer *trainer, size_t tensor, const float *values, int64_t count)
{
    assert_int_equal(tq_trainer_write(trainer, tensor, values, count), TQ_OK);
    return step(trainer);
}

static void check_differences(tq_network *network)
{
    tq_trainer *trainer = make_trainer(network, NULL);
    float start[6][512], gradient[6][512];
    int64_t count[6];
    const size_t weights = tq_trainer_tensor_count(trainer) / 2; /* the others are momenta */
    assert_true(weights <= 6);
    for (size_t i = 0; i < weights; ++i) {
        count[i] = tq_shape_count(tq_trainer_tensor_shape(trainer, i));
        assert_int_equal(tq_trainer_read(trainer, i, start[i], count[i]), TQ_OK);
    }
    step(trainer);
    for (size_t i = 0; i < weights; ++i)
        assert_int_equal(tq_trainer_read_gradient(trainer, i, gradient[i], count[i]), TQ_OK);
    for (size_t i = 0; i < weights; ++i)
        for (int64_t j = 0; j < count[i]; j += 31) {
            const float h = 1.0f / 512;
            float moved[512];
            double loss[2];
            for (int side = 0; side < 2; ++side) {
                for (size_t k = 0; k < weights; ++k)
                    assert_int_equal(tq_trainer_write(trainer, k, start[k], count[k]), TQ_OK);
                memcpy(moved, start[i], sizeof moved);
                moved[j] += side ? h : -h;
                loss[side] = loss_with(trainer, i, moved, count[i]);
            }
            const double quotient = (loss[1] - loss[0]) / (2.0 * h);
            if (fabs(quotient - gradient[i][j]) > 2e-3)
                fail_msg("%s[%lld]: %g, by differences %g", tq_trainer_tensor_name(trainer, i), (long long)j,
                         (double)gradient[i][j], quotient);
        }
    tq_trainer_destroy(trainer);
    tq_network_destroy(network);
}

static void gradients_are_differences(void **state)
{
    if (getenv("TQ_TEST_DEVICE_ONLY") != NULL)
        skip(); /* other tests compare gradients there */
    check_differences(make_network(*state));
    check_differences(make_forked(*state));
}

/* FNV-1a of the bits. */
static uint64_t digest(uint64_t hash, const float *numbers, int64_t count)
{
    for (int64_t i = 0; i < count; ++i) {
        uint32_t bits;
        memcpy(&bits, &numbers[i], sizeof bits);
        for (int byte = 0; byte < 4; ++byte)
            hash = (hash ^ (bits >> (8 * byte) & 0xFF)) * 0x100000001B3;
    }
    return hash;
}

/* A trainer that is given another's tensors goes on with the same bits, with random draws everywhere. */
static void state_goes_on(void **state)
{
    tq_map *map;
    tq_accumulation accumulation;
    float one[512], other[512];
    uint64_t hash = 0xCBF29CE484222325;
    assert_int_equal(tq_accumulation_parse(&accumulation, "stochastic,16,10"), TQ_OK);
    assert_int_equal(tq_map_create(&map), TQ_OK);
    assert_int_equal(tq_map_add(map, "", &accumulation), TQ_OK);
    tq_network *network[2] = {make_network(*state), make_network(*state)};
    tq_trainer *a = make_trainer(network[0], map), *b = make_trainer(network[1], map);
    const double first = step(a);
    for (int i = 1; i < STEPS; ++i)
        step(a);
    for (size_t i = 0; i < tq_trainer_tensor_count(a); ++i) {
        const int64_t count = tq_shape_count(tq_trainer_tensor_shape(a, i));
        assert_int_equal(tq_trainer_read(a, i, one, count), TQ_OK);
        assert_int_equal(tq_trainer_write(b, i, one, count), TQ_OK);
    }
    assert_int_equal(tq_trainer_set_steps(b, tq_trainer_steps(a)), TQ_OK);
    const double last = step(a);
    assert_true(last < first);
    assert_true(last == step(b));
    for (size_t i = 0; i < tq_trainer_tensor_count(a); ++i) {
        const int64_t count = tq_shape_count(tq_trainer_tensor_shape(a, i));
        assert_int_equal(tq_trainer_read(a, i, one, count), TQ_OK);
        assert_int_equal(tq_trainer_read(b, i, other, count), TQ_OK);
        assert_memory_equal(one, other, (size_t)count * sizeof *one);
        hash = digest(hash, one, count);
    }
    if (hash != DIGEST)
        fail_msg("the digest of the state is 0x%016" PRIx64 ", on other devices 0x%016" PRIx64, hash,
                 (uint64_t)DIGEST);
    tq_trainer_destroy(a);
    tq_trainer_destroy(b);
    tq_map_destroy(map);
    tq_network_destroy(network[0]);
    tq_network_destroy(network[1]);
}

/* The quantizer of the outputs of "first", or of its weights, saturates for two of five units, by their bias.
 */
static void check_clipped(tq_context *context, bool clipped, bool of_weights)
{
    static const float bias[] = {40, -40, 0, 0, 0};
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){5});
    tq_training training = {.batch = BATCH, .clipped = clipped};
    float now[5];
    tq_map *map;
    tq_trainer *trainer;
    tq_network *network = make_forked(context);
    assert_int_equal(tq_network_set_weight(network, "first", "bias", &shape, bias), TQ_OK);
    assert_int_equal(tq_map_parse(&map, "{\"first\": \"nearest,4,2\"}"), TQ_OK);
    *(of_weights ? &training.weights : &training.extrinsic) = map;
    assert_int_equal(tq_optimizer_parse(&training.rule, "sgd,rate=0.1"), TQ_OK);
    assert_int_equal(tq_trainer_create(&trainer, network, &training), TQ_OK);
    assert_string_equal(tq_trainer_tensor_name(trainer, 1), "first.bias");
    step(trainer);
    assert_int_equal(tq_trainer_read(trainer, 1, now, 5), TQ_OK);
    for (int i = 0; i < 5; ++i)
        if ((now[i] >= bias[i] && now[i] <= bias[i]) != (clipped && i < 2))
            fail_msg("%s, clipped %d: bias %d was %g, is %g", of_weights ? "weights" : "outputs", clipped, i,
                     (double)bias[i], (double)now[i]);
    tq_trainer_destroy(trainer);
    tq_network_destroy(network);
    tq_map_destroy(map);
}

/* What saturates learns nothing where that is asked for. */
static void clipped_gradients(void **state)
{
    for (int i = 0; i < 4; ++i)
        check_clipped(*state, i % 2 != 0, i / 2 != 0);
}

enum { UNITS = 5, CLASSES = 3 };

/* What the forked network's two dense layers have: weight and bias of "first", weight and bias of "last". */
typedef struct forked_weights {
    float weight[INPUTS][UNITS], bias[UNITS], last[UNITS][CLASSES], last_bias[CLASSES];
} forked_weights;

/* Adds one sample's gradient by the weights of "first", whose outputs are quantized by nearest,3,3, in
 * binary64. With r = max(q, 0) what the last layer sees is q - r q, so that its gradient counts 1 - 2 r
 * times. The number of outputs that saturate. */
static int add_expected(const forked_weights *w, const float *x, int label, bool clipped,
                        double to[INPUTS][UNITS])
{
    double raw[UNITS], q[UNITS], out[CLASSES], sum = 0;
    int saturated = 0;
    for (int u = 0; u < UNITS; ++u) {
        raw[u] = (double)w->bias[u];
        for (int i = 0; i < INPUTS; ++i)
            raw[u] += (double)x[i] * (double)w->weight[i][u];
        q[u] = fmin(fmax(round(raw[u] * 8) / 8, -0.5), 0.375);
    }
    for (int c = 0; c < CLASSES; ++c) {
        out[c] = (double)w->last_bias[c];
        for (int u = 0; u < UNITS; ++u)
            out[c] += (q[u] - fmax(q[u], 0) * q[u]) * (double)w->last[u][c];
        sum += exp(out[c]);
    }
    for (int u = 0; u < UNITS; ++u) {
        double gradient = 0;
        for (int c = 0; c < CLASSES; ++c)
            gradient += (exp(out[c]) / sum - (c == label)) / BATCH * (double)w->last[u][c];
        const bool beyond = raw[u] < -0.5 || raw[u] > 0.375;
        for (int i = 0; i < INPUTS; ++i)
            to[i][u] += clipped && beyond ? 0 : gradient * (1 - 2 * fmax(q[u], 0)) * (double)x[i];
        saturated += beyond;
    }
    return saturated;
}

static void read_weights(tq_trainer *trainer, forked_weights *w)
{
    assert_int_equal(tq_trainer_read(trainer, 0, &w->weight[0][0], INPUTS * UNITS), TQ_OK);
    assert_int_equal(tq_trainer_read(trainer, 1, w->bias, UNITS), TQ_OK);
    assert_int_equal(tq_trainer_read(trainer, 2, &w->last[0][0], UNITS * CLASSES), TQ_OK);
    assert_int_equal(tq_trainer_read(trainer, 3, w->last_bias, CLASSES), TQ_OK);
}

/* A value that saturates here and there, and has several readers: their gradients come together before they
 * are clipped. */
static void check_forked_gradient(tq_context *context, bool clipped)
{
    static const int32_t label[BATCH] = {0, 2, 1, 2};
    tq_training training = {.batch = BATCH, .clipped = clipped};
    forked_weights w;
    double expected[INPUTS][UNITS] = {{0}};
    float input[BATCH * INPUTS], gradient[INPUTS * UNITS];
    int saturated = 0;
    tq_map *map;
    tq_trainer *trainer;
    tq_network *network = make_forked(context);
    assert_int_equal(tq_map_parse(&map, "{\"first\": \"nearest,3,3\"}"), TQ_OK);
    training.extrinsic = map;
    assert_int_equal(tq_optimizer_parse(&training.rule, "sgd,rate=0"), TQ_OK);
    assert_int_equal(tq_trainer_create(&trainer, network, &training), TQ_OK);
    read_weights(trainer, &w);
    step(trainer);
    for (uint32_t i = 0; i < BATCH * INPUTS; ++i)
        input[i] = tq_test_number(1000 + i) / 2;
    for (int n = 0; n < BATCH; ++n)
        saturated += add_expected(&w, input + n * INPUTS, label[n], clipped, expected);
    assert_true(saturated > 2 && saturated < BATCH * UNITS - 2);
    assert_int_equal(tq_trainer_read_gradient(trainer, 0, gradient, INPUTS * UNITS), TQ_OK);
    for (int i = 0; i < INPUTS * UNITS; ++i) {
        const double wanted = expected[i / UNITS][i % UNITS];
        if (fabs((double)gradient[i] - wanted) > 1e-5)
            fail_msg("clipped %d: gradient %d is %g, not %g", clipped, i, (double)gradient[i], wanted);
    }
    tq_trainer_destroy(trainer);
    tq_network_destroy(network);
    tq_map_destroy(map);
}

static void clipped_with_several_readers(void **state)
{
    check_forked_gradient(*state, false);
    check_forked_gradient(*state, true);
}

static void run(tq_network *network, float output[BATCH * 3])
{
    float input[BATCH * INPUTS];
    for (uint32_t i = 0; i < BATCH * INPUTS; ++i)
        input[i] = tq_test_number(1000 + i) / 2;
    if (tq_network_plan(network, &(tq_plan){.batch = BATCH}) != TQ_OK ||
        tq_network_forward(network, input, BATCH, 0, output) != TQ_OK)
        fail_msg("%s", tq_error());
}

/* Others plan and run a trainer's network with what was stored last; the next step is none the wiser. */
static void others_run_between_steps(void **state)
{
    if (getenv("TQ_TEST_DEVICE_ONLY") != NULL)
        skip(); /* it is the host's doing */
    static const float bias[3] = {1.0f, 2.0f, 3.0f};
    float first[BATCH * 3], again[BATCH * 3];
    tq_network *network[2] = {make_network(*state), make_network(*state)};
    tq_trainer *a = make_trainer(network[0], NULL), *b = make_trainer(network[1], NULL);
    assert_true(step(a) == step(b));
    assert_int_equal(tq_trainer_store(a), TQ_OK);
    run(network[0], first);
    assert_string_equal(tq_trainer_tensor_name(a, 5), "last.bias");
    assert_int_equal(tq_trainer_write(a, 5, bias, 3), TQ_OK);
    assert_int_equal(tq_trainer_write(b, 5, bias, 3), TQ_OK);
    assert_int_equal(tq_trainer_store(a), TQ_OK);
    run(network[0], again);
    for (int i = 0; i < BATCH * 3; ++i)
        assert_true(again[i] - first[i] > 0.5f);
    assert_true(step(a) == step(b));
    assert_true(step(a) == step(b));
    tq_trainer_destroy(a);
    tq_trainer_destroy(b);
    tq_network_destroy(network[0]);
    tq_network_destroy(network[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients_are_differences),
                                       cmocka_unit_test(others_run_between_steps),
                                       cmocka_unit_test(state_goes_on), cmocka_unit_test(clipped_gradients),
                                       cmocka_unit_test(clipped_with_several_readers)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
