/*
 * ONNX's own vectors of integers and small floats, on the default device: those of Debian's libonnx-testdata,
 * and those of the wheel that scripts/fetch-onnx-wheel gets, which knows more types. Every result must be
 * that of the files, bit by bit.
 *
 *     test_onnx_integers [wheel]     exit status 77: Debian's vectors, or the wheel's, are not there
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "io/onnx_types.h"
#include "util/file.h"

#ifndef TQ_ONNX_TESTDATA
#define TQ_ONNX_TESTDATA "/usr/share/libonnx-testdata/data"
#endif
#define WHEEL_DATA  TQ_BINARY_DIRECTORY "/onnx-wheel/onnx/backend/test/data"
#define MOST_INPUTS 9
#define MOST_BYTES  ((size_t)1 << 24)

typedef struct vector {
    const char *name;
    const char *skipped; /* why it does not run here; the import must refuse it with a text that has this */
} vector;

#include "support/onnx_integer_vectors.h"

typedef struct files {
    Onnx__ModelProto *model;
    Onnx__TensorProto *input[MOST_INPUTS], *output;
    size_t input_count;
} files;

static void *unpack(const ProtobufCMessageDescriptor *type, const char *root, const char *name,
                    const char *file)
{
    char path[512];
    unsigned char *data;
    size_t size;
    snprintf(path, sizeof path, "%s/node/%s/%s", root, name, file);
    if (tq_file__read(path, MOST_BYTES, &data, &size) != TQ_OK)
        return NULL;
    void *message = protobuf_c_message_unpack(type, NULL, size, data);
    free(data);
    return message;
}

/* Debian's bfloat16 numbers are stored as uint16. */
static void retype(Onnx__TensorProto *tensor, const Onnx__ValueInfoProto *info)
{
    if (info->type->tensor_type->elem_type == 16)
        tensor->data_type = 16;
}

/* The model with output `output` only; false when it has no such output, or there is no vector. */
static bool read_files(files *f, const char *root, const char *name, size_t output)
{
    char file[64];
    snprintf(file, sizeof file, "test_data_set_0/output_%zu.pb", output);
    *f = (files){.model = unpack(&onnx__model_proto__descriptor, root, name, "model.onnx"),
                 .output = unpack(&onnx__tensor_proto__descriptor, root, name, file)};
    if (f->model == NULL || f->output == NULL)
        return false;
    Onnx__GraphProto *graph = f->model->graph;
    Onnx__ValueInfoProto *kept = graph->output[output];
    graph->output[output] = graph->output[0];
    graph->output[0] = kept;
    for (; graph->n_output > 1; --graph->n_output)
        onnx__value_info_proto__free_unpacked(graph->output[graph->n_output - 1], NULL);
    for (; f->input_count < MOST_INPUTS; ++f->input_count) {
        snprintf(file, sizeof file, "test_data_set_0/input_%zu.pb", f->input_count);
        f->input[f->input_count] = unpack(&onnx__tensor_proto__descriptor, root, name, file);
        if (f->input[f->input_count] == NULL)
            break;
    }
    for (size_t i = 0; i < f->input_count; ++i)
        retype(f->input[i], graph->input[i]);
    retype(f->output, graph->output[0]);
    return true;
}

static void free_files(files *f)
{
    onnx__model_proto__free_unpacked(f->model, NULL);
    onnx__tensor_proto__free_unpacked(f->output, NULL);
    for (size_t i = 0; i < f->input_count; ++i)
        onnx__tensor_proto__free_unpacked(f->input[i], NULL);
}

static size_t name_inputs(files *f, const Onnx__TensorProto **extra)
{
    for (size_t i = 1; i < f->input_count; ++i) {
        free(f->input[i]->name);
        f->input[i]->name = strdup(f->model->graph->input[i]->name);
        extra[i - 1] = f->input[i];
    }
    return f->input_count > 0 ? f->input_count - 1 : 0;
}

static float *floats_of(const Onnx__TensorProto *tensor)
{
    float *values = NULL;
    const tq_onnx_value value = {.role = TQ_ONNX_CONSTANT, .shape = tq_onnx__dims(tensor), .source = tensor};
    if (tq_onnx__any_floats(&value, &values) != TQ_OK)
        fail_msg("%s", tq_error());
    return values;
}

static bool same(float got, float wanted)
{
    return memcmp(&got, &wanted, sizeof got) == 0 || (isnan(got) && isnan(wanted));
}

/* Why the network's results are not the files'; empty: they are. */
static void run(tq_network *network, const files *f, char *why, size_t size)
{
    const tq_shape wanted_shape = tq_onnx__dims(f->output), input_shape = tq_onnx__dims(f->input[0]);
    const int64_t count = tq_shape_count(&wanted_shape), samples = input_shape.dim[0];
    tq_shape in, out;
    if (tq_network_plan(network, &(tq_plan){.batch = samples}) != TQ_OK ||
        tq_network_shapes(network, &in, &out) != TQ_OK) {
        snprintf(why, size, "%s", tq_error());
        return;
    }
    assert_int_equal(tq_shape_count(&out), count);
    float *input = floats_of(f->input[0]), *wanted = floats_of(f->output);
    float *got = malloc((size_t)count * sizeof *got);
    if (tq_network_forward(network, input, samples, 0, got) != TQ_OK)
        snprintf(why, size, "%s", tq_error());
    for (int64_t i = 0; *why == '\0' && i < count; ++i)
        if (!same(got[i], wanted[i]))
            snprintf(why, size, "element %lld is %.9g, should be %.9g", (long long)i, (double)got[i],
                     (double)wanted[i]);
    free(got);
    free(wanted);
    free(input);
}

/* One output of a vector; false, and `why` as it was, when there is no such output. */
static bool check_output(tq_context *context, const char *root, const char *name, size_t output, char *why,
                         size_t size)
{
    files f;
    const Onnx__TensorProto *extra[MOST_INPUTS];
    tq_network *network = NULL;
    const bool there = read_files(&f, root, name, output);
    if (there)
        *why = '\0';
    if (there && tq_onnx__import(&network, context, f.model, extra, name_inputs(&f, extra)) != TQ_OK)
        snprintf(why, size, "%s", tq_error());
    else if (there)
        run(network, &f, why, size);
    tq_network_destroy(network);
    free_files(&f);
    return there;
}

static bool check_vector(tq_context *context, const char *root, const vector *v)
{
    char why[512] = "cannot be read";
    for (size_t output = 0; check_output(context, root, v->name, output, why, sizeof why); ++output)
        if (*why != '\0')
            break;
    const bool as_expected = v->skipped != NULL ? strstr(why, v->skipped) != NULL : *why == '\0';
    printf("%s %s%s%s\n",
           !as_expected ? "FAILED "
           : v->skipped ? "skipped"
                        : "passed ",
           v->name, *why ? ": " : "", why);
    return as_expected;
}

static void check_all(tq_context *context, const char *root, const vector *vectors, size_t count)
{
    size_t failed = 0;
    for (size_t i = 0; i < count; ++i)
        failed += !check_vector(context, root, &vectors[i]);
    printf("%zu vectors, %zu failed\n", count, failed);
    assert_int_equal(failed, 0);
}

static void debian(void **state)
{
    check_all(*state, TQ_ONNX_TESTDATA, debian_vectors, TQ_COUNT(debian_vectors));
}

static void wheel(void **state)
{
    check_all(*state, WHEEL_DATA, wheel_vectors, TQ_COUNT(wheel_vectors));
}

static int open_context(void **state)
{
    return tq_context_open((tq_context **)state, NULL) == TQ_OK ? 0 : -1;
}

static int close_context(void **state)
{
    tq_context_close(*state);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest of_debian[] = {cmocka_unit_test(debian)}, of_wheel[] = {cmocka_unit_test(wheel)};
    const bool newer = argc > 1 && strcmp(argv[1], "wheel") == 0;
    struct stat info;
    if (stat(newer ? WHEEL_DATA "/node" : TQ_ONNX_TESTDATA "/node", &info) != 0) {
        printf("skipped: %s\n", newer ? WHEEL_DATA " is missing (scripts/fetch-onnx-wheel)"
                                      : TQ_ONNX_TESTDATA " is missing (Debian: libonnx-testdata)");
        return 77;
    }
    return newer ? cmocka_run_group_tests(of_wheel, open_context, close_context)
                 : cmocka_run_group_tests(of_debian, open_context, close_context);
}
