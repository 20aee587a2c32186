/*
 * ONNX's own test vectors (Debian: libonnx-testdata) through the importer and the layers, on the default
 * device. The vectors give weights as further inputs: they become initializers. Expected outputs are the
 * files'. The list, onnx-vectors.txt, says which must pass and which are refused, and why.
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
#include "support/device_test.h"
#include "util/file.h"

#ifndef TQ_ONNX_TESTDATA
#define TQ_ONNX_TESTDATA "/usr/share/libonnx-testdata/data"
#endif

#define MOST_INPUTS   8
#define MOST_INTEGERS 256
#define MOST_BYTES    ((size_t)1 << 28)

typedef struct vector {
    char name[120];
    bool exact;          /* no arithmetic: the same bits */
    const char *refusal; /* part of the text with which the import must refuse it; NULL: it must pass */
} vector;

/* A line "name exact" or "name near refused text"; false for an empty one or a comment. */
static bool read_vector(char *line, vector *v)
{
    char how[16];
    line[strcspn(line, "\n")] = '\0';
    char *refusal = strstr(line, " refused ");
    v->refusal = refusal != NULL ? refusal + strlen(" refused ") : NULL;
    if (line[0] == '#' || line[0] == '\0')
        return false;
    assert_int_equal(sscanf(line, "%119s %15s", v->name, how), 2);
    v->exact = strcmp(how, "exact") == 0;
    assert_true(v->exact || strcmp(how, "near") == 0);
    return true;
}

/* One vector's files. */
typedef struct files {
    Onnx__ModelProto *model;
    Onnx__TensorProto *input[MOST_INPUTS], *output; /* of the output that is tested */
    size_t input_count, outputs;                    /* the model has */
} files;

static void *unpack(const ProtobufCMessageDescriptor *type, const char *name, const char *file)
{
    char path[512];
    unsigned char *data;
    size_t size;
    snprintf(path, sizeof path, TQ_ONNX_TESTDATA "/%s/%s", name, file);
    if (tq_file__read(path, MOST_BYTES, &data, &size) != TQ_OK)
        return NULL;
    void *message = protobuf_c_message_unpack(type, NULL, size, data);
    free(data);
    return message;
}

static void keep_output(Onnx__GraphProto *graph, size_t output)
{
    for (size_t i = 0; i < graph->n_output; ++i)
        if (i != output)
            onnx__value_info_proto__free_unpacked(graph->output[i], NULL);
    graph->output[0] = graph->output[output];
    graph->n_output = 1;
}

/* A model has one output here: number `output` of those that it has, or all of them for -1. */
static bool read_files(files *f, const char *name, int output)
{
    char file[64];
    snprintf(file, sizeof file, "test_data_set_0/output_%d.pb", output < 0 ? 0 : output);
    *f = (files){.model = unpack(&onnx__model_proto__descriptor, name, "model.onnx"),
                 .output = unpack(&onnx__tensor_proto__descriptor, name, file)};
    f->outputs = f->model != NULL ? f->model->graph->n_output : 0;
    if (output >= 0 && (size_t)output < f->outputs)
        keep_output(f->model->graph, (size_t)output);
    for (; f->input_count < MOST_INPUTS; ++f->input_count) {
        snprintf(file, sizeof file, "test_data_set_0/input_%zu.pb", f->input_count);
        f->input[f->input_count] = unpack(&onnx__tensor_proto__descriptor, name, file);
        if (f->input[f->input_count] == NULL)
            break;
    }
    return f->model != NULL && f->output != NULL;
}

static void free_files(files *f)
{
    onnx__model_proto__free_unpacked(f->model, NULL);
    onnx__tensor_proto__free_unpacked(f->output, NULL);
    for (size_t i = 0; i < f->input_count; ++i)
        onnx__tensor_proto__free_unpacked(f->input[i], NULL);
}

/* Old vectors use operator sets below 7, whose operators differ only by attributes that say the same. */
static void raise_opset(Onnx__ModelProto *model)
{
    if (model->opset_import[0]->version >= 7)
        return;
    model->opset_import[0]->version = 7;
    for (size_t i = 0; i < model->graph->n_node; ++i) {
        Onnx__NodeProto *node = model->graph->node[i];
        size_t kept = 0;
        for (size_t j = 0; j < node->n_attribute; ++j) {
            Onnx__AttributeProto *attribute = node->attribute[j];
            if (strcmp(attribute->name, "is_test") == 0 || strcmp(attribute->name, "broadcast") == 0)
                onnx__attribute_proto__free_unpacked(attribute, NULL);
            else
                node->attribute[kept++] = attribute;
        }
        node->n_attribute = kept;
    }
}

/* In operator set 6 the slopes of PRelu are the channels'; since then they are broadcast. */
static void raise_slopes(files *f)
{
    const Onnx__GraphProto *graph = f->model->graph;
    if (f->model->opset_import[0]->version >= 7 || strcmp(graph->node[0]->op_type, "PRelu") != 0)
        return;
    assert_true(f->input_count > 1 || graph->n_initializer == 1);
    Onnx__TensorProto *slopes = f->input_count > 1 ? f->input[1] : graph->initializer[0];
    const size_t rank = f->input[0]->n_dims - 1;
    slopes->dims = realloc(slopes->dims, rank * sizeof *slopes->dims);
    assert_non_null(slopes->dims);
    while (slopes->n_dims < rank)
        slopes->dims[slopes->n_dims++] = 1;
}

/* Inputs after the first take the names of the graph's inputs, unless the model has these as initializers. */
static size_t name_inputs(files *f, const Onnx__TensorProto **extra)
{
    for (size_t i = 1; i < f->input_count; ++i) {
        assert_true(i < f->model->graph->n_input);
        free(f->input[i]->name);
        f->input[i]->name = strdup(f->model->graph->input[i]->name);
        extra[i - 1] = f->input[i];
    }
    return f->input_count > 0 ? f->input_count - 1 : 0;
}

/* Places are integers there, and numbers here. */
static float *floats_of_integers(const tq_onnx_value *value)
{
    int64_t integers[MOST_INTEGERS];
    size_t count;
    if (tq_onnx__integers(value, integers, MOST_INTEGERS, &count) != TQ_OK)
        fail_msg("%s", tq_error());
    float *values = malloc(count * sizeof *values);
    for (size_t i = 0; i < count; ++i)
        values[i] = (float)integers[i];
    return values;
}

static float *floats_of(const Onnx__TensorProto *tensor)
{
    float *values = NULL;
    const tq_onnx_value value = {.role = TQ_ONNX_CONSTANT, .shape = tq_onnx__dims(tensor), .source = tensor};
    if (tensor->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64)
        return floats_of_integers(&value);
    if (tq_onnx__any_floats(&value, &values) != TQ_OK)
        fail_msg("%s", tq_error());
    return values;
}

static bool close_enough(float got, float wanted, float largest, bool exact)
{
    if (isnan(got) || isnan(wanted))
        return isnan(got) && isnan(wanted);
    if (exact)
        return memcmp(&got, &wanted, sizeof got) == 0 || (got == 0 && wanted == 0);
    return fabsf(got - wanted) <= 1e-5f * fabsf(wanted) + 1e-6f * largest;
}

static bool same(const float *got, const float *wanted, int64_t count, const vector *v)
{
    float largest = 0;
    for (int64_t i = 0; i < count; ++i)
        largest = fmaxf(largest, fabsf(wanted[i]));
    for (int64_t i = 0; i < count; ++i)
        if (!close_enough(got[i], wanted[i], largest, v->exact)) {
            printf("FAILED  %s: element %lld is %.9g, expected %.9g\n", v->name, (long long)i, (double)got[i],
                   (double)wanted[i]);
            return false;
        }
    return true;
}

/* Runs the network on input 0 and compares. */
static bool run(tq_network *network, const files *f, const vector *v)
{
    const tq_shape wanted_shape = tq_onnx__dims(f->output), input_shape = tq_onnx__dims(f->input[0]);
    const int64_t samples = input_shape.dim[0], count = tq_shape_count(&wanted_shape);
    tq_shape in, out;
    if (tq_network_plan(network, &(tq_plan){.batch = samples}) != TQ_OK ||
        tq_network_shapes(network, &in, &out) != TQ_OK) {
        printf("FAILED  %s: %s\n", v->name, tq_error());
        return false;
    }
    assert_true(tq_shape_equal(&in, &input_shape));
    assert_true(tq_shape_equal(&out, &wanted_shape));
    float *input = floats_of(f->input[0]), *wanted = floats_of(f->output);
    float *got = malloc((size_t)count * sizeof *got);
    bool passed = tq_network_forward(network, input, samples, 0, got) == TQ_OK;
    if (!passed)
        printf("FAILED  %s: %s\n", v->name, tq_error());
    passed = passed && same(got, wanted, count, v);
    free(got);
    free(wanted);
    free(input);
    return passed;
}

/* One of the outputs, which is the only one then; *outputs is how many there are. */
static bool check_output(tq_context *context, const vector *v, int output, size_t *outputs)
{
    files f;
    const Onnx__TensorProto *extra[MOST_INPUTS];
    tq_network *network = NULL;
    bool passed;
    const bool there = read_files(&f, v->name, output);
    *outputs = f.outputs;
    if (!there) {
        printf("FAILED  %s: cannot be read\n", v->name);
        free_files(&f);
        return false;
    }
    raise_slopes(&f);
    raise_opset(f.model);
    const tq_status status = tq_onnx__import(&network, context, f.model, extra, name_inputs(&f, extra));
    if (v->refusal != NULL) {
        passed = status != TQ_OK && strstr(tq_error(), v->refusal) != NULL;
        printf("%s %s: %s\n", passed ? "refused" : "FAILED ", v->name,
               status != TQ_OK ? tq_error() : "imported");
    } else if (status != TQ_OK) {
        passed = false;
        printf("FAILED  %s: %s\n", v->name, tq_error());
    } else {
        passed = run(network, &f, v);
        if (passed)
            printf("passed  %s\n", v->name);
    }
    tq_network_destroy(network);
    free_files(&f);
    return passed;
}

static bool check_vector(tq_context *context, const vector *v)
{
    size_t outputs;
    const bool training =
        strstr(v->name, "layer_normalization") != NULL; /* means and deviations are for it */
    bool passed = check_output(context, v, v->refusal != NULL && !training ? -1 : 0, &outputs);
    for (size_t i = 1; passed && v->refusal == NULL && !training && i < outputs; ++i)
        passed = check_output(context, v, (int)i, &outputs);
    return passed;
}

static void all_vectors(void **state)
{
    size_t count = 0, failed = 0;
    char line[400];
    vector v;
    FILE *list = fopen(TQ_SOURCE_DIRECTORY "/tests/onnx-vectors.txt", "r");
    assert_non_null(list);
    while (fgets(line, sizeof line, list) != NULL)
        if (read_vector(line, &v)) {
            failed += !check_vector(*state, &v);
            ++count;
        }
    fclose(list);
    printf("%zu vectors, %zu failed\n", count, failed);
    assert_int_equal(failed, 0);
    assert_true(count > 300);
}

int main(void)
{
    struct stat info;
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_vectors)};
    if (stat(TQ_ONNX_TESTDATA "/node", &info) != 0) {
        printf("skipped: %s is missing (Debian: libonnx-testdata)\n", TQ_ONNX_TESTDATA);
        return 77;
    }
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
