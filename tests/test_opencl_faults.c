/*
 * Each OpenCL call of tq fails once, by a layer between loader and driver (tests/layers/fault.c): the program
 * ends with one clear error, nothing is lost and nothing leaks; or it does without the call, and its results
 * are the same.
 *
 *     test_opencl_faults              of each function the first and the last call
 *     test_opencl_faults all          every single call, of more commands
 *     test_opencl_faults all NAME...  of these scenarios only
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fault_log.h"
#include "support/tq_program.h"
#include "util/fail.h"

enum { SAMPLES = 32, INPUTS = 4, IMAGE = 784 };

/* A command whose calls fail. */
typedef struct scenario {
    const char *name, *line;
    const char *calls;      /* the quick tier's functions; "": all; NULL: the scenario is not in it */
    unsigned losses;        /* the quick tier: at how many places the device is lost */
    const char *output;     /* a file: the new one when all went well, else the old one */
    void (*before)(void);   /* each run */
    const char *checkpoint; /* stays good, if not the same: training goes on from it */
    bool builds;            /* programs are built, not read from the cache */
    struct content {
        char *data;
        size_t size;
    } old, whole, last_checkpoint;
} scenario;

typedef struct fault {
    const char *call;
    unsigned long number;
    const char *code;
    bool lost;
} fault;

/* What a failing call may come to. */
typedef enum verdict { FAILS, TOLERATED, EITHER } verdict;

/* The first row whose name a call's begins with. */
static const struct rule {
    const char *call, *code;
    verdict verdict;
} rules[] = {
    {"clRelease", "CL_OUT_OF_RESOURCES", TOLERATED},               /* nothing could be done */
    {"clCreateProgramWithBinary", "CL_INVALID_BINARY", TOLERATED}, /* a miss of the cache */
    {"clBuildProgram", "CL_BUILD_PROGRAM_FAILURE", FAILS},
    {"clGetProgramInfo", "CL_OUT_OF_HOST_MEMORY", TOLERATED}, /* the cache is not written */
    {"clGetKernelWorkGroupInfo", "CL_OUT_OF_RESOURCES", TOLERATED},
    {"clGetDeviceInfo", "CL_OUT_OF_HOST_MEMORY", EITHER},           /* of one query there is a safe answer */
    {"clFinish", "CL_OUT_OF_RESOURCES", EITHER},                    /* at the end nothing is lost by it */
    {"clEnqueueMarkerWithWaitList", "CL_OUT_OF_RESOURCES", EITHER}, /* the same */
    {"clCreateBuffer", "CL_MEM_OBJECT_ALLOCATION_FAILURE", EITHER}, /* smaller batches may do */
    {"clWaitForEvents", "-14", FAILS}, /* CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST */
    {"", "CL_OUT_OF_RESOURCES", FAILS},
};

static const struct rule *rule_of(const char *call)
{
    const struct rule *rule = rules;
    while (strncmp(rule->call, call, strlen(rule->call)) != 0)
        ++rule;
    return rule;
}

static verdict verdict_of(const scenario *s, const char *call)
{
    if (strcmp(call, "clBuildProgram") == 0)
        return s->builds ? FAILS : TOLERATED;
    return rule_of(call)->verdict;
}

/* Runs with a fault; those that it ended; those that were done without the call; what was wrong. */
static unsigned runs, ended, done, wrong;

__attribute__((format(printf, 3, 4))) static void complain(const scenario *s, const fault *f,
                                                           const char *format, ...)
{
    va_list arguments;
    ++wrong;
    print_error("%s, call %lu of %s gives %s%s: ", s->name, f->number, f->call, f->code,
                f->lost ? ", lost" : "");
    va_start(arguments, format);
    vprint_error(format, arguments);
    va_end(arguments);
    print_error("\n");
}

static struct content read_content(const char *path)
{
    struct content content = {NULL, 0};
    content.data = tq_file_text(path, &content.size);
    return content;
}

static bool holds(const char *path, const struct content *content)
{
    const struct content there = read_content(path);
    const bool same = there.data != NULL && content->data != NULL && there.size == content->size &&
                      memcmp(there.data, content->data, there.size) == 0;
    free(there.data);
    return same;
}

static tq_said run(const scenario *s, const fault *f)
{
    char text[128] = "";
    if (f != NULL)
        snprintf(text, sizeof text, "%s:%lu:%s%s", f->call, f->number, f->code, f->lost ? ":lost" : "");
    assert_int_equal(f != NULL ? setenv("TQ_FAULT", text, 1) : unsetenv("TQ_FAULT"), 0);
    remove("fault.log");
    if (s->before != NULL)
        s->before();
    return tq_program_run("%s%s", f != NULL ? "timeout 200 " : "", s->line);
}

/* Files that a run leaves and should not. */
static void check_folder(const scenario *s, const fault *f, const char *folder, const char *ending,
                         bool allowed)
{
    DIR *const list = opendir(folder);
    if (list == NULL)
        return;
    for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list)) {
        const char *const end = strstr(entry->d_name, ending);
        if (entry->d_name[0] != '.' && (end != NULL && end[strlen(ending)] == '\0') != allowed)
            complain(s, f, "leaves %s/%s", folder, entry->d_name);
    }
    closedir(list);
}

static void check_error(const scenario *s, const fault *f, const char *call, const char *text)
{
    const char *const code =
        strcmp(f->code, "-14") == 0 ? "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST" : f->code;
    const char *const named = strstr(text, f->lost ? "cl" : call);
    if (strncmp(text, "tq: ", 4) != 0 || strstr(text + 4, "tq: ") != NULL)
        complain(s, f, "not one error: %s", text);
    else if (named == NULL || strstr(named, " failed") == NULL || strstr(named, code) == NULL)
        complain(s, f, "the error does not name call and code: %s", text);
    else if (strcmp(call, "clBuildProgram") == 0 && !f->lost &&
             strstr(text, "the fault layer lets this build fail") == NULL)
        complain(s, f, "no build log: %s", text);
}

static void check_files(const scenario *s, const fault *f, bool all_well)
{
    if (!holds(s->output, all_well ? &s->whole : &s->old))
        complain(s, f, "%s is not what it is %s", s->output, all_well ? "without the fault" : "before");
    check_folder(s, f, ".", ".tmp", false);
    check_folder(s, f, "cache", ".bin", true);
}

static void check_log(const scenario *s, const fault *f, const char *log)
{
    char text[200];
    if (tq_fault_log_wrong(log, text, sizeof text))
        complain(s, f, "objects: %s", text);
}

static void check(const scenario *s, const fault *f, const tq_said *said)
{
    char call[64] = "";
    char *const log = tq_file_text("fault.log", NULL);
    const bool failed = log != NULL && tq_fault_log_failed(log, call, sizeof call);
    const verdict verdict = verdict_of(s, call);
    if (said->code != 0 && said->code != 1)
        complain(s, f, "exit status %d: %s", said->code, said->err);
    else if (!failed)
        complain(s, f, "it did not get to fail: %s", said->err);
    else if (said->code == 0 && verdict == FAILS)
        complain(s, f, "nobody minds that %s failed", call);
    else if (said->code == 1 && verdict == TOLERATED && !f->lost)
        complain(s, f, "is not done without %s: %s", call, said->err);
    else if (said->code == 1)
        check_error(s, f, call, said->err);
    else if (said->err[0] != '\0' && strstr(said->err, " has no memory for batches of ") == NULL)
        complain(s, f, "done, but says %s", said->err);
    if (log != NULL)
        check_log(s, f, log);
    check_files(s, f, said->code == 0);
    free(log);
    ++runs;
    ++*(said->code == 0 ? &done : &ended);
}

/* That of before or of the end, or one in between, from which training goes on to the same end. */
static void check_checkpoint(scenario *s, const fault *f, const struct content *before)
{
    if (holds(s->checkpoint, before) || holds(s->checkpoint, &s->last_checkpoint))
        return;
    unsetenv("TQ_FAULT");
    tq_said said = tq_program_run("%s", s->line);
    if (said.code != 0 || !holds(s->output, &s->whole) || !holds(s->checkpoint, &s->last_checkpoint))
        complain(s, f, "training does not go on from %s as it would have: %s", s->checkpoint, said.err);
    tq_said_free(&said);
}

static void inject(scenario *s, const fault *f)
{
    tq_file_put(s->output, s->old.data, s->old.size);
    tq_said said = run(s, f);
    check(s, f, &said);
    tq_said_free(&said);
    if (s->checkpoint != NULL) {
        struct content before = read_content("first.checkpoint");
        check_checkpoint(s, f, &before);
        free(before.data);
    }
}

/* Twice, as the second one finds its programs in the cache; the result is the log. */
static char *run_undisturbed(scenario *s)
{
    static const fault none = {.call = "none", .code = "nothing"};
    for (int i = 0; i < 2; ++i) {
        tq_said said = run(s, NULL);
        if (said.code != 0 || said.err[0] != '\0')
            fail_msg("%s: exit status %d: %s", s->line, said.code, said.err);
        tq_said_free(&said);
    }
    s->whole = read_content(s->output);
    s->old = (struct content){strdup("the file of before"), strlen("the file of before")};
    assert_non_null(s->whole.data);
    if (s->checkpoint != NULL)
        s->last_checkpoint = read_content(s->checkpoint);
    char *const log = tq_file_text("fault.log", NULL);
    assert_non_null(log);
    check_log(s, &none, log);
    return log;
}

static void forget(scenario *s)
{
    free(s->old.data);
    free(s->whole.data);
    free(s->last_checkpoint.data);
}

/* Some or all of the `count` calls of a function, or of all functions when the device is lost. */
static void inject_at(scenario *s, fault f, unsigned long count, unsigned long places)
{
    unsigned long last = 0;
    for (unsigned long i = 0; i < places && count > 0; ++i) {
        f.number = places == 1 ? (count + 1) / 2 : 1 + i * (count - 1) / (places - 1);
        if (f.number != last)
            inject(s, &f);
        last = f.number;
    }
}

static bool is_wanted(const scenario *s, const char *call)
{
    const char *const found = strstr(s->calls, call);
    return s->calls[0] == '\0' || (found != NULL && strchr(" ", found[strlen(call)]) != NULL);
}

static void try_all(scenario *s, bool every)
{
    char *const log = run_undisturbed(s);
    unsigned long sum = 0;
    for (size_t i = 0; tq_fault_call(i) != NULL; ++i) {
        const unsigned long count = tq_fault_log_count(log, tq_fault_call(i));
        sum += count;
        if (every || is_wanted(s, tq_fault_call(i)))
            inject_at(s, (fault){.call = tq_fault_call(i), .code = rule_of(tq_fault_call(i))->code}, count,
                      every ? count : 2);
    }
    inject_at(s, (fault){.call = "*", .code = "CL_DEVICE_NOT_AVAILABLE", .lost = true}, sum,
              every ? sum / 5 : s->losses);
    print_message(
        "%-12s %5lu calls; so far %u faults: %u ended by one error, %u done without the call, %u wrong\n",
        s->name, sum, runs, ended, done, wrong);
    fflush(NULL);
    free(log);
    forget(s);
}

/* An empty cache: every program is built. */
static void clear_cache(void)
{
    assert_int_equal(system("rm -rf cache"), 0);
}

static void first_checkpoint(void)
{
    size_t size;
    char *const data = tq_file_text("first.checkpoint", &size);
    assert_non_null(data);
    tq_file_put("t.onnx.checkpoint", data, size);
    free(data);
}

#define LENET TQ_SOURCE_DIRECTORY "/examples/lenet-fashion-mnist.onnx"
#define TINY  "tq run tiny.onnx --data npy:samples.npy,labels.npy --batch 8 --out out.npy"
#define IMAGES                                                                                               \
    "tq run " LENET " --data npy:images.npy,classes.npy --batch 16 --weights nearest,8,6"                    \
    " --extrinsic stochastic,16,10 --out out.npy"
#define TRAIN                                                                                                \
    "tq train tiny.onnx --data npy:samples.npy,labels.npy --validation npy:samples.npy,labels.npy"           \
    " --batch 16 --out t.onnx --checkpoint-every 1 --resume --epochs "
#define LEARN                                                                                                \
    "tq train lenet --data npy:images.npy,classes.npy --validation npy:images.npy,classes.npy"               \
    " --batch 32 --weights nearest,16,12"                                                                    \
    " --step-quantizers stochastic,16,14 --optimizer adam,rate=0.001 --out l.onnx --epochs "

static void new_training(void)
{
    remove("l.onnx.checkpoint");
}

static scenario scenarios[] = {
    {.name = "run", .line = TINY, .calls = "", .losses = 4, .output = "out.npy"},
    {.name = "built",
     .line = TINY,
     .calls = "clCreateProgramWithSource clBuildProgram clGetProgramInfo",
     .losses = 1,
     .output = "out.npy",
     .before = clear_cache,
     .builds = true},
    {.name = "profiled",
     .line = TINY " --profile",
     .calls =
         "clGetCommandQueueInfo clRetainEvent clWaitForEvents clGetEventProfilingInfo clCreateCommandQueue",
     .losses = 1,
     .output = "out.npy"},
    {.name = "train",
     .line = TRAIN "2",
     .calls = "clCreateBuffer clCreateKernel clSetKernelArg clEnqueueReadBuffer clEnqueueWriteBuffer "
              "clEnqueueFillBuffer clEnqueueNDRangeKernel",
     .losses = 4,
     .output = "t.onnx",
     .before = first_checkpoint,
     .checkpoint = "t.onnx.checkpoint"},
    {.name = "quantize", .line = "tq quantize samples.npy q.npy stochastic,8,4", .output = "q.npy"},
    {.name = "compared",
     .line = TINY " --extrinsic nearest,16,10 --intrinsic nearest,16,8 --compare",
     .output = "out.npy"},
    {.name = "images", .line = IMAGES, .output = "out.npy"},
    {.name = "learn", .line = LEARN "1", .output = "l.onnx", .before = new_training},
};

/* Numbers that look random, and labels for them: a file each. */
static void put_samples(const char *samples, const char *shape, size_t count, const char *labels,
                        int64_t classes)
{
    float *const x = malloc(count * sizeof *x);
    int64_t y[SAMPLES];
    assert_non_null(x);
    for (size_t i = 0; i < count; ++i)
        x[i] = (float)(i * 2654435761u % 1000) / 1000;
    for (int64_t i = 0; i < SAMPLES; ++i)
        y[i] = i * 7 % classes;
    tq_npy_put(samples, "<f4", shape, x, count * sizeof *x);
    tq_npy_put(labels, "<i8", "(32,)", y, sizeof y);
    free(x);
}

static char folder[64]; /* for the files */

static int start(void **state)
{
    char cache[4096];
    (void)state;
    tq_program_start(TQ_BINARY_DIRECTORY, folder);
    put_samples("samples.npy", "(32, 4)", SAMPLES * INPUTS, "labels.npy", 3);
    put_samples("images.npy", "(32, 1, 28, 28)", SAMPLES * IMAGE, "classes.npy", 10);
    assert_non_null(getcwd(cache, sizeof cache - 8));
    strcat(cache, "/cache");
    setenv("TQ_CACHE", cache, 1);
    tq_fault_log_start(TQ_BINARY_DIRECTORY);
    setenv("POCL_KERNEL_CACHE", "0", 1); /* else the library leaves programs to it */
    tq_program_expect(0, "", TRAIN "1 2>&1; mv t.onnx.checkpoint first.checkpoint");
    return 0;
}

static void test_some_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(scenarios); ++i)
        if (scenarios[i].calls != NULL)
            try_all(&scenarios[i], false);
    assert_int_equal(wrong, 0);
    assert_true(ended > 0 && done > 0);
}

/* Of the scenarios that the state, a list with NULL at the end, names. */
static void test_every_call(void **state)
{
    size_t tried = 0;
    for (size_t i = 0; i < TQ_COUNT(scenarios); ++i) {
        char **name = *state;
        while (*name != NULL && strcmp(*name, scenarios[i].name) != 0)
            ++name;
        if (*(char **)*state != NULL && *name == NULL)
            continue;
        ++tried;
        try_all(&scenarios[i], true);
    }
    assert_int_equal(wrong, 0);
    assert_true(tried > 0 && ended > 0 && done > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest some[] = {cmocka_unit_test(test_some_calls)};
    const struct CMUnitTest every[] = {
        {.name = "test_every_call", .test_func = test_every_call, .initial_state = argv + 2}};
    const bool all = argc > 1 && strcmp(argv[1], "all") == 0;
    snprintf(folder, sizeof folder, "opencl_faults%s%s", all ? "_all" : "", argc > 2 ? argv[2] : "");
    return all ? cmocka_run_group_tests(every, start, NULL) : cmocka_run_group_tests(some, start, NULL);
}
