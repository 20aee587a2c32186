/*
 * Steps of all rules on the device: the bits of the reference, and both against exact numbers, without and
 * with quantizers in all slots.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oracle/oracle_cases.h"
#include "oracle/oracle_update.h"
#include "support/bits.h"
#include "support/device_test.h"
#include "support/test_sets.h"
#include "tensorquant/optimizer.h"

#define MOST  5000
#define STEPS 3
#define SEED  0x0123456789ABCDEFu

/* Strings, and the same numbers for the oracle. */
static const struct {
    const char *text;
    oracle_rule rule;
} rules[] = {
    {"sgd,rate=0.1", {.kind = "sgd", .rate = 0.1, .loss_scale = 1}},
    {"sgd,rate=0.05,momentum=0.9,weight_decay=0.0005",
     {.kind = "sgd", .rate = 0.05, .loss_scale = 1, .momentum = 0.9, .weight_decay = 0.0005}},
    {"sgd,rate=0.05,momentum=0.9,nesterov=1,loss_scale=1000",
     {.kind = "sgd", .rate = 0.05, .loss_scale = 1000, .momentum = 0.9, .nesterov = true}},
    {"rmsprop,rate=0.01", {.kind = "rmsprop", .rate = 0.01, .loss_scale = 1, .decay = 0.9, .epsilon = 1e-10}},
    {"rmsprop,rate=0.01,decay=0.95,momentum=0.9,loss_scale=128",
     {.kind = "rmsprop", .rate = 0.01, .loss_scale = 128, .decay = 0.95, .momentum = 0.9, .epsilon = 1e-10}},
    {"rmsprop,rate=0.01,momentum=0.5,centered=1,weight_decay=0.01,epsilon=0.001",
     {.kind = "rmsprop",
      .rate = 0.01,
      .loss_scale = 1,
      .decay = 0.9,
      .momentum = 0.5,
      .centered = true,
      .weight_decay = 0.01,
      .epsilon = 0.001}},
    {"adagrad,rate=0.1,initial=0.125", {.kind = "adagrad", .rate = 0.1, .loss_scale = 1, .epsilon = 1e-10}},
    {"adam,rate=0.001",
     {.kind = "adam", .rate = 0.001, .loss_scale = 1, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8}},
    {"adam,rate=0.01,beta1=0.8,beta2=0.99,epsilon=1e-6,weight_decay=0.01",
     {.kind = "adam",
      .rate = 0.01,
      .loss_scale = 1,
      .beta1 = 0.8,
      .beta2 = 0.99,
      .epsilon = 1e-6,
      .weight_decay = 0.01}}};
#define RULES (sizeof rules / sizeof *rules)

/* Quantizers of gradient, state, product, value; clip with its range. */
static const struct {
    const char *slot[4], *clip;
    double low, high;
} updates[] = {
    {{"none", "none", "none", "none"}, "none", 0, 0},
    {{"bf16", "fp16", "float,5,10,round=zero", "nearest,16,12"}, "none", 0, 0},
    {{"nearest,16,12", "none", "stochastic,16,12", "stochastic,16,12"}, "fixed,8,6", -2, 1.984375},
    {{"stochastic,12,8,bits=8", "stochastic,16,10", "fp16,round=stochastic:8", "stochastic,16,14,bits=32"},
     "none",
     0,
     0},
    {{"e4m3", "fp16,round=stochastic:4", "e5m2,round=stochastic:4", "fixed,16,13,round=even,overflow=wrap"},
     "none",
     0,
     0},
    {{"log", "float,8,15", "binary,0.5", "fp16"}, "nearest,4,3", -1, 0.875}};
#define UPDATES (sizeof updates / sizeof *updates)

typedef struct numbers {
    float value[MOST], gradient[MOST], state[TQ_OPTIMIZER_STATES][MOST];
} numbers;

typedef struct fixture {
    tq_context *context;
    numbers device, host, exact;
} fixture;

static bool on(const char *name)
{
    return getenv(name) != NULL;
}

/* Around 2^exponent, either sign. */
static float ordinary(uint64_t *state, int exponent)
{
    const uint64_t r = oracle_random(state);
    const float x = 1.0f + (float)(r >> 41) * 0x1p-23f;
    const float scaled = x * float_of((uint32_t)(127 + exponent - (int)(r & 7)) << 23);
    return r & 8 ? -scaled : scaled;
}

/* Values and gradients as in networks; every `wild`-th any bits at all, where it is not 0. */
static void fill(numbers *n, int64_t count, int64_t wild, uint64_t seed)
{
    uint64_t state = seed;
    for (int64_t i = 0; i < count; ++i) {
        const bool any = wild > 0 && i % wild == wild - 1;
        n->value[i] = any && i % 2 ? float_of(oracle_random_input(&state, NULL)) : ordinary(&state, 1);
        n->gradient[i] = any ? float_of(oracle_random_input(&state, NULL)) : ordinary(&state, 0);
        if (i % 13 == 5)
            n->gradient[i] = 0.0f;
    }
}

static tq_update update_at(size_t i)
{
    tq_update u;
    assert_int_equal(tq_quantizer_parse(&u.gradient, updates[i].slot[0]), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&u.state, updates[i].slot[1]), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&u.product, updates[i].slot[2]), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&u.value, updates[i].slot[3]), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&u.clip, updates[i].clip), TQ_OK);
    return u;
}

static tq_optimizer_rule rule_of(const char *text)
{
    tq_optimizer_rule rule;
    if (tq_optimizer_parse(&rule, text) != TQ_OK)
        fail_msg("%s", tq_error());
    return rule;
}

/* `steps` steps of a new optimizer with this parameter as number 1, beside one that is not looked at; it goes
 * on where `before` were taken, from the states that there are. */
static void run_device(fixture *t, const tq_optimizer_rule *rule, const tq_update *update, int64_t count,
                       uint32_t before, uint32_t steps)
{
    const tq_shape shape = tq_shape_of(1, &count), one = tq_shape_of(1, (const int64_t[]){1});
    const float zero = 0.0f;
    tq_tensor *values[] = {tq_test_tensor(t->context, &one, &zero),
                           tq_test_tensor(t->context, &shape, t->device.value)};
    tq_tensor *gradients[] = {tq_test_tensor(t->context, &one, &zero),
                              tq_test_tensor(t->context, &shape, t->device.gradient)};
    tq_optimizer *o;
    assert_int_equal(tq_optimizer_create(&o, t->context, rule, SEED), TQ_OK);
    if (tq_optimizer_add(o, "other", &one, update) != TQ_OK)
        fail_msg("%s", tq_error());
    if (tq_optimizer_add(o, "weights", &shape, update) != TQ_OK)
        fail_msg("%s", tq_error());
    for (size_t s = 0; before > 0 && s < tq_optimizer_state_count(rule); ++s)
        assert_int_equal(tq_optimizer_write_state(o, 1, s, t->device.state[s], count), TQ_OK);
    assert_int_equal(tq_optimizer_set_steps(o, before), TQ_OK);
    for (uint32_t i = 0; i < steps; ++i)
        if (tq_optimizer_step(o, values, (const tq_tensor *const *)gradients, 2) != TQ_OK)
            fail_msg("%s", tq_error());
    assert_int_equal(tq_optimizer_steps(o), before + steps);
    assert_int_equal(tq_tensor_read(values[1], t->device.value, count), TQ_OK);
    for (size_t s = 0; s < tq_optimizer_state_count(rule); ++s)
        assert_int_equal(tq_optimizer_read_state(o, 1, s, t->device.state[s], count), TQ_OK);
    tq_optimizer_destroy(o);
    for (int i = 0; i < 2; ++i) {
        tq_tensor_destroy(values[i]);
        tq_tensor_destroy(gradients[i]);
    }
}

static void run_host(numbers *n, const tq_optimizer_rule *rule, const tq_update *update, int64_t count,
                     uint32_t steps)
{
    for (uint32_t i = 0; i < steps; ++i) {
        const tq_optimizer_task task = {.update = *update,
                                        .seed = SEED,
                                        .parameter = 1,
                                        .steps = i,
                                        .count = count,
                                        .value = n->value,
                                        .gradient = n->gradient,
                                        .state = {n->state[0], n->state[1], n->state[2]}};
        if (tq_optimizer_reference(rule, &task) != TQ_OK)
            fail_msg("%s", tq_error());
    }
}

static void run_exact(numbers *n, size_t r, size_t u, int64_t count, uint32_t steps)
{
    oracle_update update = {
        .low = updates[u].low, .high = updates[u].high, .seed = SEED, .parameter = 1, .steps = 0};
    assert_true(oracle_parse(&update.gradient, updates[u].slot[0]));
    assert_true(oracle_parse(&update.state, updates[u].slot[1]));
    assert_true(oracle_parse(&update.product, updates[u].slot[2]));
    assert_true(oracle_parse(&update.value, updates[u].slot[3]));
    for (; update.steps < steps; ++update.steps)
        for (int64_t i = 0; i < count; ++i) {
            uint32_t w = bits_of(n->value[i]), state[TQ_OPTIMIZER_STATES];
            for (int s = 0; s < TQ_OPTIMIZER_STATES; ++s)
                state[s] = bits_of(n->state[s][i]);
            oracle_update_element(&rules[r].rule, &update, (uint64_t)i, bits_of(n->gradient[i]), &w, state);
            n->value[i] = float_of(w);
            for (int s = 0; s < TQ_OPTIMIZER_STATES; ++s)
                n->state[s][i] = float_of(state[s]);
        }
}

static void check_same(const numbers *is, const numbers *should, const char *what, size_t r, size_t u,
                       int64_t count, size_t states)
{
    for (int64_t i = 0; i < count; ++i) {
        if (bits_of(is->value[i]) != bits_of(should->value[i]))
            fail_msg("%s, %s, update %zu: value %lld of %lld (gradient %a) is %a, should be %a", what,
                     rules[r].text, u, (long long)i, (long long)count, is->gradient[i], is->value[i],
                     should->value[i]);
        for (size_t s = 0; s < states; ++s)
            if (bits_of(is->state[s][i]) != bits_of(should->state[s][i]))
                fail_msg("%s, %s, update %zu: state %zu, %lld of %lld (gradient %a) is %a, should be %a",
                         what, rules[r].text, u, s, (long long)i, (long long)count, is->gradient[i],
                         is->state[s][i], should->state[s][i]);
    }
}

static void check(fixture *t, size_t r, size_t u, int64_t count, int64_t wild)
{
    const tq_optimizer_rule rule = rule_of(rules[r].text);
    const tq_update update = update_at(u);
    const size_t states = tq_optimizer_state_count(&rule);
    const float initial = strstr(rules[r].text, "initial") != NULL ? 0.125f : 0.0f;
    fill(&t->device, count, wild, 1 + r * UPDATES + u);
    for (int s = 0; s < TQ_OPTIMIZER_STATES; ++s)
        for (int64_t i = 0; i < count; ++i)
            t->device.state[s][i] = initial;
    t->host = t->exact = t->device;
    run_device(t, &rule, &update, count, 0, STEPS);
    run_host(&t->host, &rule, &update, count, STEPS);
    check_same(&t->device, &t->host, "device and host", r, u, count, states);
    if (on("TQ_TEST_DEVICE_ONLY"))
        return;
    run_exact(&t->exact, r, u, count, STEPS);
    check_same(&t->host, &t->exact, "host and exact numbers", r, u, count, states);
}

/* Devices that compile slowly see some rules once, each kind among them; the slowest one with
 * quantizers and one on the general path, as a program takes them half a minute. */
static bool few(void)
{
    return on("TQ_TEST_DEVICE_ONLY");
}

/* Every rule without quantizers and with one of those above, in turn; some rules with one of all. A step has
 * vectors and what is left behind the last one; wild numbers make vectors again in exact numbers, but a sum
 * of them does not wrap. */
static void test_rules_with_quantizers(void **state)
{
    static const size_t some[] = {1, 2, 5, 6, 8};
    const size_t count = tq_test_is_slow() ? 1 : few() ? sizeof some / sizeof *some : RULES;
    for (size_t i = 0; i < count; ++i)
        for (size_t k = few() ? 1 : 0; k < 2; ++k) {
            const size_t r = few() ? some[i] : i;
            const bool none = few() ? i == 0 && !tq_test_is_slow() : k == 0;
            const size_t u = none ? 0 : 1 + r % (UPDATES - 1);
            check(*state, r, u, on("TQ_TEST_SMALL") ? 37 : 1003, 0);
            if (strstr(updates[u].slot[3], "wrap") == NULL)
                check(*state, r, u, on("TQ_TEST_SMALL") ? 21 : 203, 3);
        }
}

static void test_sizes_around_vectors(void **state)
{
    static const int64_t sizes[] = {1, 2, 7, 8, 9, 15, 16, 17, 31, 33};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i += 1 + 3 * on("TQ_TEST_SMALL"))
        check(*state, 1, 2, sizes[i], 7);
}

/* Exact numbers throughout give the bits that vectors give. */
static void test_general_path(void **state)
{
    fixture *t = *state;
    assert_int_equal(tq_context_set(t->context, "paths", "general"), TQ_OK);
    for (size_t r = few() ? 7 : 1; r < RULES; r += 3)
        check(t, r, 0, on("TQ_TEST_SMALL") ? 9 : 101, 0);
    assert_int_equal(tq_context_set(t->context, "paths", "all"), TQ_OK);
}

/* Two steps, states and count given to another optimizer, two more: the bits of the reference's four in
 * a row. */
static void check_resumed(fixture *t, size_t r, size_t u, int64_t count)
{
    const tq_optimizer_rule rule = rule_of(rules[r].text);
    const tq_update update = update_at(u);
    fill(&t->device, count, 0, 99);
    memset(t->device.state, 0, sizeof t->device.state);
    t->host = t->device;
    run_device(t, &rule, &update, count, 0, 2);
    run_device(t, &rule, &update, count, 2, 2);
    run_host(&t->host, &rule, &update, count, 4);
    check_same(&t->device, &t->host, "resumed", r, u, count, tq_optimizer_state_count(&rule));
}

static void test_resumed_steps_are_the_same(void **state)
{
    check_resumed(*state, 1, 2, 40);
    if (tq_test_is_slow())
        return;
    check_resumed(*state, 5, 1, 40);
    check_resumed(*state, 8, 4, 40);
}

/* What is refused changes nothing; the texts name the parameter. */
static void test_bad_steps(void **state)
{
    fixture *t = *state;
    const tq_optimizer_rule rule = rule_of("sgd,rate=1");
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){3}), four = tq_shape_of(1, (const int64_t[]){4}),
                   bad = {.rank = 1};
    const float numbers[] = {1, 2, 3, 4};
    float now[3];
    tq_tensor *value = tq_test_tensor(t->context, &shape, numbers),
              *longer = tq_test_tensor(t->context, &four, numbers);
    tq_update update = {0};
    tq_optimizer *o;
    assert_int_equal(tq_optimizer_create(&o, t->context, &rule, 0), TQ_OK);
    assert_int_equal(tq_optimizer_add(o, "conv1/weight", &bad, NULL), TQ_E_SHAPE);
    assert_non_null(strstr(tq_error(), "parameter 'conv1/weight': shape 0"));
    assert_int_equal(tq_quantizer_parse(&update.state, "int,8"), TQ_OK);
    assert_int_equal(tq_optimizer_add(o, "conv1/weight", &shape, &update), TQ_E_UNSUPPORTED);
    assert_non_null(strstr(tq_error(), "parameter 'conv1/weight': quantizer 'int,8' as state of an update"));
    update = (tq_update){.clip = {0}};
    assert_int_equal(tq_quantizer_parse(&update.clip, "sparse,0.5"), TQ_OK);
    assert_int_equal(tq_optimizer_add(o, "conv1/weight", &shape, &update), TQ_E_UNSUPPORTED);
    assert_non_null(strstr(tq_error(), "'sparse,0.5' as clip"));
    assert_int_equal(tq_optimizer_parameter_count(o), 0);
    assert_int_equal(tq_optimizer_add(o, "conv1/weight", &shape, NULL), TQ_OK);
    assert_int_equal(tq_optimizer_step(o, &value, (const tq_tensor *const *)&longer, 1), TQ_E_SHAPE);
    assert_string_equal(tq_error(), "parameter 'conv1/weight' has 3 elements, its gradient 4");
    assert_int_equal(tq_optimizer_step(o, &value, (const tq_tensor *const *)&value, 2), TQ_E_ARGUMENT);
    assert_string_equal(tq_error(), "2 values and gradients for 1 parameters");
    assert_int_equal(tq_optimizer_read_state(o, 0, 0, now, 3), TQ_E_ARGUMENT);
    assert_non_null(strstr(tq_error(), "there are 0 states of 1 parameters"));
    assert_int_equal(tq_optimizer_set_steps(o, TQ_OPTIMIZER_STEPS + 1u), TQ_E_ARGUMENT);
    assert_non_null(strstr(tq_error(), "allowed 0 to 134217727"));
    assert_int_equal(tq_optimizer_set_steps(o, TQ_OPTIMIZER_STEPS), TQ_OK);
    assert_int_equal(tq_optimizer_step(o, &value, (const tq_tensor *const *)&value, 1), TQ_E_STATE);
    assert_int_equal(tq_optimizer_add(o, "late", &shape, NULL), TQ_E_STATE);
    assert_non_null(strstr(tq_error(), "parameter 'late'"));
    assert_int_equal(tq_tensor_read(value, now, 3), TQ_OK);
    assert_memory_equal(now, numbers, sizeof now);
    tq_optimizer_destroy(o);
    tq_tensor_destroy(value);
    tq_tensor_destroy(longer);
}

static int set_up(void **state)
{
    fixture *t = calloc(1, sizeof *t);
    if (t == NULL || tq_context_open(&t->context, NULL) != TQ_OK) {
        print_error("%s\n", tq_error());
        free(t);
        return -1;
    }
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    fixture *t = *state;
    tq_context_close(t->context);
    free(t);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_with_quantizers), cmocka_unit_test(test_sizes_around_vectors),
        cmocka_unit_test(test_general_path), cmocka_unit_test(test_resumed_steps_are_the_same),
        cmocka_unit_test(test_bad_steps)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
