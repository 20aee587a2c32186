/* tq train: what is learned, logged and kept; killed and resumed; bad input. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/tq_program.h"

/* Fashion-MNIST is Debian's package, which the tests of `tq run` need as well. */
#define COMMON "--data fashion-mnist --limit 512 --batch 16 --epochs 2 --validation npy:vx.npy,vy.npy"
/* Whole tensors only: kernels of quantized sums take longer to compile than all else takes. */
#define QUANTIZED                                                                                            \
    " --weights nearest,16,12 --extrinsic stochastic,16,10 --step-quantizers stochastic,16,14 --seed 3"
enum { STEPS = 64, IMAGES = 24, SIZE = 784 };

/* Validation data of a few images, so that measuring takes no time. */
static void write_validation(void)
{
    static float x[IMAGES * SIZE];
    int64_t y[IMAGES];
    for (int i = 0; i < IMAGES * SIZE; ++i)
        x[i] = (float)(i * 7 % 256) / 255;
    for (int i = 0; i < IMAGES; ++i)
        y[i] = i % 10;
    tq_npy_put("vx.npy", "<f4", "(24, 1, 28, 28)", x, sizeof x);
    tq_npy_put("vy.npy", "<i8", "(24,)", y, sizeof y);
    y[3] = 11;
    tq_npy_put("v11.npy", "<i8", "(24,)", y, sizeof y);
}

static int start(void **state)
{
    (void)state;
    tq_program_start(TQ_BINARY_DIRECTORY, "cli_train");
    write_validation();
    return 0;
}

/* The rows of a log with this event. */
static json_t *rows_of(const char *path, const char *event)
{
    json_t *const rows = json_array();
    char *const text = tq_file_text(path, NULL);
    assert_non_null(text);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        json_t *const row = json_loads(line, 0, NULL);
        assert_non_null(row);
        if (strcmp(json_string_value(json_object_get(row, "event")), event) == 0)
            json_array_append(rows, row);
        json_decref(row);
    }
    free(text);
    return rows;
}

static double mean_loss(const json_t *rows, size_t first, size_t count)
{
    double sum = 0;
    for (size_t i = first; i < first + count; ++i)
        sum += json_number_value(json_object_get(json_array_get(rows, i), "loss"));
    return sum / (double)count;
}

/* Also: that it learns, which is what it is for. */
static void test_log_and_summary(void **state)
{
    (void)state;
    json_t *const said = tq_program_json("tq train mlp " COMMON " --out a.onnx --log a.jsonl --json");
    json_t *const steps = rows_of("a.jsonl", "step"), *const epochs = rows_of("a.jsonl", "epoch");
    assert_int_equal(json_integer_value(json_object_get(said, "steps")), STEPS);
    assert_int_equal(json_array_size(json_object_get(said, "epochs")), 2);
    assert_true(json_number_value(json_object_get(said, "images_per_second")) > 0);
    assert_int_equal(json_array_size(steps), STEPS);
    assert_int_equal(json_array_size(epochs), 2);
    for (size_t i = 0; i < STEPS; ++i) {
        const json_t *const row = json_array_get(steps, i);
        assert_int_equal(json_integer_value(json_object_get(row, "step")), i + 1);
        assert_int_equal(json_integer_value(json_object_get(row, "epoch")), 1 + i / 32);
        assert_true((float)json_number_value(json_object_get(row, "rate")) == 0.05f);
    }
    assert_true(mean_loss(steps, STEPS - 16, 16) < 0.7 * mean_loss(steps, 0, 16));
    const double last = json_number_value(json_object_get(json_array_get(epochs, 1), "loss"));
    assert_true(last > 0.999 * mean_loss(steps, 32, 32) && last < 1.001 * mean_loss(steps, 32, 32));
    json_decref(said);
    json_decref(steps);
    json_decref(epochs);
}

/* The accuracy that training says is the one that the written file has. */
static void test_model_runs(void **state)
{
    (void)state;
    json_t *const trained = tq_program_json("tq train mlp " COMMON " --out m.onnx --json --seed 5");
    json_t *const run = tq_program_json("tq run m.onnx --data npy:vx.npy,vy.npy --json");
    assert_int_equal(json_integer_value(json_object_get(trained, "right")),
                     json_integer_value(json_object_get(run, "right")));
    json_decref(trained);
    json_decref(run);
    /* It can be trained on. */
    tq_program_expect(0, "model     again.onnx", "tq train m.onnx " COMMON " --out again.onnx");
}

static pid_t launch(void)
{
    const pid_t child = fork();
    if (child == 0) {
        execlp("sh", "sh", "-c",
               "exec tq train mlp " COMMON QUANTIZED
               " --out k.onnx --log k.jsonl --checkpoint-every 5 >/dev/null",
               (char *)NULL);
        _exit(127);
    }
    return child;
}

static void test_killed_training_goes_on(void **state)
{
    int status;
    (void)state;
    tq_program_expect(0, "", "tq train mlp " COMMON QUANTIZED " --out whole.onnx --log whole.jsonl");
    const pid_t child = launch();
    assert_true(child > 0);
    for (int i = 0; i < 12000 && access("k.onnx.checkpoint", F_OK) != 0; ++i)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(access("k.onnx", F_OK), -1);

    tq_program_expect(
        0, "", "tq train mlp " COMMON QUANTIZED " --out k.onnx --log k.jsonl --checkpoint-every 5 --resume");
    tq_file_expect_same("whole.onnx", "k.onnx");
    tq_file_expect_same("whole.onnx.checkpoint", "k.onnx.checkpoint");
    json_t *const whole = rows_of("whole.jsonl", "step"), *const killed = rows_of("k.jsonl", "step");
    assert_true(json_equal(whole, killed));
    json_t *const starts = rows_of("k.jsonl", "start");
    assert_int_equal(json_array_size(starts), 2);
    assert_true(json_integer_value(json_object_get(json_array_get(starts, 1), "step")) % 5 == 0);
    json_decref(whole);
    json_decref(killed);
    json_decref(starts);
}

/* More epochs are all that may be asked for: the last of them starts from the checkpoint of the others. */
static void test_more_epochs(void **state)
{
    (void)state;
    tq_program_expect(0, "", "tq train mlp " COMMON " --out e.onnx --epochs 1");
    tq_program_expect(0, "", "tq train mlp " COMMON " --out e.onnx --resume");
    tq_program_expect(0, "", "tq train mlp " COMMON " --out a.onnx");
    tq_file_expect_same("a.onnx", "e.onnx");
    tq_said said = tq_program_run("tq train mlp " COMMON " --out e.onnx --resume");
    assert_null(strstr(said.out, "epoch   "));
    tq_said_free(&said);
    tq_file_expect_same("a.onnx", "e.onnx");
}

static void refuses(const char *checkpoint, const char *options, int code, const char *expected)
{
    size_t size;
    char line[512];
    char *const before = tq_file_text(checkpoint, &size);
    snprintf(line, sizeof line, "tq train %s --data fashion-mnist --limit 512 --resume --checkpoint %s",
             options, checkpoint);
    tq_program_expect(code, expected, line);
    tq_file_expect(checkpoint, before, size);
    free(before);
}

static void test_bad_checkpoints(void **state)
{
    size_t size;
    (void)state;
    tq_program_expect(0, "", "tq train mlp " COMMON " --epochs 1 --out c.onnx");
    char *const good = tq_file_text("c.onnx.checkpoint", &size);
    refuses("c.onnx.checkpoint", "lenet --batch 16 --out d.onnx", 1,
            "of 'network=mlp', not of 'network=lenet'");
    refuses("c.onnx.checkpoint", "mlp --out d.onnx --batch 8", 1, "of 'batch=16', not of 'batch=8'");
    refuses("c.onnx.checkpoint", "mlp --batch 16 --out d.onnx --optimizer adam,rate=0.001", 1,
            "not of 'optimizer=adam");
    refuses("c.onnx.checkpoint", "mlp --batch 16 --out d.onnx --weights bf16", 1,
            "not of 'weights=\"\": bf16'");
    tq_file_put("cut.checkpoint", good, size - 1);
    refuses("cut.checkpoint", "mlp --batch 16 --out d.onnx", 1, "'cut.checkpoint': truncated or damaged");
    tq_file_put("cut.checkpoint", good, 10);
    refuses("cut.checkpoint", "mlp --batch 16 --out d.onnx", 1,
            "'cut.checkpoint': not a checkpoint (10 bytes)");
    good[size / 2] ^= 1;
    tq_file_put("bit.checkpoint", good, size);
    refuses("bit.checkpoint", "mlp --batch 16 --out d.onnx", 1, "'bit.checkpoint': truncated or damaged");
    assert_int_equal(access("d.onnx", F_OK), -1);
    free(good);
}

/* The last good checkpoint stays; no half-written file stays beside it. The disk is full where a file may not
 * grow. */
static void test_full_disk(void **state)
{
    size_t size;
    (void)state;
    /* The limit is above what PoCL writes for its own cache and below a checkpoint of this network. */
    tq_program_expect(0, "", "tq train lenet " COMMON " --epochs 1 --out f.onnx");
    char *const before = tq_file_text("f.onnx.checkpoint", &size);
    tq_program_expect(1, "File too large",
                      "trap '' XFSZ; ulimit -f 3300; tq train lenet " COMMON
                      " --epochs 2 --resume --out f.onnx");
    tq_file_expect("f.onnx.checkpoint", before, size);
    tq_said said = tq_program_run("ls | grep -c tmp");
    assert_string_equal(said.out, "0\n");
    tq_said_free(&said);
    free(before);
    tq_program_expect(1, "log '/dev/full': No space left on device",
                      "tq train mlp " COMMON " --out g.onnx --log /dev/full");
}

/* What was kept before is not lost. */
static void test_divergence(void **state)
{
    (void)state;
    tq_program_expect(1, "step 2: the loss is ",
                      "tq train mlp " COMMON " --optimizer sgd,rate=1e6 --out x.onnx --checkpoint-every 1");
    assert_int_equal(access("x.onnx", F_OK), -1);
    assert_int_equal(access("x.onnx.checkpoint", F_OK), 0);
}

static void test_usage(void **state)
{
    (void)state;
    tq_program_expect(2, "--out is missing", "tq train mlp --data fashion-mnist");
    tq_program_expect(2, "--loss: 'cross' is neither cross-entropy nor squares",
                      "tq train mlp " COMMON " --out u.onnx --loss cross");
    tq_program_expect(2, "sdg", "tq train mlp " COMMON " --out u.onnx --optimizer sdg,rate=1");
    tq_program_expect(2, "'nearst' at position 1 is no kind",
                      "tq train mlp " COMMON " --out u.onnx --step-quantizers nearst,8,4");
    tq_program_expect(2, "'fc9' matches no layer",
                      "tq train mlp " COMMON " --out u.onnx --backward '{\"fc9\": \"bf16\"}'");
    tq_program_expect(1, "'lenat' is neither a file nor a built-in network; there are: cifarnet, lenet, mlp",
                      "tq train lenat " COMMON " --out u.onnx");
    tq_program_expect(1, "has no labels to learn", "tq train mlp --data npy:vx.npy --out u.onnx");
    tq_program_expect(1, "the validation data 'npy:vx.npy' has no labels",
                      "tq train mlp --data npy:vx.npy,vy.npy --batch 4 --validation npy:vx.npy --out u.onnx");
    tq_program_expect(1, "label 11, but the network has 10 outputs",
                      "tq train m.onnx --data npy:vx.npy,v11.npy --batch 24 --loss squares --out u.onnx");
    tq_program_expect(1, "label 11, but the network has 10 outputs",
                      "tq train m.onnx --data npy:vx.npy,v11.npy --batch 24 --out u.onnx");
    tq_program_expect(1, "'nowhere/u.onnx' cannot be written",
                      "tq train mlp " COMMON " --out nowhere/u.onnx");
    tq_program_expect(1, "needed: channels x rows x columns",
                      "tq train lenet --data npy:x.npy,y.npy --out u.onnx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_and_summary),
        cmocka_unit_test(test_model_runs),
        cmocka_unit_test(test_killed_training_goes_on),
        cmocka_unit_test(test_more_epochs),
        cmocka_unit_test(test_bad_checkpoints),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_usage),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
