/* Planning LeNet again, and running it for long: nothing is built or made that is there already, and nothing
 * grows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tensorquant/tensorquant.h"

#define LENET TQ_SOURCE_DIRECTORY "/examples/lenet-fashion-mnist.onnx"

enum { BATCH = 16, IMAGE = 28 * 28, CLASSES = 10, FORMATS = 100, MOST_PROGRAMS = 20 };

static float images[BATCH * IMAGE];

static void must(tq_status status)
{
    if (status != TQ_OK)
        fail_msg("%s", tq_error());
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

typedef struct fixture {
    tq_context *context;
    tq_network *network;
} fixture;

static void plan(const fixture *f, const char *weights, const char *intrinsic, const char *extrinsic)
{
    const char *const text[3] = {weights, intrinsic, extrinsic};
    tq_map *map[3] = {NULL, NULL, NULL};
    for (int i = 0; i < 3; ++i)
        if (text[i] != NULL)
            must(tq_map_parse(&map[i], text[i]));
    must(tq_network_plan(f->network, &(tq_plan){.batch = BATCH,
                                                .weights = map[0],
                                                .intrinsic = map[1],
                                                .extrinsic = map[2],
                                                .input_largest = 1}));
    for (int i = 0; i < 3; ++i)
        tq_map_destroy(map[i]);
}

static int open_all(void **state)
{
    static fixture f;
    must(tq_context_open(&f.context, ""));
    must(tq_network_load_onnx(&f.network, f.context, LENET));
    for (int i = 0; i < BATCH * IMAGE; ++i)
        images[i] = (float)(i * 37 % 256) / 255.0f;
    *state = &f;
    return 0;
}

static int close_all(void **state)
{
    fixture *const f = *state;
    tq_network_destroy(f->network);
    assert_int_equal(tq_context_memory(f->context).buffers, 0);
    tq_context_close(f->context);
    return 0;
}

/* Once their programs are there. */
static void test_other_maps(void **state)
{
    static const char *const formats[] = {"nearest,16,8", "nearest,16,9", "nearest,16,10", "nearest,16,8"};
    const fixture *const f = *state;
    for (int i = 0; i < 4; ++i)
        plan(f, formats[i], formats[i], formats[i]);
    const unsigned built = tq_context_programs(f->context).built;
    const tq_memory_counts before = tq_context_memory(f->context);
    for (int i = 0; i < 4; ++i) {
        const double begun = now();
        plan(f, formats[i], formats[i], formats[i]);
        printf("planned with %s everywhere in %.2f ms\n", formats[i], 1e3 * (now() - begun));
    }
    const tq_memory_counts after = tq_context_memory(f->context);
    assert_int_equal(tq_context_programs(f->context).built, built);
    assert_int_equal(after.buffers, before.buffers);
    assert_int_equal(after.bytes, before.bytes);
    /* Weights, biases and the like of four layers, for two paths each: not the tensors, not the batches. */
    assert_in_range(after.made - before.made, 1, 4 * 4 * 2 * 5);
}

/* The same maps again: nothing at all. One layer's map: that layer's buffers alone. */
static void test_unchanged_layers(void **state)
{
    const fixture *const f = *state;
    plan(f, "nearest,8,6", "{\"conv1\": \"nearest,16,8\", \"\": \"nearest,16,9\"}", "nearest,16,8");
    plan(f, "nearest,8,6", "{\"conv1\": \"nearest,16,7\", \"\": \"nearest,16,9\"}", "nearest,16,8");
    const tq_memory_counts before = tq_context_memory(f->context);
    plan(f, "nearest,8,6", "{\"conv1\": \"nearest,16,7\", \"\": \"nearest,16,9\"}", "nearest,16,8");
    assert_int_equal(tq_context_memory(f->context).made, before.made);
    plan(f, "nearest,8,6", "{\"conv1\": \"nearest,16,8\", \"\": \"nearest,16,9\"}", "nearest,16,8");
    /* Weights, kinds of steps, bias, zeros, tail and verdict of one path. */
    assert_in_range(tq_context_memory(f->context).made - before.made, 1, 6);
    /* An option that planning depends on is no unchanged layer. */
    must(tq_context_set(f->context, "paths", "general"));
    plan(f, "nearest,8,6", "{\"conv1\": \"nearest,16,8\", \"\": \"nearest,16,9\"}", "nearest,16,8");
    assert_string_equal(tq_layer_path(tq_network_layer(f->network, 0)), "general");
    must(tq_context_set(f->context, "paths", "all"));
}

/* Pages that the process has in memory. */
static long resident(void)
{
    long all = 0, in_memory = 0;
    FILE *const file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%ld %ld", &all, &in_memory) != 2)
        in_memory = 0;
    fclose(file);
    return in_memory;
}

static void run_batches(const fixture *f, int count)
{
    float output[BATCH * CLASSES];
    must(tq_network_start(f->network, images, BATCH, 0));
    for (int i = 1; i <= count; ++i) {
        if (i < count)
            must(tq_network_start(f->network, images, BATCH, i));
        must(tq_network_wait(f->network, output));
    }
}

static void test_memory_is_flat(void **state)
{
    enum { MANY = 600 };
    const fixture *const f = *state;
    const long page = sysconf(_SC_PAGESIZE), tolerance = ((long)4 << 20) / page;
    plan(f, "nearest,8,6", NULL, "nearest,16,8");
    run_batches(f, 100);
    const tq_memory_counts before = tq_context_memory(f->context);
    const long pages = resident();
    run_batches(f, MANY);
    const tq_memory_counts after = tq_context_memory(f->context);
    assert_memory_equal(&after, &before, sizeof after);
    printf("%ld KiB grew in %d batches of %zu KiB\n", (resident() - pages) * page / 1024, MANY,
           sizeof images / 1024);
    assert_true(resident() - pages <=
                tolerance); /* an image's worth per batch would be 1.8 MiB; a batch's 29 MiB */
}

static void print_format(char *to, size_t size, int i)
{
    static const char *const kinds[] = {"nearest,%d,%d", "down,%d,%d", "stochastic,%d,%d", "fixed,%d,%d"};
    const int width = 4 + i / 4 % 13, fraction = (width / 2 + i / 52 + i % 3) % width;
    snprintf(to, size, kinds[i % 4], width, fraction);
}

/* From an empty cache: formats change words, not programs. */
static void test_programs_of_a_sweep(void **state)
{
    fixture f;
    (void)state;
    must(tq_context_open(&f.context, ""));
    must(tq_context_set(f.context, "cache", ""));
    must(tq_network_load_onnx(&f.network, f.context, LENET));
    for (int i = 0; i < FORMATS; ++i) {
        char format[64];
        print_format(format, sizeof format, i);
        plan(&f, format, NULL, NULL);
        plan(&f, NULL, format, NULL);
        plan(&f, format, format, format);
        plan(&f, NULL, NULL, format);
        must(tq_network_forward(f.network, images, BATCH, 0, NULL)); /* builds what layers share */
    }
    const unsigned built = tq_context_programs(f.context).built;
    printf("%d formats: %u programs\n", FORMATS, built);
    tq_network_destroy(f.network);
    tq_context_close(f.context);
    assert_in_range(built, 1, MOST_PROGRAMS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_maps),
        cmocka_unit_test(test_unchanged_layers),
        cmocka_unit_test(test_memory_is_flat),
        cmocka_unit_test(test_programs_of_a_sweep),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
