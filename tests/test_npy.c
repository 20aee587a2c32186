/* NumPy files: headers byte by byte, damaged files, writing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/npy.h"
#include "util/fail.h"

#define FILE_NAME "array.npy"
#define F4        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"

static void write_bytes(const void *bytes, size_t size)
{
    FILE *file = fopen(FILE_NAME, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* A .npy file of this version, as NumPy's documentation describes it. */
static size_t make(unsigned char *to, int version, const char *dictionary, const void *data, size_t size)
{
    const size_t prefix = version == 1 ? 10 : 12, length = strlen(dictionary) + 1;
    memcpy(to, "\x93NUMPY", 6);
    to[6] = (unsigned char)version;
    to[7] = 0;
    to[8] = (unsigned char)(length & 255);
    to[9] = (unsigned char)(length >> 8);
    if (version > 1)
        to[10] = to[11] = 0;
    memcpy(to + prefix, dictionary, length - 1);
    to[prefix + length - 1] = '\n';
    memcpy(to + prefix + length, data, size);
    return prefix + length + size;
}

static void write_npy(int version, const char *dictionary, const void *data, size_t size)
{
    unsigned char file[1024];
    write_bytes(file, make(file, version, dictionary, data, size));
}

static const float six[6] = {0.0f, -1.5f, 0x1p-149f, 0x1.fffffep127f, 3.0f, 1e-3f};

static void expect_six(void)
{
    tq_shape shape;
    float *values;
    if (tq_npy_read(FILE_NAME, &shape, &values) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_true(tq_shape_equal(&shape, &(tq_shape){.rank = 2, .dim = {2, 3}}));
    assert_memory_equal(values, six, sizeof six);
    tq_npy_free(values);
}

static void expect_failure(tq_status status, const char *part)
{
    tq_shape shape;
    float *values = (float *)&shape;
    const tq_status got = tq_npy_read(FILE_NAME, &shape, &values);
    if (got != status || strstr(tq_error(), part) == NULL || strstr(tq_error(), FILE_NAME) == NULL)
        fail_msg("%s: '%s', expected %s: '%s'", tq_status_name(got), tq_error(), tq_status_name(status),
                 part);
    assert_null(values);
}

static void versions(void **state)
{
    (void)state;
    for (int version = 1; version <= 3; ++version) {
        write_npy(version, F4, six, sizeof six);
        expect_six();
    }
    write_npy(4, F4, six, sizeof six);
    expect_failure(TQ_E_UNSUPPORTED, ".npy format 4.0");
}

static void headers_of_any_spelling(void **state)
{
    static const char *const headers[] = {
        "{\"shape\":(2,3),\"descr\":\"<f4\",\"fortran_order\":False}",
        "{ 'shape' : ( 2 , 3 , ) , 'fortran_order' : False , 'descr' : '<f4' , }       ",
    };
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(headers); ++i) {
        write_npy(1, headers[i], six, sizeof six);
        expect_six();
    }
}

static void bad_headers(void **state)
{
    static const struct {
        const char *header, *text;
        tq_status status;
    } rows[] = {
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", "float64", TQ_E_UNSUPPORTED},
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }", "'>f4'", TQ_E_UNSUPPORTED},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }", "'<i4'", TQ_E_UNSUPPORTED},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (2, 3), }", "'|O'", TQ_E_UNSUPPORTED},
        {"{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (6,), }", "records", TQ_E_UNSUPPORTED},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", "Fortran", TQ_E_UNSUPPORTED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,2,3), }", "6 dimensions",
         TQ_E_UNSUPPORTED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 0), }", "2x0", TQ_E_UNSUPPORTED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 2), }", "elements",
         TQ_E_UNSUPPORTED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "too large",
         TQ_E_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3), }", "not a number", TQ_E_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2 3), }", "numbers", TQ_E_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3", "number", TQ_E_FORMAT},
        {"{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2, 3), }", "truth", TQ_E_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, }", "missing", TQ_E_FORMAT},
        {"{'descr': '<f4', 'descr': '<f4', 'shape': (2, 3), }", "twice", TQ_E_FORMAT},
        {"{'descr': '<f4', 'colour': 1, 'shape': (2, 3), }", "unknown", TQ_E_FORMAT},
        {"{'descr': '<f4123456789012345', 'fortran_order': False, 'shape': (2, 3), }", "too long",
         TQ_E_FORMAT},
        {"2 3", "dictionary", TQ_E_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }", "2x4", TQ_E_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", "2x2", TQ_E_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2305843009213693952, 2), }", "needs",
         TQ_E_FORMAT},
    };
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(rows); ++i) {
        write_npy(1, rows[i].header, six, sizeof six);
        expect_failure(rows[i].status, rows[i].text);
    }
}

static void every_truncation_fails(void **state)
{
    unsigned char file[1024];
    tq_shape shape;
    float *values;
    (void)state;
    for (int version = 1; version <= 2; ++version) {
        const size_t size = make(file, version, F4, six, sizeof six);
        for (size_t length = 0; length < size; ++length) {
            write_bytes(file, length);
            assert_int_equal(tq_npy_read(FILE_NAME, &shape, &values), TQ_E_FORMAT);
        }
    }
    expect_failure(TQ_E_FORMAT, "");
    remove(FILE_NAME);
    expect_failure(TQ_E_FILE, "No such file");
}

static void what_is_written(void **state)
{
    unsigned char bytes[256];
    static const char start[] = "\x93NUMPY\x01\x00\x76\x00" F4;
    (void)state;
    assert_int_equal(tq_npy_write(FILE_NAME, &(tq_shape){.rank = 2, .dim = {2, 3}}, six), TQ_OK);
    FILE *file = fopen(FILE_NAME, "rb");
    assert_non_null(file);
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_int_equal(size, 128 + sizeof six);
    assert_memory_equal(bytes, start, sizeof start - 1);
    for (size_t i = sizeof start - 1; i < 127; ++i)
        assert_int_equal(bytes[i], ' ');
    assert_int_equal(bytes[127], '\n');
    assert_memory_equal(bytes + 128, six, sizeof six);
    expect_six();
}

static void every_rank_comes_back(void **state)
{
    (void)state;
    for (int rank = 0; rank <= TQ_MAX_RANK; ++rank) {
        tq_shape shape = {.rank = rank}, got;
        float values[64], *read;
        for (int i = 0; i < rank; ++i)
            shape.dim[i] = 2;
        for (int i = 0; i < 64; ++i)
            values[i] = (float)i / 7.0f;
        assert_int_equal(tq_npy_write(FILE_NAME, &shape, values), TQ_OK);
        if (tq_npy_read(FILE_NAME, &got, &read) != TQ_OK)
            fail_msg("%s", tq_error());
        assert_true(tq_shape_equal(&shape, &got));
        assert_memory_equal(read, values, ((size_t)1 << rank) * sizeof *read);
        tq_npy_free(read);
    }
}

static void failed_writes(void **state)
{
    const tq_shape shape = {.rank = 2, .dim = {2, 3}};
    struct stat info;
    (void)state;
    assert_int_equal(tq_npy_write("no/such/array.npy", &shape, six), TQ_E_FILE);
    assert_non_null(strstr(tq_error(), "no/such/array.npy"));
    assert_int_equal(tq_npy_write(".", &shape, six), TQ_E_FILE);
    assert_int_equal(tq_npy_write(FILE_NAME, &(tq_shape){.rank = 1, .dim = {0}}, six), TQ_E_SHAPE);
    assert_int_equal(tq_npy_write(NULL, &shape, six), TQ_E_ARGUMENT);
    if (stat("/dev/full", &info) != 0 || !S_ISCHR(info.st_mode))
        return;
    assert_int_equal(tq_npy_write("/dev/full", &shape, six), TQ_E_FILE);
    assert_non_null(strstr(tq_error(), "No space left"));
    assert_int_equal(stat("/dev/full", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
}

/* What stands under the name is either the old file or the new one, and nothing else remains. */
static void a_write_replaces(void **state)
{
    (void)state;
    write_bytes("old", 3);
    assert_int_equal(tq_npy_write(FILE_NAME, &(tq_shape){.rank = 2, .dim = {2, 3}}, six), TQ_OK);
    expect_six();
    assert_int_equal(remove(FILE_NAME), 0);
}

static void labels(void **state)
{
    static const struct {
        const char *type;
        size_t size;
        unsigned char bytes[16];
        int32_t value[2];
        tq_status status;
    } rows[] = {
        {"|u1", 2, {7, 255}, {7, 255}, TQ_OK},
        {"|i1", 2, {7, 255}, {7, -1}, TQ_OK},
        {"<u2", 4, {1, 2, 255, 255}, {513, 65535}, TQ_OK},
        {">i2", 4, {1, 2, 255, 254}, {258, -2}, TQ_OK},
        {"<i4", 8, {1, 0, 0, 0, 255, 255, 255, 127}, {1, INT32_MAX}, TQ_OK},
        {">u4", 8, {0, 0, 1, 0, 127, 255, 255, 255}, {256, INT32_MAX}, TQ_OK},
        {"<i8", 16, {9, 0, 0, 0, 0, 0, 0, 0, 253, 255, 255, 255, 255, 255, 255, 255}, {9, -3}, TQ_OK},
        {"<u4", 8, {0, 0, 0, 0, 0, 0, 0, 128}, {0, 0}, TQ_E_FORMAT},
        {"<i8", 16, {0, 0, 0, 0, 1}, {0, 0}, TQ_E_FORMAT},
        {"<f4", 8, {0}, {0, 0}, TQ_E_UNSUPPORTED},
        {"<U1", 2, {0}, {0, 0}, TQ_E_UNSUPPORTED},
    };
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(rows); ++i) {
        char header[128];
        int64_t count = 0;
        int32_t *read = NULL;
        snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (2,%s), }",
                 rows[i].type, i % 2 == 0 ? "" : " 1");
        write_npy(1, header, rows[i].bytes, rows[i].size);
        const tq_status status = tq_npy__read_labels(FILE_NAME, &count, &read);
        if (status != rows[i].status)
            fail_msg("'%s': %s", rows[i].type, status == TQ_OK ? "read" : tq_error());
        if (status == TQ_OK) {
            assert_int_equal(count, 2);
            assert_memory_equal(read, rows[i].value, sizeof rows[i].value);
        }
        free(read);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions),         cmocka_unit_test(headers_of_any_spelling),
        cmocka_unit_test(bad_headers),      cmocka_unit_test(every_truncation_fails),
        cmocka_unit_test(what_is_written),  cmocka_unit_test(every_rank_comes_back),
        cmocka_unit_test(failed_writes),    cmocka_unit_test(labels),
        cmocka_unit_test(a_write_replaces), /* the last: the directory is empty afterwards */
    };
    char directory[] = "/tmp/tq_npy_XXXXXX";
    if (mkdtemp(directory) == NULL || chdir(directory) != 0)
        return 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return rmdir(directory) == 0 ? failed : 1;
}
