/* What is refused as a checkpoint, with which text, although its checksum is right; nothing has changed then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <xxhash.h>

#include "support/device_test.h"
#include "support/tq_program.h"
#include "tensorquant/checkpoint.h"

#define NOTE "data=a\nbatch=2\n"
enum { BATCH = 2, INPUTS = 2, CLASSES = 3, NUMBERS = INPUTS * CLASSES, MOST = 1000 };
/* The head: 8 bytes of name, 8 of the text's length. */
enum { LENGTH = 8, TEXT = 16, HASH = 8 };

static int start(void **state)
{
    tq_program_start(TQ_BINARY_DIRECTORY, "checkpoint");
    return tq_test_open(state);
}

/* x -> dense `name`, whose weights are ones. */
static tq_network *make(tq_context *context, const char *name)
{
    static const float ones[NUMBERS] = {1, 1, 1, 1, 1, 1};
    const tq_shape row = tq_shape_of(2, (const int64_t[]){1, INPUTS}),
                   weight = tq_shape_of(2, (const int64_t[]){INPUTS, CLASSES});
    tq_network *network;
    tq_test_ok(tq_network_create(&network, context));
    tq_test_ok(tq_network_add_input(network, "x", &row, TQ_NHWC));
    tq_test_ok(tq_network_add(network, "dense", name, "", "x"));
    tq_test_ok(tq_network_set_weight(network, name, "weight", &weight, ones));
    return network;
}

static tq_trainer *make_trainer(tq_network *network, const char *rule)
{
    tq_training training = {.batch = BATCH};
    tq_trainer *trainer;
    tq_test_ok(tq_optimizer_parse(&training.rule, rule));
    tq_test_ok(tq_trainer_create(&trainer, network, &training));
    return trainer;
}

/* Writes head, `text`, `numbers` zeros and the checksum of all that. `length`: what the head says of the
 * text's. */
static void put(const char *path, const char *text, size_t numbers, uint64_t length)
{
    unsigned char file[MOST] = "TQCKPT01";
    const size_t end = TEXT + strlen(text) + 4 * numbers;
    assert_true(end + HASH <= MOST);
    memcpy(file + LENGTH, &length, sizeof length);
    memcpy(file + TEXT, text, strlen(text));
    const uint64_t hash = XXH3_64bits(file, end);
    memcpy(file + end, &hash, sizeof hash);
    tq_file_put(path, file, end + HASH);
}

/* A trainer that never took a step, with weights of ones. */
static void expect_untouched(tq_trainer *trainer)
{
    float now[NUMBERS];
    assert_int_equal(tq_trainer_steps(trainer), 0);
    tq_test_ok(tq_trainer_read(trainer, 0, now, NUMBERS));
    for (int i = 0; i < NUMBERS; ++i)
        assert_true(now[i] >= 1 && now[i] <= 1);
}

#define FIRST                   "\"note\":\"data=a\\nbatch=2\\n\""
#define TEXT_OF(steps, tensors) "{" FIRST ",\"steps\":" steps ",\"tensors\":[" tensors "]}"
#define GOOD                    "[\"first.weight\",2,3]"

static void refused(void **state)
{
    static const struct {
        const char *text;
        size_t numbers, extra; /* more than the text has is said in the head */
        tq_status status;
        const char *said;
    } rows[] = {
        {"", 0, 1, TQ_E_FORMAT, "'made': not a checkpoint: a text of 1 bytes in 24"},
        {TEXT_OF("0", GOOD), NUMBERS, UINT64_MAX / 2, TQ_E_FORMAT,
         "not a checkpoint: a text of 92233720368547"},
        {"[1]", NUMBERS, 0, TQ_E_FORMAT, "'made': not a checkpoint: its text is not as it should be"},
        {"", NUMBERS, 0, TQ_E_FORMAT, "its text is not as it should be"},
        {"{" FIRST ",\"steps\":0}", NUMBERS, 0, TQ_E_FORMAT, "its text is not as it should be"},
        {TEXT_OF("\"0\"", GOOD), NUMBERS, 0, TQ_E_FORMAT, "its text is not as it should be"},
        {TEXT_OF("0", "[\"second.weight\",2,3]"), NUMBERS, 0, TQ_E_STATE,
         "'made': a checkpoint of another network: tensor 0 is second.weight 2x3, not first.weight 2x3"},
        {TEXT_OF("0", "[\"first.weight\",3,2]"), NUMBERS, 0, TQ_E_STATE,
         "tensor 0 is first.weight 3x2, not first.weight 2x3"},
        {TEXT_OF("0", ""), NUMBERS, 0, TQ_E_STATE, "tensor 0 is nothing, not first.weight 2x3"},
        {TEXT_OF("0", GOOD ",[\"more\",1]"), NUMBERS, 0, TQ_E_STATE, "tensor 1 is more 1, not nothing"},
        {TEXT_OF("0", "5"), NUMBERS, 0, TQ_E_STATE, "tensor 0 is without a name, not first.weight 2x3"},
        {TEXT_OF("0", GOOD), NUMBERS - 1, 0, TQ_E_FORMAT,
         "'made': not a checkpoint: 20 bytes of numbers, needed 24; 0 steps"},
        {TEXT_OF("-1", GOOD), NUMBERS, 0, TQ_E_FORMAT, "24 bytes of numbers, needed 24; -1 steps"},
        {TEXT_OF("134217728", GOOD), NUMBERS, 0, TQ_E_FORMAT, "needed 24; 134217728 steps"},
    };
    tq_network *network = make(*state, "first");
    tq_trainer *trainer = make_trainer(network, "sgd,rate=1");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        put("made", rows[i].text, rows[i].numbers, strlen(rows[i].text) + rows[i].extra);
        tq_test_fails(tq_checkpoint_read(trainer, "made", NOTE), rows[i].status, rows[i].said);
        expect_untouched(trainer);
    }
    tq_test_fails(tq_checkpoint_read(trainer, "nowhere", NOTE), TQ_E_FILE, "nowhere");
    tq_test_fails(tq_checkpoint_read(trainer, "made", NULL), TQ_E_ARGUMENT,
                  "tq_checkpoint_read: NULL argument");
    tq_test_fails(tq_checkpoint_read(NULL, "made", NOTE), TQ_E_ARGUMENT, "tq_checkpoint_read: NULL argument");
    tq_test_fails(tq_checkpoint_write(trainer, NULL, NOTE), TQ_E_ARGUMENT,
                  "tq_checkpoint_write: NULL argument");
    tq_test_fails(tq_checkpoint_write(NULL, "made", NOTE), TQ_E_ARGUMENT,
                  "tq_checkpoint_write: NULL argument");
    tq_test_fails(tq_checkpoint_write(trainer, "nowhere/made", NOTE), TQ_E_FILE, "nowhere/made");
    tq_trainer_destroy(trainer);
    tq_network_destroy(network);
}

/* What the rows above change is right without the change, and is what is written. */
static void taken(void **state)
{
    float now[NUMBERS] = {1};
    size_t size;
    tq_network *network = make(*state, "first");
    tq_trainer *trainer = make_trainer(network, "sgd,rate=1");
    put("made", TEXT_OF("7", GOOD), NUMBERS, strlen(TEXT_OF("7", GOOD)));
    tq_test_ok(tq_checkpoint_read(trainer, "made", NOTE));
    assert_int_equal(tq_trainer_steps(trainer), 7);
    tq_test_ok(tq_trainer_read(trainer, 0, now, NUMBERS));
    assert_memory_equal(now, ((const float[NUMBERS]){0}), sizeof now);
    tq_test_ok(tq_checkpoint_write(trainer, "written", NOTE));
    char *const file = tq_file_text("made", &size);
    tq_file_expect("written", file, size);
    free(file);
    tq_test_fails(tq_checkpoint_read(trainer, "made", "data=a\nbatch=3\n"), TQ_E_STATE,
                  "'made': a checkpoint of another training: of 'batch=2', not of 'batch=3'");
    tq_test_fails(tq_checkpoint_read(trainer, "made", "data=a\n"), TQ_E_STATE, "of 'batch=2', not of ''");
    tq_trainer_destroy(trainer);
    /* The optimizer's states are tensors, too. */
    trainer = make_trainer(network, "sgd,rate=1,momentum=0.5");
    tq_test_fails(tq_checkpoint_read(trainer, "made", NOTE), TQ_E_STATE,
                  "tensor 1 is nothing, not first.weight:momentum 2x3");
    tq_trainer_destroy(trainer);
    tq_network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refused), cmocka_unit_test(taken)};
    return cmocka_run_group_tests(tests, start, tq_test_close);
}
