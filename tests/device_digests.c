/*
 * Golden digests: for each kind of layer with several quantizers, and for each path of the accumulation loop,
 * a hash of the output's bits in tests/golden/digests. Every device and the host reference must give them: so
 * devices that never meet in one machine are compared, and builds of different days. That the bits are right
 * is what the other tests of devices show, by oracles.
 *
 *     device_digests write >tests/golden/digests     where results are meant to change: by the host reference
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <xxhash.h>

#include "accumulate/trial.h"
#include "support/device_test.h"
#include "support/digest_cases.h"
#include "support/tq_program.h"

#define GOLDEN TQ_SOURCE_DIRECTORY "/tests/golden/digests"

typedef unsigned long long digest;

typedef struct run {
    tq_context *context;
    const char *golden; /* NULL: rows are printed */
    bool able;          /* the device has all that paths ask for */
    size_t kinds;       /* one in so many; 0: all, with more quantizers */
    size_t paths;       /* one in so many */
    size_t rows;        /* compared */
    size_t wrong;
} run;

/* A row: what it is of, and its path, "-" for none. */
typedef struct row {
    char layer[32], quantizer[80], path[32];
    digest reference, device;
    bool on_device;
} row;

static digest digest_of(const float *numbers, int64_t count)
{
    return XXH3_64bits(numbers, (size_t)count * sizeof *numbers);
}

/* The golden row of a layer and quantizer, or for loops also of the path. */
static bool find_row(const char *golden, const row *wanted, row *found)
{
    for (const char *line = golden; line != NULL && *line != '\0'; line = strchr(line, '\n') + 1) {
        if (sscanf(line, "%31s %79s %31s %llx", found->layer, found->quantizer, found->path,
                   &found->reference) != 4)
            fail_msg("%s: a row is not of the form 'layer quantizer path digest': %.60s", GOLDEN, line);
        if (strcmp(found->layer, wanted->layer) == 0 && strcmp(found->quantizer, wanted->quantizer) == 0 &&
            (strcmp(wanted->layer, "loop") != 0 || strcmp(found->path, wanted->path) == 0))
            return true;
    }
    return false;
}

/* The bits are the same on every path; which one is planned depends on what a device has. */
static void finish(run *r, const row *is)
{
    row should;
    if (r->golden == NULL) {
        printf("%s %s %s %016llx\n", is->layer, is->quantizer, is->path, is->reference);
        return;
    }
    ++r->rows;
    if (!find_row(r->golden, is, &should)) {
        ++r->wrong;
        print_error("%s %s %s: no row in %s\n", is->layer, is->quantizer, is->path, GOLDEN);
        return;
    }
    if (is->reference == should.reference && (!is->on_device || is->device == should.reference) &&
        (!r->able || strcmp(is->path, should.path) == 0))
        return;
    ++r->wrong;
    print_error("%s %s, path %s: device %016llx, reference %016llx, path %s; golden: %016llx\n", is->layer,
                is->quantizer, should.path, is->on_device ? is->device : 0, is->reference, is->path,
                should.reference);
}

static void run_kind(run *r, const tq_layer_kind *kind, const char *quantizer)
{
    tq_digest_layer made;
    row is = {.on_device = r->golden != NULL};
    tq_digest_layer_make(&made, r->context, kind, quantizer);
    const int64_t count = tq_shape_count(&made.layer->output);
    snprintf(is.layer, sizeof is.layer, "%s", kind->name);
    snprintf(is.quantizer, sizeof is.quantizer, "%s", quantizer);
    snprintf(is.path, sizeof is.path, "%s", made.layer->path[0] != '\0' ? made.layer->path : "-");
    float *const reference = tq_digest_layer_reference(&made);
    is.reference = digest_of(reference, count);
    free(reference);
    if (is.on_device) {
        float *const device = tq_digest_layer_forward(&made);
        is.device = digest_of(device, count);
        free(device);
    }
    finish(r, &is);
    tq_digest_layer_free(&made);
}

/* Every kind with two of the quantizers, in turn; else some kinds with one. */
static void all_kinds(run *r)
{
    static const char *const quantizers[] = {"none", "nearest,12,6", "stochastic,12,6", "bf16", "e4m3"};
    for (size_t i = 0; tq_layer_kinds[i] != NULL; ++i)
        if (r->kinds == 0 || i % r->kinds == 0) {
            run_kind(r, tq_layer_kinds[i], quantizers[i % TQ_COUNT(quantizers)]);
            if (r->kinds == 0)
                run_kind(r, tq_layer_kinds[i], quantizers[(i + 2) % TQ_COUNT(quantizers)]);
        }
}

static float *read_tensor(const tq_tensor *tensor)
{
    const int64_t count = tq_shape_count(tq_tensor_shape(tensor));
    float *numbers = tq_test_array(count);
    tq_test_ok(tq_tensor_read(tensor, numbers, count));
    return numbers;
}

/* Two images of 5x5, 3x3 taps of 3 channels, 18 outputs: partial tiles and vectors. */
static void run_path(run *r, const tq_trial_numbers *numbers)
{
    static const tq_geometry geometry = {50, 5, 5, 3, 3, 3, 1, 1, 1, 1, 1, 1, 5, 5, 18, 3, 1};
    tq_trial t;
    tq_entry entry = {.tile = {2, 1}};
    bool applies;
    row is = {.layer = "loop", .on_device = r->golden != NULL};
    tq_test_ok(tq_trial__create(&t, &applies, r->context, numbers, &geometry));
    if (!applies && !r->able)
        return;
    assert_true(applies);
    size_t length = 0;
    for (const char *from = numbers->arithmetic; *from != '\0'; ++from)
        if (*from != ' ')
            is.quantizer[length++] = *from;
    snprintf(is.path, sizeof is.path, "%s", numbers->path);
    const int64_t count = tq_shape_count(tq_tensor_shape(t.y));
    float *x = read_tensor(t.x), *y = tq_test_array(count);
    tq_contraction__reference(&t.setup, x, y, 0);
    is.reference = digest_of(y, count);
    free(y);
    free(x);
    if (is.on_device) {
        tq_test_ok(tq_trial__enter(&t, &entry));
        y = read_tensor(t.y);
        is.device = digest_of(y, count);
        free(y);
        tq_trial__drop(&entry);
    }
    finish(r, &is);
    tq_trial__destroy(&t);
}

static void all_paths(run *r)
{
    static const tq_trial_numbers rest[] = {
        {"general", "log", "log", "log", 4, 1},
        {"wide", "{\"product\": \"e4m3\", \"sum\": \"exact\"}", "none", "none", 8, 1},
    };
    const tq_trial_numbers *numbers;
    size_t i = 0;
    for (; (numbers = tq_trial_numbers__at(i)) != NULL; ++i)
        if (i % r->paths == 0)
            run_path(r, numbers);
    for (size_t j = 0; j < TQ_COUNT(rest); ++j)
        if ((i + j) % r->paths == 0)
            run_path(r, &rest[j]);
}

static void run_all(run *r)
{
    tq_test_ok(tq_context_open(&r->context, NULL));
    const tq_device_info *device = tq_context_device(r->context);
    r->able = device->fma && device->subnormals && device->fp64;
    all_kinds(r);
    all_paths(r);
    tq_context_close(r->context);
}

static size_t lines_of(const char *text)
{
    size_t lines = 0;
    for (; *text != '\0'; ++text)
        lines += *text == '\n';
    return lines;
}

static void every_digest_is_golden(void **state)
{
    size_t size;
    const char *which = getenv("TQ_TEST_DIGESTS");
    const bool all = which != NULL && strcmp(which, "all") == 0;
    const bool part = getenv("TQ_TEST_DEVICE_ONLY") != NULL;
    const bool slow = getenv("TQ_TEST_SLOW_COMPILER") != NULL;
    run r = {.kinds = all ? 0 : slow ? 24 : part ? 12 : 8, .paths = all ? 1 : slow ? 6 : part ? 3 : 1};
    char *const golden = tq_file_text(GOLDEN, &size);
    (void)state;
    assert_non_null(golden);
    r.golden = golden;
    run_all(&r);
    if (all && r.able)
        assert_int_equal(r.rows, lines_of(golden));
    print_message("%zu of %zu digests\n", r.rows, lines_of(golden));
    free(golden);
    assert_int_equal(r.wrong, 0);
}

/* By the host reference, on a device that can take every path. */
static int write_all(void)
{
    run r = {.paths = 1};
    run_all(&r);
    if (!r.able)
        fprintf(stderr, "this device cannot take every path: it lacks fma, subnormals or binary64\n");
    return r.able ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_digest_is_golden)};
    if (argc == 2 && strcmp(argv[1], "write") == 0)
        return write_all();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
