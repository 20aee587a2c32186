#define _GNU_SOURCE /* vasprintf */
#include "support/tq_program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/onnx_maker.h"

static char *print_line(const char *format, va_list arguments)
{
    char *line = NULL;
    if (vasprintf(&line, format, arguments) < 0)
        fail_msg("no memory");
    return line;
}

void tq_program_start(const char *build, const char *name)
{
    char *path = NULL;
    const char *const old = getenv("PATH");
    if (asprintf(&path, "%s:%s", build, old != NULL ? old : "") < 0)
        fail_msg("no memory");
    assert_int_equal(setenv("PATH", path, 1), 0);
    free(path);
    assert_int_equal(chdir(build), 0);
    /* Without the files of tq_program_run: tests that start together share this directory. */
    if (asprintf(&path, "rm -rf check_%s && mkdir check_%s", name, name) < 0)
        fail_msg("no memory");
    assert_int_equal(system(path), 0);
    free(path);
    if (asprintf(&path, "check_%s", name) < 0)
        fail_msg("no memory");
    assert_int_equal(chdir(path), 0);
    free(path);
    tq_inputs_write();
}

static char *take_file(const char *path)
{
    char *const text = tq_file_text(path, NULL);
    assert_non_null(text);
    remove(path);
    return text;
}

static tq_said run_line(const char *line)
{
    char *whole = NULL;
    if (asprintf(&whole, "{ %s\n} >.out 2>.err", line) < 0)
        fail_msg("no memory");
    const int status = system(whole);
    free(whole);
    return (tq_said){.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                     .out = take_file(".out"),
                     .err = take_file(".err")};
}

tq_said tq_program_run(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *const line = print_line(format, arguments);
    va_end(arguments);
    const tq_said said = run_line(line);
    free(line);
    return said;
}

void tq_said_free(tq_said *said)
{
    free(said->out);
    free(said->err);
    *said = (tq_said){0};
}

void tq_program_expect(int code, const char *expected, const char *line)
{
    tq_said said = run_line(line);
    if (said.code != code)
        fail_msg("%s: exit code %d, not %d\n%s", line, said.code, code, said.err);
    if (code == 0 ? said.err[0] != '\0' : strncmp(said.err, "tq: ", 4) != 0)
        fail_msg("%s: unexpected on stderr: %s", line, said.err);
    if (strstr(code == 0 ? said.out : said.err, expected) == NULL)
        fail_msg("%s: no '%s' in: %s", line, expected, code == 0 ? said.out : said.err);
    tq_said_free(&said);
}

json_t *tq_program_json(const char *format, ...)
{
    va_list arguments;
    json_error_t fault;
    va_start(arguments, format);
    char *const line = print_line(format, arguments);
    va_end(arguments);
    tq_said said = run_line(line);
    if (said.code != 0 || said.err[0] != '\0')
        fail_msg("%s: exit code %d: %s", line, said.code, said.err);
    json_t *const value = json_loads(said.out, JSON_REJECT_DUPLICATES, &fault);
    if (value == NULL)
        fail_msg("%s: not JSON: %s\n%s", line, fault.text, said.out);
    free(line);
    tq_said_free(&said);
    return value;
}

char *tq_file_text(const char *path, size_t *size)
{
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const size_t length = (size_t)ftell(file);
    rewind(file);
    char *const text = calloc(length + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, length, file), length);
    fclose(file);
    if (size != NULL)
        *size = length;
    return text;
}

void tq_file_put(const char *path, const void *data, size_t size)
{
    FILE *const file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void tq_file_expect(const char *path, const void *data, size_t size)
{
    size_t there;
    char *const text = tq_file_text(path, &there);
    if (text == NULL || there != size || memcmp(text, data, size) != 0)
        fail_msg("'%s' does not hold the %zu bytes that it should", path, size);
    free(text);
}

void tq_file_expect_same(const char *path, const char *other)
{
    size_t size;
    char *const text = tq_file_text(other, &size);
    assert_non_null(text);
    tq_file_expect(path, text, size);
    free(text);
}

void tq_npy_put(const char *path, const char *type, const char *shape, const void *data, size_t size)
{
    char text[256];
    char *const bytes = malloc(128 + size);
    const int length =
        snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type, shape);
    assert_non_null(bytes);
    assert_true(length < 117);
    memset(bytes, ' ', 128);
    memcpy(bytes, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(bytes + 10, text, (size_t)length);
    bytes[127] = '\n';
    memcpy(bytes + 128, data, size);
    tq_file_put(path, bytes, 128 + size);
    free(bytes);
}

static void put(const char *path, onnx_maker *maker)
{
    size_t size;
    uint8_t *const data = onnx_maker_pack(maker, &size);
    tq_file_put(path, data, size);
    free(data);
    onnx_maker_free(maker);
}

/* x -> op -> Gemm "classes" with a bias of `biases` numbers. */
static void put_model(const char *path, bool supported, int64_t biases)
{
    static const float identity[16] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    static const float classes[12] = {1, 0, 0.3f, 0, 1, 0, 0, 1, 0, 0, 0, 1};
    static const float bias[3] = {0, 0, -0.25f};
    onnx_maker *const maker = onnx_maker_new(13);
    onnx_maker_input(maker, "x", 2, (const int64_t[]){0, 4});
    onnx_maker_floats(maker, "identity", 2, (const int64_t[]){4, 4}, identity);
    onnx_maker_floats(maker, "w", 2, (const int64_t[]){4, 3}, classes);
    onnx_maker_floats(maker, "b", 1, &biases, bias);
    if (supported)
        onnx_maker_node(maker, "Gemm", "same", "x,identity", "middle");
    else
        onnx_maker_node(maker, "Strange", "strange", "x", "middle");
    onnx_maker_node(maker, "Gemm", "classes", "middle,w,b", "y");
    onnx_maker_output(maker, "y");
    put(path, maker);
}

/* x -> Gemm "classes" -> BatchNormalization "norm". */
static void put_norm(const char *path)
{
    static const float w[12] = {1, 0, 0.3f, 0, 1, 0, 0, 1, 0, 0, 0, 1}, ones[3] = {1, 1, 1},
                       zeros[3] = {0, 0, 0};
    onnx_maker *const maker = onnx_maker_new(13);
    onnx_maker_input(maker, "x", 2, (const int64_t[]){0, 4});
    onnx_maker_floats(maker, "w", 2, (const int64_t[]){4, 3}, w);
    onnx_maker_floats(maker, "one", 1, (const int64_t[]){3}, ones);
    onnx_maker_floats(maker, "zero", 1, (const int64_t[]){3}, zeros);
    onnx_maker_node(maker, "Gemm", "classes", "x,w", "middle");
    onnx_maker_node(maker, "BatchNormalization", "norm", "middle,one,zero,zero,one", "y");
    onnx_maker_output(maker, "y");
    put(path, maker);
}

/* A batch of four samples, turned: each output has a number of every sample. */
static void put_turned(const char *path)
{
    onnx_maker *const maker = onnx_maker_new(13);
    onnx_maker_input(maker, "x", 2, (const int64_t[]){4, 4});
    onnx_maker_node(maker, "Transpose", "turn", "x", "y");
    onnx_maker_output(maker, "y");
    put(path, maker);
}

/* A batch of four samples -> Gemm "classes" as in tiny.onnx -> less the mean of the samples. */
static void put_centred(const char *path)
{
    static const float classes[12] = {1, 0, 0.3f, 0, 1, 0, 0, 1, 0, 0, 0, 1}, bias[3] = {0, 0, -0.25f};
    onnx_maker *const maker = onnx_maker_new(13);
    onnx_maker_input(maker, "x", 2, (const int64_t[]){4, 4});
    onnx_maker_floats(maker, "w", 2, (const int64_t[]){4, 3}, classes);
    onnx_maker_floats(maker, "b", 1, (const int64_t[]){3}, bias);
    onnx_maker_node(maker, "Gemm", "classes", "x,w,b", "h");
    onnx_maker_ints(maker, onnx_maker_node(maker, "ReduceMean", "mean", "h", "m"), "axes", 1,
                    (const int64_t[]){0});
    onnx_maker_node(maker, "Sub", "centred", "h,m", "y");
    onnx_maker_output(maker, "y");
    put(path, maker);
}

void tq_inputs_write(void)
{
    const float nan = strtof("nan", NULL);
    const float x[24] = {1,    0,     0,     0, 0,    0.5f,  0.25f, 0, 0,   0, 0, 1,
                         0.5f, 0.25f, 0.25f, 0, 0.5f, 0.25f, 0.25f, 0, nan, 0, 0, 0};
    const int64_t y[6] = {0, 1, 2, 0, 1, 0};
    tq_npy_put("x.npy", "<f4", "(6, 4)", x, sizeof x);
    tq_npy_put("y.npy", "<i8", "(6,)", y, sizeof y);
    put_model("tiny.onnx", true, 3);
    put_model("badbias.onnx", true, 2);
    put_model("exp.onnx", false, 3);
    put_norm("norm.onnx");
    put_turned("turned.onnx");
    put_centred("centred.onnx");
}
