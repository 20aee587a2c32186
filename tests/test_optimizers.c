/* Optimizers on the host: strings, schedules, and rows worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mpfr.h>

#include "tensorquant/optimizer.h"

static tq_optimizer_rule rule_of(const char *text)
{
    tq_optimizer_rule rule;
    if (tq_optimizer_parse(&rule, text) != TQ_OK)
        fail_msg("%s", tq_error());
    return rule;
}

static void test_strings_are_read_and_printed(void **state)
{
    static const char *const rows[][2] = {
        {"sgd,rate=0.05,momentum=0.9", "sgd,rate=0.05,momentum=0.9"},
        {"sgd,nesterov=1,momentum=0.9,rate=5e-2", "sgd,rate=0.05,momentum=0.9,nesterov=1"},
        {"rmsprop,rate=1,decay=0.9,epsilon=1e-10", "rmsprop,rate=1"},
        {"adam,rate=0.001,beta2=0.99,loss_scale=1024", "adam,rate=0.001,loss_scale=1024,beta2=0.99"},
        {"adagrad,rate=0,initial=0.1", "adagrad,rate=0,initial=0.1"},
        {"sgd,rate=1,schedule=step,every=10,factor=0.5", "sgd,rate=1,schedule=step,every=10,factor=0.5"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        char text[256];
        const tq_optimizer_rule rule = rule_of(rows[i][0]), again = rule_of(rows[i][1]);
        assert_int_equal(tq_optimizer_print(text, sizeof text, &rule), strlen(rows[i][1]));
        assert_string_equal(text, rows[i][1]);
        assert_true(tq_optimizer_equal(&rule, &again));
    }
    for (size_t i = 0; i < tq_optimizer_kind_count(); ++i) {
        assert_non_null(tq_optimizer_kind_summary(i));
        for (const char *const *example = tq_optimizer_kind_examples(i); *example != NULL; ++example) {
            const tq_optimizer_rule rule = rule_of(*example);
            char text[256];
            tq_optimizer_print(text, sizeof text, &rule);
            assert_string_equal(text, *example);
        }
    }
    assert_int_equal(tq_optimizer_kind_count(), 4);
    assert_string_equal(tq_optimizer_kind_name(0), "adagrad");
    assert_null(tq_optimizer_kind_name(4));
}

static void test_bad_strings(void **state)
{
    static const struct {
        const char *text;
        tq_status status;
        const char *error;
    } rows[] = {
        {"sdg,rate=1", TQ_E_NAME,
         "optimizer 'sdg' at position 1 is no kind; kinds: adagrad, adam, rmsprop, sgd"},
        {"sgd", TQ_E_SYNTAX,
         "optimizer 'sgd': 'rate' is missing at position 4, needs a number from 0 to 1000000"},
        {"sgd,", TQ_E_SYNTAX, "optimizer 'sgd': nothing follows the comma at position 4"},
        {"sgd,0.1", TQ_E_SYNTAX, "optimizer 'sgd': '0.1' at position 5 needs the form key=value"},
        {"sgd,rate=-1", TQ_E_ARGUMENT, "optimizer 'sgd': 'rate' at position 10 is -1, allowed 0 to 1000000"},
        {"sgd,rate=1,beta1=0", TQ_E_NAME,
         "optimizer 'sgd': 'beta1' at position 12 is not a parameter; parameters: rate, weight_decay, "
         "loss_scale, schedule, every, factor, period, lowest, momentum, nesterov"},
        {"sgd,rate=1,nesterov=1", TQ_E_ARGUMENT, "optimizer 'sgd': nesterov=1 needs a momentum above 0"},
        {"adam,rate=1,beta1=1", TQ_E_ARGUMENT,
         "optimizer 'adam': 'beta1' at position 19 is 1, allowed 0 to 0.9999999"},
        {"sgd,rate=1,schedule=linear", TQ_E_ARGUMENT,
         "optimizer 'sgd': 'schedule' at position 21 is 'linear', allowed: constant, step, cosine"},
        {"sgd,rate=1,schedule=step", TQ_E_SYNTAX,
         "optimizer 'sgd': schedule=step needs 'every', a whole number from 1 to 134217727"},
        {"sgd,rate=1,every=5", TQ_E_ARGUMENT, "optimizer 'sgd': 'every' needs schedule=step"},
        {"sgd,rate=1,schedule=step,every=5,lowest=0.5", TQ_E_ARGUMENT,
         "optimizer 'sgd': 'lowest' needs schedule=cosine"},
        {"sgd,rate=1,schedule=cosine", TQ_E_SYNTAX,
         "optimizer 'sgd': schedule=cosine needs 'period', a whole number from 1 to 134217727"},
        {"sgd,rate=1,schedule=cosine,period=9,lowest=2", TQ_E_ARGUMENT,
         "optimizer 'sgd': lowest is 2, allowed 0 to the rate, 1"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        tq_optimizer_rule rule = {.value = {7}};
        assert_int_equal(tq_optimizer_parse(&rule, rows[i].text), rows[i].status);
        assert_string_equal(tq_error(), rows[i].error);
        assert_true(rule.kind == NULL && rule.value[0] == 7);
    }
    assert_int_equal(tq_optimizer_parse(NULL, "sgd,rate=1"), TQ_E_ARGUMENT);
    assert_string_equal(tq_error(), "tq_optimizer_parse: rule is NULL");
}

static void test_updates_are_read_and_printed(void **state)
{
    static const char *const rows[][2] = {
        {"nearest,16,8", "nearest,16,8"},
        {"{}", "none"},
        {"{\"value\": \"stochastic,16,8\", \"state\": \"fp16\"}",
         "{\"state\": \"fp16\", \"value\": \"stochastic,16,8\"}"},
        {"{\"gradient\":\"bf16\",\"product\":\"e4m3\",\"clip\":\"nearest,8,6\"}",
         "{\"gradient\": \"bf16\", \"product\": \"e4m3\", \"clip\": \"nearest,8,6\"}"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        tq_update update, again;
        char text[256];
        if (tq_update_parse(&update, rows[i][0]) != TQ_OK)
            fail_msg("%s", tq_error());
        assert_int_equal(tq_update_print(text, sizeof text, &update), strlen(rows[i][1]));
        assert_string_equal(text, rows[i][1]);
        assert_int_equal(tq_update_parse(&again, text), TQ_OK);
        assert_true(tq_update_equal(&update, &again));
    }
}

static void test_bad_updates(void **state)
{
    static const struct {
        const char *text;
        tq_status status;
        const char *error;
    } rows[] = {{"nearer,1", TQ_E_NAME, "quantizer 'nearer' at position 1 is no kind"},
                {"{\"values\": \"none\"}", TQ_E_NAME,
                 "update key 'values' is unknown; keys: gradient, state, product, value, clip"},
                {"{\"value\": 3}", TQ_E_SYNTAX, "update key 'value' needs a quantizer string"},
                {"{\"state\": \"nearest,0,8\"}", TQ_E_ARGUMENT, "update key 'state': quantizer 'nearest': "},
                {"{\"state\": ", TQ_E_SYNTAX, "update '{\"state\": ': line 1, column "}};
    tq_update update = {.value = {.value = {3}}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        assert_int_equal(tq_update_parse(&update, rows[i].text), rows[i].status);
        if (strstr(tq_error(), rows[i].error) != tq_error())
            fail_msg("%s", tq_error());
        assert_true(update.value.value[0] == 3);
    }
}

static void test_schedules(void **state)
{
    /* Halves are exact; cos of 0, pi/3, pi/2, 2 pi/3, pi is 1, 1/2, 0, -1/2, -1. */
    static const struct {
        const char *text;
        uint32_t steps;
        float rate;
    } rows[] = {{"sgd,rate=0.1", 0, 0x1.99999ap-4f},
                {"sgd,rate=0.1", 100000, 0x1.99999ap-4f},
                {"sgd,rate=1,schedule=step,every=10,factor=0.5", 9, 1},
                {"sgd,rate=1,schedule=step,every=10,factor=0.5", 10, 0.5f},
                {"sgd,rate=1,schedule=step,every=10,factor=0.5", 19, 0.5f},
                {"sgd,rate=1,schedule=step,every=10,factor=0.5", 30, 0.125f},
                {"sgd,rate=2,schedule=step,every=1,factor=0", 1, 0},
                {"sgd,rate=8,schedule=cosine,period=12", 0, 8},
                {"sgd,rate=8,schedule=cosine,period=12", 4, 6},
                {"sgd,rate=8,schedule=cosine,period=12", 6, 4},
                {"sgd,rate=8,schedule=cosine,period=12", 8, 2},
                {"sgd,rate=8,schedule=cosine,period=12", 12, 0},
                {"sgd,rate=8,schedule=cosine,period=12", 50, 0},
                {"adam,rate=5,schedule=cosine,period=3,lowest=1", 1, 4},
                {"adam,rate=5,schedule=cosine,period=3,lowest=1", 3, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const tq_optimizer_rule rule = rule_of(rows[i].text);
        if (tq_optimizer_rate(&rule, rows[i].steps) != rows[i].rate)
            fail_msg("%s after %u steps: %a", rows[i].text, rows[i].steps,
                     tq_optimizer_rate(&rule, rows[i].steps));
    }
}

/* All of a long cosine: the binary32 nearest to MPFR's. */
static void test_cosine_is_rounded_to_nearest(void **state)
{
    const tq_optimizer_rule rule = rule_of("sgd,rate=0.3,schedule=cosine,period=9973,lowest=0.001");
    mpfr_t x, part;
    (void)state;
    mpfr_inits2(200, x, part, (mpfr_ptr)0);
    for (uint32_t t = 0; t <= 9973; ++t) {
        mpfr_const_pi(x, MPFR_RNDN);
        mpfr_mul_ui(x, x, t, MPFR_RNDN);
        mpfr_div_ui(x, x, 9973, MPFR_RNDN);
        mpfr_cos(x, x, MPFR_RNDN);
        mpfr_add_ui(x, x, 1, MPFR_RNDN);
        mpfr_set_d(part, 0.3, MPFR_RNDN);
        mpfr_sub_d(part, part, 0.001, MPFR_RNDN);
        mpfr_div_ui(part, part, 2, MPFR_RNDN);
        mpfr_mul(x, x, part, MPFR_RNDN);
        mpfr_add_d(x, x, 0.001, MPFR_RNDN);
        if (tq_optimizer_rate(&rule, t) != mpfr_get_flt(x, MPFR_RNDN))
            fail_msg("after %u steps %a, should be %a", t, tq_optimizer_rate(&rule, t),
                     mpfr_get_flt(x, MPFR_RNDN));
    }
    mpfr_clears(x, part, (mpfr_ptr)0);
}

/* Steps of one element by the gradients; its value and states after each must be the rows. */
typedef struct row {
    float gradient, value, state[TQ_OPTIMIZER_STATES];
} row;

static void check_rows(const char *text, float value, const row *rows, uint32_t count)
{
    const tq_optimizer_rule rule = rule_of(text);
    float state[TQ_OPTIMIZER_STATES] = {0};
    for (uint32_t i = 0; i < count; ++i) {
        const tq_optimizer_task task = {.steps = i,
                                        .count = 1,
                                        .value = &value,
                                        .gradient = &rows[i].gradient,
                                        .state = {&state[0], &state[1], &state[2]}};
        assert_int_equal(tq_optimizer_reference(&rule, &task), TQ_OK);
        if (value != rows[i].value)
            fail_msg("%s: value after step %u is %a, should be %a", text, i, value, rows[i].value);
        for (size_t s = 0; s < tq_optimizer_state_count(&rule); ++s)
            if (state[s] != rows[i].state[s])
                fail_msg("%s: %s after step %u is %a, should be %a", text, tq_optimizer_state_name(&rule, s),
                         i, state[s], rows[i].state[s]);
    }
}

/* Worked out on paper from the rules; powers of two, so that nothing is rounded. */
static void test_rows_by_hand(void **state)
{
    (void)state;
    check_rows("sgd,rate=0.5", 1, (const row[]){{4, -1, {0}}, {-1, -0.5f, {0}}}, 2);
    check_rows("sgd,rate=0.5,weight_decay=0.25", 8, (const row[]){{4, 5, {0}}}, 1);
    check_rows("sgd,rate=0.5,loss_scale=8", 1, (const row[]){{4, 0.75f, {0}}}, 1);
    check_rows("sgd,rate=0.5,momentum=0.5", 1, (const row[]){{4, -1, {4}}, {2, -3, {4}}, {0, -4, {2}}}, 3);
    check_rows("sgd,rate=0.5,momentum=0.5,nesterov=1", 1, (const row[]){{4, -2, {4}}, {2, -4, {4}}}, 2);
    check_rows("adagrad,rate=1,epsilon=0", 1, (const row[]){{3, 0, {9}}, {-4, 0.8f, {25}}}, 2);
    /* 3/4 of 0 and 1/4 of 16, of which the root is 2; 6 * 4 / 2. */
    check_rows("rmsprop,rate=6,decay=0.75,epsilon=0", 0, (const row[]){{4, -12, {4}}}, 1);
    /* variance 4 - 1 + 1: root 2. */
    check_rows("rmsprop,rate=1,decay=0.75,epsilon=1,centered=1", 0, (const row[]){{4, -2, {4, 1}}}, 1);
    /* First step: m / (1 - beta1) = g, sqrt(v / (1 - beta2)) = |g|. */
    check_rows("adam,rate=0.5,beta1=0.5,beta2=0.75,epsilon=0", 1, (const row[]){{4, 0.5f, {2, 4}}}, 1);
    check_rows("adam,rate=0.5,beta1=0.5,beta2=0.75,epsilon=1", 1, (const row[]){{3, 0.625f, {1.5f, 2.25f}}},
               1);
}

/*
 * Graves's equations 42 and 43: the momentum sums steps that are divided already. With decay 0 the root is
 * |g|: steps of 1/2, momenta 1/2 and 3/4, so the value is -1.25. Where the sum itself is divided by the root,
 * as in TensorQuant, it would be -(4 * 0.5) / 4 - (0.5 * 2 + 8 * 0.5) / 8 = -1.125.
 */
static void test_momentum_of_rmsprop_is_divided_once(void **state)
{
    (void)state;
    check_rows("rmsprop,rate=0.5,decay=0,momentum=0.5,epsilon=0", 0,
               (const row[]){{4, -0.5f, {16, 0.5f}}, {8, -1.25f, {64, 0.75f}}}, 2);
}

/* A product of 1/16 of the format's unit: nearest never moves; stochastic rounding moves one in 16. */
static void test_stochastic_rounding_of_the_update(void **state)
{
    enum { COUNT = 4096 };
    static float value[3][COUNT], gradient[COUNT];
    const tq_optimizer_rule rule = rule_of("sgd,rate=0.000244140625");
    int moved[3] = {0}, both = 0;
    (void)state;
    for (int i = 0; i < COUNT; ++i)
        gradient[i] = 1;
    for (uint32_t k = 0; k < 3; ++k) {
        tq_optimizer_task task = {
            .seed = 7, .parameter = 3, .steps = k, .count = COUNT, .value = value[k], .gradient = gradient};
        assert_int_equal(tq_quantizer_parse(&task.update.value, k == 0 ? "nearest,16,8" : "stochastic,16,8"),
                         TQ_OK);
        assert_int_equal(tq_optimizer_reference(&rule, &task), TQ_OK);
        for (int i = 0; i < COUNT; ++i) {
            assert_true(value[k][i] == 0.0f || value[k][i] == -0x1p-8f);
            moved[k] += value[k][i] != 0.0f;
        }
    }
    for (int i = 0; i < COUNT; ++i)
        both += value[1][i] != 0.0f && value[2][i] != 0.0f;
    assert_int_equal(moved[0], 0);
    /* 256 expected, standard deviation 15.5; in both steps 16, 4. */
    assert_in_range(moved[1], 256 - 62, 256 + 62);
    assert_in_range(moved[2], 256 - 62, 256 + 62);
    assert_in_range(both, 1, 32);
}

static void test_bad_tasks(void **state)
{
    const tq_optimizer_rule rule = rule_of("adam,rate=1");
    float value = 1, gradient = 1, moment = 0;
    tq_optimizer_task task = {.count = 1, .value = &value, .gradient = &gradient, .state = {&moment}};
    (void)state;
    assert_int_equal(tq_optimizer_reference(&rule, &task), TQ_E_ARGUMENT);
    assert_string_equal(tq_error(), "tq_optimizer_reference: state 1, 'second_moment', is NULL");
    task.state[1] = &moment;
    task.count = 0;
    assert_int_equal(tq_optimizer_reference(&rule, &task), TQ_E_ARGUMENT);
    assert_string_equal(tq_error(), "tq_optimizer_reference: 0 elements, allowed 1 to 4294967296");
    task.count = 1;
    task.steps = TQ_OPTIMIZER_STEPS;
    assert_int_equal(tq_optimizer_reference(&rule, &task), TQ_E_ARGUMENT);
    assert_string_equal(tq_error(), "tq_optimizer_reference: parameter 0 after 134217727 steps, allowed 0 to "
                                    "999999 and 0 to 134217726");
    assert_true(value == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_strings_are_read_and_printed),
                                       cmocka_unit_test(test_bad_strings),
                                       cmocka_unit_test(test_updates_are_read_and_printed),
                                       cmocka_unit_test(test_bad_updates),
                                       cmocka_unit_test(test_schedules),
                                       cmocka_unit_test(test_cosine_is_rounded_to_nearest),
                                       cmocka_unit_test(test_rows_by_hand),
                                       cmocka_unit_test(test_momentum_of_rmsprop_is_divided_once),
                                       cmocka_unit_test(test_stochastic_rounding_of_the_update),
                                       cmocka_unit_test(test_bad_tasks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
