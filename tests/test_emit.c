/*
 * Folders for offline compilers: what tq_network_emit writes, that its text keeps the rules of docs/fpga.md,
 * and what a context says that runs from one.
 */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "support/device_test.h"
#include "support/every_kernel.h"
#include "support/small_network.h"
#include "support/tq_program.h"

#define CHECK "'" TQ_SOURCE_DIRECTORY "/tests/check_fpga.sh' "

/* The exit status of a line, whose output goes to `to`. */
static int run(char *to, size_t size, const char *line)
{
    FILE *const pipe = popen(line, "r");
    assert_non_null(pipe);
    const size_t count = fread(to, 1, size - 1, pipe);
    to[count] = '\0';
    const int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void emit(tq_network *network, const tq_plan *plan, const char *target, const char *folder)
{
    const tq_emission how = {.target = target, .command = "the command"};
    tq_test_ok(tq_network_emit(network, plan, &how, folder));
}

static json_t *manifest_of(const char *folder)
{
    char path[200];
    json_error_t error;
    snprintf(path, sizeof path, "%s/manifest.json", folder);
    json_t *const manifest = json_load_file(path, 0, &error);
    assert_non_null(manifest);
    return manifest;
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *const text = json_string_value(json_object_get(object, key));
    assert_non_null(text);
    return text;
}

/* The text of every kernel keeps the rules, and has just the kernels that the manifest names. */
static void rules(void **state)
{
    static const char *const maps[] = {NULL, "stochastic,16,8",
                                       "{\"*\": {\"product\": \"e4m3\", \"sum\": \"exact\"}}"};
    char said[4000], line[300], folder[20];
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; ++i) {
        tq_map *map;
        const tq_plan plan = tq_every_plan(&map, maps[i]);
        tq_network *const network = tq_every_make(*state);
        snprintf(folder, sizeof folder, "every%zu", i);
        emit(network, &plan, "generic", folder);
        snprintf(line, sizeof line, CHECK "%s/kernels.cl cc", folder);
        if (run(said, sizeof said, line) != 0)
            fail_msg("%s", said);
        size_t kernels = 0, j;
        json_t *const manifest = manifest_of(folder), *program;
        json_array_foreach(json_object_get(manifest, "programs"), j, program) kernels +=
            json_array_size(json_object_get(program, "kernels"));
        assert_int_equal(strtoul(said, NULL, 10), kernels);
        assert_true(kernels > 20);
        json_decref(manifest);
        tq_network_destroy(network);
        tq_map_destroy(map);
    }
}

/* Each rule finds what breaks it. */
static void broken_rules(void **state)
{
    static const char *const broken[][2] = {
        {"static int f(int a) { return a + (int)get_global_id(0); }", "get_global_id: a position"},
        {"static void f(int a) { barrier(a); }", "barrier: work-items that meet"},
        {"static void f(__local int *a) { a[0] = 1; }", "__local: local memory"},
        {"static void f(__global int *a) { atomic_inc(a); }", "atomic_inc: an atomic"},
        {"static double4 f(double4 a) { return a; }", "double4: binary64"},
        {"static float f(__global const half *a) { return vload_half(0, a); }", "half: half"},
        {"static void f(event_t a) { (void)a; }", "event_t: an object"},
        {"static short f(short32 a) { return a.s0; }", "short32: vectors wider than 16"},
        {"static int f(int channel) { return channel; }", "channel: a keyword of compilers for FPGAs"},
        {"static void f(int a) { printf(\"%d\", a); }", "printf in f"},
        {"static int f(int a) { while (a > 3) a /= 2; return a; }", "while: a loop without a counter in f"},
        {"static int f(int a) { for (;;) if (a < 0) return 1; }", "for: a loop without a bound in f"},
        {"static int f(int a) { again: if (--a) goto again; return a; }", "goto in f"},
        {"static int f(int (*g)(int)) { return g(1); }", "g: a pointer to a function"},
        {"static int f(int a) { return a > 0 ? f(a - 1) : 0; }", "recursion in f"},
        {"static int f(int a);", "f: declared before it is defined"},
        {"static int f(int a) { int b[a]; b[0] = a; return b[0]; }", "b: an array of variable length in f"},
        {"__global int *a;", "a: a variable of the program"},
        {"__kernel void f(__global int *restrict a) { a[0] = 1; }",
         "kernel without a work-group of one in f"},
        {"__kernel TQ_TASK void f(__global int *a) { a[0] = 1; }", "argument a without restrict in f"},
    };
    static const char good[] = "#define TQ_TASK __attribute__((reqd_work_group_size(1, 1, 1)))\n"
                               "__kernel TQ_TASK void k(__global int *restrict a) { a[0] = 1; }\n";
    char said[4000];
    (void)state;
    tq_file_put("good.cl", good, sizeof good - 1);
    assert_int_equal(run(said, sizeof said, CHECK "good.cl cc"), 0);
    assert_string_equal(said, "1 kernels\n");
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; ++i) {
        FILE *const file = fopen("broken.cl", "w");
        assert_non_null(file);
        fprintf(file, "%s%s\n", good, broken[i][0]);
        fclose(file);
        if (run(said, sizeof said, CHECK "broken.cl cc") != 1 || strstr(said, broken[i][1]) == NULL)
            fail_msg("%s: '%s' is not in: %s", broken[i][0], broken[i][1], said);
    }
}

/* The launch of the contraction of a layer. */
static json_t *contraction_of(const json_t *root, const char *layer)
{
    size_t i;
    json_t *launch;
    json_array_foreach(json_object_get(root, "launches"), i,
                       launch) if (strcmp(text_at(launch, "layer"), layer) == 0 &&
                                   strstr(text_at(launch, "kernel"), "_contraction") != NULL) return launch;
    fail_msg("no contraction of '%s'", layer);
    return NULL;
}

/* A kernel of this name. */
static json_t *kernel_of(const json_t *root, const char *name, json_t **program)
{
    size_t i, j;
    json_t *kernel;
    json_array_foreach(json_object_get(root, "programs"), i, *program)
        json_array_foreach(json_object_get(*program, "kernels"), j,
                           kernel) if (strcmp(text_at(kernel, "name"), name) == 0) return kernel;
    fail_msg("no kernel '%s'", name);
    return NULL;
}

/* What the manifest says of the small network: one kernel for two layers of one structure, arguments,
 * launches. */
static void manifest(void **state)
{
    tq_map *map = NULL;
    tq_test_ok(tq_map_parse(&map, "nearest,16,8"));
    const tq_plan plan = {.batch = 4, .intrinsic = map};
    tq_network *const network = tq_small_make(*state, TQ_NHWC);
    emit(network, &plan, "intel", "small");
    json_t *const root = manifest_of("small"), *const first = contraction_of(root, "conv"), *program = NULL;
    size_t size;
    char *const text = tq_file_text("small/kernels.cl", &size);
    assert_string_equal(text_at(root, "version"), tq_version());
    assert_string_equal(text_at(root, "made_by"), "the command");
    assert_string_equal(text_at(root, "target"), "intel");
    assert_string_equal(text_at(json_object_get(root, "binary"), "file"), "kernels.aocx");
    assert_string_equal(json_string_value(json_array_get(json_object_get(root, "build"), 0)),
                        "aoc -march=emulator kernels.cl -o kernels.aocx");
    assert_string_equal(text_at(first, "kind"), "conv2d");
    assert_string_equal(text_at(first, "path"), "general");
    assert_non_null(strstr(text, text_at(first, "kernel")));
    json_t *const kernel = kernel_of(root, text_at(first, "kernel"), &program);
    json_t *const arguments = json_object_get(kernel, "arguments");
    assert_string_equal(text_at(kernel, "kernel"), "contraction");
    assert_string_equal(text_at(json_object_get(program, "structure"), "TQ_BLOCK"), "0");
    assert_string_equal(text_at(json_array_get(arguments, 0), "name"), "x");
    assert_string_equal(text_at(json_array_get(arguments, 0), "type"), "__global const uint *restrict");
    assert_string_equal(text_at(json_array_get(arguments, 1), "type"), "const ulong");
    assert_string_equal(text_at(json_array_get(arguments, json_array_size(arguments) - 1), "name"), "tq_end");
    free(text);
    json_decref(root);
    tq_network_destroy(network);
    tq_map_destroy(map);
}

/* The same network gives the same text; what is there already is left alone. */
static void folders(void **state)
{
    const tq_emission unknown = {.target = "abacus"};
    tq_map *map = NULL;
    struct stat info;
    tq_test_ok(tq_map_parse(&map, "nearest,16,8"));
    const tq_plan plan = {.batch = 9, .intrinsic = map};
    tq_network *const network = tq_small_make(*state, TQ_NHWC);
    emit(network, &plan, NULL, "again/");
    tq_file_expect_same("again/kernels.cl", "small/kernels.cl");
    tq_test_fails(tq_network_emit(network, &plan, NULL, "again"), TQ_E_FILE, "'again' exists already");
    tq_test_fails(tq_network_emit(network, &plan, NULL, "nowhere/at/all"), TQ_E_FILE,
                  "cannot make the folder 'nowhere/at/all.");
    tq_test_fails(tq_network_emit(network, &plan, &unknown, "other"), TQ_E_NAME,
                  "there is no target 'abacus'; targets: device, generic, intel, pocl");
    tq_test_fails(tq_network_emit(network, NULL, NULL, NULL), TQ_E_ARGUMENT, "NULL argument");
    assert_int_not_equal(stat("other", &info), 0);
    float output[SMALL_OUTPUT], input[SMALL_INPUT] = {0};
    tq_test_fails(tq_network_forward(network, input, 1, 0, output), TQ_E_STATE, "the network is not planned");
    assert_int_equal(tq_context_set(*state, "float", "fast"), TQ_OK);
    tq_test_fails(tq_network_emit(network, &plan, NULL, "other"), TQ_E_STATE,
                  "option 'float' is not 'exact'");
    assert_int_equal(tq_context_set(*state, "float", "exact"), TQ_OK);
    tq_network_destroy(network);
    tq_map_destroy(map);
}

/* Options that do not go with binaries, and back to programs that are compiled. */
static void options(void **state)
{
    const tq_emission here = {.target = "device"};
    tq_network *const network = tq_small_make(*state, TQ_NHWC);
    float input[SMALL_INPUT] = {1}, compiled[SMALL_OUTPUT], built[SMALL_OUTPUT];
    tq_test_ok(tq_network_plan(network, NULL));
    tq_test_ok(tq_network_forward(network, input, 1, 0, compiled));
    tq_test_ok(tq_network_emit(network, NULL, &here, "here"));
    assert_int_equal(tq_context_set(*state, "float", "fast"), TQ_OK);
    tq_test_fails(tq_context_set(*state, "binaries", "here"), TQ_E_STATE, "option 'float' is not 'exact'");
    assert_int_equal(tq_context_set(*state, "float", "exact"), TQ_OK);
    tq_test_ok(tq_context_set(*state, "binaries", "here"));
    tq_test_fails(tq_context_set(*state, "shape", "gpu"), TQ_E_STATE,
                  "option 'shape' is 'gpu', but the context's binaries are of shape 'task'");
    tq_test_fails(tq_context_set(*state, "binaries", "there"), TQ_E_FILE, "'there/manifest.json'");
    const unsigned before = tq_context_programs(*state).built;
    tq_test_ok(tq_network_plan(network, NULL));
    tq_test_ok(tq_network_forward(network, input, 1, 0, built));
    assert_memory_equal(built, compiled, sizeof built);
    assert_int_equal(tq_context_programs(*state).built, before);
    tq_test_fails(tq_network_emit(network, NULL, NULL, "more"), TQ_E_STATE, "the context runs from binaries");
    tq_test_ok(tq_context_set(*state, "binaries", ""));
    tq_test_ok(tq_network_plan(network, NULL));
    tq_test_ok(tq_network_forward(network, input, 1, 0, built));
    assert_memory_equal(built, compiled, sizeof built);
    tq_network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rules), cmocka_unit_test(broken_rules),
                                       cmocka_unit_test(manifest), cmocka_unit_test(folders),
                                       cmocka_unit_test(options)};
    tq_program_start(TQ_BINARY_DIRECTORY, "test_emit");
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
