/*
 * The nine networks of the folder `light` in ONNX's wheel (scripts/fetch-onnx-wheel): imported, planned, and
 * run on their input arange(n) / n. In float the output must be the reference output of the wheel; then every
 * loop is quantized. Each network runs in a process of its own, whose peak of memory is measured.
 *
 *     slow_light [NAME...]     exit status 77: the wheel is not there
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io/onnx_graph.h"
#include "tensorquant/tensorquant.h"
#include "util/file.h"

#define DATA       TQ_BINARY_DIRECTORY "/onnx-wheel/onnx/backend/test/data/light/light_"
#define RELATIVE   1e-3 /* as ONNX's own test has them */
#define ABSOLUTE   1e-7
#define MOST_KB    (4 << 20)
#define MOST_BYTES ((size_t)1 << 24)

static const char *const names[] = {"bvlc_alexnet", "densenet121", "inception_v1", "inception_v2", "resnet50",
                                    "shufflenet",   "squeezenet",  "vgg19",        "zfnet512"};

static void require(bool holds, const char *name, const char *text)
{
    if (holds)
        return;
    printf("%s: %s\n", name, text);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static float *read_expected(const char *name, int64_t count)
{
    char path[4096];
    unsigned char *data;
    size_t size;
    float *values;
    snprintf(path, sizeof path, DATA "%s_output_0.pb", name);
    require(tq_file__read(path, MOST_BYTES, &data, &size) == TQ_OK, name, tq_error());
    Onnx__TensorProto *const tensor = onnx__tensor_proto__unpack(NULL, size, data);
    require(tensor != NULL, name, "the reference output is damaged");
    const tq_onnx_value value = {.role = TQ_ONNX_CONSTANT, .shape = tq_onnx__dims(tensor), .source = tensor};
    require(tq_onnx__floats(&value, &values) == TQ_OK, name, tq_error());
    require(tq_shape_count(&value.shape) == count, name, "the output has another size than the reference");
    onnx__tensor_proto__free_unpacked(tensor, NULL);
    free(data);
    return values;
}

/* arange(n) / n in binary32, as the wheel's generator computed it. */
static float *make_input(int64_t count)
{
    float *const x = malloc((size_t)count * sizeof *x);
    for (int64_t i = 0; x != NULL && i < count; ++i)
        x[i] = (float)i / (float)count;
    return x;
}

/* The worst of |got - expected| / |expected|; infinite where the bound does not hold. */
static double worst(const float *got, const float *expected, int64_t count)
{
    double worst = 0;
    for (int64_t i = 0; i < count; ++i) {
        const double difference = fabs((double)got[i] - (double)expected[i]),
                     size = fabs((double)expected[i]);
        if (!(difference <= ABSOLUTE + RELATIVE * size))
            return (double)INFINITY;
        worst = fmax(worst, size > 0 ? difference / size : 0);
    }
    return worst;
}

/* Seconds of the second of two runs. */
static double run(tq_network *network, const char *name, const float *x, float *y)
{
    require(tq_network_forward(network, x, 1, 0, y) == TQ_OK, name, tq_error());
    const double begun = now();
    require(tq_network_forward(network, x, 1, 0, y) == TQ_OK, name, tq_error());
    return now() - begun;
}

static void run_model(const char *name)
{
    char path[4096];
    tq_context *context;
    tq_network *network;
    tq_map *map;
    tq_shape input, output;
    const double begun = now();
    snprintf(path, sizeof path, DATA "%s.onnx", name);
    require(tq_context_open(&context, NULL) == TQ_OK, name, tq_error());
    require(tq_network_load_onnx(&network, context, path) == TQ_OK, name, tq_error());
    require(tq_network_plan(network, &(tq_plan){0}) == TQ_OK, name, tq_error());
    require(tq_network_shapes(network, &input, &output) == TQ_OK, name, tq_error());
    const double ready = now();
    const int64_t count = tq_shape_count(&output);
    float *const x = make_input(tq_shape_count(&input)), *const y = malloc((size_t)count * sizeof *y),
                 *const expected = read_expected(name, count);
    require(x != NULL && y != NULL, name, "no memory");
    const double plain = run(network, name, x, y), error = worst(y, expected, count);
    require(tq_map_parse(&map, "nearest,16,8") == TQ_OK, name, tq_error());
    require(tq_network_plan(network, &(tq_plan){.intrinsic = map}) == TQ_OK, name, tq_error());
    const double quantized = run(network, name, x, y);
    printf("%-14s %10.1f %10.3f %12.1e %14.3f", name, ready - begun, plain, error, quantized);
    fflush(stdout);
    require(isfinite(error), name, "the output is not the reference's");
    tq_map_destroy(map);
    tq_network_destroy(network);
    tq_context_close(context);
    free(x);
    free(y);
    free(expected);
}

/* Whether all went well. */
static bool run_apart(const char *name)
{
    struct rusage used;
    int status = 1;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        run_model(name);
        fflush(stdout);
        _exit(0);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child || status != 0) {
        printf("%s failed\n", name);
        return false;
    }
    printf(" %8ld\n", used.ru_maxrss / 1024);
    return used.ru_maxrss < MOST_KB;
}

int main(int argc, char **argv)
{
    struct stat info;
    int failures = 0;
    if (stat(DATA "vgg19.onnx", &info) != 0)
        return puts("skipped: " DATA "vgg19.onnx is missing: run scripts/fetch-onnx-wheel"), 77;
    printf("%-14s %10s %10s %12s %14s %8s\n", "network", "ready s", "float s", "error", "nearest,16,8 s",
           "MiB");
    for (size_t i = 0; i < TQ_COUNT(names); ++i) {
        bool wanted = argc < 2;
        for (int j = 1; j < argc; ++j)
            wanted = wanted || strcmp(argv[j], names[i]) == 0;
        failures += wanted && !run_apart(names[i]);
    }
    return failures > 0;
}
