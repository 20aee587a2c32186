/* What a trainer refuses, with which text, and that nothing has changed then. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/device_test.h"
#include "tensorquant/builtin.h"
#include "tensorquant/trainer.h"

enum { BATCH = 2, INPUTS = 2, CLASSES = 3 };

/* x -> KIND "first" -> KIND "last"; either may be NULL. Each dense layer has weights of ones. */
static tq_network *make(tq_context *context, const char *first, const char *last, int rank)
{
    static const float ones[INPUTS * CLASSES] = {1, 1, 1, 1, 1, 1};
    const tq_shape row = tq_shape_of(rank, (const int64_t[]){1, INPUTS, INPUTS}),
                   weight = tq_shape_of(2, (const int64_t[]){INPUTS, CLASSES});
    tq_network *network;
    tq_test_ok(tq_network_create(&network, context));
    tq_test_ok(tq_network_add_input(network, "x", &row, TQ_NHWC));
    if (first != NULL) {
        tq_test_ok(tq_network_add(network, first, "first", "", "x"));
        if (strcmp(first, "dense") == 0)
            tq_test_ok(tq_network_set_weight(network, "first", "weight", &weight, ones));
    }
    if (last != NULL)
        tq_test_ok(tq_network_add(network, last, "last", "", "first"));
    return network;
}

static void refused_when_created(void **state)
{
    static const struct {
        const char *first, *last;
        int rank;
        int64_t batch;
        const char *rule, *extrinsic; /* with clipped gradients */
        tq_status status;
        const char *text;
    } rows[] = {
        {"dense", NULL, 2, 0, "sgd,rate=1", NULL, TQ_E_ARGUMENT, "batch is 0, allowed 1 to 65536"},
        {"dense", NULL, 2, 65537, "sgd,rate=1", NULL, TQ_E_ARGUMENT, "batch is 65537, allowed 1 to 65536"},
        {"dense", NULL, 2, BATCH, NULL, NULL, TQ_E_ARGUMENT, "an argument is NULL, or no rule"},
        {NULL, NULL, 2, BATCH, "sgd,rate=1", NULL, TQ_E_STATE, "the network has no layers"},
        {"relu", NULL, 2, BATCH, "sgd,rate=1", NULL, TQ_E_STATE, "no weights that can be trained"},
        {"dense", "erf", 2, BATCH, "sgd,rate=1", NULL, TQ_E_UNSUPPORTED, "layer 'last': erf has no gradient"},
        {"dense", NULL, 3, BATCH, "sgd,rate=1", NULL, TQ_E_SHAPE,
         "layer 'first' gives 4 rows of classes for a batch of 2"},
        {"dense", NULL, 2, BATCH, "sgd,rate=1", "sparse,0.5", TQ_E_UNSUPPORTED,
         "layer 'first': clipped gradients need to know where the extrinsic quantizer 'sparse,0.5' "
         "saturates"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        tq_network *network = make(*state, rows[i].first, rows[i].last, rows[i].rank);
        tq_training training = {.batch = rows[i].batch, .clipped = rows[i].extrinsic != NULL};
        tq_map *map = NULL;
        tq_trainer *trainer;
        if (rows[i].extrinsic != NULL)
            tq_test_ok(tq_map_parse(&map, rows[i].extrinsic));
        training.extrinsic = map;
        if (rows[i].rule != NULL)
            tq_test_ok(tq_optimizer_parse(&training.rule, rows[i].rule));
        tq_test_fails(tq_trainer_create(&trainer, network, &training), rows[i].status, rows[i].text);
        assert_null(trainer);
        tq_map_destroy(map);
        tq_network_destroy(network);
    }
}

static tq_trainer *make_trainer(tq_network *network, tq_loss loss)
{
    tq_training training = {.batch = BATCH, .loss = loss};
    tq_trainer *trainer;
    tq_test_ok(tq_optimizer_parse(&training.rule, "sgd,rate=1,momentum=0.5"));
    tq_test_ok(tq_trainer_create(&trainer, network, &training));
    return trainer;
}

static const float good[BATCH * INPUTS] = {1, 2, 3, 4};
static const int32_t labels[BATCH] = {0, 2};

static void refused_steps(void **state)
{
    static const float no_number[BATCH * INPUTS] = {1, 2, 3, NAN},
                                         large[BATCH * INPUTS] = {0, 0, 3e38f, 3e38f},
                                         ones[INPUTS * CLASSES] = {1, 1, 1, 1, 1, 1},
                                         infinite[INPUTS * CLASSES] = {1, 1, 1, 1, -INFINITY, 1};
    float now[INPUTS * CLASSES];
    tq_network *network = make(*state, "dense", NULL, 2);
    tq_trainer *t = make_trainer(network, TQ_LOSS_CROSS_ENTROPY);
    tq_test_fails(tq_trainer_step(t, NULL, labels, NULL, NULL), TQ_E_ARGUMENT, "NULL argument");
    tq_test_fails(tq_trainer_step(t, good, NULL, good, NULL), TQ_E_ARGUMENT, "the loss needs labels");
    tq_test_fails(tq_trainer_step(t, no_number, labels, NULL, NULL), TQ_E_ARGUMENT,
                  "number 3 of the input is nan; it must be finite");
    tq_test_fails(tq_trainer_step(t, good, (const int32_t[]){2, 3}, NULL, NULL), TQ_E_ARGUMENT,
                  "label 1 is 3, allowed 0 to 2");
    tq_test_fails(tq_trainer_step(t, good, (const int32_t[]){-1, 0}, NULL, NULL), TQ_E_ARGUMENT,
                  "label 0 is -1, allowed 0 to 2");
    tq_test_fails(tq_trainer_step(t, large, labels, NULL, NULL), TQ_E_STATE,
                  "the first number that is not finite is 3 of the output of layer 'first'");
    assert_int_equal(tq_trainer_steps(t), 0);
    tq_test_ok(tq_trainer_read(t, 0, now, INPUTS * CLASSES));
    assert_memory_equal(now, ones, sizeof now);
    tq_test_ok(tq_trainer_write(t, 0, infinite, INPUTS * CLASSES));
    tq_test_fails(tq_trainer_step(t, good, labels, NULL, NULL), TQ_E_STATE,
                  "step 0: number 4 of weight 'first.weight' is not finite");
    tq_test_fails(tq_trainer_read(t, 2, now, INPUTS * CLASSES), TQ_E_ARGUMENT,
                  "tensor 2 of a trainer, allowed 0 to 1");
    tq_test_fails(tq_trainer_read_gradient(t, 1, now, INPUTS * CLASSES), TQ_E_ARGUMENT,
                  "tensor 1 of a trainer, allowed 0 to 0");
    tq_test_fails(tq_trainer_write(t, 1, now, 5), TQ_E_SHAPE, "5");
    tq_trainer_destroy(t);
    tq_network_destroy(network);
}

static void refused_targets(void **state)
{
    float target[BATCH * CLASSES] = {0};
    tq_network *network = make(*state, "dense", NULL, 2);
    tq_trainer *t = make_trainer(network, TQ_LOSS_SQUARES);
    tq_test_fails(tq_trainer_step(t, good, labels, NULL, NULL), TQ_E_ARGUMENT, "the loss needs targets");
    target[2] = NAN;
    tq_test_fails(tq_trainer_step(t, good, NULL, target, NULL), TQ_E_STATE, "all layers' outputs are finite");
    tq_trainer_destroy(t);
    tq_network_destroy(network);
}

static void refused_builtins(void **state)
{
    static const tq_shape image = {.rank = 3, .dim = {1, 28, 28}}, row = {.rank = 1, .dim = {784}},
                          small = {.rank = 3, .dim = {1, 4, 4}};
    static const struct {
        const char *name;
        const tq_shape *sample;
        int64_t classes;
        tq_status status;
        const char *text;
    } rows[] = {
        {NULL, &image, 10, TQ_E_ARGUMENT, "tq_network_create_builtin: NULL argument"},
        {"mlp", NULL, 10, TQ_E_ARGUMENT, "tq_network_create_builtin: NULL argument"},
        {"mpl", &image, 10, TQ_E_NAME, "there is no built-in network 'mpl'; there are: cifarnet, lenet, mlp"},
        {"mlp", &row, 10, TQ_E_SHAPE, "mlp: a sample of shape 784; needed: channels x rows x columns"},
        {"mlp", &image, 0, TQ_E_ARGUMENT, "mlp: 0 classes, allowed 1 to 1000000"},
        {"mlp", &image, 1000001, TQ_E_ARGUMENT, "mlp: 1000001 classes, allowed 1 to 1000000"},
        {"lenet", &small, 10, TQ_E_SHAPE, "lenet of samples of shape 1x4x4: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        tq_network *network = NULL;
        tq_test_fails(
            tq_network_create_builtin(&network, *state, rows[i].name, rows[i].sample, rows[i].classes, 1),
            rows[i].status, rows[i].text);
        assert_null(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refused_when_created),
                                       cmocka_unit_test(refused_steps), cmocka_unit_test(refused_targets),
                                       cmocka_unit_test(refused_builtins)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
