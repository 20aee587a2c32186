/* Image folders as data: images that the test writes byte by byte, pixels worked out by hand or by the
 * definition. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/image.h"
#include "support/image_writer.h"
#include "support/tq_program.h"
#include "tensorquant/dataset.h"

static image_bytes bytes;
static const unsigned char colours[12] = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120};

static void put_colours(const char *path)
{
    image_write_png(&bytes, 2, 2, 8, 2, colours, 6, NULL);
    tq_file_put(path, bytes.data, bytes.size);
}

static int start(void **state)
{
    (void)state;
    tq_program_start(TQ_BINARY_DIRECTORY, "images");
    if (TQ_HAVE_PNG == 0 || TQ_HAVE_JPEG == 0) {
        puts("skipped: built without libpng or libjpeg");
        exit(77);
    }
    mkdir("one", 0777);
    put_colours("one/a.png");
    return 0;
}

static tq_dataset *open_set(const char *spec)
{
    tq_dataset *set;
    if (tq_dataset_open(&set, spec) != TQ_OK)
        fail_msg("'%s': %s", spec, tq_error());
    return set;
}

/* All samples of a set are these numbers. */
static void expect_numbers(const char *spec, const char *shape, const float *numbers, size_t count)
{
    char text[160];
    tq_dataset *const set = open_set(spec);
    const size_t total = (size_t)(tq_dataset_count(set) * tq_shape_count(tq_dataset_sample_shape(set)));
    tq_shape_print(text, sizeof text, tq_dataset_sample_shape(set));
    assert_string_equal(text, shape);
    assert_int_equal(total, count);
    float *const got = malloc(total * sizeof *got);
    assert_int_equal(tq_dataset_read(set, 0, tq_dataset_count(set), got, NULL), TQ_OK);
    for (size_t i = 0; i < count; ++i)
        if (got[i] != numbers[i])
            fail_msg("'%s': number %zu is %.9g, expected %.9g", spec, i, (double)got[i], (double)numbers[i]);
    free(got);
    tq_dataset_close(set);
}

static void expect_failure(tq_status status, const char *spec, const char *part)
{
    tq_dataset *set;
    const tq_status got = tq_dataset_open(&set, spec);
    if (got != status || strstr(tq_error(), part) == NULL)
        fail_msg("'%s': %s '%s', expected %s '%s'", spec, tq_status_name(got), tq_error(),
                 tq_status_name(status), part);
}

static void colours_and_options(void **state)
{
    static const float rgb[12] = {10, 40, 70, 100, 20, 50, 80, 110, 30, 60, 90, 120},
                       bgr[12] = {30, 60, 90, 120, 20, 50, 80, 110, 10, 40, 70, 100};
    float form[12];
    (void)state;
    expect_numbers("images:one,scale=255", "3x2x2", rgb, 12);
    expect_numbers("images:one,scale=255,order=bgr", "3x2x2", bgr, 12);
    /* 299, 587 and 114 thousandths of red, green and blue */
    expect_numbers("images:one,scale=255,channels=1", "1x2x2", (float[4]){18.15f, 48.15f, 78.15f, 108.15f},
                   4);
    for (int i = 0; i < 12; ++i)
        form[i] = (float)(rgb[i] / 255.0);
    expect_numbers("images:one", "3x2x2", form, 12);
    for (int i = 0; i < 12; ++i)
        form[i] =
            (float)((rgb[i] / 255.0 - (double[]){0.5, 0.25, 0.125}[i / 4]) / (double[]){0.5, 0.25, 2}[i / 4]);
    expect_numbers("images:one,mean=0.5x0.25x0.125,std=0.5x0.25x2", "3x2x2", form, 12);
    /* the middle of two columns, from the second of three columns; the right one of two rows is cut at its
     * top */
    expect_numbers("images:one,scale=255,crop=1", "3x1x1", (float[3]){10, 20, 30}, 3);
    expect_numbers("images:one,scale=255,crop=1x2", "3x1x2", (float[6]){10, 40, 20, 50, 30, 60}, 6);
}

static void png_kinds(void **state)
{
    static const struct {
        int depth, type;
        size_t row_bytes;
        unsigned char rows[16];
        float red[4], blue[4];
    } kinds[] = {
        {8, 0, 2, {7, 8, 9, 255}, {7, 8, 9, 255}, {7, 8, 9, 255}},
        {1, 0, 1, {0x40, 0x80}, {0, 255, 255, 0}, {0, 255, 255, 0}},
        {4, 0, 1, {0x1f, 0x20}, {17, 255, 34, 0}, {17, 255, 34, 0}},
        {16, 0, 4, {7, 7, 8, 8, 9, 9, 255, 255}, {7, 8, 9, 255}, {7, 8, 9, 255}},
        {8, 4, 4, {7, 0, 8, 1, 9, 128, 10, 255}, {7, 8, 9, 10}, {7, 8, 9, 10}},
        {8, 6, 8, {1, 2, 3, 0, 4, 5, 6, 9, 7, 8, 9, 99, 10, 11, 12, 255}, {1, 4, 7, 10}, {3, 6, 9, 12}},
        {2, 3, 1, {0x10, 0xe0}, {10, 40, 100, 70}, {30, 60, 120, 90}},
    };
    (void)state;
    mkdir("kind", 0777);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; ++i) {
        float planes[12];
        image_write_png(&bytes, 2, 2, kinds[i].depth, kinds[i].type, kinds[i].rows, kinds[i].row_bytes,
                        kinds[i].type == 3 ? colours : NULL);
        tq_file_put("kind/a.png", bytes.data, bytes.size);
        tq_dataset *const set = open_set("images:kind,scale=255");
        assert_int_equal(tq_dataset_read(set, 0, 1, planes, NULL), TQ_OK);
        for (int j = 0; j < 4; ++j)
            if (planes[j] != kinds[i].red[j] || planes[8 + j] != kinds[i].blue[j])
                fail_msg("png kind %zu: pixel %d is %g, %g", i, j, (double)planes[j], (double)planes[8 + j]);
        tq_dataset_close(set);
    }
}

/* Blocks of one value: the inverse transform gives the value, JFIF's matrix the colours. */
static void jpeg_blocks(void **state)
{
    static const unsigned char gray[2] = {3, 200}, ycc[6] = {100, 128, 128, 120, 100, 160};
    float got[3 * 8 * 16];
    (void)state;
    mkdir("jpeg", 0777);
    image_write_jpeg(&bytes, 2, 1, 1, gray);
    tq_file_put("jpeg/a.JPG", bytes.data, bytes.size);
    tq_dataset *set = open_set("images:jpeg,scale=255,channels=1");
    assert_int_equal(tq_dataset_read(set, 0, 1, got, NULL), TQ_OK);
    for (int i = 0; i < 8 * 16; ++i)
        assert_true(got[i] == gray[i % 16 / 8]);
    tq_dataset_close(set);
    image_write_jpeg(&bytes, 2, 1, 3, ycc);
    tq_file_put("jpeg/a.JPG", bytes.data, bytes.size);
    set = open_set("images:jpeg,scale=255");
    assert_int_equal(tq_dataset_read(set, 0, 1, got, NULL), TQ_OK);
    for (int i = 0; i < 8 * 16; ++i) {
        const unsigned char *const c = ycc + i % 16 / 8 * 3;
        const double cb = c[1] - 128, cr = c[2] - 128;
        assert_true(got[i] == round(c[0] + 1.402 * cr));
        assert_true(got[128 + i] == round(c[0] - 0.344136 * cb - 0.714136 * cr));
        assert_true(got[256 + i] == round(c[0] + 1.772 * cb));
    }
    tq_dataset_close(set);
}

/* The definition in floating point: bytes at (r, c) of a gray image, between pixel centres, ends repeated. */
static double between(const unsigned char *pixels, int rows, int columns, double r, double c)
{
    r = fmin(fmax(r, 0), rows - 1);
    c = fmin(fmax(c, 0), columns - 1);
    const int top = (int)r, left = (int)c, bottom = top + (top + 1 < rows),
              right = left + (left + 1 < columns);
    const double y = r - top, x = c - left;
    return (1 - y) * ((1 - x) * pixels[top * columns + left] + x * pixels[top * columns + right]) +
           y * ((1 - x) * pixels[bottom * columns + left] + x * pixels[bottom * columns + right]);
}

static void resizing(void **state)
{
    static const int sizes[][2] = {{1, 1}, {2, 3}, {5, 7}, {10, 14}, {13, 3}, {4, 40}};
    unsigned char pixels[5 * 7];
    float got[1024];
    char spec[100];
    (void)state;
    mkdir("size", 0777);
    for (int i = 0; i < 35; ++i)
        pixels[i] = (unsigned char)(i * i * 37 % 256);
    image_write_png(&bytes, 7, 5, 8, 0, pixels, 7, NULL);
    tq_file_put("size/a.png", bytes.data, bytes.size);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; ++s) {
        const int rows = sizes[s][0], columns = sizes[s][1];
        snprintf(spec, sizeof spec, "images:size,scale=255,channels=1,resize=%dx%d", rows, columns);
        tq_dataset *const set = open_set(spec);
        assert_int_equal(tq_dataset_read(set, 0, 1, got, NULL), TQ_OK);
        for (int i = 0; i < rows * columns; ++i) {
            const double r = (i / columns + 0.5) * 5 / rows - 0.5,
                         c = (i % columns + 0.5) * 7 / columns - 0.5;
            assert_true(fabs((double)got[i] - between(pixels, 5, 7, r, c)) < 1e-4);
        }
        tq_dataset_close(set);
    }
    /* columns 0, 1 of one row with 10 and 30, four wide: at -1/4, 1/4, 3/4, 5/4 */
    image_write_png(&bytes, 2, 1, 8, 0, (const unsigned char[]){10, 30}, 2, NULL);
    tq_file_put("size/a.png", bytes.data, bytes.size);
    expect_numbers("images:size,scale=255,channels=1,resize=1x4", "1x1x4", (float[]){10, 15, 25, 30}, 4);
    expect_numbers("images:size,scale=255,channels=1,shorter=2,crop=2", "1x2x2", (float[]){15, 25, 15, 25},
                   4);
}

static void put_gray(const char *path, unsigned char value)
{
    image_write_png(&bytes, 1, 1, 8, 0, &value, 1, NULL);
    tq_file_put(path, bytes.data, bytes.size);
}

static void expect_labels(const char *spec, const int32_t *labels, size_t count)
{
    int32_t got[16];
    tq_dataset *const set = open_set(spec);
    assert_int_equal(tq_dataset_count(set), count);
    assert_true(tq_dataset_has_labels(set));
    assert_int_equal(tq_dataset_read(set, 0, (int64_t)count, NULL, got), TQ_OK);
    assert_memory_equal(got, labels, count * sizeof *got);
    assert_string_equal(tq_dataset_warnings(set), "");
    tq_dataset_close(set);
}

static void folders_and_labels(void **state)
{
    static const char list[] = "b/2.png 7\r\n\n  \na/1.png\t0\nb/a file.png 2147483647";
    (void)state;
    mkdir("set", 0777);
    mkdir("set/b", 0777);
    mkdir("set/a", 0777);
    mkdir("set/c", 0777);
    mkdir("set/.git", 0777);
    put_gray("set/b/2.png", 2);
    put_gray("set/a/1.png", 1);
    put_gray("set/b/a file.png", 3);
    put_gray("set/c/.hidden.png", 5);
    put_gray("set/c/z.jpeg", 4); /* content counts, not the ending */
    tq_file_put("set/b/notes.txt", "x", 1);
    expect_numbers("images:set,scale=255,channels=1", "1x1x1", (float[]){1, 2, 3, 4}, 4);
    expect_labels("images:set", (int32_t[]){0, 1, 1, 2}, 4);
    tq_file_put("list", list, sizeof list - 1);
    expect_numbers("images:set,list,scale=255,channels=1", "1x1x1", (float[]){2, 1, 3}, 3);
    expect_labels("images:set,list", (int32_t[]){7, 0, 2147483647}, 3);
    tq_dataset *const flat = open_set("images:set/b");
    assert_false(tq_dataset_has_labels(flat));
    assert_int_equal(tq_dataset_count(flat), 2);
    tq_dataset_close(flat);
    put_gray("set/extra.png", 4);
    expect_failure(TQ_E_FORMAT, "images:set", "'set' has images ('set/extra.png') beside folders of classes");
}

static void wrong_words(void **state)
{
    (void)state;
    expect_failure(TQ_E_SYNTAX, "images", "write 'images:DIR[,LABELS][,OPTION=VALUE...]'");
    expect_failure(TQ_E_SYNTAX, "images:", "a name is missing at position 1");
    expect_failure(TQ_E_SYNTAX, "images:one,,scale=1", "a name is missing at position 5");
    expect_failure(TQ_E_SYNTAX, "images:one,", "a name is missing at position 5");
    expect_failure(TQ_E_SYNTAX, "images:one,scale=1,", "nothing follows the comma at position 12");
    expect_failure(TQ_E_FILE, "images:none", "cannot open folder 'none'");
    expect_failure(TQ_E_FILE, "images:one,gone", "cannot open 'gone'");
    expect_failure(TQ_E_NAME, "images:one,size=3",
                   "'size' at position 5 is not a parameter; parameters: resize");
    expect_failure(TQ_E_ARGUMENT, "images:one,channels=2", "'channels' is 2, allowed: 1, 3");
    expect_failure(TQ_E_ARGUMENT, "images:one,resize=0", "allowed 1 to 65500");
    expect_failure(TQ_E_ARGUMENT, "images:one,order=gbr", "allowed: rgb, bgr");
    expect_failure(TQ_E_ARGUMENT, "images:one,resize=4,shorter=4",
                   "'resize' and 'shorter' exclude each other");
    expect_failure(TQ_E_FORMAT, "images:one,crop=3",
                   "'one/a.png': an image of 2 x 2 is smaller than crop=3x3");
    expect_failure(TQ_E_FORMAT, "images:one,resize=65500", "resized it has 65500 x 65500 pixels");
    mkdir("empty", 0777);
    expect_failure(TQ_E_FILE, "images:empty",
                   "'empty' has no image: no file that ends in .png, .jpg or .jpeg");
    tq_file_put("bad", "\na.png seven\n", 13);
    expect_failure(TQ_E_FORMAT, "images:one,bad", "'bad': line 2: 'a.png seven': needs a name and a label");
    tq_file_put("bad", "a.png 2147483648", 16);
    expect_failure(TQ_E_FORMAT, "images:one,bad", "needs a name and a label from 0 to 2147483647");
    tq_file_put("bad", "12", 2);
    expect_failure(TQ_E_FORMAT, "images:one,bad", "line 1: '12'");
}

static void broken_images(void **state)
{
    float got[12];
    (void)state;
    mkdir("mixed", 0777);
    put_colours("mixed/a.png");
    put_colours("mixed/c.png");
    tq_file_put("mixed/b.png", bytes.data, bytes.size - 20);
    tq_file_put("mixed/d.jpg", "GIF89a", 6);
    tq_dataset *set = open_set("images:mixed");
    assert_int_equal(tq_dataset_count(set), 4);
    assert_int_equal(tq_dataset_read(set, 0, 1, got, NULL), TQ_OK);
    assert_int_equal(tq_dataset_read(set, 1, 1, got, NULL), TQ_E_FORMAT);
    assert_non_null(strstr(tq_error(), "'mixed/b.png': a damaged png image"));
    assert_int_equal(tq_dataset_read(set, 2, 1, got, NULL), TQ_OK);
    assert_int_equal(tq_dataset_read(set, 3, 1, got, NULL), TQ_E_FORMAT);
    assert_non_null(strstr(tq_error(), "'mixed/d.jpg': neither a png nor a jpeg image"));
    tq_dataset_close(set);
    set = open_set("images:mixed,broken=skip");
    assert_int_equal(tq_dataset_count(set), 2);
    assert_non_null(strstr(tq_dataset_warnings(set), "'mixed/b.png': a damaged png image"));
    assert_non_null(strstr(tq_dataset_warnings(set), "\n'mixed/d.jpg': neither"));
    assert_int_equal(tq_dataset_read(set, 1, 1, got, NULL), TQ_OK);
    tq_dataset_close(set);
    mkdir("sizes", 0777);
    put_colours("sizes/a.png");
    put_gray("sizes/b.png", 1);
    set = open_set("images:sizes");
    assert_int_equal(tq_dataset_read(set, 1, 1, got, NULL), TQ_E_FORMAT);
    assert_non_null(strstr(tq_error(), "'sizes/b.png': an image of 1 x 1, the first has 2 x 2: use resize"));
    tq_dataset_close(set);
    mkdir("bad-only", 0777);
    tq_file_put("bad-only/a.png", "", 0);
    expect_failure(TQ_E_FORMAT, "images:bad-only,broken=skip",
                   "all images are broken; the last: 'bad-only/a.png'");
    expect_failure(TQ_E_FORMAT, "images:bad-only", "'bad-only/a.png': neither a png nor a jpeg image");
}

static void expect_broken(const unsigned char *data, size_t size, const char *part)
{
    tq_image image;
    const tq_status status = tq_image__decode(data, size, &image);
    if (status != TQ_E_FORMAT || strstr(tq_error(), part) == NULL)
        fail_msg("%zu bytes: %s '%s', expected '%s'", size, tq_status_name(status), tq_error(), part);
    assert_null(image.pixels);
}

static void cut_and_huge_files(void **state)
{
    static const unsigned char blocks[6] = {100, 128, 128, 120, 100, 160};
    tq_image image;
    (void)state;
    image_write_png(&bytes, 2, 2, 8, 2, colours, 6, NULL);
    for (size_t size = 8; size < bytes.size; ++size)
        expect_broken(bytes.data, size, "a damaged png image: ");
    image_write_jpeg(&bytes, 2, 1, 3, blocks);
    for (size_t size = 3; size < bytes.size - 2; ++size)
        expect_broken(bytes.data, size, "a damaged jpeg image: ");
    bytes.data[7] = bytes.data[8] = bytes.data[9] = bytes.data[10] = 0xff; /* rows and columns */
    expect_broken(bytes.data, bytes.size, "jpeg"); /* libjpeg refuses more than 65500 itself */
    bytes.data[7] = bytes.data[9] = 0x7f;
    expect_broken(bytes.data, bytes.size, "32767 x 32767 pixels; supported: sides of 1 to 65500");
    image_write_png(&bytes, 2147483647, 2147483647, 16, 6, NULL, 0, NULL);
    expect_broken(bytes.data, bytes.size, "2147483647 x 2147483647 pixels");
    image_write_png(&bytes, 16384, 16384, 8, 2, NULL, 0, NULL);
    expect_broken(bytes.data, bytes.size, "16384 x 16384 pixels");
    image_write_jpeg(&bytes, 1, 1, 4, (const unsigned char[]){1, 2, 3, 4});
    assert_int_equal(tq_image__decode(bytes.data, bytes.size, &image), TQ_E_UNSUPPORTED);
    assert_non_null(strstr(tq_error(), "a jpeg image of 4 components"));
}

/* Any way through the set gives the same numbers, whatever has been read ahead. */
static void reading_ahead(void **state)
{
    static const int64_t steps[][2] = {{0, 3}, {3, 3}, {6, 3}, {9, 3},  {12, 3}, {0, 1},
                                       {1, 1}, {2, 5}, {7, 5}, {12, 8}, {19, 1}, {0, 20},
                                       {5, 0}, {5, 2}, {7, 1}, {8, 2},  {18, 2}};
    float got[20];
    char name[40];
    (void)state;
    mkdir("many", 0777);
    for (int i = 0; i < 20; ++i) {
        snprintf(name, sizeof name, "many/%02d.png", i);
        put_gray(name, (unsigned char)(10 * i));
    }
    tq_dataset *const set = open_set("images:many,scale=255,channels=1");
    assert_true(tq_dataset_largest(set) == 255.0);
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; ++s) {
        assert_int_equal(tq_dataset_read(set, steps[s][0], steps[s][1], got, NULL), TQ_OK);
        for (int64_t i = 0; i < steps[s][1]; ++i)
            assert_true(got[i] == 10 * (float)(steps[s][0] + i));
    }
    assert_int_equal(tq_dataset_read(set, 0, 10, got, NULL), TQ_OK);
    tq_dataset_close(set); /* while the thread may be reading */
}

/* tiny.onnx has four inputs: x0 wins where it is the largest. */
static void the_program(void **state)
{
    (void)state;
    tq_inputs_write();
    mkdir("quads", 0777);
    mkdir("quads/0", 0777);
    mkdir("quads/1", 0777);
    image_write_png(&bytes, 2, 2, 8, 0, (const unsigned char[]){255, 0, 0, 0}, 2, NULL);
    tq_file_put("quads/0/a.png", bytes.data, bytes.size);
    image_write_png(&bytes, 2, 2, 8, 0, (const unsigned char[]){0, 255, 0, 0}, 2, NULL);
    tq_file_put("quads/1/a.png", bytes.data, bytes.size);
    tq_file_put("quads/1/b.png", bytes.data, 9);
    tq_program_expect(1, "'quads/1/b.png': a damaged png image",
                      "tq run tiny.onnx --data images:quads,channels=1");
    tq_said said = tq_program_run("tq run tiny.onnx --data images:quads,channels=1,broken=skip --json");
    assert_int_equal(said.code, 0);
    assert_non_null(strstr(said.err, "tq: left out: 'quads/1/b.png': a damaged png image"));
    json_t *const json = json_loads(said.out, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(json, "images")), 2);
    assert_int_equal(json_integer_value(json_object_get(json, "right")), 2);
    json_decref(json);
    tq_said_free(&said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_and_options), cmocka_unit_test(png_kinds),
        cmocka_unit_test(jpeg_blocks),         cmocka_unit_test(resizing),
        cmocka_unit_test(folders_and_labels),  cmocka_unit_test(wrong_words),
        cmocka_unit_test(broken_images),       cmocka_unit_test(cut_and_huge_files),
        cmocka_unit_test(reading_ahead),       cmocka_unit_test(the_program),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
