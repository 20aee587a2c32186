/*
 * After a call of the library has failed because one of its OpenCL calls did, everything is as it was: the
 * same call again succeeds, with the same results. This program is its own child, which runs under the fault
 * layer (layers/fault.c); the parent lets the first, a middle and the last call of each OpenCL function fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/internal.h"
#include "support/fault_log.h"
#include "support/tq_program.h"
#include "tensorquant/tensorquant.h"
#include "util/fail.h"

enum { SAMPLES = 4, INPUTS = 4, OUTPUTS = 3, FAILED_TWICE = 3 };

/* The child's. */
typedef struct world {
    cl_context handle;
    cl_device_id device;
    cl_command_queue queue;
    tq_context *context, *adopted;
    tq_network *network;
    tq_tensor *tensor;
    FILE *results;
} world;

/* The cache by the option: the library keeps programs though PoCL does, too, which is quicker than it
 * without. */
static tq_status use_cache(tq_context *context)
{
    return tq_context_set(context, "cache", getenv("TQ_CACHE"));
}

static tq_status open_context(world *w)
{
    TQ_TRY(tq_context_open(&w->context, NULL));
    return use_cache(w->context);
}

static tq_status load(world *w)
{
    return tq_network_load_onnx(&w->network, w->context, "tiny.onnx");
}

static tq_status plan(world *w, int64_t batch, bool keep)
{
    const tq_plan as = {.batch = batch, .keep = keep};
    return tq_network_plan(w->network, &as);
}

static tq_status plan_whole(world *w)
{
    return plan(w, SAMPLES, false);
}

static tq_status plan_half(world *w)
{
    return plan(w, SAMPLES / 2, true);
}

static void keep(world *w, const float *results, size_t count)
{
    fwrite(results, sizeof *results, count, w->results);
}

static tq_status run(world *w, int64_t samples)
{
    float x[SAMPLES * INPUTS], y[SAMPLES * OUTPUTS];
    for (int i = 0; i < SAMPLES * INPUTS; ++i)
        x[i] = (float)(i * 37 % 64) / 64;
    TQ_TRY(tq_network_forward(w->network, x, samples, 0, y));
    keep(w, y, (size_t)samples * OUTPUTS);
    return TQ_OK;
}

static tq_status run_whole(world *w)
{
    return run(w, SAMPLES);
}

static tq_status run_half(world *w)
{
    return run(w, SAMPLES / 2);
}

/* Two at a time; those that were started are lost with a call that fails, so the network is planned again. */
static tq_status run_two(world *w)
{
    static const float x[2 * INPUTS] = {0.25f, 1, 0.5f, 0, 1, 0.75f, 0, 0.125f};
    float y[2 * OUTPUTS];
    TQ_TRY(plan(w, 2, true));
    TQ_TRY(tq_network_start(w->network, x, 2, 0));
    TQ_TRY(tq_network_start(w->network, x, 1, 2));
    TQ_TRY(tq_network_wait(w->network, y));
    TQ_TRY(tq_network_wait(w->network, NULL));
    keep(w, y, 2 * OUTPUTS);
    return TQ_OK;
}

static tq_status profile_on(world *w)
{
    return tq_context_set(w->context, "profile", "on");
}

static tq_status profile_wall(world *w)
{
    return tq_context_set(w->context, "profile", "wall");
}

static tq_status profile_off(world *w)
{
    return tq_context_set(w->context, "profile", "off");
}

static tq_status run_profiled(world *w)
{
    size_t count = 0;
    TQ_TRY(tq_profile_clear(w->context));
    TQ_TRY(plan(w, 2, true));
    TQ_TRY(run(w, 2));
    return tq_profile_read(w->context, NULL, 0, &count, NULL);
}

static tq_status finish(world *w)
{
    return tq_context_finish(w->context);
}

/* The handles are the caller's, who has to try twice himself. */
static tq_status adopt(world *w)
{
    cl_platform_id platform = NULL;
    cl_int code = CL_SUCCESS;
    for (int i = 0; i < 2 && platform == NULL; ++i)
        (void)clGetPlatformIDs(1, &platform, NULL);
    for (int i = 0; i < 2 && w->device == NULL; ++i)
        (void)clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &w->device, NULL);
    for (int i = 0; i < 2 && w->handle == NULL; ++i)
        w->handle = clCreateContext(NULL, 1, &w->device, NULL, NULL, &code);
    for (int i = 0; i < 2 && w->queue == NULL; ++i)
        w->queue = clCreateCommandQueue(w->handle, w->device, 0, &code);
    TQ_TRY(tq_context_adopt(&w->adopted, w->handle, w->device, w->queue));
    return use_cache(w->adopted);
}

static tq_status make_tensor(world *w)
{
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){INPUTS});
    return tq_tensor_create(&w->tensor, w->adopted, &shape);
}

static tq_status quantize(world *w)
{
    static const float x[INPUTS] = {0.3f, -0.7f, 1.1f, 2.9f};
    float y[INPUTS];
    tq_quantizer q;
    TQ_TRY(tq_quantizer_parse(&q, "nearest,8,2"));
    TQ_TRY(tq_tensor_write(w->tensor, x, INPUTS));
    TQ_TRY(tq_tensor_quantize(w->tensor, w->tensor, &q, 0));
    TQ_TRY(tq_tensor_read(w->tensor, y, INPUTS));
    keep(w, y, INPUTS);
    return TQ_OK;
}

static const struct step {
    const char *name;
    tq_status (*run)(world *);
} steps[] = {
    {"open", open_context},
    {"load", load},
    {"plan", plan_whole},
    {"run", run_whole},
    {"plan again", plan_half},
    {"run again", run_half},
    {"profile", profile_on},
    {"run profiled", run_profiled},
    {"profile by wall", profile_wall},
    {"run profiled by wall", run_profiled},
    {"profile off", profile_off},
    {"run two", run_two},
    {"finish", finish},
    {"adopt", adopt},
    {"make a tensor", make_tensor},
    {"quantize", quantize},
};

static int run_steps(world *w)
{
    for (size_t i = 0; i < TQ_COUNT(steps); ++i) {
        if (steps[i].run(w) == TQ_OK)
            continue;
        fprintf(stderr, "%s: %s\n", steps[i].name, tq_error());
        if (steps[i].run(w) == TQ_OK)
            continue;
        fprintf(stderr, "%s again: %s\n", steps[i].name, tq_error());
        return FAILED_TWICE;
    }
    return 0;
}

static int live(void)
{
    world w = {.results = fopen("results", "wb")};
    if (w.results == NULL)
        return 4;
    const int result = run_steps(&w);
    tq_network_destroy(w.network);
    tq_context_close(w.context);
    tq_tensor_destroy(w.tensor);
    tq_context_close(w.adopted);
    if (w.queue != NULL)
        clReleaseCommandQueue(w.queue);
    if (w.handle != NULL)
        clReleaseContext(w.handle);
    fclose(w.results);
    return result;
}

/* The parent's. */
static unsigned runs, again, wrong;

/* Lines that go on begin with a blank: a list of devices. */
static bool is_one_error(const char *text)
{
    const char *line = strchr(text, '\n');
    while (line != NULL && line[1] == ' ')
        line = strchr(line + 1, '\n');
    return line != NULL && line[1] == '\0';
}

/* A device that is lost before the caller has its own handles leaves them NULL, which the library says. */
static void check(const char *fault, const char *code, const tq_said *said, bool lost)
{
    char call[64] = "", text[200];
    char *const log = tq_file_text("fault.log", NULL);
    const char *problem = NULL;
    if (log == NULL || !tq_fault_log_failed(log, call, sizeof call))
        problem = "it did not get to fail";
    else if (tq_fault_log_wrong(log, text, sizeof text))
        problem = text;
    else if (said->code != 0 && !(lost && said->code == FAILED_TWICE))
        problem = "not the exit status that is due";
    else if (said->err[0] != '\0' && !(lost && strstr(said->err, "must not be NULL") != NULL) &&
             (strstr(said->err, code) == NULL || strstr(said->err, " failed") == NULL))
        problem = "the error does not name the code";
    else if (!lost && said->err[0] != '\0' && (strstr(said->err, call) == NULL || !is_one_error(said->err)))
        problem = "not one error that names the call";
    if (problem != NULL)
        print_error("%s: %s: exit status %d: %s\n", fault, problem, said->code, said->err);
    wrong += problem != NULL;
    again += said->err[0] != '\0';
    ++runs;
    free(log);
}

static void inject(const char *call, unsigned long number, const char *code, bool lost)
{
    char fault[128];
    snprintf(fault, sizeof fault, "%s:%lu:%s%s", call, number, code, lost ? ":lost" : "");
    setenv("TQ_FAULT", fault, 1);
    remove("fault.log");
    tq_said said = tq_program_run("timeout 200 ../tests/test_opencl_retry live");
    check(fault, code, &said, lost);
    if (said.code == 0) {
        size_t size, wanted;
        char *const results = tq_file_text("results", &size), *const right = tq_file_text("right", &wanted);
        /* A step that fails behind its results leaves them twice, so their end counts. */
        if (size < wanted ||
            memcmp(results + size - 4 * INPUTS, right + wanted - 4 * INPUTS, 4 * INPUTS) != 0 ||
            (size == wanted && memcmp(results, right, size) != 0)) {
            print_error("%s: other results\n", fault);
            ++wrong;
        }
        free(results);
        free(right);
    }
    tq_said_free(&said);
}

static int start(void **state)
{
    (void)state;
    tq_program_start(TQ_BINARY_DIRECTORY, "opencl_retry");
    tq_fault_log_start(TQ_BINARY_DIRECTORY);
    for (int i = 0; i < 2; ++i) /* the second one with programs from the cache */
        tq_program_expect(0, "", "../tests/test_opencl_retry live && mv results right");
    return 0;
}

static void test_second_try_succeeds(void **state)
{
    char text[200];
    unsigned long sum = 0;
    char *const log = tq_file_text("fault.log", NULL);
    (void)state;
    assert_non_null(log);
    if (tq_fault_log_wrong(log, text, sizeof text))
        fail_msg("%s", text);
    for (size_t i = 0; tq_fault_call(i) != NULL; ++i) {
        const unsigned long count = tq_fault_log_count(log, tq_fault_call(i));
        const unsigned long places[] = {1, (count + 1) / 2, count};
        sum += count;
        for (size_t k = 0; k < TQ_COUNT(places); ++k)
            if (count > 0 && (k == 0 || places[k] != places[k - 1]))
                inject(tq_fault_call(i), places[k], "CL_OUT_OF_RESOURCES", false);
    }
    for (unsigned long i = 1; i < 8; ++i)
        inject("*", sum * i / 8, "CL_DEVICE_NOT_AVAILABLE", true);
    print_message("%u faults in %lu calls: %u times something failed, %u wrong\n", runs, sum, again, wrong);
    free(log);
    assert_int_equal(wrong, 0);
    assert_true(again > 20);
}

/* A call that the layer does not know could fail untried. */
static void test_layer_knows_all_calls(void **state)
{
    size_t found = 0;
    (void)state;
    tq_said said = tq_program_run("grep -ohE '\\bcl[A-Z][A-Za-z]+\\(' " TQ_SOURCE_DIRECTORY
                                  "/src/runtime/*.c | sort -u");
    for (const char *call = strtok(said.out, "(\n"); call != NULL; call = strtok(NULL, "(\n")) {
        size_t i = 0;
        while (tq_fault_call(i) != NULL && strcmp(tq_fault_call(i), call) != 0)
            ++i;
        if (tq_fault_call(i) == NULL)
            fail_msg("%s is not in tests/layers/fault_calls.h", call);
        ++found;
    }
    assert_true(found > 30);
    tq_said_free(&said);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_layer_knows_all_calls),
                                       cmocka_unit_test(test_second_try_succeeds)};
    return argc > 1 && strcmp(argv[1], "live") == 0 ? live() : cmocka_run_group_tests(tests, start, NULL);
}
