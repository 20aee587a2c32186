/* Data sets: idx files plain and gzip, NumPy files, Fashion-MNIST where it is installed. */
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
#include <zlib.h>

#include "tensorquant/dataset.h"
#include "util/fail.h"

/* Two images of 2 rows and 3 columns, and their labels. */
static const unsigned char images[] = {0, 0, 8, 3, 0, 0,  0,   2,   0,  0,  0,  2,  0,  0,
                                       0, 3, 0, 1, 2, 51, 128, 255, 10, 20, 30, 40, 50, 60};
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 9};

static void write_file(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void write_gzip(const char *name, const void *bytes, size_t size)
{
    gzFile file = gzopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), size);
    assert_int_equal(gzclose(file), Z_OK);
}

static tq_dataset *open_set(const char *spec)
{
    tq_dataset *set;
    if (tq_dataset_open(&set, spec) != TQ_OK)
        fail_msg("%s", tq_error());
    return set;
}

static void expect_failure(tq_status status, const char *spec, const char *part)
{
    tq_dataset *set = (tq_dataset *)&set;
    const tq_status got = tq_dataset_open(&set, spec);
    if (got != status || strstr(tq_error(), part) == NULL)
        fail_msg("'%s': %s '%s', expected %s '%s'", spec, tq_status_name(got), tq_error(),
                 tq_status_name(status), part);
    assert_null(set);
}

static void expect_two_images(tq_dataset *set)
{
    float sample[12];
    int32_t label[2];
    assert_int_equal(tq_dataset_count(set), 2);
    assert_true(tq_shape_equal(tq_dataset_sample_shape(set), &(tq_shape){.rank = 3, .dim = {1, 2, 3}}));
    assert_true(tq_dataset_has_labels(set));
    assert_int_equal(tq_dataset_read(set, 0, 2, sample, label), TQ_OK);
    for (int i = 0; i < 12; ++i)
        assert_true(sample[i] == (float)((double)images[16 + i] / 255.0));
    assert_int_equal(label[0], 7);
    assert_int_equal(label[1], 9);
    tq_dataset_close(set);
}

static void idx_files(void **state)
{
    (void)state;
    write_file("images", images, sizeof images);
    write_file("labels", labels, sizeof labels);
    expect_two_images(open_set("idx:images,labels"));
    write_gzip("images", images, sizeof images);
    write_gzip("labels", labels, sizeof labels);
    expect_two_images(open_set("idx:images,labels"));
}

static void parts_of_a_set(void **state)
{
    float sample[6] = {0};
    int32_t label = 0;
    (void)state;
    write_file("images", images, sizeof images);
    write_file("labels", labels, sizeof labels);
    tq_dataset *set = open_set("idx:images,labels");
    assert_int_equal(tq_dataset_read(set, 1, 1, sample, NULL), TQ_OK);
    assert_true(sample[0] == 10.0f / 255.0f && sample[5] == 60.0f / 255.0f);
    assert_int_equal(tq_dataset_read(set, 1, 1, NULL, &label), TQ_OK);
    assert_int_equal(label, 9);
    assert_int_equal(tq_dataset_read(set, 2, 0, sample, &label), TQ_OK);
    assert_int_equal(tq_dataset_read(set, 1, 2, NULL, NULL), TQ_E_ARGUMENT);
    assert_int_equal(tq_dataset_read(set, -1, 1, NULL, NULL), TQ_E_ARGUMENT);
    assert_int_equal(tq_dataset_read(set, 0, -1, NULL, NULL), TQ_E_ARGUMENT);
    assert_int_equal(tq_dataset_read(set, 1, INT64_MAX, NULL, NULL), TQ_E_ARGUMENT);
    assert_non_null(strstr(tq_error(), "the data set has 2"));
    tq_dataset_close(set);
}

/* Byte b must be the binary32 nearest to b/255, which the double quotient rounds to as well. */
static void every_byte(void **state)
{
    unsigned char file[16 + 256] = {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 16, 0, 0, 0, 16},
                            one[] = {0, 0, 8, 1, 0, 0, 0, 1, 0};
    float sample[256];
    (void)state;
    for (int i = 0; i < 256; ++i)
        file[16 + i] = (unsigned char)i;
    write_file("images", file, sizeof file);
    write_file("labels", one, sizeof one);
    tq_dataset *set = open_set("idx:images,labels");
    assert_int_equal(tq_dataset_read(set, 0, 1, sample, NULL), TQ_OK);
    for (int i = 0; i < 256; ++i)
        assert_true(sample[i] == (float)(i / 255.0));
    tq_dataset_close(set);
}

static void damaged_idx_files(void **state)
{
    unsigned char changed[sizeof images];
    (void)state;
    write_file("labels", labels, sizeof labels);
    for (size_t size = 0; size < sizeof images; ++size) {
        write_file("images", images, size);
        expect_failure(TQ_E_FORMAT, "idx:images,labels", "'images' is truncated");
    }
    write_file("images", images, sizeof images);
    expect_failure(TQ_E_FORMAT, "idx:labels,images", "'labels' has magic 2049, needs 2051");
    expect_failure(TQ_E_FORMAT, "idx:images,images", "'images' has magic 2051, needs 2049");
    memcpy(changed, images, sizeof images);
    memset(changed + 4, 255, 12);
    write_file("images", changed, sizeof changed);
    expect_failure(TQ_E_FORMAT, "idx:images,labels", "dimension 1 is 4294967295");
    memset(changed + 4, 0, 4);
    write_file("images", changed, sizeof changed);
    expect_failure(TQ_E_FORMAT, "idx:images,labels", "dimension 0 is 0");
    memcpy(changed, images, sizeof images);
    changed[8] = 64; /* 3 GiB announced: the end of the file must come before the memory */
    changed[11] = 0;
    write_file("images", changed, sizeof changed);
    expect_failure(TQ_E_FORMAT, "idx:images,labels", "truncated");
}

static void counts_must_agree(void **state)
{
    static const unsigned char three[] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 9, 1};
    (void)state;
    write_file("images", images, sizeof images);
    write_file("labels", three, sizeof three);
    expect_failure(TQ_E_FORMAT, "idx:images,labels", "has 2 images, 'labels' has 3 labels");
    write_file("labels", labels, sizeof labels - 1);
    expect_failure(TQ_E_FORMAT, "idx:images,labels", "'labels' is truncated");
    write_file("labels", three, sizeof three);
    write_file("images", three, sizeof three);
    write_file("images", images, sizeof images);
    remove("labels");
    expect_failure(TQ_E_FILE, "idx:images,labels", "'labels': No such file");
}

static void damaged_gzip(void **state)
{
    unsigned char bytes[256];
    (void)state;
    write_file("labels", labels, sizeof labels);
    write_gzip("images", images, sizeof images);
    FILE *file = fopen("images", "rb");
    assert_non_null(file);
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t length = 2; length < size; ++length) {
        write_file("images", bytes, length);
        expect_failure(TQ_E_FORMAT, "idx:images,labels", "'images'");
    }
    bytes[size - 8] ^= 1; /* the checksum */
    write_file("images", bytes, size);
    expect_failure(TQ_E_FORMAT, "idx:images,labels", "'images' is damaged");
}

static void more_than_announced(void **state)
{
    unsigned char longer[sizeof images + 1] = {0};
    (void)state;
    memcpy(longer, images, sizeof images);
    write_file("labels", labels, sizeof labels);
    write_file("images", longer, sizeof longer);
    expect_failure(TQ_E_FORMAT, "idx:images,labels", "more bytes");
}

static void npy_files(void **state)
{
    static const float values[6] = {1, -2, 3, 4, 5.5f, 6};
    static const unsigned char one[] =
        "\x93NUMPY\x01\x00\x36\x00{'descr':'|u1','fortran_order':False,'shape':(3,)}   \n\x01\x02\x03";
    float sample[6];
    int32_t label[3];
    (void)state;
    assert_int_equal(tq_npy_write("inputs.npy", &(tq_shape){.rank = 2, .dim = {3, 2}}, values), TQ_OK);
    write_file("labels.npy", one, sizeof one - 1);
    tq_dataset *set = open_set("npy:inputs.npy,labels.npy");
    assert_int_equal(tq_dataset_count(set), 3);
    assert_true(tq_shape_equal(tq_dataset_sample_shape(set), &(tq_shape){.rank = 1, .dim = {2}}));
    assert_int_equal(tq_dataset_read(set, 0, 3, sample, label), TQ_OK);
    assert_memory_equal(sample, values, sizeof values);
    assert_true(label[0] == 1 && label[1] == 2 && label[2] == 3);
    assert_int_equal(tq_dataset_read(set, 2, 1, sample, label), TQ_OK);
    assert_true(sample[0] == 5.5f && sample[1] == 6.0f && label[0] == 3);
    tq_dataset_close(set);
    set = open_set("npy:inputs.npy");
    assert_false(tq_dataset_has_labels(set));
    assert_int_equal(tq_dataset_read(set, 0, 1, sample, NULL), TQ_OK);
    assert_int_equal(tq_dataset_read(set, 0, 1, sample, label), TQ_E_ARGUMENT);
    tq_dataset_close(set);
    assert_int_equal(tq_npy_write("inputs.npy", &(tq_shape){.rank = 2, .dim = {2, 3}}, values), TQ_OK);
    expect_failure(TQ_E_FORMAT, "npy:inputs.npy,labels.npy", "has 3 labels, there are 2 samples");
    assert_int_equal(tq_npy_write("inputs.npy", &(tq_shape){.rank = 1, .dim = {6}}, values), TQ_OK);
    expect_failure(TQ_E_FORMAT, "npy:inputs.npy", "1 dimension");
}

static void names(void **state)
{
    (void)state;
    expect_failure(TQ_E_NAME, "cifar",
                   "fashion-mnist, fashion-mnist-train, idx:IMAGES,LABELS, npy:INPUTS[,LABELS]");
    expect_failure(TQ_E_NAME, "", "unknown data set");
    expect_failure(TQ_E_SYNTAX, "idx", "write 'idx:IMAGES,LABELS'");
    expect_failure(TQ_E_SYNTAX, "idx:", "names");
    expect_failure(TQ_E_SYNTAX, "idx:images", "write 'idx:IMAGES,LABELS'");
    expect_failure(TQ_E_SYNTAX, "idx:images,", "names");
    expect_failure(TQ_E_SYNTAX, "npy:a,b,c", "one comma");
    expect_failure(TQ_E_SYNTAX, "fashion-mnist:x", "write 'fashion-mnist'");
    expect_failure(TQ_E_FILE, "npy:none.npy", "'none.npy': No such file");
    expect_failure(TQ_E_ARGUMENT, NULL, "NULL");
}

static void fashion_mnist_elsewhere(void **state)
{
    (void)state;
    assert_int_equal(setenv("TQ_FASHION_MNIST", ".", 1), 0);
    remove("t10k-images-idx3-ubyte.gz");
    expect_failure(TQ_E_FILE, "fashion-mnist", "dataset-fashion-mnist");
    write_gzip("t10k-images-idx3-ubyte.gz", images, sizeof images);
    expect_failure(TQ_E_FILE, "fashion-mnist", "./t10k-labels-idx1-ubyte.gz");
    write_gzip("t10k-labels-idx1-ubyte.gz", labels, sizeof labels);
    expect_two_images(open_set("fashion-mnist"));
    remove("t10k-images-idx3-ubyte.gz");
    remove("t10k-labels-idx1-ubyte.gz");
    assert_int_equal(unsetenv("TQ_FASHION_MNIST"), 0);
}

/* Sums and labels were taken from the files with zcat and od. */
static void fashion_mnist(void **state)
{
    static const int32_t first[10] = {9, 2, 1, 1, 6, 1, 4, 6, 5, 7};
    static const int64_t numbers[2] = {0, 9999};
    static const double sums[2] = {33456, 24390};
    static float sample[784];
    int32_t label[10];
    tq_dataset *set;
    (void)state;
    if (tq_dataset_open(&set, "fashion-mnist") != TQ_OK) {
        assert_non_null(strstr(tq_error(), "dataset-fashion-mnist"));
        skip();
    }
    assert_int_equal(tq_dataset_count(set), 10000);
    assert_true(tq_shape_equal(tq_dataset_sample_shape(set), &(tq_shape){.rank = 3, .dim = {1, 28, 28}}));
    assert_int_equal(tq_dataset_read(set, 0, 10, NULL, label), TQ_OK);
    assert_memory_equal(label, first, sizeof first);
    for (size_t i = 0; i < TQ_COUNT(numbers); ++i) {
        double sum = 0;
        assert_int_equal(tq_dataset_read(set, numbers[i], 1, sample, NULL), TQ_OK);
        for (int j = 0; j < 784; ++j)
            sum += (double)sample[j] * 255.0;
        assert_true(sum > sums[i] - 0.01 && sum < sums[i] + 0.01);
    }
    tq_dataset_close(set);
}

static int remove_files(void **state)
{
    static const char *const left[] = {"images", "labels", "inputs.npy", "labels.npy"};
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(left); ++i)
        remove(left[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idx_files),
        cmocka_unit_test(parts_of_a_set),
        cmocka_unit_test(every_byte),
        cmocka_unit_test(damaged_idx_files),
        cmocka_unit_test(counts_must_agree),
        cmocka_unit_test(damaged_gzip),
        cmocka_unit_test(more_than_announced),
        cmocka_unit_test(npy_files),
        cmocka_unit_test(names),
        cmocka_unit_test(fashion_mnist_elsewhere),
        cmocka_unit_test(fashion_mnist),
    };
    char directory[] = "/tmp/tq_data_XXXXXX";
    if (mkdtemp(directory) == NULL || chdir(directory) != 0)
        return 1;
    const int failed = cmocka_run_group_tests(tests, NULL, remove_files);
    return rmdir(directory) == 0 ? failed : 1;
}
